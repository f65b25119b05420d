/**
 * The same input gives the same alerts: in any arrival order within the lateness, in batches of any
 * size, over a checkpoint; and the windows agree with an exhaustive count.
 */
import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import type { Alert } from "../event.ts";
import { createEngine, type Engine } from "./engine.ts";
import {
  agg,
  Alerts,
  atLeast,
  batch,
  catalogue,
  events,
  field,
  gap,
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
} from "./testing/streams.ts";

/** Streams a property; the environment raises it for a long run. */
const RUNS = Number(Deno.env.get("PICKET_RUNS") ?? 300);
const cat = catalogue({ src: "host", user: "string", k: "string", n: "int" });
const sliding = (ms: number) => ({ kind: "sliding" as const, ms });

const everything = program(
  rule("each", events(is("k", "a"))),
  rule("count", events(is("k", "a")), [
    {
      kind: "stats",
      aggs: [
        agg("count", "c"),
        agg("dc", "users", field("user")),
        agg("stdev", "dev", field("n", "int")),
        agg("max", "most", field("n", "int")),
        agg("avg", "every", gap),
        agg("values", "names", field("user")),
        agg("perc", "p90", field("n", "int"), 90),
      ],
      by: keys("src"),
      window: sliding(30),
    },
    where(atLeast("c", 3)),
    { kind: "throttle", ms: 60, by: keys("src"), group: "one" },
  ]),
  rule("beside", events(is("k", "c")), [
    { kind: "throttle", ms: 45, by: keys("src"), group: "one" },
  ], { severity: "high" }),
  rule("tumbling", events(), [
    {
      kind: "stats",
      aggs: [agg("count", "c")],
      by: keys("src"),
      window: { kind: "tumbling", ms: 20 },
    },
    where(atLeast("c", 2)),
    { kind: "baseline", field: "c", history: 200, min: 1 },
  ]),
  rule("session", events(is("k", "b")), [
    {
      kind: "stats",
      aggs: [agg("sum", "c", field("n", "int"))],
      by: keys("src"),
      window: { kind: "session", ms: 10, max: 40 },
    },
  ]),
  rule("dedup", events(), [{ kind: "dedup", by: keys("src", "user"), within: 25 }]),
  rule("seen", events(), [{ kind: "first_seen", by: keys("user"), history: 40, warmup: 5 }]),
  rule("quiet", events(), [
    { kind: "absent", by: keys("src"), ms: 15, expect: null, clock: false },
  ]),
  rule("seq", {
    kind: "sequence",
    by: keys("src"),
    within: 25,
    steps: [
      step(signal("count")),
      step(events(is("k", "c")), true),
      step(events(is("k", "b")), false, "end"),
    ],
    until: null,
  }),
  rule("left", {
    kind: "sequence",
    by: keys("src"),
    within: 12,
    steps: [step(events(is("k", "b"))), step(events(is("k", "c")), true)],
    until: events(is("k", "a")),
  }),
  rule("both", {
    kind: "together",
    by: keys("src"),
    within: 15,
    steps: [step(events(is("k", "a"))), step(events(is("k", "b"))), step(events(is("k", "c")))],
    until: null,
  }),
);

const anyRows = fc.array(
  fc.record({
    t: fc.integer({ min: 0, max: 200 }),
    src: fc.constantFrom("s1", "s2"),
    user: fc.constantFrom("u1", "u2", "a-user-with-a-long-name"),
    k: fc.constantFrom("a", "b", "c"),
    n: fc.integer({ min: 0, max: 50 }),
  }),
  { maxLength: 60 },
);
const inOrder = (rows: readonly TestRow[]): TestRow[] =>
  [...rows].sort((a, b) => a.t - b.t).map((r, offset) => ({ ...r, offset }));

/** Alerts by id, as text: what must be the same to the byte. */
const text = (alerts: readonly Alert[]) =>
  JSON.stringify([...alerts].sort((a, b) => a.id < b.id ? -1 : 1));

Deno.test("batches of any size give the same alerts", () => {
  fc.assert(
    fc.property(anyRows, fc.integer({ min: 1, max: 20 }), (rows, size) => {
      const sorted = inOrder(rows);
      equal(
        text(run(everything, cat, sorted, { batch: size })),
        text(run(everything, cat, sorted, { batch: 1000 })),
      );
    }),
    { numRuns: RUNS },
  );
});

