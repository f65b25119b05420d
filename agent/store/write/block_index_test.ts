import assert from "node:assert/strict";
import { seeded } from "../../simulate/random.ts";
import { BLOCK, BlockIndex } from "./block_index.ts";

Deno.test("every event is in a place, and places are narrow", () => {
  const r = seeded(3);
  for (let run = 0; run < 40; run++) {
    const places = new BlockIndex();
    const clocks = Array.from({ length: r.int(1, 4) }, () => r.int(0, 5) * 86_400_000);
    const step = r.pick([0, 3, 1000, 90_000]), wild = r.pick([0, 0, 0.01, 0.3]);
    const events: [number, number][] = [];
    let offset = r.int(0, 1) * 2 ** 41, time = Date.UTC(2026, 2, 1);
    for (let i = 0; i < 3000; i++) {
      offset += r.chance(0.01) ? 0 : r.int(1, 400);
      time += r.int(0, step);
      const said = r.chance(wild) ? r.int(-2e9, 2e9) * 1000 : time + r.pick(clocks);
      events.push([offset, said]);
      places.add(offset, said);
    }
    const all = places.take();
    const byBlock = new Map<number, number[][]>();
    for (let i = 0; i < all.length; i += 5) {
      const [block, first, last, earliest, latest] = all.subarray(i, i + 5);
      assert.ok(first <= last && earliest <= latest && latest - earliest <= 120_000);
      assert.deepEqual([Math.floor(first / BLOCK), Math.floor(last / BLOCK)], [block, block]);
      byBlock.set(block, [...byBlock.get(block) ?? [], [first, last, earliest, latest]]);
    }
    for (const [offset, time] of events) {
      const there = byBlock.get(Math.floor(offset / BLOCK))!;
      assert.ok(
        there.some(([first, last, earliest, latest]) =>
          first <= offset && offset <= last && earliest <= time && time <= latest
        ),
      );
    }
    // One clock that goes on: a handful for each block, however many events.
    if (clocks.length === 1 && wild === 0 && step <= 3) {
      assert.ok(all.length / 5 <= 3 * byBlock.size, `${all.length / 5} in ${byBlock.size}`);
    }
  }
});
