/** Record batches as the client library writes them, and bytes that are none. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createRecordsBatch, NumericMap } from "@platformatic/kafka";
import { newLineCounters } from "../../stages/lines.ts";
import { batchAt, type BatchLines, type BatchOptions, readBatch } from "./batches.ts";
import { kafkaCodecs } from "./codecs.ts";

const codecs = await kafkaCodecs();
const TIME = 1_790_000_000_000;

interface Made {
  readonly value: string | Buffer | null;
  readonly key?: string;
  readonly headers?: Record<string, string>;
  /** ms after TIME */
  readonly after?: number;
}

function batch(records: readonly Made[], compression = "none", base = 0): Buffer {
  const made = createRecordsBatch(
    records.map(({ value, key, headers = {}, after = 0 }) => ({
      topic: "t",
      ...key === undefined ? {} : { key: Buffer.from(key) },
      value: (value === null ? null : Buffer.from(value as string)) as Buffer,
      headers: new Map(
        Object.entries(headers).map(([k, v]) => [Buffer.from(k), Buffer.from(v)]),
      ),
      timestamp: BigInt(TIME + after),
    })),
    {
      compression: compression as "none",
      producerId: 7n,
      producerEpoch: 0,
      sequences: new NumericMap(),
      partitionLeaderEpoch: 0,
    },
  );
  const bytes = Buffer.from(made.buffer);
  bytes.writeBigInt64BE(BigInt(base), 0);
  return bytes;
}

function read(bytes: Uint8Array, from = 0, also: Partial<BatchOptions> = {}) {
  const counters = newLineCounters();
  const lost = { tombstones: 0, unreadable: 0, why: "" };
  const out: BatchLines[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0;;) {
    const head = batchAt(view, at);
    if (head === null) break;
    const found = readBatch(bytes, at, head, from, {
      codecs,
      maxLine: 1000,
      counters,
      lost,
      ...also,
    });
    if (found) out.push(found);
    at = head.stop;
  }
  return {
    lines: out.flatMap((b) => b.lines),
    offsets: out.flatMap((b) => [...b.offsets]),
    times: out.flatMap((b) => [...b.times]),
    hosts: out.map((b) => b.hosts),
    sources: out.map((b) => b.sources),
    sourcetypes: out.map((b) => b.sourcetypes),
    truncated: out.flatMap((b) => b.truncated ?? []),
    counters,
    lost,
  };
}

const values = Array.from({ length: 500 }, (_, i) => `line ${i} Ünïcødé 😀`.repeat(1 + i % 5));

for (const compression of ["none", "gzip", "snappy", "lz4", "zstd"]) {
  Deno.test(`kafka batches: ${compression} gives every value, with offset and time`, () => {
    const got = read(batch(values.map((value, i) => ({ value, after: i * 7 })), compression, 40));
    assert.deepEqual(got.lines, values);
    assert.deepEqual(got.offsets, values.map((_, i) => 40 + i));
    assert.deepEqual(got.times, values.map((_, i) => TIME + i * 7));
    assert.deepEqual(got.lost, { tombstones: 0, unreadable: 0, why: "" });
    assert.equal(got.counters.lines, 500);
  });
}

Deno.test("kafka batches: what is below the asked offset is dropped", () => {
  const bytes = Buffer.concat([
    batch(values.slice(0, 10).map((value) => ({ value }))),
    batch(values.slice(10, 20).map((value) => ({ value })), "lz4", 10),
  ]);
  const got = read(bytes, 13);
  assert.deepEqual(got.lines, values.slice(13, 20));
  assert.equal(got.offsets[0], 13);
});

Deno.test("kafka batches: a batch that is not all there is left for the next fetch", () => {
  const first = batch([{ value: "a" }]), second = batch([{ value: "b" }], "none", 1);
  for (let cut = 0; cut < second.length; cut++) {
    const got = read(Buffer.concat([first, second.subarray(0, cut)]));
    assert.deepEqual(got.lines, ["a"], `${cut}`);
  }
});

Deno.test("kafka batches: a value is a line, whatever is in it", () => {
  const got = read(batch([
    { value: "Exception\n  at x\n  at y" },
    { value: "with an end\r\n" },
    { value: "" },
    { value: null, key: "k" },
    { value: "z".repeat(1500) },
    { value: "ü".repeat(750) },
    { value: Buffer.from([65, 0xff, 0, 66]) },
    { value: "last" },
  ]));
  assert.deepEqual(got.lines, [
    "Exception\n  at x\n  at y",
    "with an end",
    "",
    "z".repeat(1000),
    "ü".repeat(500),
    "A\\xff\\x00B",
    "last",
  ]);
  assert.deepEqual(got.offsets, [0, 1, 2, 4, 5, 6, 7]);
  assert.deepEqual(got.truncated, [3, 4]);
  assert.equal(got.lost.tombstones, 1);
  assert.equal(got.counters.truncated, 2);
  assert.equal(got.counters.droppedBytes, 1000);
  assert.equal(got.counters.invalid, 1);
});

