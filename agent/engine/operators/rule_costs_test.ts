/** What rules cost by a clock: what is inside another's time is counted once. */
import assert from "node:assert/strict";
import { RuleCosts } from "./rule_costs.ts";

const READ = 1 / 1024;

/** A clock that a test moves, and that moves by itself when it is read. */
function clock() {
  let ms = 0;
  return { now: () => ms += READ, pass: (more: number) => ms += more };
}

Deno.test("a rule that another hands a row to is counted by itself", () => {
  const { now, pass } = clock();
  const costs = new RuleCosts(3, now);
  const inner = costs.entry(1, { row: () => pass(0.004) });
  const outer = costs.entry(0, {
    row() {
      pass(0.001);
      inner.row();
      pass(0.002);
    },
  });
  for (let i = 0; i < 100; i++) outer.row();
  assert.deepEqual(Array.from(costs.ms, (ms) => Math.round(ms * 1000)), [300, 400, 0]);
});

Deno.test("one row that takes very long counts little: code was made, or another process ran", () => {
  const { now, pass } = clock();
  const costs = new RuleCosts(1, now);
  costs.entry(0, { step: (ms: number) => pass(ms) }).step(30);
  assert.equal(costs.ms[0], 0.02);
});
