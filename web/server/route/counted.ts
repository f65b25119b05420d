/** Series and top values by conditions that the kept counts do not know: counted over the events. */
import { partsOf } from "../../../agent/search/parts.ts";
import {
  decides,
  isGrouped,
  type SearchedGroup,
  type SeriesRequest,
  type Store,
  type Timeseries,
  type TopRequest,
  type TopValues,
} from "../../../agent/store/mod.ts";
import { ApiError } from "../http/error.ts";
import { readsOf, type Searched } from "./searched.ts";

/** How long one answer counts, ms; groups of one part of the range. */
const PATIENCE = 10_000, GROUPS = 100_000;
/** Events of one part: between two of them writes of PGlite go first, which stops at no statement. */
const PART = { pglite: 20_000, postgresql: 1_000_000 };

interface Counted {
  readonly groups: readonly SearchedGroup[];
  /** Event time from which on all are counted; null: all of the range. */
  readonly since: number | null;
  /** No event was left out that may fit. */
  readonly exact: boolean;
}

/** The newest first. @param by null for none @param bucket width in ms, null for none */
async function countedBy(
  store: Store,
  searched: Searched,
  { by, bucket, command }: {
    readonly by: string | null;
    readonly bucket: number | null;
    /** What a search says in its place. */
    readonly command: string;
  },
  signal: AbortSignal,
): Promise<Counted> {
  const { reads, range } = readsOf(searched);
  if (
    !decides(reads) || searched.filter.parseError !== undefined || by !== null && !isGrouped(by)
  ) {
    const said = `This is not counted here; ask /api/search?q=… | ${command}`;
    throw new ApiError(400, "not_counted", said);
  }
  const until = performance.now() + PATIENCE;
  const all: SearchedGroup[] = [];
  let exact = true, since: number | null = null;
  const request = { reads, range, order: "newest", most: PART[store.kind] } as const;
  for await (const { range: part, reached } of partsOf(store, request, signal)) {
    if (part !== null) {
      const groups = await store.searchGroups({
        ...reads,
        ...part,
        by: by === null ? [] : [by],
        bucket,
        distinct: null,
        numbers: [],
        present: [],
        limit: GROUPS,
      }, signal);
      exact &&= groups.length < GROUPS && !groups.some((g) => g.odd);
      all.push(...groups.filter((g) => !g.odd));
    }
    if (reached !== null && performance.now() > until) {
      since = reached;
      break;
    }
  }
  return { groups: all, since, exact };
}

/** A series with conditions. */
export async function searchedSeries(
  store: Store,
  searched: Searched,
  { from, to, bucketMs, by, limit = 20 }: SeriesRequest & {
    readonly from: number;
    readonly to: number;
  },
  signal: AbortSignal,
): Promise<Timeseries> {
  const counted = await countedBy(
    store,
    { ...searched, filter: { ...searched.filter, from, to } },
    { by: by ?? null, bucket: bucketMs, command: `timechart count()${by ? ` by ${by}` : ""}` },
    signal,
  );
  const first = Math.floor(from / bucketMs), length = Math.ceil(to / bucketMs) - first;
  const times = Array.from({ length }, (_, i) => (first + i) * bucketMs);
  const all = new Map<string, { value: string | null; total: number; counts: number[] }>();
  for (const { key: [value = ""], bucket, count } of counted.groups) {
    const name = String(value);
    let one = all.get(name);
    if (one === undefined) {
      all.set(name, one = { value: name, total: 0, counts: times.map(() => 0) });
    }
    one.counts[Math.round(bucket! / bucketMs) - first] += count;
    one.total += count;
  }
  const sorted = [...all.values()].sort((a, b) =>
    b.total - a.total || (a.value! < b.value! ? -1 : 1)
  );
  const rest = sorted.splice(limit);
  const others = {
    value: null,
    total: rest.reduce((n, s) => n + s.total, 0),
    counts: times.map((_, i) => rest.reduce((n, s) => n + s.counts[i], 0)),
  };
  return {
    bucketMs,
    times,
    since: counted.since,
    exact: counted.exact,
    series: rest.length > 0 ? [...sorted, others] : sorted,
  };
}

/** The top values of a field with conditions. */
export async function searchedTop(
  store: Store,
  searched: Searched,
  { field, limit }: TopRequest,
  signal: AbortSignal,
): Promise<TopValues> {
  const { groups, since, exact } = await countedBy(
    store,
    searched,
    { by: field, bucket: null, command: `top ${limit} ${field}` },
    signal,
  );
  const sums = new Map<string, number>();
  for (const { key: [value], count } of groups) {
    if (value === undefined || value === "") continue;
    sums.set(String(value), (sums.get(String(value)) ?? 0) + count);
  }
  const sorted = [...sums].map(([value, events]) => ({ value, events }))
    .sort((a, b) => b.events - a.events || (a.value < b.value ? -1 : 1));
  return {
    values: sorted.slice(0, limit),
    others: sorted.slice(limit).reduce((n, v) => n + v.events, 0),
    exact: exact && since === null,
    from: groups.length === 0 ? null : Math.min(...groups.map((g) => g.first)),
    to: groups.length === 0 ? null : Math.max(...groups.map((g) => g.last)) + 1,
  };
}
