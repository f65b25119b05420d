import assert from "node:assert/strict";
import { Pace } from "./pace.ts";

Deno.test("a pipe that keeps one waiting goes on, one that is slow now and then does not", () => {
  const file = new Pace(true);
  for (let i = 0; i < 100_000; i++) assert.equal(file.add(5), false);
  assert.equal(file.live, false);
  const tail = new Pace(true);
  const found = Array.from({ length: 10 }, () => tail.add(700));
  assert.equal(found.filter(Boolean).length, 1, "told once");
  assert.equal(tail.live, true);
  assert.equal(tail.deadline, Infinity);
  const files = new Pace(false);
  assert.equal(files.add(60_000), false);
  assert.equal(files.deadline, Infinity);
});
