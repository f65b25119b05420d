/** Series: read from counts where there are some, else from events. */
import { covering } from "./buckets.ts";
import { seriesOfSorts } from "./counted_series.ts";
import { Conditions, FIVE_MINUTES, touched } from "./conditions.ts";
import type { Reader, Statements } from "../types/database.ts";
import { StoreError } from "../types/error.ts";
import { byDigest, namesOf, rarest, rowsOf, seriesOf, timeOf } from "./names.ts";
import { asked, expression, matching, scannedFor } from "./matching.ts";
import type { SeriesField, SeriesRequest, TimeRange, Timeseries } from "../types/types.ts";

const HOUR = 3_600_000, DAY = 24 * HOUR;
const MAX_BUCKETS = 5000;
/**
 * Events with a name that are read to count them: few where the counts by hour do as well, which may
 * leave some out, more where nothing else does.
 */
const READ = 300, READ_AT_MOST = 20_000;

interface Group {
  readonly i: number;
  readonly value: string;
  readonly n: number;
}

const OF_ALERTS: readonly (SeriesField | undefined)[] = ["rule", "alert_severity", "alert_status"];

const isOfAlerts = ({ of, by }: SeriesRequest) => of === "alerts" || OF_ALERTS.includes(by);

/** Null where the kept counts do not know what is asked of events. */
export async function countedSeries(
  db: Reader,
  request: SeriesRequest,
): Promise<Timeseries | null> {
  const span = await spanOf(db, request, isOfAlerts(request));
  const { bucketMs, by, limit = 20 } = request;
  if (span === null) return { bucketMs, times: [], since: null, exact: true, series: [] };
  const groups = isOfAlerts(request) ? null : await sortedGroups(db, span.range, request, by);
  return groups && { ...shown(groups, span, bucketMs, limit), since: null, exact: true };
}

/** By the kept counts; null where they do not know what is asked of events. */
async function sortedGroups(
  db: Reader,
  range: TimeRange,
  request: SeriesRequest,
  by: SeriesField | undefined,
): Promise<Group[] | null> {
  const { bucketMs } = request;
  const where = new Conditions([bucketMs]);
  return await seriesOfSorts(db, where, range, request)
    ? await seriesGroups(db, range, bucketMs, by, where)
    : null;
}

interface Span {
  readonly range: { readonly from: number; readonly to: number };
  /** Numbers of the first bucket and of the one behind the last. */
  readonly first: number;
  readonly last: number;
}

/** The buckets of a series; null when nothing is stored. */
async function spanOf(
  db: Statements,
  request: SeriesRequest,
  alerts: boolean,
): Promise<Span | null> {
  const { bucketMs } = request;
  if (!(bucketMs >= 1) || alerts && bucketMs % FIVE_MINUTES !== 0) {
    throw new StoreError("invalid", `No series has buckets of ${bucketMs} ms; give five minutes`);
  }
  const range = await bounds(db, alerts, request);
  if (!range) return null;
  const first = Math.floor(range.from / bucketMs), last = Math.ceil(range.to / bucketMs);
  if (last - first > MAX_BUCKETS) {
    throw new StoreError(
      "invalid",
      `A series of ${last - first} buckets is too long; give ${MAX_BUCKETS} at most`,
    );
  }
  return { range, first, last };
}

function shown(
  groups: readonly Group[],
  { first, last }: Span,
  bucketMs: number,
  limit: number,
): Pick<Timeseries, "bucketMs" | "times" | "series"> {
  const times = Array.from({ length: last - first }, (_, i) => (first + i) * bucketMs);
  return { bucketMs, times, series: largest(groups, first, times.length, limit) };
}

export async function timeseries(db: Reader, request: SeriesRequest): Promise<Timeseries> {
  const { bucketMs, by, limit = 20, filter } = request;
  const alerts = isOfAlerts(request);
  const span = await spanOf(db, request, alerts);
  if (span === null) return { bucketMs, times: [], since: null, exact: true, series: [] };
  const { range } = span;
  const whole = (groups: Group[]): Filtered => ({ groups, since: null, exact: true });
  let found: Filtered;
  if (alerts || filter === undefined) {
    found = whole(await countedGroups(db, range, alerts, bucketMs, by));
  } else {
    const sorted = await sortedGroups(db, range, request, by);
    found = sorted ? whole(sorted) : await filteredGroups(db, range, filter, bucketMs, by);
  }
  const { since, exact } = found;
  return { ...shown(found.groups, span, bucketMs, limit), since, exact };
}

