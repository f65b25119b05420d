/** Numbers and times as people read them, times in the zone of `zone.ts`. */
import { offset } from "./zone.ts";

const MINUTE = 60_000;

/** A date whose UTC parts are those of the zone. */
const here = (ms: number) => new Date(ms + offset(ms) * MINUTE);

/** `2026-03-09 13:54:23` in the zone. */
export function local(ms: number): string {
  const date = here(ms);
  return Number.isNaN(date.getTime()) ? "" : date.toISOString().slice(0, 19).replace("T", " ");
}

/** The time that a clock in the zone shows as `2026-03-09T13:54:23`; NaN for what is none. */
export function fromLocal(text: string): number {
  const utc = Date.parse(`${text}Z`);
  // What the zone is ahead by then; near a change of its clock the second look is right.
  const near = utc - offset(utc) * MINUTE;
  return utc - offset(near) * MINUTE;
}

/** `13:54` or, over more than a day, `Mar 9 13:54`. */
export function shortTime(ms: number, withDay: boolean): string {
  const time = local(ms).slice(11, 16);
  return withDay ? `${monthDay(here(ms))} ${time}` : time;
}

const monthDay = (date: Date, year?: "numeric") =>
  date.toLocaleDateString("en", { month: "short", day: "numeric", year, timeZone: "UTC" });

/** `13:54:23` in the zone. */
export const clock = (ms: number) => local(ms).slice(11);
/** `Mar 9`; the year, too, when it is not the one of `now`. */
export function dayName(ms: number, now = Date.now()): string {
  const same = local(ms).slice(0, 4) === local(now).slice(0, 4);
  return monthDay(here(ms), same ? undefined : "numeric");
}
/** `13:54:23`, and the day before it unless that is `day` (`2026-03-09`). */
export const onDay = (ms: number, day: string) =>
  local(ms).startsWith(day) && day !== "" ? clock(ms) : `${dayName(ms)} ${clock(ms)}`;

/** `2026-03-09T13:54:23Z`, with parts of a second where there are some. */
export function utc(ms: number): string {
  return new Date(ms).toISOString().replace(".000Z", "Z");
}

const whole = new Intl.NumberFormat("en");
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** `1,234,567`. */
export const number = (n: number) => whole.format(n);
/** `1.2M` from ten thousand on. */
export const short = (n: number) => n < 10_000 ? whole.format(n) : compact.format(n);
/** `4.15 %`; small shares keep two digits so that they do not read as nothing. */
export function percent(share: number): string {
  if (share === 0) return "0 %";
  const p = share * 100;
  return `${p < 0.01 ? "<0.01" : p.toFixed(p < 10 ? 2 : 1).replace(/\.0+$/, "")} %`;
}
/** `1 alert`, `1,200 alerts`. */
export const count = (n: number, what: string) => `${number(n)} ${what}${n === 1 ? "" : "s"}`;

/**
 * How much of a list is there: `31 alerts`, `the newest 200 alerts` where it goes on, and that it is
 * still looked for where there is nothing yet; "" where nobody knows.
 */
export function listed(
  list: {
    readonly rows: readonly unknown[];
    readonly more: unknown;
    readonly loading: boolean;
    readonly error?: unknown;
  },
  what: string,
): string {
  const { rows, more, loading, error } = list;
  if (error && rows.length === 0) return "";
  if (!more) return loading && rows.length === 0 ? "Loading" : count(rows.length, what);
  return rows.length === 0
    ? `Looking for older ${what}s`
    : `The newest ${count(rows.length, what)}`;
}

/** `3 d 4 h`, `2 h 5 min`, `45 s`. */
export function duration(ms: number): string {
  const s = Math.round(Math.abs(ms) / 1000);
  if (s < 60) return `${s} s`;
  const m = Math.floor(s / 60), h = Math.floor(m / 60), d = Math.floor(h / 24);
  if (m < 60) return s % 60 ? `${m} min ${s % 60} s` : `${m} min`;
  if (h < 24) return m % 60 ? `${h} h ${m % 60} min` : `${h} h`;
  return h % 24 ? `${d} d ${h % 24} h` : `${d} d`;
}

/** `5 min ago`. */
export function ago(ms: number, now = Date.now()): string {
  const s = Math.round((now - ms) / 1000);
  if (s < 5) return "just now";
  if (s < 60) return `${s} s ago`;
  if (s < 3600) return `${Math.floor(s / 60)} min ago`;
  if (s < 86_400) return `${Math.floor(s / 3600)} h ago`;
  return `${number(Math.floor(s / 86_400))} d ago`;
}

/** A value of an event or alert. */
export function shown(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.map(shown).join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
