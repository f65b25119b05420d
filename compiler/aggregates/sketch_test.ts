import { equal } from "node:assert/strict";
import { hllAdd, HllUnion, newHll } from "./sketch.ts";

Deno.test("a union of sketches follows what is added and what leaves, as one made anew", () => {
  const panes: Uint8Array[] = [];
  const union = new HllUnion([]);
  let next = 1;
  const number = () => next = Math.imul(next, 48271) >>> 1;
  for (let round = 0; round < 60; round++) {
    panes.push(newHll());
    // Some rounds give few values, some give those of others again.
    for (let i = 0; i < (round % 7) * 40; i++) {
      hllAdd(panes[panes.length - 1], `v${number() % (round % 2 === 0 ? 500 : 1e9)}`, union);
    }
    equal(union.estimate, new HllUnion(panes).estimate);
    while (panes.length > round % 9) {
      const gone = panes.shift()!;
      union.without(gone, panes);
      equal(union.estimate, new HllUnion(panes).estimate);
    }
  }
});
