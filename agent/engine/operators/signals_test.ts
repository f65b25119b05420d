/** Rules in parts find what they find together, also those that read signals of another part. */
import assert from "node:assert/strict";
import { seeded } from "../../simulate/random.ts";
import { createEngine, type Engine } from "../engine.ts";
import {
  agg,
  anySignal,
  atLeast,
  batch,
  catalogue,
  events,
  field,
  input,
  is,
  keys,
  program,
  rule,
  signal,
  step,
  type TestRow,
  where,
} from "../testing/streams.ts";
import type { AlertChange } from "../../event.ts";

const cat = catalogue({ src: "host", user: "string", action: "string" });
const MIN = 60_000;
const failure = events(is("action", "failure")), success = events(is("action", "success"));

/** The first six give signals by rows and by timers; the others read them, or the alerts of all. */
const GIVING = 6;
const RULES = program(
  rule("burst", failure, [
    {
      kind: "stats",
      aggs: [agg("count", "c"), agg("values", "names", field("user"))],
      by: keys("src"),
      window: { kind: "sliding", ms: 2 * MIN },
    },
    where(atLeast("c", 4)),
    { kind: "throttle", ms: 5 * MIN, by: keys("src") },
  ]),
  rule("minutes", failure, [
    {
      kind: "stats",
      aggs: [agg("count", "c")],
      by: keys("src"),
      window: { kind: "tumbling", ms: MIN },
    },
    where(atLeast("c", 3)),
  ], { entity: ["src"] }),
  rule("session", success, [
    {
      kind: "stats",
      aggs: [agg("count", "c")],
      by: keys("src"),
      window: { kind: "session", ms: MIN, max: 9 * MIN },
    },
  ], { entity: ["src"] }),
  rule("quiet", failure, [
    { kind: "absent", by: keys("src"), ms: 3 * MIN, expect: null, clock: false },
  ]),
  rule("known", success, [{ kind: "dedup", by: keys("src", "user"), within: 10 * MIN }]),
  rule("plain", success, [], { entity: ["src", "user"] }),
  rule("source", signal("burst", "minutes", "quiet"), []),
  rule("counted", signal("minutes", "session"), [
    {
      kind: "stats",
      aggs: [agg("count", "n")],
      by: keys("src"),
      window: { kind: "sliding", ms: 10 * MIN },
    },
    where(atLeast("n", 3)),
  ]),
  rule("login", {
    kind: "sequence",
    by: keys("src"),
    within: 5 * MIN,
    steps: [step(signal("source")), step(success, false, "login")],
    until: null,
  }),
  rule("without", {
    kind: "sequence",
    by: keys("src"),
    within: 2 * MIN,
    steps: [step(signal("known")), step(failure, true)],
    until: null,
  }),
  // In the order in which alerts come.
  rule("risk", anySignal(), [
    {
      kind: "stats",
      aggs: [agg("sum", "score", field("risk", "int")), agg("list", "rules", field("rule"))],
      by: keys("entity_field", "entity"),
      window: { kind: "sliding", ms: 10 * MIN },
    },
    where(atLeast("score", 60)),
  ]),
  rule("each", anySignal(), []),
);

function rows(n: number, seed: number): TestRow[] {
  const random = seeded(seed);
  let t = Date.UTC(2026, 2, 29);
  return Array.from({ length: n }, (_, offset) => ({
    // Many at one time, and now and then a pause in which timers fire.
    t: t += random.chance(0.02) ? random.int(1, 400) * 1000 : random.int(0, 2) * 5000,
    src: `203.0.113.${random.int(1, 6)}`,
    user: ["root", "admin", "bob"][random.int(0, 2)],
    action: random.int(0, 4) === 0 ? "success" : "failure",
    offset,
  }));
}

const sorted = (changes: readonly AlertChange[]) =>
  [...changes].sort((a, b) =>
    a.alert.rule < b.alert.rule ? -1 : a.alert.rule > b.alert.rule ? 1 : 0
  );

function statesOf(engines: readonly Engine[]): string[] {
  return engines.flatMap((e) => e.snapshot().rules).map((r) => JSON.stringify(r)).sort();
}

Deno.test("parts of the rules find what all of them find together", () => {
  let found = 0;
  for (let seed = 1; seed <= 6; seed++) {
    const random = seeded(seed);
    const list = rows(1500, seed);
    const whole = createEngine(RULES, cat);
    const sides = RULES.rules.slice(0, GIVING).map(() => random.int(0, 1));
    const side = (n: number) => new Set(sides.flatMap((s, i) => s === n ? [i] : []));
    const readers = new Set(RULES.rules.map((_, i) => i).filter((i) => i >= GIVING));
    let parts = [side(0), side(1), readers].map((here) => whole.part(here, 2));
    const source = input();
    const all = () => {
      const [a, b, after] = parts;
      return sorted([a, b, after].flatMap((e) => e.takeChanges()));
    };
    for (let i = 0; i < list.length;) {
      const size = random.int(1, 90);
      const make = () => batch(source, cat, list.slice(i, i + size), i);
      const matched = [...whole.detect(make())];
      const [a, b, after] = parts;
      const by = [a, b].map((e) => [...e.detect(make())]);
      // As it comes from another thread.
      const signals = structuredClone([...b.takeSignals()]);
      by.push([...after.detectWith(make(), [...a.takeSignals(), ...signals])]);
      assert.deepEqual(by[0].map((_, k) => by[0][k] | by[1][k] | by[2][k]), matched);
      const changes = sorted(whole.takeChanges());
      found += changes.length;
      assert.deepEqual(all(), changes, `seed ${seed}, rows to ${i + size}`);
      i += size;
      if (!random.chance(0.1)) continue;
      assert.deepEqual(statesOf(parts), statesOf([whole]));
      // Put together and parted anew.
      const snapshot = structuredClone(whole.snapshot());
      parts = parts.map((_, k) => {
        const part = whole.part([side(0), side(1), readers][k], 2);
        part.restore({ ...snapshot, rules: parts.flatMap((p) => p.snapshot().rules) });
        return part;
      });
    }
    whole.end();
    const [a, b, after] = parts;
    a.end();
    b.end();
    after.end([...a.takeSignals(), ...structuredClone([...b.takeSignals()])]);
    assert.deepEqual(all(), sorted(whole.takeChanges()));
    assert.deepEqual(statesOf(parts), statesOf([whole]));
  }
  assert.ok(found > 1000, `${found} changes`);
});
