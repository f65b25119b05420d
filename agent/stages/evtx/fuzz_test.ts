/** Mutated logs. `EVTX_FUZZ` raises the number of mutations. */
import assert from "node:assert/strict";
import { readChunk, readEvtx } from "./mod.ts";
import { around, event, eventData, EVERY_TYPE } from "./testing/sample_events.ts";
import { element, sampleChunk, sampleFile, sign, string } from "./testing/write_sample.ts";

const MUTATIONS = Number(Deno.env.has("EVTX_FUZZ") ? Deno.env.get("EVTX_FUZZ") : 400);

/** A small generator of 32-bit numbers (mulberry32), so that a failure can be run again. */
function random(seed: number): () => number {
  return () => {
    seed = seed + 0x6d2b79f5 | 0;
    let t = Math.imul(seed ^ seed >>> 15, 1 | seed);
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
    return (t ^ t >>> 14) >>> 0;
  };
}

function sample(): Uint8Array {
  const values = Object.fromEntries(EVERY_TYPE.map(([name, value]) => [name, value]));
  const all = eventData(1, values);
  const inner = around(2, element("Inner", { a: [{ slot: 0 }] }, { slot: 0 }), string("x"));
  const user = around(3, element("UserData", {}, element("W", {}, { slot: 0 }), inner), inner);
  const data = [
    all,
    user,
    around(4, element("EventData", {}, element("Data", {}, { cdata: "t" }))),
  ];
  return sampleChunk(
    Array.from({ length: 60 }, (_, i) => event(i + 1, data[i % 3], i % 2 === 1)),
  );
}

/** Bytes, runs, sizes and signatures: what damage and malice change. */
function mutate(bytes: Uint8Array, next: () => number, used: number): void {
  const view = new DataView(bytes.buffer);
  for (let n = 1 + next() % 8; n > 0; n--) {
    const at = next() % used;
    switch (next() % 6) {
      case 0:
        bytes[at] = next();
        break;
      case 1:
        bytes[at] = next() % 0x16;
        break;
      case 2:
        view.setUint16(Math.min(at, used - 2), next() % 3 === 0 ? 0xffff : next() % 512, true);
        break;
      case 3:
        view.setUint32(Math.min(at, used - 4), next() % used, true);
        break;
      case 4:
        bytes.fill(next() % 2 === 0 ? 0 : 0xff, at, Math.min(used, at + next() % 600));
        break;
      case 5:
        bytes.copyWithin(next() % used, at, Math.min(used, at + next() % 2000));
    }
  }
}

Deno.test(`${MUTATIONS} mutated chunks: no crash, bounded output, every record accounted for`, () => {
  const original = sample();
  const used = new DataView(original.buffer).getUint32(48, true);
  assert.equal(readChunk(original).records.length, 60);
  for (let seed = 1; seed <= MUTATIONS; seed++) {
    const next = random(seed);
    const bytes = original.slice();
    mutate(bytes, next, used);
    if (next() % 2 === 0) sign(bytes);
    const { records, damaged } = readChunk(bytes);
    assert.ok(damaged.records >= 0 && damaged.records <= 20_000, `seed ${seed}`);
    if (records.length < 60 && damaged.chunks === 0) {
      // Only a header that claims fewer records, with a checksum that holds, hides some.
      assert.ok(new DataView(bytes.buffer).getUint32(48, true) !== used, `seed ${seed}`);
    }
    let size = 0;
    for (const record of records) {
      const xml = record.xml();
      assert.ok(xml === "" || xml.startsWith("<"), `seed ${seed}`);
      size += xml.length + JSON.stringify(record.json()).length;
      for (const value of Object.values(record.fields())) size += String(value).length;
      assert.ok(Number.isFinite(record.time), `seed ${seed}`);
    }
    assert.ok(size < 100_000_000, `seed ${seed}`);
  }
});

Deno.test("mutated files: bytes cut out, put in and changed", async () => {
  const original = sampleFile([sample(), sample()]);
  for (let seed = 1; seed <= Math.ceil(MUTATIONS / 10); seed++) {
    const next = random(seed);
    const from = next() % original.length, gone = next() % 3000, added = next() % 3000;
    const bytes = new Uint8Array(original.length - Math.min(gone, original.length - from) + added);
    bytes.set(original.subarray(0, from));
    for (let i = 0; i < added; i++) bytes[from + i] = next();
    bytes.set(original.subarray(from + gone), from + added);
    mutate(bytes, next, bytes.length);
    let records = 0;
    for await (const batch of readEvtx(ReadableStream.from([bytes]))) {
      records += batch.records.length;
    }
    assert.ok(records <= 200, `seed ${seed}: ${records}`);
  }
});

Deno.test("random bytes behind sound signatures", () => {
  for (let seed = 1; seed <= Math.ceil(MUTATIONS / 10); seed++) {
    const next = random(seed);
    const bytes = sample();
    for (let at = 600; at < bytes.length; at++) bytes[at] = next() % 4 === 0 ? next() : next() % 16;
    const { records } = readChunk(bytes);
    for (const record of records) record.xml();
  }
});
