/** Watermarks over several inputs: who holds whom back, what is late, and what is told of it. */
import { deepEqual, equal } from "node:assert/strict";
import { createEngine } from "../engine.ts";
import { type HeldRow, HeldRows, packRows, unpackRows } from "./held_rows.ts";
import {
  agg,
  Alerts,
  atLeast,
  batch,
  catalogue,
  events,
  input,
  is,
  keys,
  program,
  rule,
  type TestRow,
  where,
} from "../testing/streams.ts";

const cat = catalogue({ src: "host", k: "string" });
const rules = program(
  rule("each", events(is("k", "a"))),
  rule("pair", events(is("k", "a")), [
    {
      kind: "stats",
      aggs: [agg("count", "n")],
      by: keys("src"),
      window: { kind: "sliding", ms: 100 },
    },
    where(atLeast("n", 2)),
  ]),
);
const at = (t: number, offset = t): TestRow => ({ t, src: "s", k: "a", offset });

/** Two inputs with a lateness of 10, and a look at what has fired so far. */
function two(lateness = 10) {
  const engine = createEngine(rules, cat);
  const inputs = [input(0, lateness), input(1, lateness)];
  inputs.forEach((i) => engine.openInput(i));
  const alerts = new Alerts();
  const feed = (i: number, ...rows: TestRow[]) => engine.detect(batch(inputs[i], cat, rows));
  const pairs = () => {
    alerts.take(engine);
    return alerts.list("pair").map((a) => [a.time, a.count]);
  };
  return { engine, inputs, feed, pairs };
}

Deno.test("the input furthest behind holds the watermark back, until it is idle or has ended", () => {
  for (const [how, release] of [["idle", 1], ["closed", 2], ["both go on", 0]] as const) {
    const { engine, inputs, feed, pairs } = two();
    feed(0, at(5), at(30), at(60));
    feed(1, at(20));
    // 20 − 10: the rows at 20, 30 and 60 still wait for what input 1 may bring.
    equal(engine.watermark(), 10, how);
    deepEqual(pairs(), [], how);
    if (release === 1) engine.setIdle(inputs[1], true);
    else if (release === 2) engine.closeInput(inputs[1]);
    else feed(1, at(70));
    equal(engine.watermark(), 50, how);
    deepEqual(pairs(), [[20, 3]], how);
    equal(engine.counters().late, 0, how);
  }
});

Deno.test("an idle input that comes again counts again; what it brings too late is late", () => {
  const { engine, inputs, feed, pairs } = two();
  feed(0, at(5), at(60));
  engine.setIdle(inputs[1], true);
  equal(engine.watermark(), 50);
  feed(1, at(45), at(55));
  equal(engine.counters().late, 1);
  feed(0, at(90));
  // Input 1 stands at 55 and holds input 0 back again.
  equal(engine.watermark(), 50);
  engine.setIdle(inputs[1], true);
  equal(engine.watermark(), 80);
  // The late row makes a pair with the one at 5, at its own time.
  deepEqual(pairs(), [[45, 4]]);
  engine.end();
  deepEqual(pairs(), [[45, 5]]);
});

Deno.test("with all inputs idle, everything that came is taken", () => {
  const { engine, inputs, feed, pairs } = two();
  feed(0, at(5), at(60));
  feed(1, at(58));
  inputs.forEach((i) => engine.setIdle(i, true));
  equal(engine.watermark(), 60);
  equal(engine.counters().buffered, 0);
  deepEqual(pairs(), [[58, 3]]);
});

Deno.test("rows of one time go by input and offset, whichever comes first", () => {
  const texts = [[0, 1], [1, 0]].map((order) => {
    const engine = createEngine(rules, cat);
    const inputs = [input(0), input(1)];
    inputs.forEach((i) => engine.openInput(i));
    for (const i of order) engine.detect(batch(inputs[i], cat, [at(5, 7), at(5, 8)]));
    engine.end();
    return JSON.stringify(engine.takeChanges().filter((c) => c.alert.rule === "pair"));
  });
  equal(texts[1], texts[0]);
});

