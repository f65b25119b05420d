/** Counts of the values of one field. */

/**
 * Values of one field kept apart for one bucket by one transaction: all where there are few, else the
 * most frequent, and the others are added up under `""`. Rare ones of many cost as much each as an
 * event.
 */
const VALUES_KEPT = { all: 3000, most: 500 };
export interface Count {
  events: number;
}

/** Counts of the values of one field in one hour. */
export class ValueCounts {
  readonly counts = new Map<string, Count>();
  private last = "";
  private lastCount: Count = { events: 0 };

  add(value: string, events: number): void {
    // Lines of one connection follow each other, and say the same of it.
    if (value === this.last && value !== "") {
      this.lastCount.events += events;
      return;
    }
    let count = this.counts.get(value);
    if (count === undefined) this.counts.set(value, count = { events: 0 });
    count.events += events;
    this.last = value;
    this.lastCount = count;
  }
}

/** Counts of one field's values by the beginning of a bucket, in seconds. */
export type Buckets = Map<number, ReadonlyMap<string, Count>>;

/** The same in buckets of a width that takes whole ones of theirs. */
export function wider(narrow: Buckets, width: number): Buckets {
  const sums = new Map<number, ReadonlyMap<string, Count>[]>();
  for (const [bucket, counts] of narrow) {
    const begin = Math.floor(bucket / width) * width;
    const parts = sums.get(begin);
    if (parts) parts.push(counts);
    else sums.set(begin, [counts]);
  }
  return new Map([...sums].map(([begin, parts]) => [begin, together(parts)]));
}

function together(parts: readonly ReadonlyMap<string, Count>[]): ReadonlyMap<string, Count> {
  // Most transactions are of one hour, which is all that they have of its day.
  if (parts.length === 1) return parts[0];
  const sums = new Map<string, Count>();
  for (const [value, { events }] of parts.flatMap((counts) => [...counts])) {
    const sum = sums.get(value);
    if (sum) sum.events += events;
    else sums.set(value, { events });
  }
  return sums;
}

/** Sorted by the value, as the database will want them. */
export function mostFrequent(
  counts: ReadonlyMap<string, Count>,
): readonly (readonly [string, number])[] {
  let all = [...counts].map(([value, { events }]): [string, number] => [value, events]);
  if (all.length > VALUES_KEPT.all) {
    all.sort((a, b) => b[1] - a[1]);
    const rest = all.slice(VALUES_KEPT.most).reduce((sum, [, n]) => sum + n, 0);
    all = [["", rest], ...all.slice(0, VALUES_KEPT.most)];
  }
  all.sort(([a], [b]) => a < b ? -1 : 1);
  return all;
}
