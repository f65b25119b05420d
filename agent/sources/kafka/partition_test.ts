/** When a partition holds the others back: unread, away, or at its end. No broker is asked. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createRecordsBatch, NumericMap } from "@platformatic/kafka";
import { InputHandle } from "../../input.ts";
import type { Fetched } from "../../kafka/messages.ts";
import { newLineCounters } from "../../stages/lines.ts";
import { kafkaCodecs } from "./codecs.ts";
import { Partition } from "./partition.ts";

const codecs = await kafkaCodecs();

function batch(values: readonly string[], base: number): Uint8Array {
  const made = createRecordsBatch(
    values.map((value) => ({
      topic: "t",
      value: Buffer.from(value),
      headers: new Map([[Buffer.from("sourcetype"), Buffer.from("csv")]]),
      timestamp: 1n,
    })),
    {
      compression: "none",
      producerId: -1n,
      producerEpoch: 0,
      sequences: new NumericMap(),
      partitionLeaderEpoch: 0,
    },
  );
  const bytes = Buffer.from(made.buffer);
  bytes.writeBigInt64BE(BigInt(base), 0);
  return bytes;
}

const answer = (records: Uint8Array | null, end: number): Fetched => ({
  topicId: "",
  partition: 0,
  error: 0,
  high: end,
  end,
  start: 0,
  aborted: [],
  records,
});

function made(hold = 60_000, named = true) {
  const partition = new Partition({
    topic: "t",
    topicId: "",
    partition: 0,
    name: "kafka://test/t/0",
    identity: "0".repeat(16),
    codecs,
    maxLine: 1000,
    named,
    room: 100,
    hold,
  });
  const { lines } = partition.open(new InputHandle({ name: "t" }), 0, newLineCounters());
  return { partition, reader: lines.getReader() };
}

Deno.test("kafka partition: it is waited for until it is known to be at its end", async () => {
  const { partition, reader } = made();
  assert.equal(partition.waiting, false, "nobody has asked yet");
  partition.took(answer(batch(["a", "b"], 0), 5));
  assert.equal(partition.waiting, false, "there is something to take");
  assert.deepEqual((await reader.read()).value!.lines, ["a", "b"]);
  assert.equal(partition.waiting, false, "three more are there: a slow one is not idle");
  assert.equal(partition.lag, 3);
  partition.took(answer(batch(["c", "d", "e"], 2), 5));
  const { value } = await reader.read();
  assert.equal(value!.end, 5);
  assert.ok(partition.caughtUp(value!.end));
  assert.equal(partition.waiting, false, "what came since is not known");
  partition.took(answer(null, 5));
  assert.equal(partition.waiting, true);
  assert.equal(partition.lag, 0);
  partition.took(answer(batch(["f"], 5), 6));
  assert.equal(partition.waiting, false);
});

Deno.test("kafka partition: without an answer it holds the others back, and not for ever", () => {
  const { partition } = made(60_000);
  partition.took(answer(null, 0));
  assert.equal(partition.waiting, true);
  partition.heard -= 4000;
  assert.equal(partition.waiting, false, "its broker is away");
  partition.heard -= 60_000;
  assert.equal(partition.waiting, true, "its time is up");
});

Deno.test("kafka partition: no more is asked for than there is room", async () => {
  const { partition, reader } = made();
  assert.equal(partition.wants, true);
  partition.took(answer(batch(["x".repeat(200)], 0), 9));
  assert.equal(partition.wants, false);
  await reader.read();
  // Its bytes are let go of when the next batch is looked for.
  const next = reader.read();
  assert.equal(partition.wants, true);
  partition.took(answer(batch(["y"], 1), 9));
  assert.deepEqual((await next).value!.lines, ["y"]);
});

Deno.test("kafka partition: one that has an end ends there", async () => {
  const { partition, reader } = made();
  partition.until = 2;
  partition.took(answer(batch(["a", "b", "c"], 0), 3));
  assert.deepEqual((await reader.read()).value!.lines, ["a", "b"]);
  assert.equal((await reader.read()).done, true);
  assert.equal(partition.wants, false);
});

Deno.test("kafka partition: a batch that says nothing usable of itself is passed, and told", () => {
  const { partition } = made();
  const bytes = batch(["a"], 0);
  new DataView(bytes.buffer, bytes.byteOffset).setInt32(8, -5);
  partition.took(answer(bytes, 3));
  assert.equal(partition.position, 1);
  assert.equal(partition.lost.unreadable, 1);
  assert.match(partition.lost.why, /damaged/);
});

Deno.test("kafka partition: what the user says the lines are counts, not the records", async () => {
  for (const named of [true, false]) {
    const { partition, reader } = made(60_000, named);
    const next = reader.read();
    partition.took(answer(batch(["a", "b"], 0), 2));
    assert.deepEqual((await next).value?.sourcetypes, named ? ["csv", "csv"] : undefined);
  }
});
