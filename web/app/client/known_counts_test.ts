import assert from "node:assert/strict";
import { KnownCounts } from "./known_counts.ts";

const counts = (events: number) => ({ events, parse_errors: 0, alerts: 1, open_alerts: 1 });

Deno.test("the first counters of a page that was just opened are no news", () => {
  const known = new KnownCounts();
  assert.equal(known.answered(counts(7)), false);
  assert.equal(known.counted(counts(7)), false);
  assert.equal(known.counted(counts(8)), true);
  // Once after events came it is said that none come any more.
  assert.equal(known.counted(counts(8)), false);
});

Deno.test("counters that come before any answer are news when the answer says something else", () => {
  const same = new KnownCounts();
  assert.equal(same.counted(counts(7)), false);
  assert.equal(same.answered(counts(7)), false);
  const other = new KnownCounts();
  assert.equal(other.counted(counts(7)), false);
  assert.equal(other.answered(counts(6)), true);
  // Told once; later answers are asked for because of counters.
  assert.equal(other.answered(counts(5)), false);
  assert.equal(other.counted(counts(7)), false);
});
