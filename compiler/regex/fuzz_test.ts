/**
 * Random patterns that the check calls linear, on texts of doubling length that are made of their own
 * letters. Each runs in a worker that is ended when it does not come back. PICKET_RUNS says how many.
 */
import assert from "node:assert/strict";
import { passing, stalls } from "./testing/hostile.ts";

const asked = Deno.permissions.querySync({ name: "env", variable: "PICKET_RUNS" });
const RUNS = asked.state === "granted" ? Number(Deno.env.get("PICKET_RUNS") ?? 1000) : 1000;

Deno.test("no pattern that is judged linear stalls on a hostile text", async () => {
  const { patterns, refused } = passing(RUNS, 20_260_727);
  assert.ok(refused > RUNS / 20, `only ${refused} of the patterns are refused: they are too tame`);
  assert.deepEqual(await stalls(patterns), []);
});

Deno.test("the fuzz finds a pattern that stalls", async () => {
  const found = await stalls(["ab", "(a+)+c", "^a*a*a*c"], 1500);
  assert.deepEqual(found.map((f) => f.source), ["(a+)+c", "^a*a*a*c"]);
});
