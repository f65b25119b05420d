/** About how many events lie where, by the counts of hours, so that a range is read in slices of some size. */
import type { Store, TimeRange } from "../store/mod.ts";

const HOUR = 3_600_000, DAY = 24 * HOUR;

/** Hours in the order of reading: times are positions that rise, negative ones where the newest come first. */
interface Stretch {
  readonly begin: number;
  readonly end: number;
  readonly events: number;
}

export class Density {
  readonly #sign: 1 | -1;
  readonly #stretches: Stretch[] = [];
  /** Position up to which counts are known, and how much further is asked for next. */
  #known: number | null = null;
  #width = 2 * DAY;

  constructor(readonly store: Pick<Store, "eventsByHour">, order: "newest" | "oldest") {
    this.#sign = order === "newest" ? -1 : 1;
  }

  /**
   * The time at which about so many events have been passed from `time` on, in the order of reading.
   * Null when the range ends before that.
   */
  async edge(time: number, events: number, { from, to }: TimeRange): Promise<number | null> {
    const end = this.#sign === 1 ? to ?? Infinity : from === undefined ? Infinity : -from;
    let at = this.#sign * time, left = events;
    this.#known ??= Math.floor(at / HOUR) * HOUR;
    for (let i = 0;; i++) {
      while (i >= this.#stretches.length && this.#known < end) await this.#load(end);
      const stretch = this.#stretches[i];
      if (stretch === undefined || stretch.begin >= end) return null;
      if (stretch.end <= at) continue;
      const begin = Math.max(at, stretch.begin);
      const here = stretch.events * (stretch.end - begin) / HOUR;
      if (here >= left) {
        // A millisecond at least, so that reading gets on.
        const edge = Math.max(begin + Math.ceil((stretch.end - begin) * left / here), at + 1);
        return edge < end ? this.#sign * edge : null;
      }
      left -= here;
      at = stretch.end;
    }
  }

  /** Further counts, of twice as much as the last time. */
  async #load(end: number): Promise<void> {
    const from = this.#known!;
    let to = from + this.#width;
    if (to >= end) to = Infinity;
    let hours = await this.#hours(from, Math.min(to, end));
    // Where nothing says how far back events go, all that is left is asked for at once.
    if (hours.length === 0 && end === Infinity) hours = await this.#hours(from, to = Infinity);
    this.#known = to;
    this.#width *= 2;
    for (const { bucket, events } of hours) {
      const begin = this.#sign === 1 ? bucket : -(bucket + HOUR);
      this.#stretches.push({ begin, end: begin + HOUR, events });
    }
    this.#stretches.sort((a, b) => a.begin - b.begin);
  }

  async #hours(from: number, to: number) {
    const time = (position: number) =>
      Number.isFinite(position) ? this.#sign * position : undefined;
    return [
      ...await this.store.eventsByHour(
        this.#sign === 1 ? { from: time(from), to: time(to) } : { from: time(to), to: time(from) },
      ),
    ];
  }
}
