import assert from "node:assert/strict";
import { change, rangeBefore } from "./before.ts";

const DAY = 86_400_000;
const range = (from: number, to: number, first: number) => ({
  from,
  to,
  first,
  params: { from: new Date(from).toISOString() },
});

Deno.test("the day before is compared with as far as the store reaches", () => {
  assert.deepEqual(rangeBefore(range(5 * DAY, 6 * DAY, 0)), { from: 4 * DAY, to: 5 * DAY });
  assert.equal(rangeBefore(range(5 * DAY, 6 * DAY, 4 * DAY + 1)), null);
  assert.equal(rangeBefore({ from: 0, to: DAY, first: 0, params: {} }), null);
});

Deno.test("a change is told as people say it", () => {
  assert.deepEqual(
    [[110, 100], [60, 100], [200, 100], [1250, 100], [100, 100], [5, 0], [1001, 1000]].map(
      ([now, before]) => change(now, before),
    ),
    ["+10 %", "−40 %", "2 times", "13 times", "", "", ""],
  );
});
