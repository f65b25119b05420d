/** Which buckets of the counts a range takes. */
import type { Conditions } from "./conditions.ts";
import type { TimeRange } from "../types/types.ts";

/**
 * Takes each part of a range from the widest buckets that fit in it. Rounds outwards to the
 * narrowest.
 * @param widths in ms, narrow first; each is a multiple of the one before
 */
export function covering(where: Conditions, range: TimeRange, widths: readonly number[]): void {
  const sql: string[] = [], values: number[] = [];
  for (const [width, a, b] of stretches(range, widths)) {
    let one = `width = ${width / 1000}`;
    for (const [test, time] of [[">=", a], ["<", b]] as const) {
      if (!Number.isFinite(time)) continue;
      one += ` AND bucket ${test} to_timestamp(?::float8 / 1000)`;
      values.push(time);
    }
    sql.push(`(${one})`);
  }
  where.add(sql.length === 0 ? "false" : `(${sql.join(" OR ")})`, ...values);
}

/** The parts of a range: width of the buckets, beginning and end, in ms. */
export function stretches(
  { from = -Infinity, to = Infinity }: TimeRange,
  [narrow, ...wider]: readonly number[],
): [width: number, begin: number, end: number][] {
  const begin = Math.floor(from / narrow) * narrow, end = Math.ceil(to / narrow) * narrow;
  if (wider.length === 0) return begin < end ? [[narrow, begin, end]] : [];
  const [wide] = wider;
  const first = Math.ceil(begin / wide) * wide, last = Math.floor(end / wide) * wide;
  const parts: [number, number, number][] = first < last
    ? [[narrow, begin, first], ...stretches({ from: first, to: last }, wider), [narrow, last, end]]
    : [[narrow, begin, end]];
  return parts.filter(([, a, b]) => a < b);
}
