/** Incidents placed from sums, against those that all alerts give: in every portion and order. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { actorKey, clusters } from "../../engine/alerts/incidents.ts";
import type { Alert } from "../../event.ts";
import { openStore, type Store } from "../mod.ts";
import { migrate } from "../schema/migrate.ts";
import { MIGRATIONS } from "../schema/migrations.ts";
import { alertOf, T0 } from "../testing/samples.ts";
import { jsonText } from "../types/json.ts";
import { incidentRow, joinSums, sumOf } from "./incident_sums.ts";
import { openEmpty } from "../testing/empty.ts";

const RUNS = Number(Deno.env.get("PICKET_RUNS") ?? 60);
const HOUR = 3_600_000;
const MITRE = [
  [],
  [{ id: "T1110", name: "Brute Force", tactics: ["Credential Access"] }],
  [{ id: "T1595", name: "Scanning", tactics: ["Reconnaissance", "Made up"] }],
];

const part = fc.record({
  /** Of which alert this is a state. */
  no: fc.nat(11),
  rule: fc.constantFrom("scan", "guess", "login"),
  who: fc.constantFrom<Record<string, string>>(
    { src: "203.0.113.9" },
    { src: "203.0.113.9", user: "root" },
    { user: "root" },
    { user: "Root" },
    { dest: "web1" },
    {},
  ),
  // Steps of half a day: many lie exactly a day apart.
  first: fc.nat(14).map((n) => n * 12 * HOUR),
  length: fc.constantFrom(0, HOUR, 24 * HOUR, 49 * HOUR),
  severity: fc.constantFrom("low" as const, "high" as const),
  mitre: fc.constantFrom(...MITRE),
  /** What changes when the alert comes again: seldom its times or its actor, as in the engine. */
  again: fc.constantFrom("last", "last", "severity", "mitre", "first", "who", "all"),
});
type Part = typeof part extends fc.Arbitrary<infer T> ? T : never;
const portions = fc.array(fc.array(part, { minLength: 1, maxLength: 4 }), { maxLength: 8 });

/** The state of an alert after one that came before. */
function next(before: Alert | undefined, p: Part, run: number): Alert {
  const entity = Object.fromEntries(Object.entries(p.who).map(([k, v]) => [k, `${v} ${run}`]));
  const first = T0 + p.first;
  const all = alertOf("0", {
    id: `${run.toString(16).padStart(24, "0")}${p.no.toString(16).padStart(8, "0")}`,
    rule: p.rule,
    entity,
    time: first + p.length / 2,
    first,
    last: first + p.length,
    severity: p.severity,
    mitre: p.mitre,
  });
  if (!before || p.again === "all") return all;
  switch (p.again) {
    case "last":
      return { ...before, last: before.last + p.length };
    case "first":
      return { ...before, first, last: Math.max(first, before.last) };
    case "who":
      return { ...before, entity };
    default:
      return { ...before, last: before.last + p.length, [p.again]: all[p.again] };
  }
}

/** What is stored, and what all alerts give. */
async function compare(store: Store, alerts: readonly Alert[], run: number): Promise<void> {
  const expected = clusters(alerts).flatMap((c) => c.incident ?? [])
    .sort((a, b) => a.id < b.id ? -1 : 1);
  const { items } = await store.incidents({ limit: 1000 });
  const found = items.filter((i) => i.entity.value.endsWith(` ${run}`))
    .sort((a, b) => a.id < b.id ? -1 : 1);
  assert.deepEqual(
    found.map(({ updated: _, status: __, headline: ___, ...rest }) => rest),
    expected.map(({ timeline, ...rest }) => ({ ...rest, alerts: timeline.length })),
  );
  for (const [i, { id, timeline }] of expected.entries()) {
    const { headline } = found[i];
    assert.ok(timeline.some((s) => s.alert === headline.alert), "of another incident");
    assert.equal(headline.message, alerts.findLast((a) => a.id === headline.alert)!.message);
    assert.deepEqual(
      (await store.timeline(id, 1000)).map((a) => a.id),
      timeline.map((s) => s.alert),
    );
  }
}

