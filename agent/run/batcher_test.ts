/** What a run that is killed has left by then: the sizes of transactions, and when checkpoints come. */
import assert from "node:assert/strict";
import { createEngine } from "../engine/engine.ts";
import { batch, catalogue, events, input, is, program, rule } from "../engine/testing/streams.ts";
import { Serialiser, type Write, type Writer } from "../store/mod.ts";
import { Batcher } from "./batcher.ts";
import { Checkpointer } from "./checkpoint.ts";
import type { InputState } from "./input_state.ts";

const cat = catalogue({ user: "string" });
const rules = program(rule("admin", events(is("user", "admin")), []));

/** Batches of 100 rows, one each 10 ms, for so many ms; what was written when. */
async function writes(ms: number, every: number | undefined, idle: boolean) {
  const engine = createEngine(rules, cat);
  const out: { at: number; rows: number; checkpoint: boolean }[] = [];
  const real = performance.now;
  let now = 1000;
  performance.now = () => now;
  try {
    const writer: Writer = {
      idle,
      write({ rows, checkpoint }: Write) {
        const positions = checkpoint?.positions.length ?? 0;
        out.push({
          at: now - 1000,
          rows: rows?.parts.reduce((n, p) => n + p.count, 0) ?? 0,
          checkpoint: positions > 0,
        });
        return Promise.resolve();
      },
      flush: () => Promise.resolve({ events: 0, duplicates: 0, alerts: 0 }),
    };
    const batcher = new Batcher({
      writer,
      serialiser: new Serialiser(),
      engine,
      run: "r",
      checkpointer: new Checkpointer("s", "r", engine),
      checkpointEvery: every,
    });
    const source = input();
    const state = { position: () => ({}), job: () => ({}) } as unknown as InputState;
    const list = Array.from({ length: 100 }, (_, offset) => ({ t: 0, user: "bob", offset }));
    for (; now < 1000 + ms; now += 10) {
      batcher.add(state, batch(source, cat, list, now), null);
      if (batcher.due) await batcher.write();
    }
  } finally {
    performance.now = real;
  }
  return out;
}

Deno.test("a log that goes on: the first batch is written at once, with a checkpoint", async () => {
  const [first, second, third, ...rest] = await writes(10_000, 0, false);
  assert.deepEqual(first, { at: 0, rows: 100, checkpoint: true });
  assert.equal(second.rows, 4100);
  assert.equal(third.rows, 8200);
  assert.ok(rest.every(({ rows, checkpoint }) => checkpoint && rows <= 12_800));
});

Deno.test("files that end: a checkpoint holds half of what was done at least", async () => {
  const out = await writes(60_000, undefined, false);
  const at = out.filter((w) => w.checkpoint).map((w) => w.at);
  // After the first five seconds, and with a second for the transaction that is being gathered.
  for (let killed = 6500; killed < 60_000; killed += 500) {
    const last = Math.max(0, ...at.filter((t) => t <= killed));
    const kept = Math.max(killed / 2 - 1300, killed - 11_500);
    assert.ok(last >= kept, `killed at ${killed} ms, the last checkpoint was at ${last}`);
  }
  assert.ok(at.length < 12, `${at.length} checkpoints in a minute`);
});
