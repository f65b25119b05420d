import type { FunctionSpec } from "./spec.ts";

/** Date and, behind a `T` or a blank, a time, as RFC 3339 and most logs write them. */
const WRITTEN = /^\s*(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::\d\d)?)?/;

/** Where each part stands among the groups of `WRITTEN`; the week is worked out. */
const PARTS: Readonly<Record<string, number>> = { year: 1, month: 2, day: 3, hour: 4, minute: 5 };

/** The first ms of the year 10000, which is written otherwise. */
const BEYOND = Date.UTC(10000, 0, 1);

/** The function `time_part`. */
export const time_part: FunctionSpec = {
  name: "time_part",
  summary:
    "The minute, hour, day, week (ISO 8601), month or year of a time: as written for a text, in UTC for a timestamp",
  group: "time",
  params: [{ name: "time", type: "any" }, { name: "part", type: "string", constant: true }],
  returns: "int",
  examples: [
    { call: 'time_part("2026-03-29 22:02:11.507", "hour")', gives: 22 },
    { call: 'time_part("2026-03-29T22:02:11Z", "week")', gives: 13 },
    { call: 'time_part("tonight", "hour")', gives: undefined },
  ],
  validate: ([, part]) =>
    part === undefined || part === "week" || Object.hasOwn(PARTS, String(part)) ? null : {
      arg: 1,
      message: `"${part}" is none of minute, hour, day, week, month and year`,
    },
  run: (time, part) => {
    // Rules ask it of every row of a window: the parts of a day are worked out without any text.
    if (typeof time === "number" && time >= 0 && time < BEYOND) {
      if (part === "hour") return Math.floor(time / 3_600_000) % 24;
      if (part === "minute") return Math.floor(time / 60_000) % 60;
    }
    const text = typeof time === "number"
      ? Math.abs(time) < 8.64e15 ? new Date(time).toISOString() : ""
      : String(time);
    const found = WRITTEN.exec(text);
    if (found === null) return undefined;
    if (part === "week") return week(+found[1], +found[2], +found[3]);
    const value = found[PARTS[String(part)]];
    return value === undefined ? undefined : Number(value);
  },
};

/** The week of ISO 8601: the first one has the year's first Thursday. */
function week(year: number, month: number, day: number): number {
  const date = new Date(Date.UTC(year, month - 1, day));
  const weekday = (date.getUTCDay() + 6) % 7;
  const thursday = date.getTime() + (3 - weekday) * 86_400_000;
  const first = Date.UTC(new Date(thursday).getUTCFullYear(), 0, 1);
  return Math.floor((thursday - first) / (7 * 86_400_000)) + 1;
}