Deno.test("late rows and rows without a time are told once by host, rules without windows see both", () => {
  const { engine, inputs, feed } = two(0);
  feed(0, at(50), at(40), at(20));
  const clamped = batch(inputs[1], cat, [at(9999)]);
  Object.assign(clamped.events[0], { _time_from: "clamped" });
  engine.detect(clamped);
  engine.end();
  const changes = engine.takeChanges();
  const of = (rule: string) => changes.filter((c) => c.alert.rule === rule);
  deepEqual(of("each").filter((c) => c.change === "open").map((c) => c.alert.time), [
    50,
    40,
    20,
    9999,
  ]);
  deepEqual(of("pair").filter((c) => c.change === "open").map((c) => c.alert.count), [3]);
  equal(engine.counters().late, 3);
  const told = engine.takeHealth().map((h) => [h.kind, h.subject, h.time, h.detail]);
  deepEqual(told, [
    ["late", "input0", 50, { input: "input0", host: "", count: 2, untimed: 0, behind_ms: 30 }],
    ["late", "input1", 50, { input: "input1", host: "", count: 1, untimed: 1, behind_ms: 0 }],
  ]);
  deepEqual(engine.takeHealth(), []);
});

Deno.test("lost state is told with its number, and the rule is degraded once", () => {
  const p = program(rule("d", events(), [{ kind: "dedup", by: keys("src"), within: 1000 }]));
  const engine = createEngine(p, cat, { limits: { keysPerRule: 2 } });
  const source = input();
  const kinds = () => engine.takeHealth().map((h) => [h.kind, h.subject, h.detail]);
  const rows = (from: number, n: number): TestRow[] =>
    Array.from({ length: n }, (_, i) => ({ t: from + i, src: `s${from + i}`, k: "a" }));
  engine.detect(batch(source, cat, rows(0, 2)));
  deepEqual(kinds(), []);
  engine.detect(batch(source, cat, rows(10, 3)));
  deepEqual(kinds(), [["state_evicted", "d", { count: 3 }], ["degraded", "d", {}]]);
  engine.detect(batch(source, cat, rows(20, 1)));
  deepEqual(kinds(), [["state_evicted", "d", { count: 1 }]]);
  deepEqual(engine.counters().degraded, ["d"]);
});

Deno.test("a row that waits is saved with what nobody has asked for yet", () => {
  const captures = ["src", "user"].map((name) =>
    ({ name, type: "string", always: false }) as const
  );
  const [extraction] = catalogue({ src: "string", user: "string" }).extractions;
  const prototype = {};
  // As events of records have them: worked out when one is asked for.
  for (const { name } of captures) {
    Object.defineProperty(prototype, name, { get: () => `the ${name}`, configurable: true });
  }
  const event = Object.assign(Object.create(prototype), { _raw: "x", _time: 5, more: null });
  const row = {
    time: 5,
    index: 0,
    offset: 7,
    slot: 0,
    check: 1,
    source: "s",
    extractionId: extraction.id,
    event,
    entries: null,
    no: 3,
  };
  const packed = JSON.parse(JSON.stringify(packRows([row], [extraction])));
  const [saved] = unpackRows(packed, [3, 3]);
  deepEqual(saved.fields, { _raw: "x", _time: 5, more: null, src: "the src", user: "the user" });
});

Deno.test("rows that wait come out in order, whatever the order they come in", () => {
  let seed = 7;
  const random = (n: number) => (seed = (seed * 1103515245 + 12345) % 2 ** 31) % n;
  const row = (time: number, offset: number): HeldRow => ({
    time,
    index: 0,
    offset,
    slot: 0,
    check: 0,
    source: "s",
    extractionId: 0,
    event: {} as HeldRow["event"],
    entries: null,
    no: 0,
  });
  const name = (r: HeldRow) => [r.time, r.offset];
  const first = (all: [number, number][]) =>
    all.sort(([a, x], [b, y]) => a - b || x - y).shift() as [number, number];
  // In order but for one in ten; taken out as fast as they come, and to the end.
  const rows = new HeldRows();
  const want: [number, number][] = [];
  const take = () => deepEqual(name(rows.take()!), first(want));
  for (let i = 0; i < 20_000; i++) {
    const r = row(random(10) === 0 ? Math.max(0, i - random(300)) : i, i);
    want.push([r.time, r.offset]);
    rows.add(r);
    equal(r.no, i);
    if (i > 200 && random(3) > 0) take();
    equal(rows.size, want.length);
    if (rows.size > 500) { while (rows.size > 20) take(); }
  }
  deepEqual(rows.sorted().map(name), want.toSorted(([a, x], [b, y]) => a - b || x - y));
  equal(rows.items.length, want.length);
  while (rows.size > 0) take();
  equal(rows.take(), undefined);
  equal(rows.peek(), undefined);
});