Deno.test("any arrival order within the lateness, over several inputs, gives the same alerts", () => {
  fc.assert(
    fc.property(anyRows, fc.array(fc.nat(), { minLength: 60, maxLength: 60 }), (rows, noise) => {
      const sorted = inOrder(rows);
      const results = [false, true].map((shuffled) => {
        const engine = createEngine(everything, cat);
        const inputs = [0, 1, 2].map((i) => input(i, 10));
        inputs.forEach((i) => engine.openInput(i));
        const parts = inputs.map((_, i) => sorted.filter((r) => r.offset as number % 3 === i));
        // Moved by less than the lateness: every row still comes in time.
        if (shuffled) {
          for (const part of parts) {
            const key = (r: TestRow) => r.t + noise[r.offset as number] % 10;
            part.sort((a, b) => key(a) - key(b));
          }
        }
        const alerts = new Alerts();
        const order = shuffled ? [2, 0, 1] : [0, 1, 2];
        const size = shuffled ? 1 + noise[0] % 7 : 1000;
        for (let from = 0; from < 60; from += size) {
          for (const i of order) {
            const some = parts[i].slice(from, from + size);
            if (some.length) engine.detect(batch(inputs[i], cat, some));
          }
          alerts.take(engine);
        }
        engine.end();
        alerts.take(engine);
        equal(engine.counters().late, 0);
        return text(alerts.list());
      });
      equal(results[1], results[0]);
    }),
    { numRuns: RUNS },
  );
});

Deno.test("a run over a checkpoint equals an unbroken one", () => {
  fc.assert(
    fc.property(anyRows, fc.nat(60), fc.constantFrom(0, 10), (rows, cut, lateness) => {
      const sorted = inOrder(rows);
      const whole = play(createEngine(everything, cat), sorted, lateness, new Alerts(), true);
      const alerts = new Alerts();
      const first = createEngine(everything, cat);
      play(first, sorted.slice(0, cut), lateness, alerts, false);
      const saved = JSON.parse(JSON.stringify(first.snapshot()));
      const second = createEngine(everything, cat);
      deepEqual(second.restore(saved), []);
      play(second, sorted.slice(cut), lateness, alerts, true);
      equal(text(alerts.list()), text(whole.list()));
    }),
    { numRuns: RUNS },
  );
});

function play(
  engine: Engine,
  rows: readonly TestRow[],
  lateness: number,
  alerts: Alerts,
  end: boolean,
): Alerts {
  const source = input(0, lateness);
  engine.openInput(source);
  if (rows.length > 0) engine.detect(batch(source, cat, rows));
  if (end) engine.end();
  alerts.take(engine);
  return alerts;
}

Deno.test("a rule whose plan changed starts fresh and says so", () => {
  const p = program(rule("r", events(), [{ kind: "dedup", by: keys("src"), within: 100 }]));
  const engine = createEngine(p, cat);
  engine.detect(batch(input(), cat, [{ t: 0, src: "s" }]));
  const next = createEngine(program({ ...p.rules[0], planHash: "other" }), cat);
  deepEqual(next.restore(engine.snapshot()), ["r"]);
  equal(next.takeHealth()[0].kind, "plan_changed");
  next.detect(batch(input(), cat, [{ t: 1, src: "s" }], 1));
  deepEqual(next.takeChanges().map((c) => c.change), ["open", "close"]);
});

Deno.test("state under digests of an earlier way starts fresh and is told of once", () => {
  const two = ["a", "b"].map((name) =>
    program(rule(name, events(), [{ kind: "dedup", by: keys("src"), within: 100 }])).rules[0]
  );
  const versioned = (mark: string) =>
    two.map((r) => ({ ...r, planHash: `${mark}${"0".repeat(32)}` }));
  const engine = createEngine(program(...versioned("")), cat);
  engine.detect(batch(input(), cat, [{ t: 0, src: "s" }]));
  const next = createEngine(program(...versioned("2-")), cat);
  deepEqual(next.restore(engine.snapshot()), ["a", "b"]);
  const notes = next.takeHealth();
  deepEqual(notes.map((n) => [n.kind, n.subject, n.detail]), [["plan_changed", "rules", {
    rules: 2,
  }]]);
  const same = createEngine(program(...versioned("2-")), cat);
  deepEqual(same.restore(next.snapshot()), []);
  deepEqual(same.takeHealth(), []);
});

Deno.test("an incremental checkpoint has what changed and nothing else", () => {
  const p = program(rule("r", events(), [{ kind: "dedup", by: keys("src"), within: 10 }]));
  const engine = createEngine(p, cat);
  const source = input();
  engine.detect(batch(source, cat, [{ t: 0, src: "a" }, { t: 1, src: "b" }]));
  equal(engine.snapshot().rules[0].stages[0].entries.length, 2);
  engine.detect(batch(source, cat, [{ t: 11, src: "c" }], 2));
  const [stage] = engine.takeDirty().rules[0].stages;
  deepEqual(stage.entries.map(([key]) => key), ["c"]);
  deepEqual(stage.removed, ["a", "b"]);
});

Deno.test("a key between two checkpoints is in neither, unless an earlier one holds it", () => {
  const p = program(rule("r", events(), [{ kind: "dedup", by: keys("src"), within: 10 }]));
  const engine = createEngine(p, cat);
  const source = input();
  engine.detect(batch(source, cat, [{ t: 0, src: "a" }, { t: 1, src: "b" }]));
  engine.snapshot();
  const rows = [{ t: 11, src: "c" }, { t: 12, src: "a" }, { t: 22, src: "d" }];
  engine.detect(batch(source, cat, [...rows, { t: 23, src: "b" }], 2));
  const [stage] = engine.takeDirty().rules[0].stages;
  // b was removed, and came again.
  deepEqual(stage.entries.map(([key]) => key), ["d", "b"]);
  deepEqual(stage.removed, ["a"]);
});

