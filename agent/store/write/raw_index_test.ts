import assert from "node:assert/strict";
import { seeded } from "../../simulate/random.ts";
import { batchOf, type Line } from "../testing/samples.ts";
import { eventId, textCheck } from "../../event.ts";
import { FOLDS_TO_ASCII, gramsOf } from "../types/grams.ts";
import { RawIndex, type StoredBlock } from "./raw_index.ts";
import { serialise } from "./rows.ts";

Deno.test("no other character has ASCII in its lower case", () => {
  for (let code = 128; code <= 0x10ffff; code++) {
    const c = String.fromCodePoint(code);
    assert.equal(/[\0-\x7f]/.test(c.toLowerCase()), FOLDS_TO_ASCII.test(c), code.toString(16));
  }
});

/** What the database asks of a block. */
const mayHold = ({ grams }: StoredBlock, text: string) =>
  grams === null || gramsOf(text).every((gram) => {
    const bit = gram & (grams.length * 8 - 1);
    return (grams[bit >> 3] >> (bit & 7) & 1) === 1;
  });

Deno.test("every text of a row is in a block of its time, however rows are written", () => {
  const r = seeded(5);
  const words = [
    "Failed",
    "password",
    "203.0.113.7",
    "ünïcode",
    "\u212aelvin",
    "\u0130D",
    "\0",
    "a",
  ];
  for (let run = 0; run < 20; run++) {
    const index = new RawIndex();
    const step = r.pick([0, 3, 1000, 90_000]), wild = r.pick([0, 0, 0.01, 0.3]);
    const blocks = new Map<string, StoredBlock>();
    const rows: { raw: string; time: number; id: string }[] = [];
    let time = Date.UTC(2026, 2, 1), at = 0;
    for (let write = 0; write < 6; write++) {
      const lines: Line[] = Array.from({ length: r.pick([1, 3, 700, 3000]) }, () => {
        time += r.int(0, step);
        const raw = Array.from(
          { length: r.int(1, 9) },
          () => r.chance(0.7) ? r.pick(words) : String(r.int(0, 1e6)),
        ).join(" ");
        return { raw, kind: 1, time: r.chance(wild) ? r.int(-2e9, 2e9) * 1000 : time };
      });
      let offset = at;
      for (const { raw, time } of lines) {
        const id = eventId("00112233445566aa", offset, textCheck(raw));
        rows.push({ raw, time: time!, id });
        offset += new TextEncoder().encode(raw).length + 1;
      }
      const { parts } = serialise([batchOf(lines, { at })]);
      for (const b of index.add(parts)) blocks.set(b.id, b);
      at += 1e6;
    }
    const all = [...blocks.values()];
    for (const { raw, time, id } of r.chance(0.5) ? rows : rows.slice(-300)) {
      const there = all.filter((b) =>
        b.earliest <= time && time <= b.latest && b.lowest <= id && id <= b.highest
      );
      assert.ok(there.some((b) => mayHold(b, raw.toLowerCase())), raw);
    }
    // A write of many rows ends its last block.
    assert.ok(all.length <= rows.length / 256 + 2 + 6, `${all.length} for ${rows.length}`);
  }
});

Deno.test("what a block lacks is told", () => {
  const index = new RawIndex();
  const lines = Array.from({ length: 2048 }, (_, i) => ({
    raw: `Mar 29 00:02:15 web1 sshd[${i}]: Failed password for root from 203.0.113.${i % 250}`,
    kind: 1,
    time: i,
  }));
  const [block, ...more] = index.add(serialise([batchOf(lines)]).parts);
  assert.deepEqual(more, []);
  assert.ok(mayHold(block, "assword for ROOT from 203.0.113.7".toLowerCase()));
  const strange = ["mimikatz", "198.51.100.20", "powershell -enc", "/etc/shadow", "xmrig"];
  assert.deepEqual(strange.filter((t) => mayHold(block, t)), []);
  assert.ok(block.grams!.length <= 8192, `${block.grams!.length}`);
});