function countedGroups(
  db: Statements,
  range: TimeRange,
  alerts: boolean,
  bucketMs: number,
  by: SeriesField | undefined,
): Promise<Group[]> {
  if (alerts) return alertGroups(db, range, bucketMs, by);
  return bucketMs % FIVE_MINUTES === 0
    ? seriesGroups(db, range, bucketMs, by)
    : eventGroups(db, range, bucketMs, by);
}

/** The range, its open ends closed by what is stored; null when nothing is. */
async function bounds(
  db: Statements,
  alerts: boolean,
  { from, to }: TimeRange,
): Promise<{ from: number; to: number } | null> {
  if (from !== undefined && to !== undefined) return from < to ? { from, to } : null;
  const [b] = await db.query<{ first: number | null; last: number | null }>(
    `SELECT (extract(epoch FROM min(bucket)) * 1000)::float8 AS first,
       (extract(epoch FROM max(bucket)) * 1000)::float8 AS last
     FROM ${alerts ? "alert_counts" : "event_series WHERE width = 300"}`,
  );
  if (b.first === null || b.last === null) return null;
  const range = { from: from ?? b.first, to: to ?? b.last + FIVE_MINUTES };
  return range.from < range.to ? range : null;
}

const bucketOf = (column: string) =>
  `floor(extract(epoch FROM ${column})::float8 * 1000 / $1::float8) AS i`;

function alertGroups(
  db: Statements,
  range: TimeRange,
  bucketMs: number,
  by: SeriesField | undefined,
): Promise<Group[]> {
  const where = new Conditions([bucketMs]);
  where.range(touched(range), "bucket");
  const value = by === "rule" ? "rule" : by === "alert_severity" ? "severity" : "status";
  return db.query<Group>(
    `SELECT ${bucketOf("bucket")}, ${by === undefined ? "''" : value} AS value,
       sum(alerts)::float8 AS n
     FROM alert_counts ${where} GROUP BY 1, 2 HAVING sum(alerts) > 0`,
    where.params,
  );
}

function seriesValue(by: SeriesField | undefined): string {
  if (by === undefined) return "''";
  return by === "dataset" ? "split_part(datasets, ',', 1)" : `${by}::text`;
}

function seriesGroups(
  db: Statements,
  range: TimeRange,
  bucketMs: number,
  by: SeriesField | undefined,
  where = new Conditions([bucketMs]),
): Promise<Group[]> {
  covering(where, range, [FIVE_MINUTES, bucketMs % HOUR === 0 ? HOUR : FIVE_MINUTES]);
  return db.query<Group>(
    // By bucket first: working out which one of the series that is takes longer than adding up.
    `SELECT ${bucketOf("bucket")}, value, sum(n) AS n FROM (
       SELECT bucket, ${seriesValue(by)} AS value, sum(events::float8) AS n
       FROM event_series ${where} GROUP BY 1, 2
     ) s GROUP BY 1, 2`,
    where.params,
  );
}

function eventGroups(
  db: Statements,
  range: TimeRange,
  bucketMs: number,
  by: SeriesField | undefined,
): Promise<Group[]> {
  const where = matching(range, [bucketMs]);
  return db.query<Group>(
    `SELECT ${bucketOf("e.time")}, ${partedBy(where, by)} AS value, count(*)::float8 AS n
     FROM events e JOIN event_kinds k ON k.id = e.kind ${where} GROUP BY 1, 2`,
    where.params,
  );
}

function partedBy(where: Conditions, by: SeriesField | undefined): string {
  if (by === undefined) return "''";
  if (by === "dataset") return "coalesce(k.datasets[1], '')";
  return by === "parse_error" ? "k.bad::text" : `coalesce(${expression(where, by)}, '')`;
}

/** What a filter takes. */
interface Filtered {
  readonly groups: Group[];
  readonly since: number | null;
  readonly exact: boolean;
}

