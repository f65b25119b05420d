import { deepEqual, equal } from "node:assert/strict";
import {
  agg,
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
  signal,
  step,
  type TestRow,
  where,
} from "../testing/streams.ts";
import { createEngine } from "../engine.ts";

const cat = catalogue({ src: "host", k: "string", user: "string" });
const on = (k: string) => events(is("k", k));

function sequence(kind: "sequence" | "together", spec: string, within: number, until?: string) {
  return program(rule("seq", {
    kind,
    by: keys("src"),
    within,
    steps: spec.split(" ").map((s) => s.startsWith("!") ? step(on(s.slice(1)), true) : step(on(s))),
    until: until ? on(until) : null,
  }));
}
const stream = (text: string): TestRow[] =>
  text.split(" ").map((p) => {
    const [k, t] = p.split("@");
    return { t: Number(t), k, src: "s" };
  });
const times = (p: ReturnType<typeof program>, text: string) =>
  run(p, cat, stream(text), { rule: "seq" }).map((a) => [a.time, a.first, a.count]);

Deno.test("steps follow in order, inside the time from the first one", () => {
  const p = sequence("sequence", "a b c", 10);
  deepEqual(times(p, "a@0 b@5 c@10"), [[10, 0, 3]]);
  deepEqual(times(p, "a@0 b@5 c@11"), []);
  deepEqual(times(p, "b@0 a@1 c@2"), []);
});

Deno.test("the newest partial match wins and is consumed when it advances", () => {
  const p = sequence("sequence", "a b", 10);
  deepEqual(times(p, "a@0 a@3 b@12 b@13"), [[12, 3, 2]]);
});

Deno.test("a forbidden step between two kills the match; until clears it", () => {
  deepEqual(times(sequence("sequence", "a !x b", 10), "a@0 x@1 b@2 a@3 b@4"), [[4, 3, 2]]);
  deepEqual(times(sequence("sequence", "a b", 10, "u"), "a@0 u@1 b@2 a@3 b@4"), [[4, 3, 2]]);
});

Deno.test("a trailing forbidden step fires when within has passed and nothing came", () => {
  const p = sequence("sequence", "a !x", 10);
  deepEqual(times(p, "a@0 y@20"), [[10, 0, 1]]);
  deepEqual(times(p, "a@0 x@10"), []);
  deepEqual(times(p, "a@0 x@11"), [[10, 0, 1]]);
  deepEqual(times(p, "a@0"), [[10, 0, 1]]);
});

Deno.test("a leading forbidden step bars the match for the length of within", () => {
  deepEqual(times(sequence("sequence", "!x a b", 10), "x@0 a@5 b@6 a@11 b@12"), [[12, 11, 2]]);
});

Deno.test("together takes its steps in any order", () => {
  const p = sequence("together", "a b c", 10);
  deepEqual(times(p, "c@0 a@5 b@10"), [[10, 0, 3]]);
  deepEqual(times(p, "c@0 a@5 b@11 c@12"), [[12, 5, 3]]);
});

Deno.test("a row never follows itself: a step that equals the one before needs a second row", () => {
  deepEqual(times(sequence("sequence", "a a", 10), "a@0 a@1 a@2"), [[1, 0, 2], [2, 1, 2]]);
});

Deno.test("a signal reaches its reader before the throttle, and named steps give their fields", () => {
  const noisy = rule("noisy", on("f"), [
    {
      kind: "stats",
      aggs: [agg("count", "n")],
      by: keys("src"),
      window: { kind: "sliding", ms: 10 },
    },
    where(atLeast("n", 2)),
    { kind: "throttle", ms: 1000, by: keys("src") },
  ]);
  const chained = rule(
    "seq",
    {
      kind: "sequence",
      by: keys("src"),
      within: 10,
      steps: [step(signal("noisy")), step(on("ok"), false, "login")],
      until: null,
    },
    [],
    { text: ["as ", field("login.user")] },
  );
  const rows = stream("f@0 f@1 ok@2 f@50 f@51 ok@52").map((r) => ({ ...r, user: "root" }));
  const got = run(program(noisy, chained), cat, rows);
  equal(got.filter((a) => a.rule === "noisy").length, 1);
  deepEqual(got.filter((a) => a.rule === "seq").map((a) => [a.time, a.message]), [
    [2, "as root"],
    [52, "as root"],
  ]);
});

Deno.test("dedup, first_seen, absent and baseline", () => {
  const at = (t: number, src = "s"): TestRow => ({ t, src, k: "a" });
  const times = (p: ReturnType<typeof program>, rows: TestRow[]) =>
    run(p, cat, rows).map((a) => a.time);
  const dedup = program(rule("d", events(), [{ kind: "dedup", by: keys("src"), within: 10 }]));
  deepEqual(times(dedup, [at(0), at(9), at(10), at(19), at(21)]), [0, 10, 21]);
  const seen = program(
    rule("f", events(), [{ kind: "first_seen", by: keys("src"), history: 100, warmup: 10 }]),
  );
  deepEqual(times(seen, [at(0), at(12, "b"), at(13), at(14, "b"), at(112), at(213)]), [12, 213]);
  const absent = program(
    rule("q", events(), [{ kind: "absent", by: keys("src"), ms: 10, expect: null, clock: false }]),
  );
  deepEqual(times(absent, [at(0), at(5), at(40, "b"), at(41), at(45, "b")]), [15]);
  const base = program(rule("b", events(), [
    {
      kind: "stats",
      aggs: [agg("count", "n")],
      by: keys("src"),
      window: { kind: "tumbling", ms: 10 },
    },
    { kind: "baseline", field: "n", history: 1000, min: 3 },
    where(atLeast("n_z", 4)),
  ]));
  const counts = [1, 2, 1, 2, 9];
  const rows = counts.flatMap((c, w) => Array.from({ length: c }, (_, i) => at(w * 10 + i)));
  const [alert, ...rest] = run(base, cat, rows);
  deepEqual(rest, []);
  equal(alert.time, 50);
  equal(alert.fields.n_mean, 1.5);
});

Deno.test("a late row is counted, and taken in by a window that still covers it", () => {
  const p = program(
    rule("each", on("a")),
    rule("pair", on("a"), [
      {
        kind: "stats",
        aggs: [agg("count", "n")],
        by: keys("src"),
        window: { kind: "sliding", ms: 100 },
      },
      where(atLeast("n", 2)),
    ]),
  );
  const engine = createEngine(p, cat);
  engine.detect(batch(input(), cat, stream("a@10 a@5")));
  engine.end();
  equal(engine.counters().late, 1);
  deepEqual(engine.takeChanges().map((c) => [c.alert.rule, c.alert.time, c.change]), [
    ["each", 10, "open"],
    ["each", 10, "close"],
    ["each", 5, "open"],
    ["each", 5, "close"],
    ["pair", 10, "open"],
    ["pair", 10, "close"],
  ]);
});
