/** Series whose buckets begin as the clock of a zone says, days at its midnight. */
import type { SeriesRequest, Timeseries } from "../../../agent/store/mod.ts";
import { zoneStarts } from "../../../agent/search/zone_buckets.ts";
import { type Zone, zone as zoneOf } from "../../../compiler/sourcetype/clock/zone.ts";
import type { Param } from "../http/params.ts";

/** A zone of the tz database, or an offset. */
export function zoneParam(description: string): Param<string> {
  return {
    description,
    example: "Europe/Zurich",
    schema: { type: "string", minLength: 1, maxLength: 64 },
    expected: "a name of the tz database or an offset, as Europe/Zurich or +02:00",
    read: (s) => s.length <= 64 && zoneOf(s.replace(/^ /, "+")) ? s.replace(/^ /, "+") : undefined,
  };
}

const QUARTER = 900_000;
/** Buckets that one question to the store may have. */
const MOST = 5000;

type Asking = SeriesRequest & { readonly from: number; readonly to: number };

/**
 * The series of `asking` with buckets that begin at multiples of their width on the zone's clock, so
 * that a day in which the clock changes is an hour shorter or longer. What the store counts by UTC is
 * added up of parts that fit both.
 * @param count what answers a series by UTC
 */
export async function zonedSeries(
  count: (asking: Asking) => Promise<Timeseries>,
  asking: Asking,
  at: Zone,
): Promise<Timeseries> {
  const { from, to, bucketMs, limit = 20 } = asking;
  const times = zoneStarts(at, bucketMs, { from, to, most: MOST + 1 });
  if (times === null || times.length < 2 || times.every((t) => t % bucketMs === 0)) {
    return await count(asking);
  }
  const part = times.reduce((width, t) => common(width, Math.abs(t % bucketMs) || width), bucketMs);
  const found = new Map<string | null, number[]>();
  let exact = true, since: number | null = null;
  const step = Math.max(1, Math.floor(MOST * part / bucketMs) - 1);
  for (let i = 0; i < times.length - 1; i += step) {
    const end = Math.min(i + step, times.length - 1);
    const some = await count({
      ...asking,
      from: Math.max(from, times[i]),
      to: Math.min(to, times[end]),
      bucketMs: part,
      limit: Infinity,
    });
    exact &&= some.exact;
    if (some.since !== null) since = Math.max(since ?? -Infinity, some.since);
    for (const { value, counts } of some.series) {
      const sums = found.get(value) ?? new Array<number>(times.length - 1).fill(0);
      found.set(value, sums);
      let bucket = i;
      for (const [k, n] of counts.entries()) {
        while (bucket < end - 1 && times[bucket + 1] <= some.times[k]) bucket++;
        sums[bucket] += n;
      }
    }
  }
  return { bucketMs, times: times.slice(0, -1), since, exact, series: largest(found, limit) };
}

/** The widest that both are multiples of; zones differ by quarters of an hour at the finest. */
function common(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a || QUARTER;
}

/** The largest series, and what is left in one whose value is null. */
function largest(
  found: ReadonlyMap<string | null, readonly number[]>,
  limit: number,
): Timeseries["series"] {
  const sum = (counts: readonly number[]) => counts.reduce((n, c) => n + c, 0);
  const all = [...found].map(([value, counts]) => ({ value, total: sum(counts), counts }))
    .sort((a, b) => b.total - a.total || (a.value! < b.value! ? -1 : 1));
  const rest = all.splice(limit);
  if (rest.length === 0) return all;
  const counts = rest[0].counts.map((_, i) => rest.reduce((n, r) => n + r.counts[i], 0));
  return [...all, { value: null, total: sum(counts), counts }];
}