Deno.test("sliding windows agree with a count over all rows", () => {
  const p = program(rule("r", events(is("k", "a")), [
    {
      kind: "stats",
      aggs: [
        agg("count", "c"),
        agg("dc", "users", field("user")),
        agg("min", "least", field("n", "int")),
      ],
      by: keys("src"),
      window: sliding(30),
    },
    where(atLeast("c", 3)),
  ]));
  fc.assert(
    fc.property(anyRows, (rows) => {
      const sorted = inOrder(rows);
      const want: unknown[] = [];
      for (const src of ["s1", "s2"]) {
        const own = sorted.filter((r) => r.k === "a" && r.src === src);
        let open: unknown[] | null = null;
        let last = -Infinity;
        for (const [i, r] of own.entries()) {
          if (r.t - last >= 30) open = null;
          last = r.t;
          const inside = own.slice(0, i + 1).filter((x) => x.t > r.t - 30);
          if (inside.length < 3) {
            open = null;
            continue;
          }
          const users = new Set(inside.map((x) => x.user)).size;
          const least = Math.min(...inside.map((x) => x.n as number));
          if (!open) want.push(open = [src, r.t, inside[0].t, 0, 0, 0, 0, inside.length - 1]);
          open.splice(3, 5, r.t, inside.length, users, least, open[7] as number + 1);
        }
      }
      const got = run(p, cat, sorted).map((a) => [
        a.fields.src,
        a.time,
        a.first,
        a.last,
        a.fields.c,
        a.fields.users,
        a.fields.least,
        a.count,
      ]);
      const sort = (list: unknown[]) => list.map((x) => JSON.stringify(x)).sort();
      deepEqual(sort(got), sort(want));
    }),
    { numRuns: RUNS },
  );
});

Deno.test("sequences agree with an exhaustive search", () => {
  // Three steps, `!` between the second and third, until, and a trailing `!`, against a search over
  // every row: a match goes back from each last step through the newest unconsumed rows.
  const within = 25;
  const p = program(rule("r", {
    kind: "sequence",
    by: keys("src"),
    within,
    steps: [
      step(events(is("k", "a"))),
      step(events(is("k", "b"))),
      step(events(is("user", "u1")), true),
    ],
    until: events(is("user", "u2")),
  }));
  fc.assert(
    fc.property(anyRows, (rows) => {
      const sorted = inOrder(rows);
      const want: string[] = [];
      for (const src of ["s1", "s2"]) {
        const own = sorted.filter((r) => r.src === src);
        const clears = (r: TestRow) => r.user === "u2";
        own.forEach((b, j) => {
          if (b.k !== "b") return;
          // The newest `a` before it, with neither `until` nor another `b` in between.
          let i = j - 1;
          if (clears(b)) return;
          while (i >= 0 && own[i].k !== "a" && own[i].k !== "b" && !clears(own[i])) i--;
          if (i < 0 || own[i].k !== "a" || b.t - own[i].t > within) return;
          const end = own[i].t + within;
          for (let m = j + 1; m < own.length && own[m].t <= end; m++) {
            if (own[m].user === "u1" || clears(own[m])) return;
            // A newer complete match takes its place.
            if (own[m].k === "b" && newer(own, m, clears, within)) return;
          }
          want.push(JSON.stringify([src, end, own[i].t, b.t]));
        });
      }
      const got = run(p, cat, sorted).map((a) =>
        JSON.stringify([a.fields.src, a.time, a.first, a.last])
      );
      deepEqual(got.sort(), want.sort());
    }),
    { numRuns: RUNS },
  );
});

function newer(
  own: readonly TestRow[],
  m: number,
  clears: (r: TestRow) => boolean,
  within: number,
): boolean {
  let i = m - 1;
  while (i >= 0 && own[i].k !== "a" && own[i].k !== "b" && !clears(own[i])) i--;
  return i >= 0 && own[i].k === "a" && own[m].t - own[i].t <= within;
}

Deno.test("a sketch takes over from exact distinct counts and percentiles within its stated error", () => {
  const p = program(rule("r", events(), [
    {
      kind: "stats",
      aggs: [agg("dc", "users", field("user")), agg("perc", "p95", field("n", "int"), 95)],
      by: keys("src"),
      window: { kind: "tumbling", ms: 1_000_000 },
    },
  ]));
  const rows = Array.from(
    { length: 20_000 },
    (_, i) => ({ t: i, src: "s", user: `user${i}`, n: i + 1 }),
  );
  const [{ fields }] = run(p, cat, rows);
  ok(Math.abs(fields.users as number - 20_000) < 20_000 * 3 * 0.023);
  ok(Math.abs(fields.p95 as number - 19_000) <= 190);
});
