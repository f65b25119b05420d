/** Checkpoints laid over each other are the whole state, and cost what changed. */
import assert from "node:assert/strict";
import { Checkpointer, snapshotOf, storedRows, streamOf } from "../../agent/run/checkpoint.ts";
import { createEngine, type Engine } from "../../agent/engine/engine.ts";
import type { CheckpointChange, SavedCheckpoint, StateEntry } from "../../agent/store/mod.ts";
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
  type TestRow,
  where,
} from "../../agent/engine/testing/streams.ts";
import { stateBlocks } from "../../agent/engine/testing/state_blocks.ts";
import type { IrProgram } from "../../compiler/ir/program.ts";
import { seeded } from "../../agent/simulate/random.ts";
import { RULES } from "./work.ts";

const cat = catalogue({ src: "host", user: "string", action: "string" });

/** @param step ms between two rows at most */
function rows(n: number, seed: number, sources = 30, step = 9000): TestRow[] {
  const random = seeded(seed);
  let t = Date.UTC(2026, 2, 29);
  return Array.from({ length: n }, (_, offset) => ({
    t: t += random.int(0, step / 1000) * 1000,
    src: `203.0.113.${random.int(1, sources)}`,
    user: ["root", "admin", "oracle", "bob"][random.int(0, 3)],
    action: random.int(0, 9) === 0 ? "success" : "failure",
    offset,
  }));
}

/** What the store's tables do. */
class Table {
  readonly entries = new Map<string, StateEntry>();
  head: string | null = null;
  resets = 0;

  constructor(private readonly rules: IrProgram = RULES) {}

  apply({ header, reset, ended = [], upserts, deletes }: CheckpointChange): void {
    const name = (k: { rule: string; part: number; key: string }) => `${k.rule} ${k.part} ${k.key}`;
    this.head = header;
    if (reset) this.entries.clear();
    if (reset) this.resets++;
    for (const [name, { rule }] of this.entries) {
      if (ended.includes(rule)) this.entries.delete(name);
    }
    for (const key of deletes) this.entries.delete(name(key));
    for (const entry of upserts) this.entries.set(name(entry), entry);
  }

  get saved(): SavedCheckpoint {
    const state = stateBlocks(this.entries.values());
    return { run: "", header: this.head, positions: [], state };
  }

  restored(rules = this.rules): Engine {
    const engine = createEngine(rules, cat);
    engine.restore(snapshotOf(this.saved)!);
    return engine;
  }

  /** An engine that goes on from this, and what writes the changes of it. */
  goneOn(rules = this.rules): { engine: Engine; checkpointer: Checkpointer } {
    const engine = createEngine(rules, cat);
    const { saved } = this;
    const snapshot = snapshotOf(saved)!;
    const fresh = engine.restore(snapshot);
    assert.ok(engine.goOnStored());
    const names = rules.rules.map((r) => r.name);
    const stored = storedRows(saved, snapshot, (r) => names.includes(r) && !fresh.includes(r));
    return { engine, checkpointer: new Checkpointer("s", "r", engine, stored) };
  }
}

Deno.test("changes laid over each other are the whole state", () => {
  for (const seed of [1, 2, 3]) {
    const list = rows(3000, seed);
    const source = input();
    const engine = createEngine(RULES, cat);
    const checkpointer = new Checkpointer("s", "r", engine);
    const table = new Table();
    table.apply(checkpointer.take([]));
    for (let i = 0; i < list.length; i += 60) {
      engine.detect(batch(source, cat, list.slice(i, i + 60), i));
      engine.takeChanges();
      table.apply(checkpointer.take([]));
      if (i % 600 !== 0) continue;
      const restored = table.restored().snapshot();
      // A full snapshot would end the checkpoint's period: the copy stands for the engine.
      const copy = createEngine(RULES, cat);
      copy.restore(structuredClone(restored));
      assert.deepEqual(copy.snapshot(), restored);
    }
    assert.equal(table.resets, 1);
    const text = (e: Engine) => JSON.stringify(e.snapshot());
    assert.equal(text(table.restored()), text(engine));
  }
});

