import assert from "node:assert/strict";
import { Clock } from "./clock.ts";
import { zone } from "./zone.ts";

/** Times of the lines of an input changed at `modified`; each one that is read becomes the last. */
function read(texts: string[], modified: string, tz = "UTC", year: number | null = null) {
  const clock = new Clock(zone(tz)!, year);
  clock.begin(Date.parse(modified), Infinity);
  return texts.map((text) => {
    const ms = clock.rfc3164(text);
    if (ms !== ms) return null;
    clock.last = ms;
    return new Date(ms).toISOString().slice(0, 19);
  });
}

Deno.test("a missing year is the input's, and the year before for what would lie ahead", () => {
  assert.deepEqual(
    read(["Dec 31 23:59:59", "Jan  1 00:00:00", "Jan 3 10:00:00"], "2026-01-03T11:00Z"),
    [
      "2025-12-31T23:59:59",
      "2026-01-01T00:00:00",
      "2026-01-03T10:00:00",
    ],
  );
});

Deno.test("an input that runs past new year goes on", () => {
  assert.deepEqual(read(["Dec 31 23:59:58", "Jan  1 00:00:01"], "2025-12-31T23:00Z"), [
    "2025-12-31T23:59:58",
    "2026-01-01T00:00:01",
  ]);
});

Deno.test("29 February is of a leap year", () => {
  assert.deepEqual(read(["Feb 29 01:00:00"], "2026-06-01T00:00Z"), ["2024-02-29T01:00:00"]);
  assert.deepEqual(
    read(["Feb 30 01:00:00", "Xxx  1 01:00:00", "Jan  1 25:00:00"], "2026-06-01T00:00Z"),
    [
      null,
      null,
      null,
    ],
  );
});

Deno.test("a year that is given is the first line's", () => {
  assert.deepEqual(read(["Nov 30 00:00:00", "Jan  2 00:00:00"], "2026-06-01T00:00Z", "UTC", 2019), [
    "2019-11-30T00:00:00",
    "2020-01-02T00:00:00",
  ]);
});

Deno.test("zones by name and by offset, over both changes of the clock", () => {
  assert.deepEqual(
    read(
      ["Mar 29 01:59:59", "Mar 29 03:00:00", "Oct 25 02:30:00", "Oct 25 03:00:00"],
      "2026-12-01T00:00Z",
      "Europe/Zurich",
    ),
    ["2026-03-29T00:59:59", "2026-03-29T01:00:00", "2026-10-25T00:30:00", "2026-10-25T02:00:00"],
  );
  assert.deepEqual(read(["Jan  5 00:00:00"], "2026-06-01T00:00Z", "-03:30"), [
    "2026-01-05T03:30:00",
  ]);
  assert.equal(zone("Mars/Olympus"), null);
});

Deno.test("ISO, access log, asctime and epoch", () => {
  const clock = new Clock(zone("+01:00")!, null);
  const iso = (ms: number) => new Date(ms).toISOString();
  assert.equal(iso(clock.iso("2026-03-29T00:02:11.123456+02:00")), "2026-03-28T22:02:11.123Z");
  assert.equal(iso(clock.iso("2026-03-29 00:02:11,5")), "2026-03-28T23:02:11.500Z");
  assert.equal(iso(clock.iso("2026-03-29T00:02:11Z")), "2026-03-29T00:02:11.000Z");
  assert.equal(iso(clock.clf("29/Mar/2026:00:02:11 -0130")), "2026-03-29T01:32:11.000Z");
  assert.equal(iso(clock.asctime("Sun Dec 04 04:47:44.25 2005")), "2005-12-04T03:47:44.250Z");
  assert.equal(clock.epoch("1786000000.25"), 1786000000250);
  for (const bad of ["2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "", "2026-01-01T00:00:00+x"]) {
    assert.ok(Number.isNaN(clock.iso(bad)), bad);
  }
});

Deno.test("short names of zones, days of one digit, months in numbers", () => {
  const at = (tz: string) => {
    const c = new Clock(zone(tz)!, null);
    c.begin(Date.UTC(2026, 11, 1), Infinity);
    return c;
  };
  const zurich = at("Europe/Zurich");
  const utc = Date.UTC(2026, 2, 29, 0, 2, 11);
  assert.equal(zurich.iso("2026-03-29 00:02:11 UTC"), utc);
  assert.equal(zurich.iso("2026-03-28 17:02:11.000 PDT"), utc);
  assert.equal(zurich.any("CEST Mar 29 02:02:11"), utc);
  // A name that means several zones is the configured one.
  assert.equal(zurich.iso("2026-03-29 01:02:11 IST"), utc);
  assert.equal(zurich.iso("2026-03-29 01:02:11 nonsense"), NaN);
  assert.equal(at("UTC").clf("1/Aug/2026 16:06:58"), Date.UTC(2026, 7, 1, 16, 6, 58));
  assert.equal(at("UTC").any("03-29 00:02:11.5"), utc + 500);
});

Deno.test("in the hour that comes twice a step back is the second one, where lines have an order", () => {
  const texts = ["Oct 25 02:59:50", "Oct 25 02:10:00", "Oct 25 02:10:03", "Oct 25 03:00:00"];
  assert.deepEqual(read(texts, "2026-12-01T00:00Z", "Europe/Zurich"), [
    "2026-10-25T00:59:50",
    "2026-10-25T01:10:00",
    "2026-10-25T01:10:03",
    "2026-10-25T02:00:00",
  ]);
  const clock = new Clock(zone("Europe/Zurich")!, null);
  clock.ordered = false;
  clock.begin(Date.parse("2026-12-01T00:00Z"), Infinity);
  clock.last = clock.rfc3164("Oct 25 02:59:50");
  assert.equal(
    new Date(clock.rfc3164("Oct 25 02:10:00")).toISOString(),
    "2026-10-25T00:10:00.000Z",
  );
});

Deno.test("a line that is a little out of order is no second hour", () => {
  assert.deepEqual(
    read(["Oct 25 02:30:10", "Oct 25 02:30:05"], "2026-12-01T00:00Z", "Europe/Zurich"),
    ["2026-10-25T00:30:10", "2026-10-25T00:30:05"],
  );
});

Deno.test("without order the year is the input's, whatever the line before says", () => {
  const clock = new Clock(zone("UTC")!, null);
  clock.ordered = false;
  clock.begin(Date.parse("2026-01-03T11:00Z"), Infinity);
  const at = (text: string) =>
    new Date(clock.last = clock.rfc3164(text)).toISOString().slice(0, 10);
  assert.deepEqual([at("Jan  2 00:00:00"), at("Dec 30 00:00:00"), at("Jan  1 00:00:00")], [
    "2026-01-02",
    "2025-12-30",
    "2026-01-01",
  ]);
});
