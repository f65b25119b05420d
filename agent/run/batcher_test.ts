/** What a run that is killed has left by then: the sizes of transactions, and when checkpoints come. */
import assert from "node:assert/strict";
import { createEngine } from "../engine/engine.ts";
import type { AlertChange } from "../event.ts";
import { batch, catalogue, events, input, is, program, rule } from "../engine/testing/streams.ts";
import { Serialiser, type Write, type Writer } from "../store/mod.ts";
import { Batcher } from "./batcher.ts";
import { Checkpointer } from "./checkpoint.ts";
import type { InputState } from "./input_state.ts";

const cat = catalogue({ user: "string" });
const rules = program(rule("admin", events(is("user", "admin")), []));

/**
 * Batches of 100 rows for so many ms; what was written when.
 * @param step ms from one batch to the next
 * @param cost ms that a checkpoint takes in the store
 * @param idle whether the store has nothing to do
 */
async function writes(
  ms: number,
  every: number | undefined,
  { step = 10, cost = 0, idle = false } = {},
) {
  const engine = createEngine(rules, cat);
  const out: { at: number; rows: number; checkpoint: boolean }[] = [];
  const real = performance.now;
  let now = 1000;
  performance.now = () => now;
  try {
    let checkpointMs = 0;
    const writer: Writer = {
      idle,
      get checkpointMs() {
        return checkpointMs;
      },
      write({ rows, checkpoint }: Write) {
        const positions = checkpoint?.positions.length ?? 0;
        if (positions > 0) checkpointMs += cost;
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
    const state = {
      resumes: "position",
      position: () => ({}),
      job: () => ({}),
    } as unknown as InputState;
    const list = Array.from({ length: 100 }, (_, offset) => ({ t: 0, user: "bob", offset }));
    for (; now < 1000 + ms; now += step) {
      batcher.add(state, batch(source, cat, list, now), null);
      if (batcher.due) await batcher.write();
    }
  } finally {
    performance.now = real;
  }
  return out;
}

Deno.test("a log that goes on: the first batch is written at once, with a checkpoint", async () => {
  const [first, second, third, ...rest] = await writes(10_000, 0);
  assert.deepEqual(first, { at: 0, rows: 100, checkpoint: true });
  assert.equal(second.rows, 4100);
  assert.equal(third.rows, 8200);
  assert.ok(rest.every(({ rows, checkpoint }) => checkpoint && rows <= 12_800));
});

Deno.test("files that end: a checkpoint holds half of what was done at least", async () => {
  const out = await writes(60_000, undefined);
  const at = out.filter((w) => w.checkpoint).map((w) => w.at);
  // After the first five seconds, and with a second for the transaction that is being gathered.
  for (let killed = 6500; killed < 60_000; killed += 500) {
    const last = Math.max(0, ...at.filter((t) => t <= killed));
    const kept = Math.max(killed / 2 - 1300, killed - 11_500);
    assert.ok(last >= kept, `killed at ${killed} ms, the last checkpoint was at ${last}`);
  }
  assert.ok(at.length < 12, `${at.length} checkpoints in a minute`);
});

Deno.test("files that end gather more rows, and a log that goes on waits no longer than a second", async () => {
  const fast = { idle: true }, slow = { idle: true, step: 200 };
  const ended = (await writes(30_000, undefined, fast)).slice(5);
  // As many as the batches of a transaction hold.
  assert.ok(
    ended.length > 10 && ended.every(({ rows, checkpoint }) => checkpoint || rows === 12_800),
  );
  assert.ok((await writes(30_000, 0, fast)).every(({ rows }) => rows <= 8200));
  const gaps = (of: { at: number }[]) => of.slice(2).map(({ at }, i) => at - of[i + 1].at);
  const waits = gaps(await writes(30_000, undefined, slow));
  assert.ok(waits.length > 5 && waits.every((ms) => ms <= 4200), `${waits}`);
  assert.ok(waits.some((ms) => ms > 2000), `${waits}`);
  const live = gaps(await writes(30_000, 0, slow));
  assert.ok(live.length > 5 && live.every((ms) => ms <= 1200), `${live}`);
});

Deno.test("checkpoints take a twentieth of a run's time, and come once a minute at least", async () => {
  const times = async (ms: number, every: number | undefined, cost: number) =>
    (await writes(ms, every, { step: 500, cost })).filter((w) => w.checkpoint).map((w) => w.at);
  const gaps = (at: number[]) => at.slice(1).map((t, i) => t - at[i]);
  // A second each: every twenty seconds, and one for the transaction that is being gathered.
  const dear = gaps(await times(200_000, undefined, 1000));
  assert.ok(dear.length >= 8 && dear.every((gap) => gap >= 20_000 && gap <= 21_500), `${dear}`);
  // What is cheap keeps its ten seconds.
  const cheap = gaps(await times(200_000, undefined, 50)).slice(2);
  assert.ok(cheap.length >= 15 && cheap.every((gap) => gap >= 10_000 && gap <= 11_500), `${cheap}`);
  const dearest = gaps(await times(400_000, undefined, 10_000));
  assert.ok(dearest.length >= 5 && dearest.every((gap) => gap <= 61_500), `${dearest}`);
  // A file that is followed may be gone by the time of a later run.
  const followed = gaps(await times(100_000, 0, 10_000));
  assert.ok(followed.length >= 8 && followed.every((gap) => gap <= 11_500), `${followed}`);
});

Deno.test("alerts of a log that goes on wait for no second, those of files that end do", async () => {
  const real = performance.now;
  let now = 1000;
  performance.now = () => now;
  try {
    for (const every of [0, undefined]) {
      const batcher = new Batcher({
        writer: {
          idle: false,
          write: () => Promise.resolve(),
          flush: () => Promise.resolve({ events: 0, duplicates: 0, alerts: 0 }),
        },
        serialiser: new Serialiser(),
        engine: null,
        run: "r",
        checkpointer: null,
        checkpointEvery: every,
      });
      const waited: number[] = [];
      for (let n = 0; n < 3; n++) {
        const began = now;
        batcher.addAlerts([{ alert: { id: String(n) } } as unknown as AlertChange]);
        while (!batcher.due) now += 10;
        waited.push(now - began);
        await batcher.write();
      }
      if (every === 0) assert.deepEqual(waited, [20, 150, 150]);
      else assert.ok(waited.every((ms) => ms >= 1000), waited.join());
    }
  } finally {
    performance.now = real;
  }
});
