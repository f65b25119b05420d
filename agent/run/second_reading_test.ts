import assert from "node:assert/strict";
import type { AlertChange } from "../event.ts";
import type { InputOptions } from "./inputs.ts";
import type { ActiveParsers } from "./reader.ts";
import { SecondReading } from "./second_reading.ts";

Deno.test("provisional alerts are all remembered, and told when they are too many to take back", () => {
  const second = new SecondReading({
    inputs: {} as InputOptions,
    parsers: {} as ActiveParsers,
    signal: new AbortController().signal,
    limit: 0,
    full: () => Promise.resolve(),
  });
  const changes = (...ids: string[]) => ids.map((id) => ({ alert: { id } }) as AlertChange);
  assert.deepEqual(second.saved(), {});
  assert.equal(second.remember(changes("a", "b", "a"), 2), true);
  assert.equal(second.remember(changes("c"), 2), false);
  // None is forgotten: each may still have to be taken back by who goes on from the checkpoint.
  assert.deepEqual(second.saved().provisional, ["a", "b", "c"]);
});
