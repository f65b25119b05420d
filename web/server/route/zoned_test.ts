import assert from "node:assert/strict";
import type { SeriesRequest } from "../../../agent/store/mod.ts";
import { zone } from "../../../compiler/sourcetype/clock/zone.ts";
import { zonedSeries } from "./zoned.ts";

const MINUTE = 60_000, HOUR = 60 * MINUTE, DAY = 24 * HOUR;

type Asking = SeriesRequest & { readonly from: number; readonly to: number };
type Seen = { readonly at: number; readonly value: string };

/** What a store says that has these events, which has buckets by UTC alone. */
const counting = (events: readonly Seen[], asked: Asking[] = []) => (asking: Asking) => {
  asked.push(asking);
  const { from, to, bucketMs } = asking;
  const first = Math.floor(from / bucketMs), last = Math.ceil(to / bucketMs);
  assert.ok(last - first <= 5000, `${last - first} buckets`);
  const times = Array.from({ length: last - first }, (_, i) => (first + i) * bucketMs);
  const within = events.filter((e) => e.at >= from && e.at < to);
  const series = [...new Set(within.map((e) => e.value))].map((value) => {
    const counts = times.map((t) =>
      within.filter((e) => e.value === value && e.at >= t && e.at < t + bucketMs).length
    );
    return { value, total: counts.reduce((a, b) => a + b, 0), counts };
  });
  return Promise.resolve({ bucketMs, times, since: null, exact: true, series });
};

const every = (from: string, to: string, step: number): Seen[] => {
  const out: Seen[] = [];
  for (let at = Date.parse(from); at < Date.parse(to); at += step) out.push({ at, value: "a" });
  return out;
};

Deno.test("days begin at the zone's midnight, and are as long as its clock makes them", async () => {
  const range = {
    from: Date.parse("2026-10-23T22:00:00Z"),
    to: Date.parse("2026-10-26T23:00:00Z"),
  };
  const events = every("2026-10-20T00:00:00Z", "2026-10-30T00:00:00Z", HOUR);
  const found = await zonedSeries(
    counting(events),
    { ...range, bucketMs: DAY },
    zone("Europe/Zurich")!,
  );
  assert.deepEqual(found.times.map((t) => new Date(t).toISOString()), [
    "2026-10-23T22:00:00.000Z",
    "2026-10-24T22:00:00.000Z",
    "2026-10-25T23:00:00.000Z",
  ]);
  assert.deepEqual(found.series, [{ value: "a", total: 73, counts: [24, 25, 24] }]);
});

Deno.test("zones of half an hour have hours and days of their own", async () => {
  const range = {
    from: Date.parse("2026-03-09T00:10:00Z"),
    to: Date.parse("2026-03-10T00:00:00Z"),
  };
  const events = every("2026-03-08T00:00:00Z", "2026-03-11T00:00:00Z", 10 * MINUTE);
  const asked: Asking[] = [];
  const hours = await zonedSeries(
    counting(events, asked),
    { ...range, bucketMs: HOUR },
    zone("Asia/Kolkata")!,
  );
  assert.equal(asked[0].bucketMs, 30 * MINUTE);
  assert.equal(new Date(hours.times[0]).toISOString(), "2026-03-08T23:30:00.000Z");
  assert.equal(hours.series[0].total, 143);
  assert.deepEqual(hours.series[0].counts.slice(0, 3), [2, 6, 6]);
});

Deno.test("UTC, and widths that fit the zone's clock, are asked for as they are", async () => {
  const range = { from: 0, to: DAY };
  for (const [name, bucketMs] of [["UTC", DAY], ["+02:00", HOUR], ["Asia/Kolkata", 5 * MINUTE]]) {
    const asked: Asking[] = [];
    const asking = { ...range, bucketMs: bucketMs as number };
    await zonedSeries(counting([], asked), asking, zone(name as string)!);
    assert.deepEqual(asked, [asking], String(name));
  }
});

Deno.test("a long range is asked for in portions, and the smallest series become one", async () => {
  const from = Date.parse("2026-01-01T00:00:00Z"), to = from + 365 * DAY;
  const events = ["a", "b", "b", "c", "c", "c"].map((value, i) => ({
    at: from + i * 60 * DAY,
    value,
  }));
  const asked: Asking[] = [];
  const found = await zonedSeries(
    counting(events, asked),
    { from, to, bucketMs: DAY, limit: 1 },
    zone("-05:00")!,
  );
  assert.ok(asked.length > 1, `${asked.length} questions`);
  assert.deepEqual(found.series.map((s) => [s.value, s.total]), [["c", 3], [null, 3]]);
  assert.equal(found.times.length, 366);
});
