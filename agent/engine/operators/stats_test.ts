import { deepEqual, equal } from "node:assert/strict";
import { createEngine } from "../engine.ts";
import {
  agg,
  atLeast,
  batch,
  catalogue,
  compare,
  constant,
  events,
  field,
  gap,
  input,
  is,
  keys,
  program,
  rule,
  run,
  type TestRow,
  where,
} from "../testing/streams.ts";
import type { IrExpr, IrWindow } from "../../../compiler/ir/program.ts";

const cat = catalogue({ src: "host", dest: "host", user: "string", action: "string", n: "int" });

function brute(threshold = 5, ms = 60_000, throttle = 0) {
  return program(rule("brute", events(is("action", "Failure")), [
    {
      kind: "stats",
      aggs: [agg("count", "failures"), agg("dc", "users", field("user"))],
      by: keys("src", "dest"),
      window: { kind: "sliding", ms },
    },
    where(atLeast("failures", threshold)),
    ...(throttle > 0 ? [{ kind: "throttle" as const, ms: throttle, by: keys("src") }] : []),
  ]));
}

const fail = (t: number, src = "203.0.113.9", dest = "h1", user = "root"): TestRow => ({
  t,
  src,
  dest,
  user,
  action: "failure",
});

Deno.test("a sliding count opens one alert, updates it and closes it", () => {
  const rows = [0, 1, 2, 3, 4, 5, 6].map((s) => fail(s * 1000, undefined, undefined, `u${s}`));
  const [a, ...rest] = run(brute(), cat, rows);
  deepEqual(rest, []);
  equal(a.time, 4000);
  equal(a.first, 0);
  equal(a.last, 6000);
  equal(a.count, 7);
  equal(a.status, "open");
  deepEqual(a.fields, { src: "203.0.113.9", dest: "h1", failures: 7, users: 7 });
  equal(a.eventIds.length, 7);
  equal(new Set(a.eventIds).size, 7);
});

Deno.test("a row exactly one window old has left the window", () => {
  const rows = [0, 15, 30, 45, 60].map((s) => fail(s * 1000));
  deepEqual(run(brute(), cat, rows), []);
  equal(run(brute(), cat, [0, 15, 30, 45, 59].map((s) => fail(s * 1000))).length, 1);
});

Deno.test("an episode ends when nothing came for the window's length, and the next is another alert", () => {
  const rows = [0, 1, 2, 3, 4, 64, 65, 66, 67, 68].map((s) => fail(s * 1000));
  const got = run(brute(), cat, rows);
  deepEqual(got.map((a) => [a.time, a.count]), [[4000, 5], [68000, 5]]);
});

Deno.test("throttle holds back hits of its key and counts them on the alert", () => {
  const rows = ["h1", "h2", "h3"].flatMap((d, i) =>
    [0, 1, 2, 3, 4].map((s) => fail((i * 10 + s) * 1000, undefined, d))
  );
  const got = run(brute(5, 60_000, 3_600_000), cat, rows);
  equal(got.length, 1);
  equal(got[0].suppressed, 2);
  deepEqual(got[0].entity, { src: "203.0.113.9" });
  const later = [0, 1, 2, 3, 4].map((s) => fail((3604 + s) * 1000));
  equal(run(brute(5, 60_000, 3_600_000), cat, [...rows, ...later]).length, 2);
});

Deno.test("rows without a key are left out, unless the key may be missing", () => {
  const make = (key: string) =>
    program(rule("r", events(), [
      {
        kind: "stats",
        aggs: [agg("count", "c")],
        by: keys(key),
        window: { kind: "sliding", ms: 10 },
      },
      where(atLeast("c", 2)),
    ]));
  const rows = [{ t: 0 }, { t: 1 }];
  deepEqual(run(make("src"), cat, rows), []);
  equal(run(make("?src"), cat, rows).length, 1);
});

Deno.test("every aggregate over a sliding window", () => {
  const p = program(rule("all", events(), [
    {
      kind: "stats",
      aggs: [
        agg("count", "c"),
        agg("sum", "sum", field("n", "int")),
        agg("avg", "avg", field("n", "int")),
        agg("min", "min", field("n", "int")),
        agg("max", "max", field("n", "int")),
        agg("stdev", "stdev", field("n", "int")),
        agg("perc", "p50", field("n", "int"), 50),
        agg("values", "users", field("user")),
        agg("first", "first", field("n", "int")),
        agg("last", "last", field("n", "int")),
        agg("rate", "rate"),
        agg("avg", "every", gap),
      ],
      by: keys("src"),
      window: { kind: "sliding", ms: 10_000 },
    },
    where(compare("==", field("c", "int"), constant(3))),
  ]));
  const n = [100, 9, 2, 4];
  const rows = n.map((x, i) => ({
    t: [0, 5000, 8000, 12000][i],
    src: "a",
    n: x,
    user: `u${i % 2}`,
  }));
  const got = run(p, cat, rows);
  deepEqual(got.at(-1)!.fields, {
    src: "a",
    c: 3,
    sum: 15,
    avg: 5,
    min: 2,
    max: 9,
    stdev: Math.sqrt((16 + 9 + 1) / 2),
    p50: 4,
    users: ["u0", "u1"],
    first: 9,
    last: 4,
    rate: 0.3,
    every: 4000,
  });
});

