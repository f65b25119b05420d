/** Throttles of one group: one alert stands for what several rules say of a key. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { SEVERITIES, type Severity } from "../../../compiler/ir/program.ts";
import { sharing } from "../../../compiler/ir/sharing.ts";
import { plan } from "../../../compiler/plan/plan.ts";
import { splitRules } from "../../run/split_rules.ts";
import { createEngine } from "../engine.ts";
import {
  catalogue,
  events,
  is,
  keys,
  program,
  rule,
  run,
  signal,
  type TestRow,
} from "../testing/streams.ts";

const RUNS = Number(Deno.env.get("PICKET_RUNS") ?? 300);
const cat = catalogue({ src: "host", user: "string", k: "string" });

/** What each rule takes, how long its alert stands, and how grave it is. */
const RULES: readonly {
  readonly name: string;
  readonly k: string;
  readonly ms: number;
  readonly groupMs?: number;
  readonly severity: Severity;
}[] = [
  { name: "first", k: "a", ms: 20, severity: "low" },
  { name: "second", k: "b", ms: 35, groupMs: 15, severity: "high" },
  { name: "third", k: "c", ms: 10, severity: "medium" },
];
const grouped = program(
  ...RULES.map(({ name, k, severity, ...of }) =>
    rule(name, events(is("k", k)), [{ kind: "throttle", by: keys("src"), group: "g", ...of }], {
      severity,
    })
  ),
);

const anyRows = fc.array(
  fc.record({
    t: fc.integer({ min: 0, max: 120 }),
    src: fc.constantFrom("s1", "s2"),
    k: fc.constantFrom("a", "b", "c", "d"),
  }),
  { minLength: 20, maxLength: 60 },
).map((rows) => rows.sort((a, b) => a.t - b.t).map((r, offset) => ({ ...r, offset })));

interface Standing {
  readonly rule: string;
  readonly time: number;
  /** Until when it stands for hits of other rules. */
  readonly stands: number;
  readonly key: string;
  suppressed: number;
  severity: Severity;
  readonly also: string[];
}

/** The alerts by what the language says, row by row. */
function expected(rows: readonly TestRow[]): unknown[] {
  const all: Standing[] = [];
  /** Each rule's throttle by key: its end, and the alert that it holds. */
  const throttles = new Map<string, { readonly ends: number; readonly alert: Standing | null }>();
  for (const row of rows) {
    const found = RULES.find(({ k }) => k === row.k);
    if (found === undefined) continue;
    const { name, ms, groupMs = ms, severity } = found;
    const key = String(row.src);
    const own = throttles.get(`${name} ${key}`);
    if (own !== undefined && row.t < own.ends) {
      if (own.alert !== null) own.alert.suppressed++;
      continue;
    }
    // Of several, the first in the rules' order.
    const live = RULES.map((r) => throttles.get(`${r.name} ${key}`)?.alert)
      .find((a) => a && a.rule !== name && row.t < a.stands);
    let alert: Standing | null = null;
    if (live) {
      live.suppressed++;
      if (SEVERITIES.indexOf(severity) > SEVERITIES.indexOf(live.severity)) {
        live.severity = severity;
      }
      if (!live.also.includes(name)) live.also.push(name);
    } else {
      const stands = row.t + groupMs;
      alert = { rule: name, time: row.t, stands, key, severity, suppressed: 0, also: [] };
      all.push(alert);
    }
    throttles.set(`${name} ${key}`, { ends: row.t + ms, alert });
  }
  return all.map((a) => [a.rule, a.time, a.key, a.suppressed, a.severity, a.also]);
}

const byText = (list: unknown[]) => list.map((x) => JSON.stringify(x)).sort();

Deno.test("one alert stands for the hits of all rules of a group, as the language says", () => {
  let joined = 0;
  fc.assert(
    fc.property(anyRows, (rows) => {
      const got = run(grouped, cat, rows).map((a) => [
        a.rule,
        a.time,
        a.fields.src,
        a.suppressed,
        a.severity,
        a.metadata.also?.map((x) => x.rule) ?? [],
      ]);
      joined += got.filter(([, , , , , also]) => (also as string[]).length > 0).length;
      assert.deepEqual(byText(got), byText(expected(rows)));
    }),
    { numRuns: RUNS },
  );
  assert.ok(joined > 100, `Only ${joined} alerts stood for others`);
});

Deno.test("the alert that stands has the techniques and the words of the others", () => {
  const techniques = (id: string) => ({ id, name: id, tactics: ["credential-access"] });
  const two = program(
    ...["a", "b"].map((k) => ({
      ...rule(k, events(is("k", k)), [{ kind: "throttle", ms: 50, by: keys("src"), group: "g" }], {
        text: [`what ${k} says`],
      }),
      mitre: ["T1110", k === "a" ? "T1110.001" : "T1110.003"],
    })),
  );
  const engine = createEngine(two, cat, { technique: techniques });
  const rows = [{ t: 0, src: "s", k: "a" }, { t: 1, src: "s", k: "b" }, { t: 2, src: "s", k: "b" }];
  const [alert, ...rest] = run(two, cat, rows, { technique: techniques });
  assert.deepEqual(rest, []);
  assert.deepEqual(alert.mitre.map((m) => m.id), ["T1110", "T1110.001", "T1110.003"]);
  assert.deepEqual(alert.metadata.also, [
    { rule: "b", title: "b", severity: "medium", message: "what b says" },
  ]);
  assert.deepEqual([alert.count, alert.suppressed], [1, 1]);
  engine.end();
});

Deno.test("a hit without a key is no other rule's business", () => {
  const rows = [{ t: 0, k: "a" }, { t: 1, k: "b" }, { t: 2, src: "s", k: "c" }];
  assert.deepEqual(run(grouped, cat, rows).map((a) => a.rule), ["first", "second", "third"]);
});

Deno.test("signals pass the group by", () => {
  const read = program(...grouped.rules, rule("reader", signal("first", "second", "third"), []));
  const rows = ["a", "b", "c", "a"].map((k, t) => ({ t, src: "s", k }));
  const found = run(read, cat, rows).map((a) => a.rule);
  assert.deepEqual(found.filter((name) => name === "reader").length, 4);
  assert.deepEqual(found.filter((name) => name !== "reader"), ["first"]);
});

Deno.test("rules of a group are on one thread and on one shard by their key", () => {
  const mixed = program(
    rule("one", events(is("k", "a")), [
      { kind: "dedup", by: keys("src", "user"), within: 5 },
      { kind: "throttle", ms: 50, by: keys("src"), group: "g" },
    ]),
    rule("two", events(is("k", "b")), [{ kind: "throttle", ms: 50, by: keys("src"), group: "g" }]),
    rule("three", events(is("k", "c")), [{ kind: "dedup", by: keys("user"), within: 5 }]),
  );
  assert.deepEqual(sharing(mixed).map((s) => s?.key), [["src"], ["src"], ["user"]]);
  const split = splitRules(plan(mixed, cat), {
    seen: new Map([[0, 1000]]),
    threads: 3,
    extra: 0,
    signals: true,
  })!;
  assert.ok(split.parts.some((part) => part.has(0) && part.has(1)));
  assert.deepEqual(split.parts.filter((part) => part.size > 0).length, 2);
});
