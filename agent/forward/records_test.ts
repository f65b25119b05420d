/** Batches that a forwarder writes, read by the source's reader and by the client library's. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { Reader, readRecordsBatch } from "@platformatic/kafka";
import { kafkaLibrary } from "../kafka/library.ts";
import { packingOf, PACKINGS } from "./packing.ts";
import { BatchWriter, type Line, type Source } from "./records.ts";

const { crc32c } = await kafkaLibrary();
const web: Source = {
  key: "web1:/var/log/access.log",
  host: "web1",
  source: "/var/log/access.log",
  sourcetype: null,
};
const other: Source = { key: "ü:tcp", host: "ü", source: "tcp", sourcetype: "syslog" };

/** Lines of every length around those at which a length takes another byte, and of every width. */
const lines: Line[] = [0, 1, 20, 21, 22, 62, 63, 64, 65, 2730, 2731, 8191, 8192, 8200, 400_000]
  .flatMap((n, i) =>
    ["a", "ü", "€", "😀", "\ud800"].map((c, k) => ({
      of: i % 2 ? web : other,
      text: c.repeat(n),
      offset: i * 1_000_003 + k,
      time: 1_790_000_000_000 - i * 977,
    }))
  );

for (const name of PACKINGS) {
  Deno.test(`forwarded records: ${name} gives all back`, async () => {
    const writer = new BatchWriter(crc32c, await packingOf(name));
    const bytes = writer.write(lines, { id: 5n, epoch: 3 }, 77);
    assert.equal(bytes.readUInt32BE(17), crc32c(bytes.subarray(21)));
    const batch = readRecordsBatch(Reader.from(Buffer.from(bytes)));
    assert.equal(batch.producerId, 5n);
    assert.equal(batch.producerEpoch, 3);
    assert.equal(batch.firstSequence, 77);
    assert.equal(batch.records.length, lines.length);
    let latest = 0;
    for (const [i, record] of batch.records.entries()) {
      const { of, text, offset, time } = lines[i];
      latest = Math.max(latest, time);
      assert.equal(String(record.key), of.key);
      // A half of a pair is no text in UTF-8.
      assert.ok(String(record.value) === text.toWellFormed(), `line ${i}`);
      assert.equal(Number(batch.firstTimestamp + record.timestampDelta), time);
      assert.equal(record.offsetDelta, i);
      const headers = Object.fromEntries(record.headers.map(([k, v]) => [String(k), String(v)]));
      assert.deepEqual(headers, {
        host: of.host,
        source: of.source,
        ...of.sourcetype === null ? {} : { sourcetype: of.sourcetype },
        offset: String(offset),
      });
    }
    assert.equal(Number(batch.maxTimestamp), latest);
  });
}

Deno.test("forwarded records: one writer writes batch after batch", () => {
  const writer = new BatchWriter(crc32c, null);
  const [a, b] = [lines.slice(0, 3), lines.slice(20, 50)].map((some) =>
    writer.write(some, { id: 1n, epoch: 0 }, 0)
  );
  assert.equal(readRecordsBatch(Reader.from(a)).records.length, 3);
  assert.equal(readRecordsBatch(Reader.from(b)).records.length, 30);
});
