/** Local time of a zone without a call of Intl per event: offsets are kept by quarter of an hour. */
import type { Value } from "../schema/types.ts";

export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

/** Every change of an offset in the zone database falls on a quarter of an hour. */
const QUARTER = 900_000;
/** Over ten years of the hours of one zone would still fit; replays that wander further start anew. */
const MAX_KEPT = 400_000;

interface Zone {
  readonly format: Intl.DateTimeFormat;
  readonly offsets: Map<number, number>;
  lastQuarter: number;
  lastOffset: number;
}
const zones = new Map<string, Zone | null>();

function zoneOf(name: string): Zone | null {
  let zone = zones.get(name);
  if (zone === undefined) {
    try {
      const format = new Intl.DateTimeFormat("en-US", {
        timeZone: name,
        hourCycle: "h23",
        year: "numeric",
        month: "numeric",
        day: "numeric",
        hour: "numeric",
        minute: "numeric",
        second: "numeric",
      });
      zone = { format, offsets: new Map(), lastQuarter: NaN, lastOffset: 0 };
    } catch {
      zone = null;
    }
    zones.set(name, zone);
  }
  return zone;
}

/** Whether Intl knows the time zone. */
export const isZone = (name: string): boolean => zoneOf(name) !== null;

/** What to say about a zone that is none. */
export function zoneError(arg: number, zone: Value): { arg: number; message: string } {
  return { arg, message: `"${zone}" is no time zone; write its IANA name, like "Europe/Berlin"` };
}

/** The time in ms as a clock in the zone shows it, so that arithmetic on it gives local fields. */
export function localTime(ms: number, name: string): number {
  if (name === "UTC") return ms;
  const zone = zoneOf(name);
  if (zone === null) return ms;
  const quarter = Math.floor(ms / QUARTER);
  if (quarter === zone.lastQuarter) return ms + zone.lastOffset;
  let offset = zone.offsets.get(quarter);
  if (offset === undefined) {
    if (zone.offsets.size >= MAX_KEPT) zone.offsets.clear();
    zone.offsets.set(quarter, offset = offsetAt(zone.format, quarter * QUARTER));
  }
  zone.lastQuarter = quarter;
  zone.lastOffset = offset;
  return ms + offset;
}

function offsetAt(format: Intl.DateTimeFormat, ms: number): number {
  if (!Number.isFinite(ms) || Math.abs(ms) > 8.64e15) return 0;
  const part: Record<string, number> = {};
  for (const { type, value } of format.formatToParts(ms)) part[type] = Number(value);
  const local = Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute, part.second);
  return local - ms;
}

/** 0 is Monday. */
export const weekdayOf = (localMs: number): number =>
  (((Math.floor(localMs / 86_400_000) + 3) % 7) + 7) % 7;

export interface Hours {
  /** Minutes of the day; `to` below `from` goes over midnight. */
  readonly from: number;
  readonly to: number;
  readonly days: readonly boolean[];
}
const parsed = new Map<string, Hours | null>();

/** Reads `08:00-18:00 mon-fri,sun`; every day when no days are named. Null when it does not read. */
export function parseHours(text: string): Hours | null {
  let hours = parsed.get(text);
  if (hours === undefined) {
    if (parsed.size >= 1000) parsed.clear();
    parsed.set(text, hours = readHours(text));
  }
  return hours;
}

function readHours(text: string): Hours | null {
  const m = /^\s*(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})(?:\s+([a-z,-]+))?\s*$/i.exec(text);
  if (m === null) return null;
  const from = Number(m[1]) * 60 + Number(m[2]);
  const to = Number(m[3]) * 60 + Number(m[4]);
  if (from >= 1440 || to > 1440 || Number(m[2]) > 59 || Number(m[4]) > 59 || from === to) {
    return null;
  }
  const days = new Array<boolean>(7).fill(m[5] === undefined);
  for (const range of m[5]?.toLowerCase().split(",") ?? []) {
    const [a, b = a, more] = range.split("-");
    const first = DAYS.indexOf(a as "mon");
    const last = DAYS.indexOf(b as "mon");
    if (first < 0 || last < 0 || more !== undefined) return null;
    for (let d = first;; d = (d + 1) % 7) {
      days[d] = true;
      if (d === last) break;
    }
  }
  return { from, to, days };
}
