/** Buckets of time that begin at multiples of their width on a zone's clock. */
import type { IrWindow } from "../../compiler/ir/program.ts";
import { type Zone, zone } from "../../compiler/sourcetype/clock/zone.ts";

const DAY = 86_400_000;
/** Days whose buckets are kept. */
const KEPT = 64;

/**
 * Beginnings of buckets, epoch ms, in order: from the last one at or before `from` to the first at or
 * after `to`. A day in which the clock changes is an hour shorter or longer; hours that come twice are
 * kept apart where the width divides the change.
 * @param most beginnings; with more the answer is null
 */
export function zoneStarts(
  at: Zone,
  ms: number,
  { from, to, most = Infinity }: { from: number; to: number; most?: number },
): number[] | null {
  if ((to - from) / ms > most) return null;
  // Clocks are a day from UTC at most, and a bucket may begin a width earlier.
  const starts = within(at, ms, from - ms - 2 * DAY, to + ms + 2 * DAY);
  const first = starts.findLastIndex((t) => t <= from);
  const last = starts.findIndex((t) => t >= to);
  const found = starts.slice(first, last + 1);
  return found.length > most ? null : found;
}

/** All beginnings that the zone's clock shows between two times of that clock, and more around them. */
function within(at: Zone, ms: number, from: number, to: number): number[] {
  const out = new Set<number>();
  const last = Math.ceil(to / ms) * ms;
  for (let wall = Math.floor(from / ms) * ms; wall <= last;) {
    // Through a day in which nothing changes the clock is asked twice.
    const day = Math.floor(wall / DAY) * DAY, end = Math.max(day + DAY, wall + 1);
    const offset = at(day);
    const steady = at(day, true) === offset && at(day + DAY) === offset;
    for (; wall < end && wall <= last; wall += ms) {
      const early = steady ? offset : at(wall), late = steady ? offset : at(wall, true);
      out.add(wall - early);
      if (early - late >= ms) out.add(wall - late);
    }
  }
  return [...out].sort((a, b) => a - b);
}

/** The bucket of each time, of a zone and a width. */
export class ZoneBuckets {
  readonly #days = new Map<number, readonly number[]>();

  constructor(readonly at: Zone, readonly ms: number) {}

  /** Where the bucket of a time begins, epoch ms. */
  startOf(time: number): number {
    const starts = this.#of(Math.floor(time / DAY));
    let low = 0, high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle] <= time) low = middle;
      else high = middle - 1;
    }
    return starts[low];
  }

  #of(day: number): readonly number[] {
    let starts = this.#days.get(day);
    if (starts === undefined) {
      if (this.#days.size >= KEPT) this.#days.clear();
      starts = zoneStarts(this.at, this.ms, { from: day * DAY, to: (day + 1) * DAY })!;
      this.#days.set(day, starts);
    }
    return starts;
  }
}

/** The buckets of a window that follows a zone's clock; null for all others. */
export function zoneClock(window: IrWindow): ZoneBuckets | null {
  if (window.kind !== "tumbling" || window.zone === undefined) return null;
  const at = zone(window.zone);
  return at && new ZoneBuckets(at, window.ms);
}
