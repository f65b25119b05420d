/**
 * What every source has to do, whatever it reads: give all that comes, each record once; wait when
 * nobody takes; stop when it is told to, giving what came before; and say what it could not take.
 */
import assert from "node:assert/strict";
import { type Need, testNeeding } from "../../../tests/needs.ts";
import { InputHandle } from "../../input.ts";
import type { TextBatch } from "../../stages/lines.ts";
import { LineReader, newLineCounters } from "../../stages/lines.ts";
import type { InputAnnounced, Listener } from "../listener.ts";
import { until } from "../../../tests/waiting.ts";

/** A source that a test writes to. */
export interface Subject {
  readonly feed: Listener;
  /** Sends records; resolves when they are sent, or at `patience` ms when nobody takes them. */
  send(records: readonly string[], patience?: number): Promise<void>;
  close(): Promise<void>;
}

export interface SuiteOptions {
  readonly name: string;
  /** What has to be on the machine for it. */
  readonly needs?: readonly Need[];
  open(): Promise<Subject>;
  /** Whether a sender that is faster than the pipeline is made to wait; UDP's cannot be. */
  readonly holdsBack: boolean;
  /** Whether what nobody took can be read again from a place, as of a file. */
  readonly rereads: boolean;
}

/** The inputs of a feed, read by a test instead of the pipeline. */
class Taker {
  readonly lines: string[] = [];
  readonly ends: number[] = [];
  readonly inputs: InputHandle[] = [];
  private readonly readers: ReadableStreamDefaultReader<unknown>[] = [];
  private readonly done: Promise<void>[] = [];
  private index = 0;

  constructor(readonly feed: Listener, readonly reading: boolean) {
    feed.arrived = (arrival) => this.take(arrival);
  }

  async start(): Promise<void> {
    for (const arrival of await this.feed.start()) this.take(arrival);
  }

  private take(arrival: InputAnnounced): void {
    const input = new InputHandle({
      index: this.index++,
      name: arrival.found.name,
      identity: arrival.identity ?? null,
      sourcetype: arrival.sourcetype ?? null,
      lateness: arrival.lateness ?? 0,
      modified: 0,
    });
    this.inputs.push(input);
    const opened = arrival.live!.open(input, 0, newLineCounters());
    if ("lines" in opened) {
      const reader = opened.lines.getReader();
      this.readers.push(reader);
      if (this.reading) this.done.push(this.read(reader, (batch) => batch));
    } else {
      const cutter = new LineReader(input);
      const reader = opened.bytes.getReader();
      this.readers.push(reader);
      if (this.reading) {
        this.done.push(this.read(reader, (c) => cutter.push(c.data, 0), () => cutter.end()));
      }
    }
  }

  private async read<C>(
    reader: ReadableStreamDefaultReader<C>,
    lines: (chunk: C) => TextBatch | null,
    end: () => TextBatch | null = () => null,
  ): Promise<void> {
    const add = (batch: TextBatch | null) => {
      if (!batch) return;
      this.lines.push(...batch.lines);
      this.ends.push(batch.end);
      const offsets = batch.lines.map((_, i) => batch.offset(i));
      assert.deepEqual(offsets, [...new Set(offsets)].sort((a, b) => a - b), "offsets rise");
      assert.ok(batch.end > offsets.at(-1)!);
    };
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      add(lines(value));
    }
    add(end());
  }

  async until(n: number): Promise<void> {
    await until(() => this.lines.length >= n, () => `${n} lines: ${this.lines.length} came`);
  }

  /** The end of all streams. */
  async ended(): Promise<void> {
    await Promise.all(this.done);
  }

  async cancel(): Promise<void> {
    for (const reader of this.readers) await reader.cancel();
  }
}

const record = (i: number, text = "x") =>
  `<38>Mar 29 00:02:11 web1 sshd[${i}]: Failed password for ${text} from 203.0.113.47 port 4 ssh2`;
