/** Scores go on over runs: what an earlier run stored is counted, and raises nothing by itself. */
import { deepEqual, equal, ok } from "node:assert/strict";
import type { Alert } from "../../event.ts";
import { createEngine } from "../engine.ts";
import {
  agg,
  Alerts,
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
  run,
  type TestRow,
} from "../testing/streams.ts";
import { Random } from "../testing/oracle/random.ts";
import { type PastAlert, PastAlerts } from "./past_alerts.ts";

const cat = catalogue({ src: "host", user: "string", k: "string" });
const RULES = program(
  { ...rule("first", events(is("k", "a")), [], { entity: ["src", "user"] }), risk: 5 },
  { ...rule("second", events(is("k", "b")), [], { entity: ["src"] }), risk: 7 },
  rule("entity_risk", anySignal(), [
    { kind: "dedup", by: keys("entity_field", "entity", "rule"), within: 5 },
    {
      kind: "stats",
      aggs: [agg("sum", "score", field("risk", "int")), agg("count", "alerts")],
      by: keys("entity_field", "entity"),
      window: { kind: "sliding", ms: 300 },
    },
    { kind: "where", expr: atLeast("score", 6) },
  ]),
);

function past(alerts: readonly Alert[]): PastAlerts {
  const of = new PastAlerts();
  of.set(
    alerts.filter((a) => a.rule !== "entity_risk").map((a): PastAlert => ({
      rule: a.rule,
      title: a.title,
      given: a.severity,
      time: a.time,
      entity: a.entity,
      risk: a.metadata.risk!,
      tactic: null,
      src: null,
    })),
  );
  return of;
}

/** Rows of two logs at times of their own. */
function logs(seed: number): { readonly all: TestRow[]; readonly log: readonly number[] } {
  const random = new Random(seed);
  const all: TestRow[] = [], log: number[] = [];
  for (let t = 0, i = 0; i < 60; i++) {
    t += 1 + random.below(12);
    all.push({
      t,
      offset: i,
      k: "ab"[random.below(2)],
      src: `s${random.below(4)}`,
      user: `u${random.below(3)}`,
    });
    log.push(random.below(2));
  }
  return { all, log };
}

const scores = (alerts: readonly Alert[]) =>
  alerts.filter((a) => a.rule === "entity_risk")
    .map((a) => ({ at: a.last, entity: a.entity, ...a.fields }));
const entityOf = (a: Alert) => JSON.stringify(a.entity);

Deno.test("a second log's scores are those of both logs read together", () => {
  let compared = 0;
  for (let seed = 0; seed < 60; seed++) {
    const { all, log } = logs(seed);
    const rows = (which: number) => all.filter((_, i) => log[i] === which);
    const whole = run(RULES, cat, all), first = run(RULES, cat, rows(0));
    const second = run(RULES, cat, rows(1), { past: past(first), source: input(1) });
    // Each entity's last state, where the second log has its last row.
    const lastOf = (alerts: readonly Alert[]) =>
      new Map(alerts.filter((a) => a.rule === "entity_risk").map((a) => [entityOf(a), a]));
    const together = lastOf(whole), apart = lastOf(second);
    const ends = new Set(rows(1).map((r) => r.t));
    for (const [entity, a] of together) {
      // Rows that dedup held back end no row of the score.
      if (!ends.has(a.last)) continue;
      const b = apart.get(entity);
      ok(b, `seed ${seed}: ${entity}`);
      if (b.last !== a.last) continue;
      deepEqual(
        [b.fields.score, b.fields.alerts],
        [a.fields.score, a.fields.alerts],
        `seed ${seed}`,
      );
      compared++;
    }
  }
  ok(compared > 100, `${compared} compared`);
});

Deno.test("a log that is read again raises the same, and an older one is not added to by a newer", () => {
  for (let seed = 0; seed < 20; seed++) {
    const { all } = logs(seed);
    const once = run(RULES, cat, all);
    deepEqual(run(RULES, cat, all, { past: past(once) }), once, `seed ${seed}`);
    const earlier = all.map((r) => ({ ...r, t: r.t - 10_000 }));
    deepEqual(
      scores(run(RULES, cat, earlier, { past: past(once) })),
      scores(run(RULES, cat, earlier)),
    );
  }
});

Deno.test("what was stored raises nothing until the entity is named again, and then what there is of it", () => {
  const before = run(RULES, cat, [
    { t: 1, offset: 0, k: "b", src: "s1" },
    { t: 20, offset: 1, k: "b", src: "s1" },
  ]);
  const after = run(RULES, cat, [
    { t: 40, offset: 0, k: "a", src: "s2", user: "u1" },
    { t: 50, offset: 1, k: "a", src: "s1", user: "u1" },
    { t: 305, offset: 2, k: "b", src: "s1" },
    { t: 700, offset: 3, k: "a", src: "s1", user: "u1" },
  ], { past: past(before), source: input(1) });
  const [made, more] = after.filter((a) => a.rule === "entity_risk" && a.entity.src === "s1");
  equal(more, undefined);
  deepEqual(
    [made.time, made.first, made.last, made.entity, made.fields.score, made.fields.alerts],
    [50, 1, 305, { src: "s1" }, 19, 3],
  );
  equal(made.eventIds.length, 2, "events of an earlier run are its alerts'");
});

Deno.test("a run that goes on from a checkpoint counts nothing twice", () => {
  for (let seed = 0; seed < 40; seed++) {
    const { all, log } = logs(seed);
    const rows = (which: number) => all.filter((_, i) => log[i] === which);
    const known = run(RULES, cat, rows(0)), own = rows(1), source = input(1);
    const whole = run(RULES, cat, own, { past: past(known), source });
    const at = new Random(seed).below(own.length);
    const one = createEngine(RULES, cat, { past: past(known) });
    const alerts = new Alerts();
    one.detect(batch(source, cat, own.slice(0, at), 0));
    alerts.take(one);
    // The store has the alerts of the run itself as well now.
    const two = createEngine(RULES, cat, { past: past([...known, ...alerts.list()]) });
    two.restore(one.snapshot());
    two.detect(batch(source, cat, own.slice(at), at));
    two.end();
    alerts.take(two);
    deepEqual(scores(alerts.list()), scores(whole), `seed ${seed}`);
  }
});
