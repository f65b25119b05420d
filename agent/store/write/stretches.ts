/**
 * The stretches of inputs that are being counted: see CappedCounts. One that is not complete is
 * remembered from transaction to transaction, and made anew from the stored events when a run goes on.
 */
import {
  type CountedEvents,
  type Counts,
  OTHER,
  SERIES_WIDTHS,
  type SeriesCount,
  VALUE_FIELDS,
  VALUE_WIDTHS,
  type ValueCount,
} from "../types/counts.ts";
import { type Cap, CappedCounts } from "./capped_counts.ts";
import { type Counted, ofHeading, Rollup } from "./rollup.ts";

/** Bytes of an input that are one stretch. */
export const STRETCH = 8 * 1024 * 1024;
/**
 * Names that open stretches hold in all. Beyond, the ones used longest ago are given up: what follows
 * in them is counted as a stretch of its own.
 */
const NAMES = 400_000;

const VALUES: Cap = { all: 3000, most: 500, rest: "" };
/** Pairs of action and severity. */
const LABELS: Cap = { all: 64, most: 64, rest: `${OTHER}\0${OTHER}` };

/** All that was counted of a stretch. */
export class Stretch {
  readonly #series = new Map<string, CappedCounts>();
  readonly #values = VALUE_FIELDS.map(() => new CappedCounts(VALUE_WIDTHS, VALUES));

  get size(): number {
    // It takes as much memory as so many names before it has any.
    let n = 50;
    for (const counts of this.#values) n += counts.size;
    for (const counts of this.#series.values()) n += counts.size;
    return n;
  }

  seed(of: readonly CountedEvents[]): void {
    for (const { heading, field, bucket, name, events } of of) {
      const counts = field === null ? this.#heading(heading) : this.#values[field];
      counts.seed(bucket, name, events);
    }
  }

  /** Adds what a transaction counted of it to what the transaction changes. */
  add({ series, values }: Counted, to: CountChanges): void {
    for (const [heading, buckets] of series) {
      this.#heading(heading).add(
        buckets,
        (width, bucket, name, events) => to.add("s" + heading, width, bucket, name, events),
      );
    }
    for (const [i, buckets] of values.entries()) {
      this.#values[i].add(
        buckets,
        (width, bucket, name, events) => to.add("v" + VALUE_FIELDS[i], width, bucket, name, events),
      );
    }
  }

  #heading(heading: string): CappedCounts {
    let counts = this.#series.get(heading);
    if (!counts) this.#series.set(heading, counts = new CappedCounts(SERIES_WIDTHS, LABELS));
    return counts;
  }
}

/** What a transaction changes, of all its stretches together. */
export class CountChanges {
  readonly #sums = new Map<string, Map<string, number>>();

  add(heading: string, width: number, bucket: number, name: string, events: number): void {
    const key = `${width} ${bucket} ${heading}`;
    let sums = this.#sums.get(key);
    if (sums === undefined) this.#sums.set(key, sums = new Map());
    sums.set(name, (sums.get(name) ?? 0) + events);
  }

  /** @param days of the events, since the epoch */
  counts(days: Iterable<number>): Counts {
    const series: SeriesCount[] = [], values: ValueCount[] = [];
    for (const [key, sums] of this.#sums) {
      const [, width, bucket, kind, heading] = /^(\d+) (-?\d+) (.)([^]*)$/.exec(key)!;
      const place = { width: Number(width), bucket: Number(bucket) };
      for (const [name, events] of sums) {
        if (events === 0) continue;
        if (kind === "v") values.push({ ...place, field: heading, value: name, events });
        else {
          const [action, severity] = name.split("\0");
          series.push({ ...place, ...ofHeading(heading), action, severity, events });
        }
      }
    }
    return { days: [...new Set(days)], series, values };
  }
}

/** The stretches of all inputs of a run. */
export class Stretches {
  /** By input and number, the one used last at the end. */
  readonly #open = new Map<string, Stretch>();
  /** What this transaction counted of each. */
  #counted = new Map<string, { rollup: Rollup; identity: string; no: number }>();

  /** Where events of a stretch are counted, up to the offset at which the next begins. */
  rollup(identity: string, offset: number): { readonly rollup: Rollup; readonly end: number } {
    const no = Math.floor(offset / STRETCH);
    const key = `${identity} ${no}`;
    let found = this.#counted.get(key);
    if (!found) this.#counted.set(key, found = { rollup: new Rollup(), identity, no });
    return { rollup: found.rollup, end: (no + 1) * STRETCH };
  }

  /** Goes on in a stretch of which events are stored. */
  seed(identity: string, offset: number, events: readonly CountedEvents[]): void {
    const stretch = new Stretch();
    stretch.seed(events);
    this.#open.set(`${identity} ${Math.floor(offset / STRETCH)}`, stretch);
  }

  /** What the transaction at hand changes; the next begins. */
  take(): Counts {
    const changes = new CountChanges();
    const days: number[] = [];
    const newest = new Map<string, number>();
    for (const { identity, no } of this.#counted.values()) {
      newest.set(identity, Math.max(no, newest.get(identity) ?? 0));
    }
    for (const [key, { rollup, identity, no }] of this.#counted) {
      const counted = rollup.counts();
      for (const hour of counted.hours) days.push(Math.floor(hour / 24));
      const stretch = this.#open.get(key) ?? new Stretch();
      stretch.add(counted, changes);
      this.#open.delete(key);
      if (no === newest.get(identity)) this.#open.set(key, stretch);
    }
    // Of the inputs of this transaction the stretches before these are complete.
    for (const key of [...this.#open.keys()]) {
      const [identity, no] = key.split(" ");
      if (Number(no) < (newest.get(identity) ?? 0)) this.#open.delete(key);
    }
    this.#counted = new Map();
    this.#limit();
    return changes.counts(days);
  }

  #limit(): void {
    let all = 0;
    for (const stretch of this.#open.values()) all += stretch.size;
    for (const [key, stretch] of this.#open) {
      if (all <= NAMES) return;
      all -= stretch.size;
      this.#open.delete(key);
    }
  }
}
