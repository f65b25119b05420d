/** Addresses of series over time. */
import { bucketFor, type Range } from "./range.ts";
import { hrefOf } from "./router.ts";
import { zoneQuery } from "./zone.ts";

export interface SeriesOptions {
  /** Seconds that a bucket has at least; five minutes are what counts are kept by. */
  readonly least?: number;
  /** Buckets at most, about. */
  readonly most?: number;
}

/** Seconds of a bucket of a range. */
export function intervalOf(
  { from, to }: { readonly from: number; readonly to: number },
  { least = 300, most = Infinity }: SeriesOptions = {},
): number {
  return bucketFor(from, to, Math.max(least, (to - from) / 1000 / most));
}

/** What is counted by time in a range, days by the zone of the pages; null while its ends are not known. */
export function seriesPath(
  { from, to }: Pick<Range, "from" | "to">,
  query: Readonly<Record<string, string | number>>,
  options?: SeriesOptions,
): string | null {
  if (from === null || to === null) return null;
  return hrefOf("/api/timeseries", {
    ...query,
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    interval: `${intervalOf({ from, to }, options)}s`,
    ...zoneQuery(),
  });
}
