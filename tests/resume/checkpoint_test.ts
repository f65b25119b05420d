/** Checkpoints laid over each other are the whole state, and cost what changed. */
import assert from "node:assert/strict";
import { Checkpointer, snapshotOf, streamOf } from "../../agent/run/checkpoint.ts";
import { createEngine, type Engine } from "../../agent/engine/engine.ts";
import type { CheckpointChange, StateEntry } from "../../agent/store/mod.ts";
import { batch, catalogue, input, type TestRow } from "../../agent/engine/testing/streams.ts";
import { seeded } from "../../agent/simulate/random.ts";
import { RULES } from "./work.ts";

const cat = catalogue({ src: "host", user: "string", action: "string" });

function rows(n: number, seed: number): TestRow[] {
  const random = seeded(seed);
  let t = Date.UTC(2026, 2, 29);
  return Array.from({ length: n }, (_, offset) => ({
    t: t += random.int(0, 9) * 1000,
    src: `203.0.113.${random.int(1, 30)}`,
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

  apply({ header, reset, upserts, deletes }: CheckpointChange): void {
    const name = (k: { rule: string; part: number; key: string }) => `${k.rule} ${k.part} ${k.key}`;
    this.head = header;
    if (reset) this.entries.clear();
    if (reset) this.resets++;
    for (const key of deletes) this.entries.delete(name(key));
    for (const entry of upserts) this.entries.set(name(entry), entry);
  }

  restored(): Engine {
    const state = [...this.entries.values()].sort((a, b) => a.ord - b.ord);
    const engine = createEngine(RULES, cat);
    engine.restore(snapshotOf({ run: "", header: this.head, positions: [], state })!);
    return engine;
  }
}

Deno.test("changes laid over each other are the whole state", () => {
  for (const [seed, stale] of [[1, 5000], [2, 5000], [3, 20]]) {
    const list = rows(3000, seed);
    const source = input();
    const engine = createEngine(RULES, cat);
    const checkpointer = new Checkpointer("s", "r", engine, stale);
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
    assert.equal(table.resets > 1, stale === 20);
    const text = (e: Engine) => JSON.stringify(e.snapshot());
    assert.equal(text(table.restored()), text(engine));
  }
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