/**
 * Names (src, dest, user, host) have an index, so what has them is counted whole unless it is much;
 * then, and when nothing else is asked of it, the counts by hour know. Any other filter is held
 * against the newest events.
 */
async function filteredGroups(
  db: Reader,
  range: { from: number; to: number },
  filter: NonNullable<SeriesRequest["filter"]>,
  bucketMs: number,
  by: SeriesField | undefined,
): Promise<Filtered> {
  const names = await namesOf(db, filter);
  if (names.length > 0) {
    const plain = by === undefined && bucketMs % HOUR === 0 && asked(filter).length === 1;
    const most = plain ? READ : READ_AT_MOST;
    const name = await rarest(db, names, { from: range.from, before: range.to });
    if (await rowsOf(db, name, range) <= most) {
      const time = await timeOf(db, name);
      const inner = matching({ ...filter, ...range }, [bucketMs], time);
      byDigest(inner, names);
      const groups = await groupsOf(db, inner, `${inner} LIMIT ${most + 1}`, by);
      if (groups.reduce((n, g) => n + g.n, 0) <= most) return { groups, since: null, exact: true };
    }
    if (plain) {
      const { counts, exact } = await seriesOf(
        db,
        name,
        range,
        bucketMs % DAY === 0 ? 86_400 : 3600,
      );
      const groups = counts.map((c) => ({
        i: Math.floor(c.bucket / bucketMs),
        value: "",
        n: c.events,
      }));
      return { groups, since: null, exact };
    }
  }
  // With both ends a planner without statistics expects next to nothing and sorts all of it.
  const inner = matching({ to: range.to }, [bucketMs]);
  const scanned = scannedFor(filter);
  const newest = `${inner} ORDER BY e.time DESC, e.id DESC LIMIT ${scanned}`;
  const where = matching({ ...filter, from: range.from }, inner.params);
  const groups = await groupsOf(db, where, newest, by, where);
  return { groups, since: await sinceOf(db, range, scanned), exact: true };
}

/** Groups of the events that `inner` selects (what follows FROM), those that `outer` takes. */
function groupsOf(
  db: Statements,
  { params }: Conditions,
  inner: string,
  by: SeriesField | undefined,
  outer: Conditions | string = "",
): Promise<Group[]> {
  const value = partedBy(new Conditions(params), by);
  return db.query<Group>(
    `SELECT ${bucketOf("e.time")}, ${value} AS value, count(*)::float8 AS n
     FROM (SELECT e.* FROM events e ${inner}) e
     JOIN event_kinds k ON k.id = e.kind ${outer} GROUP BY 1, 2`,
    params,
  );
}

/** The time of the oldest event that a filter was held against; null when it was the first. */
async function sinceOf(db: Statements, range: TimeRange, scanned: number): Promise<number | null> {
  const where = matching({ to: range.to });
  const [last] = await db.query<{ time: number }>(
    // Within, since the server works out what it selects for each row that it passes over.
    `SELECT (extract(epoch FROM e.time) * 1000)::float8 AS time FROM (
       SELECT e.time FROM events e ${where} ORDER BY e.time DESC OFFSET ${scanned} LIMIT 1
     ) e`,
    where.params,
  );
  return last && last.time >= (range.from ?? -Infinity) ? last.time : null;
}

function largest(
  groups: readonly Group[],
  first: number,
  length: number,
  limit: number,
): Timeseries["series"] {
  const all = new Map<string, { value: string | null; total: number; counts: number[] }>();
  for (const { i, value, n } of groups) {
    let one = all.get(value);
    if (!one) {
      all.set(value, one = { value, total: 0, counts: new Array<number>(length).fill(0) });
    }
    // Ends are whole five minutes, which may begin before the first bucket.
    one.counts[Math.min(Math.max(i - first, 0), length - 1)] += n;
    one.total += n;
  }
  const sorted = [...all.values()].sort((a, b) =>
    b.total - a.total || (a.value! < b.value! ? -1 : 1)
  );
  const rest = sorted.splice(limit);
  if (rest.length === 0) return sorted;
  const sum = { value: null, total: 0, counts: new Array<number>(length).fill(0) };
  for (const { total, counts } of rest) {
    sum.total += total;
    for (let i = 0; i < length; i++) sum.counts[i] += counts[i];
  }
  return [...sorted, sum];
}