Deno.test("who goes on from a checkpoint writes what changes, not all again", () => {
  for (const rules of [RULES, BUSY]) {
    for (const seed of [1, 2, 3, 4]) {
      const random = seeded(seed);
      // Two sources make windows of hundreds of rows, which are stored in blocks.
      const list = rules === BUSY ? rows(4000, seed, 2, 1000) : rows(4000, seed);
      const source = input();
      const unbroken = createEngine(rules, cat);
      let engine = createEngine(rules, cat);
      let checkpointer = new Checkpointer("s", "r", engine);
      const table = new Table(rules);
      table.apply(checkpointer.take([]));
      let all = 0, anew = 0, blocks = 0;
      for (let i = 0; i < list.length; i += 40) {
        const some = batch(source, cat, list.slice(i, i + 40), i);
        for (const e of [unbroken, engine]) {
          e.detect(some);
          e.takeChanges();
        }
        const change = checkpointer.take([]);
        table.apply(change);
        all += change.upserts.length;
        if (random.chance(0.9)) continue;
        ({ engine, checkpointer } = table.goneOn());
        const first = checkpointer.take([]);
        table.apply(first);
        blocks += [...table.entries.values()].filter((e) => e.part < -3).length;
        anew += first.upserts.length;
      }
      const text = (e: Engine) => JSON.stringify(e.snapshot());
      assert.equal(text(table.restored()), text(unbroken));
      assert.equal(table.resets, 1);
      assert.equal(blocks > 0, rules === BUSY, `${blocks} blocks`);
      assert.equal(anew, 0, `${anew} rows were written anew beside ${all}`);
    }
  }
});

Deno.test("rules that have changed or gone leave nothing behind in a checkpoint", () => {
  const list = rows(1000, 5);
  const source = input();
  const engine = createEngine(RULES, cat);
  const table = new Table();
  const checkpointer = new Checkpointer("s", "r", engine);
  engine.detect(batch(source, cat, list));
  engine.takeChanges();
  table.apply(checkpointer.take([]));
  const [first, second, ...rest] = RULES.rules;
  const changed = { ...RULES, rules: [{ ...second, planHash: "0".repeat(64) }, ...rest] };
  const on = table.goneOn(changed);
  table.apply(on.checkpointer.take([]));
  const left = new Set([...table.entries.values()].map((e) => e.rule));
  assert.ok(!left.has(first.name));
  assert.deepEqual(
    JSON.stringify(table.restored(changed).snapshot()),
    JSON.stringify(on.engine.snapshot()),
  );
});

/** Windows that take late rows in, as those that measure gaps do not. */
const BUSY = program(
  rule("busy", events(is("action", "failure")), [
    {
      kind: "stats",
      aggs: [
        agg("count", "c"),
        agg("dc", "users", field("user")),
        agg("last", "user", field("user")),
      ],
      by: keys("src"),
      window: { kind: "sliding", ms: 5 * 60_000 },
    },
    where(atLeast("c", 5)),
  ]),
);

Deno.test("a busy key costs the rows that came, not its window", () => {
  for (const seed of [1, 2, 3]) {
    const random = seeded(seed);
    const engine = createEngine(BUSY, cat);
    const source = input();
    const checkpointer = new Checkpointer("s", "r", engine);
    const table = new Table(BUSY);
    let t = Date.UTC(2026, 2, 29), offset = 0, written = 0, whole = 0, most = 0;
    for (let round = 0; round < 120; round++) {
      const list = Array.from({ length: random.int(1, 40) }, (): TestRow => ({
        // Some rows are late, and stand between others; now and then windows run empty.
        t: (t += random.int(0, 400)) - (random.chance(0.02) ? random.int(1, 200_000) : 0),
        src: `203.0.113.${random.int(1, 2)}`,
        user: ["root", "admin", "bob"][random.int(0, 2)],
        action: "failure",
        offset: offset++,
      }));
      if (random.chance(0.02)) t += random.pick([200_000, 290_000, 400_000]);
      engine.detect(batch(source, cat, list));
      engine.takeChanges();
      const change = checkpointer.take([]);
      table.apply(change);
      const size = (entries: Iterable<StateEntry>) =>
        [...entries].reduce((n, e) => n + (e.part >= 0 || e.part < -3 ? e.state.length : 0), 0);
      written += size(change.upserts);
      whole += size(table.entries.values());
      const blocks = [...table.entries.values()].filter((e) => e.part < -3).length;
      most = Math.max(most, blocks);
      if (round % 10 !== 9) continue;
      const restored = table.restored().snapshot();
      const copy = createEngine(BUSY, cat);
      copy.restore(structuredClone(restored));
      assert.deepEqual(copy.snapshot(), restored);
    }
    assert.ok(most > 10, `${most} blocks`);
    assert.equal(engine.order.late.size, 0);
    assert.ok(3 * written < whole, `${written} of ${whole}`);
    const text = (e: Engine) => JSON.stringify(e.snapshot());
    assert.equal(text(table.restored()), text(engine));
  }
});

