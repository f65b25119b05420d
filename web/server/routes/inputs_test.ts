import assert from "node:assert/strict";
import type { StoredEvent, StoredJob } from "../../../agent/store/mod.ts";
import { rateOf } from "../types/json.ts";
import { isSilent } from "./inputs.ts";

const MINUTE = 60_000, NOW = Date.UTC(2026, 2, 10);

const job = (minutes: number, state: StoredJob["state"] = "running") =>
  ({ state, updated: NOW - minutes * MINUTE, rate: 7 }) as StoredJob;
/** Events, the newest first, so many minutes apart. */
const apart = (minutes: readonly number[]) =>
  minutes.map((m) => ({ time: NOW - m * MINUTE }) as StoredEvent);

Deno.test("an input is silent after a quarter of an hour, a rare one after three of its pauses", () => {
  const often = apart([20, 21, 22]), rare = apart([60, 120, 240]);
  assert.equal(isSilent(job(14), often, NOW), false);
  assert.equal(isSilent(job(16), often, NOW), true);
  assert.equal(isSilent(job(359), rare, NOW), false);
  assert.equal(isSilent(job(361), rare, NOW), true);
  assert.equal(isSilent(job(16), [], NOW), true);
});

Deno.test("what ended is not silent, and keeps its rate", () => {
  assert.equal(isSilent(job(9999, "done"), [], NOW), false);
  assert.equal(rateOf(job(9999, "done"), NOW), 7);
  assert.equal(rateOf(job(0.5), NOW), 7);
  assert.equal(rateOf(job(2), NOW), 0);
});
