/** Parameters of times, lengths of time, and where a page begins. */
import { durationMs } from "../../../grammar/literals.ts";
import type { Param } from "./params.ts";

/** A hundred years, ms. */
const LONGEST = 36_600 * 86_400_000;
const RFC3339 =
  /^\d{4}-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?(?:[Zz]|[+-]\d\d:\d\d)?)?$/;
const EARLIEST = Date.UTC(1, 0, 1), LATEST = Date.UTC(9999, 11, 31);

/**
 * A time in epoch ms: RFC 3339 (UTC without a zone), epoch seconds (up to 11 digits) or ms, `now`,
 * or an offset from now such as `-1h` in s, m, h, d or w.
 */
export function readTime(s: string, now: number): number | undefined {
  const within = (t: number) => t >= EARLIEST && t <= LATEST ? t : undefined;
  if (s === "now") return now;
  const offset = /^([+-])(\d{1,9}[smhdw])$/.exec(s.replace(/^ /, "+"));
  if (offset) return within(now + (offset[1] === "-" ? -1 : 1) * durationMs(offset[2]));
  if (/^\d{1,11}(\.\d{1,6})?$/.test(s)) return within(Math.round(Number(s) * 1000));
  if (/^\d{12,15}$/.test(s)) return within(Number(s));
  // A "+" of the zone that was not escaped came as a blank.
  const text = s.replace(/ (\d\d:\d\d)$/, (all, zone, at) => at > 11 ? `+${zone}` : all);
  const m = RFC3339.exec(text);
  if (!m) return undefined;
  const day = text.slice(0, 10);
  // Date.parse takes 31 February for 3 March.
  const midnight = Date.parse(day + "T00:00:00Z");
  if (Number.isNaN(midnight) || new Date(midnight).toISOString().slice(0, 10) !== day) {
    return undefined;
  }
  if (text.length === 10) return within(midnight);
  const zoned = /(?:z|[+-]\d\d:\d\d)$/i.test(text) ? text : text + "Z";
  return within(Date.parse(zoned.replace(/[ t]/, "T").toUpperCase()));
}

/** A length of time such as `90s`, `5m`, `1h`, `1d`, `2w`, or in seconds; milliseconds. */
export function duration(description: string, example: string): Param<number> {
  return {
    description,
    example,
    schema: { type: "string", pattern: "^[1-9][0-9]{0,7}[smhdw]?$" },
    expected: "a length of time such as 90s, 5m, 1h or 1d",
    read(s) {
      if (!/^[1-9]\d{0,7}[smhdw]?$/.test(s)) return undefined;
      const ms = durationMs(/\d$/.test(s) ? `${s}s` : s);
      return ms <= LONGEST ? ms : undefined;
    },
  };
}

export function time(description: string): Param<number> {
  return {
    description,
    schema: { type: "string", minLength: 1 },
    example: "-1h",
    expected: 'a time such as 2026-03-29T00:02:15Z, 1774742535, "now" or "-1h"',
    read: readTime,
  };
}

/** Where a page ended: `time.id` in base64url, so that nobody builds on its inside. */
export interface Position {
  readonly time: number;
  readonly id: string;
}

export function writeCursor(at: Position | null): string | null {
  return at && btoa(`${at.time}.${at.id}`).replace(/=+$/, "").replaceAll("+", "-")
    .replaceAll("/", "_");
}

export function cursor(): Param<Position> {
  return {
    description: "`next` of the page before",
    schema: { type: "string", minLength: 1, maxLength: 100 },
    expected: 'the "next" of an earlier page',
    read(s) {
      if (!/^[\w-]{1,100}$/.test(s)) return undefined;
      let text: string;
      try {
        text = atob(s.replaceAll("-", "+").replaceAll("_", "/"));
      } catch {
        return undefined;
      }
      const m = /^(-?\d{1,15}(?:\.\d{1,6})?)\.([0-9a-f]{32})$/.exec(text);
      if (!m) return undefined;
      const time = Number(m[1]);
      return time >= EARLIEST && time <= LATEST ? { time, id: m[2] } : undefined;
    },
  };
}
