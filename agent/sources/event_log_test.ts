import assert from "node:assert/strict";
import { event, eventData } from "../stages/evtx/testing/sample_events.ts";
import { readEvtx } from "../stages/evtx/mod.ts";
import { sampleChunk, sampleFile, string } from "../stages/evtx/testing/write_sample.ts";
import { blocksOf } from "./files.ts";

const CHUNK = 65_536;

/** A chunk of five records whose first has this id. */
function chunk(first: number): Uint8Array {
  return sampleChunk(
    Array.from({ length: 5 }, (_, i) => event(first + i, eventData(1, { A: string("x") }))),
  );
}

async function bytesOf(path: string, offset = 0): Promise<Uint8Array> {
  const blocks = await blocksOf(path, offset, 4096);
  const all: number[] = [];
  for (let data; (data = await blocks.read()) !== null;) for (const b of data) all.push(b);
  blocks.close();
  return Uint8Array.from(all);
}

async function ids(bytes: Uint8Array): Promise<number[]> {
  const out: number[] = [];
  for await (const { records } of readEvtx(ReadableStream.from([bytes]))) {
    out.push(...records.map((r) => r.id));
  }
  return out;
}

async function withFile(bytes: Uint8Array, work: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempFile({ prefix: "picket-test-" });
  try {
    await Deno.writeFile(path, bytes);
    await work(path);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("a log that has wrapped is read in the order of its records", async () => {
  const file = sampleFile([chunk(11), chunk(16), chunk(1), chunk(6)]);
  await withFile(file, async (path) => {
    const read = await bytesOf(path);
    assert.equal(read.length, file.length);
    assert.deepEqual(await ids(read), Array.from({ length: 20 }, (_, i) => i + 1));
    for (const offset of [4096, 4096 + CHUNK, 4096 + 3 * CHUNK, 5000, 4096 + CHUNK + 7]) {
      assert.deepEqual(await bytesOf(path, offset), read.subarray(offset), String(offset));
    }
  });
});

Deno.test("any other log is read as it stands, and what is no chunk comes last", async () => {
  const whole = sampleFile([chunk(1), chunk(6), new Uint8Array(CHUNK)]);
  await withFile(whole, async (path) => assert.deepEqual(await bytesOf(path), whole));
  const cut = sampleFile([chunk(6), new Uint8Array(CHUNK).fill(7), chunk(1), chunk(11)])
    .subarray(0, 4096 + 3 * CHUNK + 900);
  await withFile(cut, async (path) => {
    const read = await bytesOf(path);
    assert.equal(read.length, cut.length);
    assert.deepEqual(await ids(read.subarray(0, 4096 + 2 * CHUNK)), [
      1,
      2,
      3,
      4,
      5,
      6,
      7,
      8,
      9,
      10,
    ]);
    assert.deepEqual(read.subarray(-900), cut.subarray(-900));
  });
});
