import assert from "node:assert/strict";
import { LineRate } from "./line_rate.ts";

const MINUTE = 60_000;

Deno.test("the rate of what ends is that of all its time", () => {
  const rate = new LineRate(0, 100, false);
  assert.equal(rate.of(10_000, 1100), 100);
  assert.equal(rate.of(10 * MINUTE, 1100), 2);
});

Deno.test("the rate of what goes on forgets what was read at the beginning", () => {
  const rate = new LineRate(0, 0, true);
  assert.equal(rate.of(1000, 100_000), 100_000);
  assert.equal(rate.of(31_000, 100_300), Math.round(100_300 / 31));
  // From the mark of the first half minute on.
  assert.equal(rate.of(51_000, 100_500), Math.round(100_500 / 51));
  assert.equal(rate.of(61_000, 100_600), 10);
  assert.equal(rate.of(81_000, 100_800), 10);
});
