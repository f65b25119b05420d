import assert from "node:assert/strict";
import fc from "fast-check";
import { zone } from "../../compiler/sourcetype/clock/zone.ts";
import { ZoneBuckets, zoneStarts } from "./zone_buckets.ts";

const MINUTE = 60_000, HOUR = 60 * MINUTE, DAY = 24 * HOUR;

/** Beginnings as text. */
function starts(name: string, ms: number, from: string, to: string): string[] {
  const range = { from: Date.parse(from), to: Date.parse(to) };
  return zoneStarts(zone(name)!, ms, range)!
    .map((t) => new Date(t).toISOString().slice(5, 16));
}

Deno.test("days have 23 and 25 hours where the clock changes", () => {
  assert.deepEqual(
    starts("Europe/Zurich", DAY, "2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z"),
    ["03-27T23:00", "03-28T23:00", "03-29T22:00", "03-30T22:00"],
  );
  assert.deepEqual(
    starts("Europe/Zurich", DAY, "2026-10-24T12:00:00Z", "2026-10-26T12:00:00Z"),
    ["10-23T22:00", "10-24T22:00", "10-25T23:00", "10-26T23:00"],
  );
});

Deno.test("a midnight that comes twice begins one day, and one that is skipped the next hour", () => {
  // Havana goes from 1:00 back to 0:00, Beirut from 0:00 to 1:00.
  assert.deepEqual(
    starts("America/Havana", DAY, "2026-11-01T00:00:00Z", "2026-11-02T04:00:00Z"),
    ["10-31T04:00", "11-01T04:00", "11-02T05:00"],
  );
  assert.deepEqual(
    starts("Asia/Beirut", DAY, "2026-03-28T10:00:00Z", "2026-03-29T22:00:00Z"),
    ["03-27T22:00", "03-28T22:00", "03-29T21:00", "03-30T21:00"],
  );
});

Deno.test("an hour that comes twice is two, and one that is skipped none", () => {
  const hours = (from: string, to: string) => starts("Europe/Zurich", HOUR, from, to);
  assert.deepEqual(hours("2026-10-24T23:30:00Z", "2026-10-25T02:00:00Z"), [
    "10-24T23:00",
    "10-25T00:00",
    "10-25T01:00",
    "10-25T02:00",
  ]);
  assert.equal(hours("2026-03-29T00:00:00Z", "2026-03-29T03:00:00Z").length, 4);
  // What lasts longer than the change goes on through it.
  assert.deepEqual(
    starts("Europe/Zurich", 3 * HOUR, "2026-10-24T23:00:00Z", "2026-10-25T05:00:00Z"),
    ["10-24T22:00", "10-25T02:00", "10-25T05:00"],
  );
});

Deno.test("hours of a zone begin at its half hours; too many are refused", () => {
  assert.deepEqual(
    starts("Asia/Kolkata", HOUR, "2026-03-09T00:00:00Z", "2026-03-09T01:00:00Z"),
    ["03-08T23:30", "03-09T00:30", "03-09T01:30"],
  );
  assert.equal(zoneStarts(zone("UTC")!, 1, { from: 0, to: DAY, most: 1000 }), null);
});

Deno.test("each time is in the bucket that began last before it, whatever the zone", () => {
  const zones = ["UTC", "Europe/Zurich", "America/Havana", "Australia/Lord_Howe", "+05:45"];
  const widths = [7 * MINUTE, 30 * MINUTE, HOUR, 5 * HOUR, DAY, 7 * DAY];
  const year = { min: Date.UTC(2026, 0, 1), max: Date.UTC(2027, 0, 1) };
  fc.assert(fc.property(
    fc.constantFrom(...zones),
    fc.constantFrom(...widths),
    fc.oneof(
      fc.integer(year),
      fc.integer({ min: -DAY, max: DAY }).map((d) => Date.UTC(2026, 9, 25) + d),
    ),
    (name, ms, time) => {
      const at = zone(name)!, buckets = new ZoneBuckets(at, ms);
      const start = buckets.startOf(time);
      const around = zoneStarts(at, ms, { from: time - 3 * DAY, to: time + 3 * DAY })!;
      assert.equal(start, around.findLast((t) => t <= time));
      // The clock shows a multiple of the width there, or has just skipped one.
      assert.ok([at, (w: number) => at(w, true)].some((of) => {
        const wall = Math.round((start + of(start + of(start))) / ms) * ms;
        return wall - of(wall) === start;
      }));
      assert.ok(time - start < ms + HOUR);
    },
  ));
});
