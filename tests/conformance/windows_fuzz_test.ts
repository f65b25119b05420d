/**
 * Mutated event logs from the bytes to events. `EVTX_FUZZ` raises the number of files; what is mutated
 * are recordings of the data beside the repository, and logs of our own writing.
 */
import assert from "node:assert/strict";
import { shipped } from "../../compiler/sourcetype/testing/shipped.ts";
import { seeded } from "../../agent/simulate/random.ts";
import { event, eventData, EVERY_TYPE } from "../../agent/stages/evtx/testing/sample_events.ts";
import { sampleChunks, sampleFile } from "../../agent/stages/evtx/testing/write_sample.ts";
import { needs, sharedUrl, testNeeding } from "../needs.ts";
import { filesBelow, parseBytes } from "./windows.ts";

const FILES = Number(Deno.env.get("EVTX_FUZZ") ?? 400);
const CHUNK = 65_536;
const HOLDS = "no crash, no hang, every record an event or counted";

/** Recordings, at most three chunks of each, or samples of our own. */
function originals(recordings: boolean): Uint8Array[] {
  if (recordings) {
    return [...filesBelow(sharedUrl("data/logs/"), ".evtx")].map((f) =>
      Deno.readFileSync(f).subarray(0, 4096 + 3 * CHUNK)
    );
  }
  const values = Object.fromEntries(EVERY_TYPE.map(([name, value]) => [name, value]));
  const records = Array.from({ length: 60 }, (_, i) => event(i + 1, eventData(1, values)));
  const chunks = sampleChunks(records);
  assert.ok(chunks.length > 1, "one chunk alone has no next one to be found after damage");
  return [sampleFile(chunks)];
}

/** Changes bytes, runs and sizes; cuts pieces out, doubles them, cuts the end off. */
function mutated(original: Uint8Array, next: () => number): Uint8Array {
  let bytes = original.slice();
  for (let n = 1 + next() % 12; n > 0; n--) {
    const at = next() % bytes.length;
    switch (next() % 8) {
      case 0:
      case 1:
        bytes[at] = next();
        break;
      case 2:
        new DataView(bytes.buffer).setUint16(Math.min(at, bytes.length - 2), next() % 600, true);
        break;
      case 3:
        new DataView(bytes.buffer).setUint32(Math.min(at, bytes.length - 4), next() % CHUNK, true);
        break;
      case 4:
        bytes.fill(next() % 2 === 0 ? 0 : 0xff, at, at + next() % 600);
        break;
      case 5:
        bytes.copyWithin(next() % bytes.length, at, at + next() % 3000);
        break;
      case 6: {
        const gone = next() % 3000;
        const rest = bytes.subarray(at + gone);
        const shorter = new Uint8Array(at + rest.length);
        shorter.set(bytes.subarray(0, at));
        shorter.set(rest, at);
        bytes = shorter;
        break;
      }
      case 7:
        if (next() % 4 === 0) bytes = bytes.slice(0, Math.max(5000, at));
    }
  }
  return bytes;
}

testNeeding(
  needs.shared("data/logs/"),
  `${FILES} mutated recordings: ${HOLDS}`,
  () => mutate(true),
);

Deno.test(`${FILES} mutated event logs of our own writing: ${HOLDS}`, () => mutate(false));

function mutate(recordings: boolean): void {
  const compiled = shipped();
  const logs = originals(recordings);
  const parsers = new Map();
  let records = 0, lost = 0, slowest = 0;
  for (let seed = 1; seed <= FILES; seed++) {
    const random = seeded(seed);
    const next = () => random.int(0, 0xffff_ffff);
    const original = logs[next() % logs.length];
    const bytes = mutated(original, next);
    const from = performance.now();
    const { flat, batches, counters } = parseBytes(
      compiled,
      "a.evtx",
      bytes,
      1 + next() % 300_000,
      parsers,
    );
    slowest = Math.max(slowest, performance.now() - from);
    records += flat.length;
    lost += counters.unreadable;
    assert.equal(
      flat.length,
      batches.reduce((n, b) => n + b.lines.lines.length, 0),
      `seed ${seed}`,
    );
    assert.equal(counters.bytes, bytes.length, `seed ${seed}`);
    for (const e of flat) {
      assert.ok(e._raw !== "" && Number.isFinite(Date.parse(e._time as string)), `seed ${seed}`);
    }
    for (const { lines } of batches) {
      const offsets = lines.lines.map((_, i) => lines.offset(i));
      assert.ok(offsets.every((o, i) => i === 0 || o > offsets[i - 1]), `seed ${seed}`);
    }
    if (counters.unreadable > 0) assert.ok(counters.damagedChunks > 0, `seed ${seed}`);
  }
  console.log(
    `${FILES} files, ${records} records read, ${lost} counted as lost, slowest ${
      Math.round(slowest)
    } ms`,
  );
  assert.ok(records > FILES);
}
