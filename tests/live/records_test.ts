/** Partitions of records, as Kafka's: a stop and a run that goes on make no row late. */
import assert from "node:assert/strict";
import { openStore } from "../../agent/store/mod.ts";
import {
  agg,
  atLeast,
  events,
  is,
  keys,
  program,
  rule,
  where,
} from "../../agent/engine/testing/streams.ts";
import type { InputHandle } from "../../agent/input.ts";
import type { InputAnnounced, Listener, Live } from "../../agent/sources/listener.ts";
import type { TextBatch } from "../../agent/stages/lines.ts";
import { withFolder } from "../run.ts";
import { live } from "./harness.ts";

const RULES = program(
  rule("many", events(is("action", "failure")), [
    {
      kind: "stats",
      aggs: [agg("count", "c")],
      by: keys("src"),
      window: { kind: "sliding", ms: 300_000 },
    },
    where(atLeast("c", 3)),
  ]),
);

const line = (time: number) =>
  `${new Date(time).toISOString().slice(0, 19)}Z web1 sshd[1]: ` +
  "Failed password for root from 203.0.113.7 port 4 ssh2";

/** Lines that can be read again from any of them, one in a batch. */
class Records implements Live {
  readonly rereads = true;
  given = 0;
  readonly #stopped = Promise.withResolvers<void>();

  /** @param most how many are given at most */
  constructor(readonly lines: readonly string[], readonly most = lines.length) {}

  get waiting(): boolean {
    return this.given >= this.lines.length;
  }

  caughtUp(end: number): boolean {
    return end >= this.lines.length;
  }

  unread(offset: number): boolean {
    return offset < this.lines.length;
  }

  open(input: InputHandle, offset: number) {
    this.given = offset;
    const lines = new ReadableStream<TextBatch>({
      pull: async (controller) => {
        if (this.given >= this.most) {
          await this.#stopped.promise;
          return controller.close();
        }
        const at = this.given++;
        controller.enqueue({
          input,
          lines: [this.lines[at]],
          arrival: Date.now(),
          offset: () => at,
          truncated: null,
          end: at + 1,
          encoding: "utf-8",
        });
      },
    }, { highWaterMark: 0 });
    return { lines };
  }

  end(): void {
    this.#stopped.resolve();
  }
}

/** A source of such partitions, which takes a while to stop. */
class Source implements Listener {
  arrived = () => {};

  constructor(readonly partitions: readonly Records[], readonly stopping = 0) {}

  start(): Promise<readonly InputAnnounced[]> {
    return Promise.resolve(this.partitions.map((live, i) => ({
      found: { name: `kafka://test/t/${i}`, path: null },
      live,
      identity: String(i).padStart(16, "0"),
      sourcetype: "linux_secure",
      lateness: 1000,
      offset: 0,
    })));
  }

  async stop(): Promise<void> {
    for (const partition of this.partitions) partition.end();
    await new Promise((done) => setTimeout(done, this.stopping));
  }

  losses() {
    return Promise.resolve([]);
  }
}

const STREAM = "k".repeat(32);

/** Runs over the first lines of two partitions, stops, and goes on to their ends. Gives rows that were late. */
async function stopped(
  lines: readonly (readonly number[])[],
  first: readonly number[],
  stopping: number,
): Promise<number> {
  return await withFolder(async (data) => {
    const store = await openStore({ data });
    const texts = lines.map((times) => times.map(line));
    try {
      const common = { rules: RULES, store, stream: STREAM };
      const before = new Source(texts.map((t, i) => new Records(t, first[i])), stopping);
      const one = live([before], common);
      await one.until(() => one.lines.length === first[0] + first[1]);
      await one.stop();
      const after = live([new Source(texts.map((t) => new Records(t)))], common);
      const rest = texts.flat().length - first[0] - first[1];
      await after.until(() => after.lines.length === rest);
      await after.stop();
      return one.engine!.counters().late + after.engine!.counters().late;
    } finally {
      await store.close();
    }
  });
}

Deno.test("records: while a run stops, no time goes by", async () => {
  const T0 = Date.UTC(2026, 2, 1);
  const times = [0, 30, 60].map((s) => T0 + s * 1000);
  // What comes next is a second earlier, as far out of order as lines may be.
  const lines = [[...times, T0 + 59_000], [...times, T0 + 59_000]];
  assert.equal(await stopped(lines, [3, 3], 2500), 0);
});

Deno.test("records: who goes on waits for what a partition has that was not read", async () => {
  const now = Math.floor(Date.now() / 1000) * 1000;
  const ago = (...seconds: number[]) => seconds.map((s) => now - s * 1000);
  // The first is at its end after one line more, the second has a minute to catch up with.
  const lines = [ago(100, 10), ago(99, 80, 60, 40, 20)];
  assert.equal(await stopped(lines, [1, 1], 0), 0);
});