Deno.test("kafka batches: the header host is known of each record", () => {
  const got = read(batch([
    { value: "a" },
    { value: "b", headers: { source: "/var/log/x", host: "web1" } },
    { value: "c", headers: { host: "web1", hos: "x" }, key: "k" },
    { value: "d", headers: { host: "wéb2" } },
    { value: "e", headers: { other: "x" } },
  ]));
  assert.deepEqual(got.hosts, [["", "web1", "web1", "wéb2", ""]]);
  assert.deepEqual(read(batch([{ value: "a", headers: { x: "y" } }])).hosts, [null]);
});

Deno.test("kafka batches: records say which file of which host they are from", () => {
  const got = read(batch([
    { value: "a" },
    { value: "b", headers: { host: "web1", source: "/var/log/auth.log" } },
    { value: "c", headers: { source: "/var/log/auth.log", host: "web1" } },
    { value: "d", headers: { host: "web1", source: "/var/log/syslog" } },
    { value: "e", headers: { host: "web1" } },
    { value: "f", headers: { source: "/var/log/syslog" } },
    { value: "g", headers: { host: "", other: "x" } },
    { value: "h", headers: { host: "web2", source: "/var/log/syslog" } },
  ]));
  assert.deepEqual(got.sources, [[
    "",
    ...["web1\n/var/log/auth.log", "web1\n/var/log/auth.log", "web1\n/var/log/syslog"],
    ...["web1\n", "\n/var/log/syslog", "", "web2\n/var/log/syslog"],
  ]]);
  assert.deepEqual(read(batch([{ value: "a", headers: { x: "y" } }])).sources, [null]);
});

Deno.test("kafka batches: the header sourcetype is known of each record", () => {
  const named = (value: string, sourcetype?: string): Made => ({
    value,
    headers: sourcetype === undefined ? { offset: "1" } : { host: "h", sourcetype, offset: "1" },
  });
  const { sourcetypes } = read(batch([
    named("a"),
    named("b", "linux_secure"),
    named("c", "csv"),
    named("d"),
    named("e", "x".repeat(500)),
  ]));
  assert.deepEqual(sourcetypes, [["", "linux_secure", "csv", "", "x".repeat(100)]]);
  assert.deepEqual(read(batch([named("a")])).sourcetypes, [null]);
});

Deno.test("kafka batches: of aborted transactions nothing is given, of control records neither", () => {
  const transactional = batch([{ value: "a" }, { value: "b" }]);
  const control = batch([{ value: "marker" }], "none", 2);
  for (const [bytes, bit] of [[transactional, 16], [control, 48]] as const) {
    bytes.writeInt16BE(bytes.readInt16BE(21) | bit, 21);
    bytes.writeUInt32BE(codecs.crc32c(bytes.subarray(21)), 17);
  }
  const bytes = Buffer.concat([transactional, control]);
  const ended: bigint[] = [];
  const control_ = (producer: bigint) => void ended.push(producer);
  const aborted = read(Buffer.from(bytes), 0, { aborted: () => true, control: control_ });
  assert.deepEqual(aborted.lines, []);
  assert.deepEqual(ended, [7n]);
  assert.deepEqual(read(Buffer.from(bytes), 0, { aborted: () => false }).lines, ["a", "b"]);
});

Deno.test("kafka batches: a changed byte is found by the checksum and told", () => {
  const made = batch(values.map((value) => ({ value })));
  for (let i = 21; i < made.length; i += 97) {
    const bytes = Buffer.from(made);
    bytes[i] ^= 1;
    const got = read(bytes);
    assert.deepEqual(got.lines, []);
    assert.equal(got.lost.why, "its checksum is wrong");
    assert.ok(got.lost.unreadable > 0);
  }
});

Deno.test("kafka batches: bytes that are no records do no harm, with a right checksum too", () => {
  let seed = 1;
  const random = () => (seed = Math.imul(seed, 48271) >>> 0) / 2 ** 32;
  for (let round = 0; round < 1000; round++) {
    const made = batch(
      values.slice(0, 20).map((value) => ({ value, headers: { host: "a" } })),
      ["none", "gzip", "snappy", "lz4", "zstd"][round % 5],
    );
    for (let n = 0; n <= round % 4; n++) {
      made[57 + Math.floor(random() * (made.length - 57))] = Math.floor(random() * 256);
    }
    made.writeUInt32BE(codecs.crc32c(made.subarray(21)), 17);
    const got = read(made);
    assert.ok(got.lines.length <= 20 || got.lost.unreadable > 0);
  }
});

Deno.test("kafka batches: what unpacks to too much is told, not held", () => {
  for (const compression of ["gzip", "zstd"]) {
    const got = read(batch([{ value: Buffer.alloc(140 << 20, 97) }], compression));
    assert.deepEqual(got.lines, []);
    assert.equal(got.lost.unreadable, 1);
    assert.match(got.lost.why, /unpacked/);
  }
});
