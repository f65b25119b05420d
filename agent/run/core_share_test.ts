/** What threads get of the processors, by clocks of our own. */
import assert from "node:assert/strict";
import { CoreShare } from "./core_share.ts";

Deno.test("threads have enough while the process gets more than one core", () => {
  let now = 1000, used = 700;
  const share = new CoreShare(() => now, () => used);
  const after = (ms: number, cores: number) => {
    now += ms;
    used += ms * cores;
    return share.enough();
  };
  // Too soon to tell.
  assert.equal(after(4000, 0.1), true);
  assert.equal(after(4000, 2.9), true);
  assert.equal(after(5000, 1.9), true);
  assert.equal(after(5000, 1.25), true);
  assert.equal(after(5000, 0.6), false);
  // Each look counts from the one before.
  assert.equal(after(5000, 1.9), true);
});

Deno.test("a process that computes gets what the system says", () => {
  let now = 0;
  const share = new CoreShare(() => now);
  now += 1e9;
  assert.equal(share.enough(), false);
  now += 5000;
  for (const until = performance.now() + 50; performance.now() < until;);
  assert.equal(share.enough(), false);
});