function windowed(window: IrWindow) {
  return program(rule("w", events(), [
    {
      kind: "stats",
      aggs: [agg("count", "c"), agg("dc", "users", field("user"))],
      by: keys("src"),
      window,
    },
    where(atLeast("c", 2)),
  ]));
}

Deno.test("a tumbling window fires once, at its end, and is half open", () => {
  const rows = [0, 59_999, 60_000, 119_999, 130_000].map((t) => ({ t, src: "a", user: "u" }));
  const got = run(windowed({ kind: "tumbling", ms: 60_000 }), cat, rows);
  deepEqual(got.map((a) => [a.time, a.fields.c, a.first, a.last]), [
    [60_000, 2, 0, 59_999],
    [120_000, 2, 60_000, 119_999],
  ]);
});

Deno.test("a session fires when its gap or its longest length closes it", () => {
  const rows = [0, 5, 9, 30, 39, 100].map((t) => ({ t, src: "a", user: "u" }));
  deepEqual(
    run(windowed({ kind: "session", ms: 10, max: null }), cat, rows).map((
      a,
    ) => [a.time, a.fields.c]),
    [[19, 3], [49, 2]],
  );
  const steady = [0, 5, 10, 15, 20, 25].map((t) => ({ t, src: "a", user: "u" }));
  deepEqual(
    run(windowed({ kind: "session", ms: 10, max: 12 }), cat, steady).map((
      a,
    ) => [a.time, a.fields.c]),
    [[12, 3], [27, 3]],
  );
});

Deno.test("keys beyond the cap are evicted, counted, and the rule is degraded", () => {
  const rows = Array.from({ length: 100 }, (_, i) => fail(i, `10.0.0.${i}`));
  const engine = createEngine(brute(), cat, { limits: { keysPerRule: 10 } });
  engine.detect(batch(input(), cat, rows));
  equal(engine.counters().evicted, 90);
  deepEqual(engine.counters().degraded, ["brute"]);
  const [health] = engine.takeHealth();
  deepEqual([health.kind, health.subject, health.detail], ["state_evicted", "brute", {
    count: 90,
  }]);
  equal(engine.snapshot().rules[0].stages[0].entries.length, 10);
});

Deno.test("a text that would be too long is missing, counted, and told at each tenfold", () => {
  let text: IrExpr = field("user");
  for (let i = 0; i < 10; i++) {
    const args = [text, constant("a"), constant("aaaaaaaa")];
    text = { op: "call", fn: "replace", args, type: "string", span: { start: 0, end: 0 } };
  }
  const long: IrExpr = { op: "call", fn: "isnull", args: [text], type: "bool", span: text.span };
  const engine = createEngine(program(rule("long", events(long))), cat);
  const told = (n: number) => {
    const rows = Array.from({ length: n }, (_, i) => fail(i, "203.0.113.9", "h1", `a${i}`));
    engine.detect(batch(input(n), cat, rows));
    return engine.takeHealth().filter((h) => h.kind === "too_long");
  };
  deepEqual(told(2).map((h) => [h.subject, h.detail]), [["replace", { count: 2 }]]);
  deepEqual(told(17), []);
  deepEqual(told(1).map((h) => h.detail), [{ count: 20 }]);
  engine.end();
  equal(engine.counters().hits.long, 20);
});

Deno.test("a sliding estimate of distinct values keeps to the window, also when values are missing", () => {
  const p = program(rule("d", events(), [
    {
      kind: "stats",
      aggs: [agg("count", "c"), agg("dc", "users", field("user"))],
      by: keys("src"),
      window: { kind: "sliding", ms: 3200 },
    },
  ]));
  const engine = createEngine(p, cat, { limits: { exact: 50 } });
  const source = input();
  const at = (t: number, user?: string): TestRow => ({ t, src: "s", ...(user ? { user } : {}) });
  const users = () => engine.takeChanges().at(-1)!.alert.fields.users as number;
  const near = (n: number, most: number) => {
    const got = users();
    equal(got >= n * 0.9 && got <= most * 1.1, true, `${got} of ${n} to ${most}`);
  };
  // One new user a millisecond: a window has 3,200 of them, a pane 100.
  engine.detect(batch(source, cat, Array.from({ length: 6000 }, (_, i) => at(i, `user${i}`))));
  near(3200, 3300);
  // None names a user any more: those seen leave one after the other.
  const silent = (from: number, to: number) =>
    Array.from({ length: (to - from) / 10 }, (_, i) => at(from + 10 * i));
  engine.detect(batch(source, cat, silent(6000, 7600), 6000));
  near(1600, 1700);
  engine.detect(batch(source, cat, silent(7600, 9500), 8000));
  equal(users(), 0);
  // And are counted exactly again.
  engine.detect(batch(source, cat, [at(9500, "a"), at(9501, "b"), at(9502, "a")], 9000));
  equal(users(), 2);
});

