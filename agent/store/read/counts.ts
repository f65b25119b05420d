/** Statistics and series: read from counts where there are some, else from events. */
import { covering } from "./buckets.ts";
import { Conditions, FIVE_MINUTES, touched } from "./conditions.ts";
import type { Reader, Statements } from "../types/database.ts";
import { StoreError } from "../types/error.ts";
import { byDigest, namesOf, rarest, rowsOf, seriesOf, timeOf } from "./names.ts";
import { asked, expression, matching, scannedFor } from "./matching.ts";
import { SEVERITIES } from "../../../compiler/ir/program.ts";
import type { SeriesField, SeriesRequest, Stats, TimeRange, Timeseries } from "../types/types.ts";

const HOUR = 3_600_000, DAY = 24 * HOUR;
const MAX_BUCKETS = 5000;
/**
 * Events with a name that are read to count them: few where the counts by hour do as well, which may
 * leave some out, more where nothing else does.
 */
const READ = 300, READ_AT_MOST = 20_000;

/** Counts by five minutes and, inside, by hour: wide ranges are a few thousand rows at most. */
export async function stats(db: Statements, range: TimeRange = {}): Promise<Stats> {
  const where = new Conditions();
  covering(where, range, [FIVE_MINUTES, HOUR]);
  const types = await db.query<{
    sourcetype: string;
    events: number;
    errors: number;
    first: number;
    last: number;
  }>(
    `SELECT sourcetype, sum(events)::float8 AS events,
       coalesce(sum(events) FILTER (WHERE parse_error), 0)::float8 AS errors,
       (extract(epoch FROM min(bucket)) * 1000)::float8 AS first,
       (max(extract(epoch FROM bucket) + width) * 1000)::float8 AS last
     FROM event_series ${where} GROUP BY 1 ORDER BY 2 DESC, 1`,
    where.params,
  );
  const when = new Conditions();
  when.range(touched(range), "bucket");
  const groups = await db.query<{ rule: string; severity: string; status: string; n: number }>(
    `SELECT rule, severity, status, sum(alerts)::float8 AS n FROM alert_counts ${when}
     GROUP BY 1, 2, 3 HAVING sum(alerts) > 0 ORDER BY 1, 2, 3`,
    when.params,
  );
  const severities = Object.fromEntries(SEVERITIES.map((s) => [s, 0]));
  const statuses: Record<string, number> = { open: 0, acknowledged: 0, closed: 0 };
  const rules = new Map<string, number>();
  for (const g of groups) {
    severities[g.severity] += g.n;
    statuses[g.status] += g.n;
    rules.set(g.rule, (rules.get(g.rule) ?? 0) + g.n);
  }
  return {
    events: types.reduce((n, t) => n + t.events, 0),
    parseErrors: types.reduce((n, t) => n + t.errors, 0),
    alerts: groups.reduce((n, g) => n + g.n, 0),
    first: types.length === 0 ? null : Math.min(...types.map((t) => t.first)),
    last: types.length === 0 ? null : Math.max(...types.map((t) => t.last)),
    sourcetypes: types.map((t) => ({
      sourcetype: t.sourcetype,
      events: t.events,
      parseErrors: t.errors,
    })),
    alertsBySeverity: severities as Stats["alertsBySeverity"],
    alertsByStatus: statuses as Stats["alertsByStatus"],
    alertsByRule: [...rules].map(([rule, n]) => ({ rule, alerts: n }))
      .sort((a, b) => b.alerts - a.alerts),
  };
}

interface Group {
  readonly i: number;
  readonly value: string;
  readonly n: number;
}

export async function timeseries(db: Reader, request: SeriesRequest): Promise<Timeseries> {
  const { bucketMs, by, limit = 20 } = request;
  const alerts = request.of === "alerts" || by === "rule" || by === "alert_severity" ||
    by === "alert_status";
  if (!(bucketMs >= 1) || alerts && bucketMs % FIVE_MINUTES !== 0) {
    throw new StoreError("invalid", `No series has buckets of ${bucketMs} ms; give five minutes`);
  }
  const range = await bounds(db, alerts, request);
  if (!range) return { bucketMs, times: [], since: null, exact: true, series: [] };
  const first = Math.floor(range.from / bucketMs), last = Math.ceil(range.to / bucketMs);
  if (last - first > MAX_BUCKETS) {
    throw new StoreError(
      "invalid",
      `A series of ${last - first} buckets is too long; give ${MAX_BUCKETS} at most`,
    );
  }
  const { filter } = request;
  const { groups, since, exact } = !alerts && filter !== undefined
    ? await filteredGroups(db, range, filter, bucketMs, by)
    : { groups: await countedGroups(db, range, alerts, bucketMs, by), since: null, exact: true };
  const times = Array.from({ length: last - first }, (_, i) => (first + i) * bucketMs);
  return { bucketMs, times, since, exact, series: largest(groups, first, times.length, limit) };
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

function seriesGroups(
  db: Statements,
  range: TimeRange,
  bucketMs: number,
  by: SeriesField | undefined,
): Promise<Group[]> {
  const where = new Conditions([bucketMs]);
  covering(where, range, [FIVE_MINUTES, bucketMs % HOUR === 0 ? HOUR : FIVE_MINUTES]);
  return db.query<Group>(
    // By bucket first: working out which one of the series that is takes longer than adding up.
    `SELECT ${bucketOf("bucket")}, value, sum(n) AS n FROM (
       SELECT bucket, ${by === undefined ? "''" : `${by}::text`} AS value, sum(events::float8) AS n
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