Deno.test("sums join to what all alerts give, however they are cut", () => {
  fc.assert(
    fc.property(fc.array(part), fc.nat(), (list, cut) => {
      const alerts = list.map((p, i) => next(undefined, { ...p, no: i }, 1));
      const byActor = Map.groupBy(alerts.filter((a) => actorKey(a) !== null), (a) => actorKey(a)!);
      const rows = [...byActor].flatMap(([key, all]) => {
        const sums = all.map((a) => sumOf(a, key));
        const some = joinSums(sums.slice(0, cut % (sums.length + 1))).map((c) => c.sum);
        return joinSums([...some, ...sums.slice(cut % (sums.length + 1))]);
      }).map(({ id, sum }) => incidentRow(id, sum)).filter((row) => row !== null);
      const expected = clusters(alerts).flatMap(({ incident }) => {
        if (!incident) return [];
        const { timeline, entity, ...rest } = incident;
        return { ...rest, ...entity, alerts: timeline.length };
      });
      const order = (list: readonly Record<string, unknown>[]) => Map.groupBy(list, (i) => i.id);
      assert.deepEqual(order(rows), order(expected));
    }),
    { numRuns: 5 * RUNS },
  );
});

Deno.test("stored incidents are what all alerts give, in whatever portions and changes they come", async () => {
  const folder = await Deno.makeTempDir({ prefix: "picket-sums-" });
  const store = await openStore({ data: folder });
  let run = 0;
  try {
    await fc.assert(
      fc.asyncProperty(portions, async (list) => {
        run++;
        const alerts = new Map<string, Alert>();
        for (const portion of list) {
          const changed = new Map<string, Alert>();
          for (const p of portion) {
            const id = next(undefined, p, run).id;
            const alert = next(changed.get(id) ?? alerts.get(id), p, run);
            changed.set(id, alert);
          }
          for (const [id, alert] of changed) alerts.set(id, alert);
          await store.write({ alerts: [...changed.values()] });
          await compare(store, [...alerts.values()], run);
        }
      }),
      { numRuns: RUNS },
    );
  } finally {
    await store.close();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a store of the version before gets its sums, and goes on", async () => {
  const folder = await Deno.makeTempDir({ prefix: "picket-sums-" });
  try {
    const all = fc.sample(part, { numRuns: 40, seed: 5 })
      .map((p, i) => next(undefined, { ...p, no: i }, 1));
    const old = all.slice(0, 25);
    const db = await openEmpty(folder);
    await migrate(db, MIGRATIONS.filter((m) => m.version < 10));
    const known = new Map(
      clusters(old).flatMap((c) => c.alerts.map((a) => [a.id, c.id] as const)),
    );
    await db.query(
      `INSERT INTO alerts (id, rule, plan_hash, title, severity, status, time, first, last, count,
         suppressed, entity, fields, mitre, message, event_ids, updated, actor, incident)
       SELECT id, rule, '', '', severity, 'open', to_timestamp(time / 1000),
         to_timestamp(first / 1000), to_timestamp(last / 1000), 1, 0, entity, '{}', mitre, '', '{}',
         now(), actor, incident
       FROM jsonb_to_recordset($1::text::jsonb) AS a(id uuid, rule text, severity text, time numeric,
         first numeric, last numeric, entity jsonb, mitre jsonb, actor uuid, incident uuid)`,
      [jsonText(old.map((a) => ({ ...a, actor: actorKey(a), incident: known.get(a.id) ?? null })))],
    );
    await db.close();
    const store = await openStore({ data: folder });
    for (let i = 20; i < all.length; i += 5) await store.write({ alerts: all.slice(i, i + 5) });
    // Their rows of incidents were not made here: they are with the next change.
    await store.write({ alerts: old });
    await compare(store, all, 1);
    await store.close();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