Deno.test("large values that have left a sliding window leave no rounding behind", () => {
  const p = program(rule("d", events(), [
    {
      kind: "stats",
      aggs: [
        agg("sum", "sum", field("n", "int")),
        agg("avg", "avg", field("n", "int")),
        agg("stdev", "dev", field("n", "int")),
      ],
      by: keys("src"),
      window: { kind: "sliding", ms: 10 },
    },
  ]));
  for (const large of [1e12, 1e300, Number.MAX_VALUE]) {
    const n = [large, 3, large, 1, 2, 4, 5, 6];
    const rows = n.map((n, i) => ({ t: i < 3 ? i : 8 + i, src: "s", n }));
    const { fields } = run(p, cat, rows)[0];
    deepEqual([fields.sum, fields.avg], [18, 18 / 5]);
    equal(Math.abs(fields.dev as number - Math.sqrt(17.2 / 4)) < 1e-12, true, `${fields.dev}`);
    // A window of more rows has aggregates that the large values were in.
    const many = [large, 3, large, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((n, t) => ({
      t,
      src: "s",
      n,
    }));
    const more = run(p, cat, many)[0].fields;
    deepEqual([more.sum, more.avg], [55, 5.5]);
    equal(Math.abs(more.dev as number - Math.sqrt(82.5 / 9)) < 1e-12, true, `${more.dev}`);
  }
});

Deno.test("aggregates are the same over few rows, over many, and after any restart", () => {
  const n = field("n", "int"), user = field("user");
  const p = program(rule("a", events(), [
    {
      kind: "stats",
      aggs: [
        agg("count", "c"),
        agg("values", "names", user),
        agg("dc", "users", user),
        agg("dc", "numbers", n),
        agg("count", "with", n),
        agg("sum", "sum", n),
        agg("min", "min", n),
        agg("max", "last_name", user),
        agg("first", "first", user),
        agg("last", "last", n),
        { ...agg("perc", "p50", n), constants: [50] },
        { ...agg("perc", "every", gap), constants: [50] },
      ],
      by: keys("src"),
      window: { kind: "sliding", ms: 100 },
    },
  ]));
  const rows: TestRow[] = [];
  for (let i = 0; i < 60; i++) {
    rows.push({
      t: i < 30 ? 10 * i : 300 + 30 * (i - 30),
      src: "s",
      ...(i % 7 === 3 ? {} : { n: i * 37 % 11 }),
      ...(i % 5 === 4 ? {} : { user: `a long name of a user, ${i * i % 6}` }),
    });
  }
  const said = (restart: boolean): unknown[] => {
    let engine = createEngine(p, cat), source = input();
    return rows.map((row, i) => {
      if (restart) {
        const saved = JSON.parse(JSON.stringify(engine.snapshot()));
        engine = createEngine(p, cat);
        engine.restore(saved);
        source = input();
      }
      engine.detect(batch(source, cat, [row], i));
      return engine.takeChanges().at(-1)!.alert.fields;
    });
  };
  const fields = said(false);
  deepEqual(said(true), fields);
  rows.forEach((row, i) => {
    const inside = rows.slice(0, i + 1).filter((r) => r.t > row.t - 100);
    const numbers = inside.flatMap((r) => r.n === undefined ? [] : [r.n as number]);
    const names = inside.flatMap((r) => r.user === undefined ? [] : [r.user as string]);
    const { every: _, ...got } = fields[i] as Record<string, unknown>;
    deepEqual(got, {
      src: "s",
      c: inside.length,
      names: [...new Set(names)].sort(),
      users: new Set(names).size,
      numbers: new Set(numbers).size,
      with: numbers.length,
      sum: numbers.reduce((a, b) => a + b, 0),
      min: Math.min(...numbers),
      last_name: [...names].sort().at(-1),
      first: names[0],
      last: numbers.at(-1),
      p50: [...numbers].sort((a, b) => a - b)[Math.ceil(numbers.length / 2) - 1],
    });
  });
  const counts = fields.map((f) => (f as { c: number }).c);
  equal(Math.min(...counts.slice(20)) < 5 && Math.max(...counts) > 8, true);
});