const records = (n: number, from = 0) => Array.from({ length: n }, (_, i) => record(from + i));

export function sourceSuite(options: SuiteOptions): void {
  for (const [what, work] of suiteTests(options)) {
    testNeeding(options.needs ?? [], `${options.name}: ${what}`, async () => {
      const subject = await options.open();
      try {
        await work(subject);
      } finally {
        await subject.close();
      }
    });
  }
}

/** Bytes that this process holds. */
function held(): number {
  const { external, heapUsed } = Deno.memoryUsage();
  return external + heapUsed;
}

type SuiteTest = (subject: Subject) => Promise<void>;

/** The suite's tests by what they say, for a source whose tests share a server. */
export function suiteTests(
  options: Pick<SuiteOptions, "holdsBack" | "rereads">,
): [string, SuiteTest][] {
  const tests: [string, SuiteTest][] = [];
  const test = (what: string, work: SuiteTest) => void tests.push([what, work]);

  test("gives every record once, in order, as it comes", async (subject) => {
    const taker = new Taker(subject.feed, true);
    await taker.start();
    const all = records(500);
    for (let i = 0; i < all.length; i += 100) {
      await subject.send(all.slice(i, i + 100));
      await taker.until(i + 100);
    }
    await subject.feed.stop();
    await taker.ended();
    assert.deepEqual(taker.lines, all);
    assert.deepEqual(await subject.feed.losses(), []);
    for (const input of taker.inputs) assert.match(input.identity ?? "", /^[0-9a-f]{16}$/);
  });

  test("text that is not plain comes through", async (subject) => {
    const taker = new Taker(subject.feed, true);
    await taker.start();
    const all = [record(1, "Ünïcødé 😀"), record(2, "tab\there"), record(3, "x".repeat(9000))];
    await subject.send(all);
    await taker.until(3);
    await subject.feed.stop();
    await taker.ended();
    assert.deepEqual(taker.lines, all);
  });

  test("stopping gives what came and ends the streams", async (subject) => {
    const taker = new Taker(subject.feed, true);
    await taker.start();
    await subject.send(records(1));
    await taker.until(1);
    await subject.send(records(50, 1));
    if (options.rereads) await taker.until(51);
    await subject.feed.stop();
    await taker.ended();
    assert.deepEqual(taker.lines, records(51));
    await subject.feed.stop();
  });

  test("stopping before anything came ends it", async (subject) => {
    const taker = new Taker(subject.feed, true);
    await taker.start();
    await subject.feed.stop();
    await taker.ended();
    assert.deepEqual(taker.lines, []);
  });

  test("cancelling lets go of what is open", async (subject) => {
    const taker = new Taker(subject.feed, false);
    await taker.start();
    await subject.send(records(10));
    await new Promise((done) => setTimeout(done, 200));
    await taker.cancel();
    await subject.feed.stop();
    assert.deepEqual(taker.lines, []);
  });

  test("what nobody takes is not read without a bound", async (subject) => {
    const taker = new Taker(subject.feed, false);
    await taker.start();
    const large = records(200).map((r) => r + "y".repeat(1000));
    try {
      // 40 MB, or 84: more than any queue may hold beside what the system holds.
      const most = options.holdsBack || options.rereads ? 200 : 420;
      const before = held();
      let sent = 0;
      for (; sent < most; sent++) {
        const began = performance.now();
        await subject.send(large, 500);
        if (options.holdsBack && performance.now() - began >= 500) break;
      }
      if (options.holdsBack) assert.ok(sent < most, "nobody was made to wait");
      else if (options.rereads) assert.ok(held() - before < 200e6, `${held() - before} bytes`);
      else {
        const lost = await subject.feed.losses!();
        assert.ok(
          lost.some((l) => l.reason?.endsWith("_queue") && l.count > 0),
          JSON.stringify(lost),
        );
      }
      // Also while its queues are full.
      await subject.feed.stop();
    } finally {
      await taker.cancel();
    }
  });

  return tests;
}
