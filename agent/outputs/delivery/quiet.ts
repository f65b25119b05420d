/** Quiet hours: whether a moment is in them, and when they end. */
import type { QuietHours } from "./config.ts";

const MINUTE = 60_000, DAY_MINUTES = 1440;

const formats = new Map<string, Intl.DateTimeFormat>();

/** The weekday, 0 is Sunday, and the minute of the day in a zone. */
function local(ms: number, zone: string): { day: number; minute: number } {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      weekday: "short",
      hour: "numeric",
      minute: "numeric",
    });
    formats.set(zone, format);
  }
  const parts = Object.fromEntries(format.formatToParts(ms).map((p) => [p.type, p.value]));
  return {
    day: ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"].indexOf(parts.weekday),
    minute: Number(parts.hour) * 60 + Number(parts.minute),
  };
}

function isQuiet(quiet: QuietHours, ms: number): boolean {
  const { day, minute } = local(ms, quiet.zone);
  const { from, to, days } = quiet;
  if (from < to) return days.has(day) && minute >= from && minute < to;
  // Over midnight, what began yesterday goes on.
  if (minute >= from && days.has(day)) return true;
  return minute < to && days.has((day + 6) % 7);
}

/**
 * When the quiet hours end in which a moment lies, epoch ms; null when it lies in none. Where clocks
 * are put back or forward meanwhile, the end is by the clock on the wall.
 */
export function quietUntil(quiet: QuietHours, ms: number): number | null {
  if (!isQuiet(quiet, ms)) return null;
  let at = ms;
  // Quiet hours that meet, as those of a whole day, end with the last of a week.
  for (let i = 0; i < 15 && isQuiet(quiet, at); i++) {
    const { minute } = local(at, quiet.zone);
    const left = (quiet.to - minute + DAY_MINUTES) % DAY_MINUTES || DAY_MINUTES;
    at = Math.floor(at / MINUTE) * MINUTE + left * MINUTE;
    const over = local(at, quiet.zone).minute - quiet.to;
    if (over !== 0) at -= ((over + DAY_MINUTES * 1.5) % DAY_MINUTES - DAY_MINUTES / 2) * MINUTE;
  }
  return at;
}
