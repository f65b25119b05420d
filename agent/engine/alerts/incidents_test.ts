/** Incidents against a search that joins alerts pair by pair, and in every portion and order. */
import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";
import { clusters, GAP, type IncidentAlert, Incidents } from "./incidents.ts";

const RUNS = Number(Deno.env.get("PICKET_RUNS") ?? 300);
const HOUR = 3_600_000;

const part = fc.record({
  rule: fc.constantFrom("scan", "guess", "login"),
  who: fc.constantFrom<Record<string, string>>(
    { src: "203.0.113.9" },
    { src: "203.0.113.9", user: "root" },
    { src: "2001:DB8::1" },
    { src: "2001:db8::1" },
    { user: "root" },
    { user: "Root" },
    { dest: "web1" },
    {},
  ),
  // Steps of half a day: many lie exactly a day apart.
  first: fc.nat(20).map((n) => n * 12 * HOUR),
  length: fc.constantFrom(0, HOUR, 24 * HOUR),
  severity: fc.constantFrom("low" as const, "high" as const),
});

const parts = fc.array(part, { maxLength: 25 }).map((list) =>
  list.map((p, i): IncidentAlert => ({
    id: i.toString(16).padStart(32, "0"),
    rule: p.rule,
    title: p.rule,
    severity: p.severity,
    entity: p.who,
    time: p.first,
    first: p.first,
    last: p.first + p.length,
    count: 1,
    message: "",
    mitre: [],
  }))
);

/** Alerts that belong together: of one actor, and joined by a chain of gaps of at most a day. */
function joined(list: readonly IncidentAlert[]): string[][] {
  const actor = (p: IncidentAlert) => {
    for (const f of ["src", "user", "dest"]) {
      if (p.entity[f]) return `${f} ${String(p.entity[f]).toLowerCase()}`;
    }
    return null;
  };
  const known = list.filter((p) => actor(p) !== null);
  const near = (a: IncidentAlert, b: IncidentAlert) =>
    actor(a) === actor(b) && a.first - b.last <= GAP && b.first - a.last <= GAP;
  const group = new Map(known.map((p, i) => [p, i]));
  for (let changed = true; changed;) {
    changed = false;
    for (const a of known) {
      for (const b of known) {
        if (!near(a, b) || group.get(a)! <= group.get(b)!) continue;
        group.set(a, group.get(b)!);
        changed = true;
      }
    }
  }
  const out = new Map<number, string[]>();
  for (const p of known) out.set(group.get(p)!, [...out.get(group.get(p)!) ?? [], p.id]);
  return [...out.values()].map((ids) => ids.sort()).sort();
}

Deno.test("alerts belong together as a search over all pairs says", () => {
  fc.assert(
    fc.property(parts, (list) => {
      const found = clusters(list);
      deepEqual(found.map((c) => c.alerts.map((a) => a.id).sort()).sort(), joined(list));
      for (const { alerts, incident } of found) {
        const rules = new Set(alerts.map((a) => a.rule));
        equal(incident !== null, rules.size >= 2);
        if (incident === null) continue;
        deepEqual([...incident.rules].sort(), [...rules].sort());
        equal(incident.first, Math.min(...alerts.map((a) => a.first)));
        equal(incident.last, Math.max(...alerts.map((a) => a.last)));
        equal(incident.severity, alerts.some((a) => a.severity === "high") ? "high" : "low");
        const times = incident.timeline.map((s) => s.time);
        deepEqual(times, [...times].sort((a, b) => a - b));
        equal(times.length, alerts.length);
      }
    }),
    { numRuns: RUNS },
  );
});

Deno.test("incidents are the same to the byte, in whatever order their alerts come", () => {
  const shuffled = parts.chain((list) =>
    fc.tuple(
      fc.constant(list),
      fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length }),
    )
  );
  fc.assert(
    fc.property(shuffled, ([list, other]) => {
      const text = (some: readonly IncidentAlert[]) => {
        const incidents = new Incidents();
        for (const p of some) {
          const alert = { ...p, fields: {}, planHash: "", status: "open" as const };
          const whole = { ...alert, metadata: {}, suppressed: 0, eventIds: [] };
          incidents.add([{ change: "open", alert: { ...whole, last: p.first } }]);
          incidents.add([{ change: "close", alert: whole }]);
        }
        return JSON.stringify(incidents.all());
      };
      equal(text(other), text(list));
    }),
    { numRuns: RUNS },
  );
});