Deno.test("rows that wait for the watermark are written once", () => {
  const random = seeded(4);
  const engine = createEngine(RULES, cat);
  const inputs = [input(0, 20_000), input(1, 20_000)];
  for (const one of inputs) engine.openInput(one);
  const checkpointer = new Checkpointer("s", "r", engine);
  const table = new Table();
  let written = 0, waited = 0, most = 0;
  for (const list = rows(800, 5); list.length > 0;) {
    // Each to one of two inputs, up to 15 s early: rows of one checkpoint go at different times.
    const some = list.splice(0, 4).map((r) => ({ ...r, t: r.t - random.int(0, 15) * 1000 }));
    const parts = inputs.map(() => [] as TestRow[]);
    for (const r of some) parts[random.int(0, 1)].push(r);
    parts.forEach((part, i) => engine.detect(batch(inputs[i], cat, part)));
    engine.takeChanges();
    const change = checkpointer.take([]);
    table.apply(change);
    const held = change.upserts.filter((e) => e.part === -3).map((e) => JSON.parse(e.state).rows);
    written += held.flat().length;
    const restored = table.restored().snapshot().rows;
    waited += restored.length;
    most = Math.max(most, restored.length);
  }
  const text = (e: Engine) => JSON.stringify(e.snapshot());
  assert.equal(text(table.restored()), text(engine));
  assert.ok(most > 10 && waited > 1.5 * written, `${waited} waited, ${written} written`);
  assert.ok([...table.entries.values()].filter((e) => e.part === -3).length < 10);
});

Deno.test("what is held of a late clock goes when the clock is given up", () => {
  const engine = createEngine(RULES, cat);
  const source = input();
  const checkpointer = new Checkpointer("s", "r", engine);
  const table = new Table();
  const late = (host: number): TestRow[] =>
    rows(30, host).map((r) => ({ ...r, t: r.t - 7 * 86_400_000, host: `h${host}` }));
  engine.detect(batch(source, cat, rows(300, 1)));
  // One sender has 16 clocks: each host after those drives out the one before it by sixteen.
  for (let host = 0; host < 40; host++) {
    engine.detect(batch(source, cat, late(host), 1000 * (host + 1)));
    engine.takeChanges();
    table.apply(checkpointer.take([]));
  }
  assert.equal(table.resets, 1);
  const clocks = new Set([...table.entries.values()].map((e) => e.rule.split("@")[1]));
  assert.equal(clocks.size, 1 + 16);
  const text = (e: Engine) => JSON.stringify(e.snapshot());
  assert.equal(text(table.restored()), text(engine));
});

Deno.test("alerts that are over leave no row", () => {
  const engine = createEngine(RULES, cat);
  const source = input();
  const checkpointer = new Checkpointer("s", "r", engine);
  const table = new Table();
  const list = rows(6000, 6);
  for (let i = 0; i < list.length; i += 50) {
    engine.detect(batch(source, cat, list.slice(i, i + 50), i));
    if (i % 100 === 0) engine.takeChanges();
    table.apply(checkpointer.take([]));
  }
  engine.takeChanges();
  table.apply(checkpointer.take([]));
  // What was taken and is over goes with the checkpoint after the one that holds it.
  table.apply(checkpointer.take([]));
  assert.equal(table.resets, 1);
  const there = [...table.entries.values()].filter((e) => e.part === -2);
  const whole = engine.snapshot().rules.flatMap((r) => r.alerts);
  assert.ok(whole.length > 5 && whole.every((alert) => !alert.closed));
  assert.equal(there.length, whole.length);
});

Deno.test("a checkpoint's size follows what changed", () => {
  const engine = createEngine(RULES, cat);
  const source = input();
  const many = Array.from({ length: 5000 }, (_, i) => ({
    t: 1000 + i,
    src: `host${i}`,
    user: "bob",
    action: "failure",
    offset: i,
  }));
  const checkpointer = new Checkpointer("s", "r", engine);
  engine.detect(batch(source, cat, many));
  engine.takeChanges();
  assert.ok(checkpointer.take([]).upserts.length > 5000);
  engine.detect(batch(source, cat, [{ ...many[7], t: 9000, offset: 9000 }]));
  engine.takeChanges();
  const next = checkpointer.take([]);
  assert.equal(next.reset, false);
  assert.ok(next.upserts.length < 20, `${next.upserts.length} entries`);
  assert.deepEqual(checkpointer.take([]).upserts, []);
});

Deno.test("a stream is its operands and options, in any order", () => {
  const a = streamOf(["a.log", "./b.log"], { tz: undefined, year: 2026 });
  assert.equal(a, streamOf(["b.log", "a.log", "a.log"], { year: 2026 }));
  assert.notEqual(a, streamOf(["a.log"], { year: 2026 }));
  assert.notEqual(a, streamOf(["a.log", "b.log"], { year: 2025 }));
  assert.equal(streamOf([], {}), streamOf(["-"], {}));
});
