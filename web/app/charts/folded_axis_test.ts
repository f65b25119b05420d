import assert from "node:assert/strict";
import { foldedAxis } from "./folded_axis.ts";

const MINUTE = 60_000, HOUR = 60 * MINUTE;

Deno.test("a night between two attacks is folded, minutes are not", () => {
  const axis = foldedAxis([
    0,
    10 * MINUTE,
    25 * MINUTE,
    40 * MINUTE,
    13 * HOUR,
    13 * HOUR + MINUTE,
  ]);
  assert.deepEqual(axis.folds.map((f) => f.ms), [13 * HOUR - 40 * MINUTE]);
  assert.deepEqual(axis.segments.map((s) => [s.from, s.to]), [
    [0, 40 * MINUTE],
    [13 * HOUR, 13 * HOUR + MINUTE],
  ]);
});

Deno.test("places rise with the time and fill the axis", () => {
  const times = [0, MINUTE, 30 * MINUTE, 50 * HOUR, 51 * HOUR, 90 * HOUR];
  const { at, segments } = foldedAxis(times);
  const places = times.map(at);
  assert.deepEqual([places[0], segments[0].x0, segments.at(-1)!.x1], [0, 0, 1]);
  for (let i = 1; i < places.length; i++) assert.ok(places[i] > places[i - 1], String(i));
  assert.ok(at(25 * HOUR) >= at(30 * MINUTE) && at(25 * HOUR) <= at(50 * HOUR));
});

Deno.test("one moment is an axis, too", () => {
  const { at, segments, folds } = foldedAxis([7, 7]);
  assert.deepEqual([at(7), segments.length, folds.length], [0, 1, 0]);
});
