import assert from "node:assert/strict";
import { ago, count, duration, listed, percent, short, shown, utc } from "./format.ts";

Deno.test("shares keep what is small", () => {
  assert.deepEqual([0, 0.00001, 0.0415, 0.05, 0.123, 1].map(percent), [
    "0 %",
    "<0.01 %",
    "4.15 %",
    "5 %",
    "12.3 %",
    "100 %",
  ]);
});

Deno.test("lengths of time have two units at most", () => {
  const s = 1000, m = 60 * s, h = 60 * m;
  assert.deepEqual([0, 45 * s, m, 62 * s, h, 13 * h + 45 * m, 24 * h, 76 * h].map(duration), [
    "0 s",
    "45 s",
    "1 min",
    "1 min 2 s",
    "1 h",
    "13 h 45 min",
    "1 d",
    "3 d 4 h",
  ]);
});

Deno.test("times, counts and values", () => {
  const now = Date.UTC(2026, 2, 9, 13, 54, 23);
  assert.equal(utc(now), "2026-03-09T13:54:23Z");
  assert.deepEqual(
    [now, now - 59_000, now - 3_600_000, now - 86_400_000 * 2].map((t) => ago(t, now)),
    [
      "just now",
      "59 s ago",
      "1 h ago",
      "2 d ago",
    ],
  );
  assert.equal(count(1, "alert"), "1 alert");
  assert.equal(count(1200, "alert"), "1,200 alerts");
  assert.equal(short(9_999), "9,999");
  assert.equal(short(1_005_120), "1M");
  assert.deepEqual([null, undefined, ["a", 1], true, { a: 1 }].map(shown), [
    "",
    "",
    "a, 1",
    "true",
    '{"a":1}',
  ]);
});

Deno.test("a list says how much of it is there", () => {
  const of = (n: number, more: string | null, loading = false) =>
    listed({ rows: Array.from({ length: n }), more, loading }, "event");
  assert.equal(of(1, null), "1 event");
  assert.equal(of(250, "x"), "The newest 250 events");
  assert.equal(of(0, "x"), "Looking for older events");
  assert.equal(of(0, null, true), "Loading");
  assert.equal(of(0, null), "0 events");
});
