/**
 * Counts of which the rare ones are added up where there are too many, in a way that depends on what
 * was counted and not on how it was cut into transactions. An input is counted in stretches of so many
 * bytes; what a stretch adds to the store is a function of all that was counted of it, and each
 * transaction adds what that function has changed by.
 */
import { keep } from "../../../compiler/schema/keep.ts";

export interface Count {
  events: number;
}

/** Counts by what is counted. */
export type CountsByName = ReadonlyMap<string, Count>;
/** The same by the beginning of a bucket, in seconds. */
export type Buckets = ReadonlyMap<number, CountsByName>;

/** How many names of one bucket and stretch are kept apart: all of so many, else the most frequent. */
export interface Cap {
  readonly all: number;
  readonly most: number;
  /** The name under which the others are added up. */
  readonly rest: string;
}

/** Takes what a transaction adds: numbers below 0 take back what an earlier one added. */
export type Emit = (width: number, bucket: number, name: string, events: number) => void;

/** What was counted of one stretch under one heading, a field for instance. */
export class CappedCounts {
  readonly #buckets = new Map<number, Map<string, Count>>();
  #names = 0;

  /**
   * @param widths of the buckets that are stored, in seconds, narrow first; each takes whole ones of
   * the one before
   */
  constructor(private readonly widths: readonly number[], private readonly cap: Cap) {}

  /** Names held, of all buckets together. */
  get size(): number {
    return this.#names;
  }

  /** Takes what is stored already. */
  seed(bucket: number, name: string, events: number): void {
    const counts = this.#bucket(bucket);
    if (!counts.has(name)) this.#names++;
    counts.set(name, { events: events + (counts.get(name)?.events ?? 0) });
  }

  /** Adds counts in buckets of the narrowest width, and emits what is stored otherwise than before. */
  add(delta: Buckets, emit: Emit): void {
    for (const [bucket, counts] of delta) this.#merge(bucket, counts);
    /** What a set of counts has changed by: for most stretches the hour's is the day's. */
    const known = new Map<CountsByName, CountsByName>();
    for (const width of this.widths) {
      const own = wider(this.#buckets, width);
      for (const [bucket, parts] of wider(delta, width)) {
        const all = own.get(bucket)!;
        const added = together(parts);
        const few = all.reduce((n, counts) => n + counts.size, 0) <= this.cap.all;
        const now = few ? all[0] : together(all);
        const change = few ? added : known.get(now) ?? changed(now, added, this.cap);
        if (!few) known.set(now, change);
        for (const [name, { events }] of change) {
          if (events !== 0) emit(width, bucket, name, events);
        }
      }
    }
  }

  #bucket(bucket: number): Map<string, Count> {
    let counts = this.#buckets.get(bucket);
    if (counts === undefined) this.#buckets.set(bucket, counts = new Map());
    return counts;
  }

  #merge(bucket: number, delta: CountsByName): void {
    const counts = this.#bucket(bucket);
    const before = counts.size;
    for (const [name, { events }] of delta) {
      const count = counts.get(name);
      if (count === undefined) counts.set(keep(name), { events });
      else count.events += events;
    }
    this.#names += counts.size - before;
  }
}

/** Counts by the beginning of the wider bucket that theirs lies in. */
function wider(buckets: Buckets, width: number): Map<number, CountsByName[]> {
  const out = new Map<number, CountsByName[]>();
  for (const [bucket, counts] of buckets) {
    const begin = Math.floor(bucket / width) * width;
    const parts = out.get(begin);
    if (parts) parts.push(counts);
    else out.set(begin, [counts]);
  }
  return out;
}

function together(parts: readonly CountsByName[]): CountsByName {
  if (parts.length === 1) return parts[0];
  const sums = new Map<string, Count>();
  for (const [name, { events }] of parts.flatMap((counts) => [...counts])) {
    const sum = sums.get(name);
    if (sum) sum.events += events;
    else sums.set(name, { events });
  }
  return sums;
}

/** What is stored of counts that have grown by others, less what was stored before. */
function changed(now: CountsByName, added: CountsByName, cap: Cap): CountsByName {
  const before = new Map<string, Count>();
  for (const [name, { events }] of now) {
    const left = events - (added.get(name)?.events ?? 0);
    if (left !== 0) before.set(name, { events: left });
  }
  const out = new Map<string, Count>();
  const put = (name: string, events: number) => {
    const count = out.get(name);
    if (count) count.events += events;
    else out.set(name, { events });
  };
  for (const [name, events] of kept(now, cap)) put(name, events);
  for (const [name, events] of kept(before, cap)) put(name, -events);
  return out;
}

/** What is stored of counts: all, or the most frequent and the sum of the rest. */
function kept(counts: CountsByName, { all, most, rest }: Cap): [string, number][] {
  const list = [...counts].map(([name, { events }]): [string, number] => [name, events]);
  if (list.length <= all) return list;
  // The least that is kept, without sorting texts: there may be 80,000.
  const least = Float64Array.from(list, ([, events]) => events).sort().at(-most)!;
  const out = list.filter(([, events]) => events > least);
  const ties = list.filter(([, events]) => events === least);
  ties.sort(([a], [b]) => a < b ? -1 : 1);
  out.push(...ties.slice(0, most - out.length));
  const total = (of: readonly [string, number][]) => of.reduce((n, [, events]) => n + events, 0);
  out.push([rest, total(list) - total(out)]);
  return out;
}
