import assert from "node:assert/strict";
import fc from "fast-check";
import type { Event } from "../../event.ts";
import type { HeldRow } from "./held_rows.ts";
import { RowSorter, type Spool, SpoolFull } from "./row_sorter.ts";

function memorySpool(): Spool & { bytes: Uint8Array } {
  return {
    bytes: new Uint8Array(0),
    append(bytes) {
      const at = this.bytes.length;
      const grown = new Uint8Array(at + bytes.length);
      grown.set(this.bytes);
      grown.set(bytes, at);
      this.bytes = grown;
      return at;
    },
    read(position, into) {
      const part = this.bytes.subarray(position, position + into.length);
      into.set(part);
      return part.length;
    },
  };
}

const CLASSES = [{ app: "sshd" }, { app: "nginx" }];

function row(time: number, offset: number, index: number, text: string, extractionId = 0): HeldRow {
  const event = Object.assign(Object.create(CLASSES[extractionId]), {
    _raw: text,
    _time: time,
    host: undefined,
    _time_from: undefined,
    more: offset % 2 ? { k: text } : null,
    port: offset,
  }) as Event;
  return {
    time,
    offset,
    index,
    slot: 1,
    check: 7,
    source: `s${index}`,
    extractionId,
    event,
    entries: null,
    no: 0,
  };
}

const plain = (r: HeldRow) => ({ ...r, event: { ...r.event }, app: r.event.app });

Deno.test("rows come back whole and in order of time, input and offset", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(20), fc.nat(2), fc.string({ unit: "binary", maxLength: 40 }))),
      fc.integer({ min: 200, max: 3000 }),
      (list, chunk) => {
        const rows = list.map(([t, index, text], i) => row(t, i, index, text, i % 2));
        // Mostly forward, so that ties keep the order of their offsets.
        for (let i = 0; i < 3; i++) {
          for (let k = 0; k < 200; k++) rows.push(row(100 + k, 1000 + k, i, "x"));
        }
        const sorter = new RowSorter(memorySpool(), chunk);
        for (const r of rows) sorter.add(r);
        const want = [...rows].sort((a, b) =>
          a.time - b.time || a.index - b.index || a.offset - b.offset
        );
        const got = [...sorter.sorted()];
        assert.deepEqual(got.map((r) => [r.time, r.index]), want.map((r) => [r.time, r.index]));
        assert.deepEqual(
          got.map(plain).sort((a, b) => a.offset - b.offset || a.index - b.index),
          want.map(plain).sort((a, b) => a.offset - b.offset || a.index - b.index),
        );
      },
    ),
    { numRuns: 50 },
  );
});

Deno.test("of an input that runs backwards rows of one time come by falling offset", () => {
  for (const chunk of [1 << 20, 400]) {
    const sorter = new RowSorter(memorySpool(), chunk);
    let offset = 0;
    for (let t = 50; t > 0; t--) {
      for (let k = 0; k < 3; k++) sorter.add(row(t, offset++, 0, `${t}`));
    }
    const got = [...sorter.sorted()];
    for (let i = 1; i < got.length; i++) {
      assert.ok(got[i].offset < got[i - 1].offset, `row ${i}`);
    }
  }
});

Deno.test("when the spool is full, rows stay in memory and all come sorted", () => {
  const spool = memorySpool();
  const append = spool.append.bind(spool);
  spool.append = (bytes) => {
    if (spool.bytes.length > 2000) throw new SpoolFull("no room");
    return append(bytes);
  };
  const sorter = new RowSorter(spool, 400);
  const times = Array.from({ length: 300 }, (_, i) => (i * 7919) % 300);
  for (const [i, t] of times.entries()) sorter.add(row(t, i, 0, `${t}`));
  assert.equal(sorter.full, "no room");
  assert.deepEqual([...sorter.sorted()].map((r) => r.time), times.toSorted((a, b) => a - b));
});
