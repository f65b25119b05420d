/** Top values: from counts where there are some, else from the newest events. */
import { covering } from "./buckets.ts";
import { Conditions, FIVE_MINUTES, touched } from "./conditions.ts";
import type { Statements } from "../types/database.ts";
import { asked, expression, matching, scannedFor } from "./matching.ts";
import { VALUE_FIELDS, VALUE_LENGTH, VALUE_WIDTHS } from "../types/counts.ts";
import type { TimeRange, TopRequest, TopValues } from "../types/types.ts";

const HOUR = 3_600_000;

export async function top(db: Statements, request: TopRequest): Promise<TopValues> {
  const { field, from, to, filter } = request;
  if (request.unseen) return await topOfValues(db, request);
  const short = from !== undefined && to !== undefined && to - from <= HOUR;
  if (asked(filter ?? {}).length === 0 && !short) {
    if (field === "sourcetype" || field === "action" || field === "severity") {
      return await topOfSeries(db, request);
    }
    if ((VALUE_FIELDS as readonly string[]).includes(field)) return await topOfValues(db, request);
  }
  return await topOfEvents(db, request);
}

interface Count {
  readonly value: string;
  readonly n: number;
  readonly first: number;
  readonly last: number;
}

async function topOfSeries(db: Statements, request: TopRequest): Promise<TopValues> {
  const where = new Conditions();
  covering(where, request, [FIVE_MINUTES, HOUR]);
  where.add(`${request.field} <> ''`);
  const counts = await db.query<Count>(
    `SELECT ${request.field} AS value, sum(events::float8) AS n, ${span(FIVE_MINUTES, HOUR)}
     FROM event_series ${where} GROUP BY 1 ORDER BY 2 DESC, 1`,
    where.params,
  );
  return topOf(counts, request.limit, true);
}

/** From the beginning of the first bucket to the end of the last; worked out once for each group. */
function span(...widths: readonly number[]): string {
  const ends = widths.map((ms) =>
    `extract(epoch FROM max(bucket) FILTER (WHERE width = ${ms / 1000})) * 1000 + ${ms}`
  );
  return `(extract(epoch FROM min(bucket)) * 1000)::float8 AS first,
    greatest(${ends.join(", ")})::float8 AS last`;
}

async function topOfValues(db: Statements, request: TopRequest): Promise<TopValues> {
  const { field, limit, from, unseen } = request;
  const where = new Conditions();
  where.add("field = ?", field);
  const widths = VALUE_WIDTHS.map((seconds) => seconds * 1000);
  covering(where, request, widths);
  const before = new Conditions(where.params);
  if (unseen) {
    before.add("b.field = ?", field);
    // Of the hour in which the range begins nobody knows what came before it: it is the range's.
    covering(before, { to: Math.floor((from ?? -Infinity) / HOUR) * HOUR }, widths);
  }
  // There may be very many: those that are not shown are added up where they are. Sums are of
  // floats, exact up to 2^53: those of bigint are numeric, which costs more.
  const counts = await db.query<{ value: string; n: number; lumped: boolean }>(
    `WITH sums AS MATERIALIZED (
       SELECT value, sum(events::float8) AS n FROM event_values ${where} GROUP BY value
     ), found AS MATERIALIZED (
       SELECT value, n FROM sums s ${
      unseen
        ? `WHERE value = '' OR NOT EXISTS (SELECT FROM event_values b ${before} AND b.value = s.value)`
        : ""
    }
     ), best AS (
       SELECT value, n FROM found WHERE value <> '' ORDER BY n DESC, value
       LIMIT ${where.param(limit)}::integer
     )
     SELECT value, n, false AS lumped FROM best
     UNION ALL
     SELECT '', coalesce(sum(n), 0), coalesce(bool_or(value = ''), false) FROM found`,
    where.params,
  );
  const all = counts.find((c) => c.value === "")!;
  const values = counts.filter((c) => c !== all).sort((a, b) =>
    b.n - a.n || (a.value < b.value ? -1 : 1)
  );
  return {
    values: values.map((c) => ({ value: c.value, events: c.n })),
    others: all.n - values.reduce((n, c) => n + c.n, 0),
    exact: !all.lumped,
    ...await spanOfValues(db, field, request),
  };
}

/** From the beginning of the first hour of a field to the end of the last: ends of an index. */
async function spanOfValues(
  db: Statements,
  field: string,
  range: TimeRange,
): Promise<Pick<TopValues, "from" | "to">> {
  const where = new Conditions();
  where.add("width = ?::integer", HOUR / 1000);
  where.add("field = ?", field);
  where.range(touched(range, HOUR), "bucket");
  const [span] = await db.query<{ first: number | null; last: number | null }>(
    `SELECT (extract(epoch FROM min(bucket)) * 1000)::float8 AS first,
       (extract(epoch FROM max(bucket)) * 1000 + ${HOUR})::float8 AS last
     FROM event_values ${where}`,
    where.params,
  );
  return { from: span.first, to: span.last };
}

/** Of those of the newest events that the filter takes. */
async function topOfEvents(db: Statements, request: TopRequest): Promise<TopValues> {
  const { from, to, filter, limit } = request;
  const bounds = matching({ from, to });
  const where = matching(filter ?? {}, bounds.params);
  const value = expression(where, request.field);
  const scanned = scannedFor(filter ?? {});
  const counts = await db.query<Count & { value: string | null }>(
    `SELECT CASE WHEN ${where.test} THEN left(${value}, ${VALUE_LENGTH}) END AS value,
       count(*)::float8 AS n, (extract(epoch FROM min(e.time)) * 1000)::float8 AS first,
       (extract(epoch FROM max(e.time)) * 1000 + 1)::float8 AS last
     FROM (
       SELECT * FROM events e ${bounds} ORDER BY e.time DESC LIMIT ${scanned}
     ) e JOIN event_kinds k ON k.id = e.kind
     GROUP BY 1 ORDER BY 2 DESC, 1`,
    where.params,
  );
  const seen = counts.reduce((n, c) => n + c.n, 0);
  return topOf(counts.filter((c) => c.value !== null), limit, seen < scanned);
}

function topOf(counts: readonly Count[], limit: number, exact: boolean): TopValues {
  const values = counts.filter((c) => c.value !== "").slice(0, limit);
  const sum = (of: readonly Count[]) => of.reduce((n, c) => n + c.n, 0);
  return {
    values: values.map((c) => ({ value: c.value, events: c.n })),
    others: sum(counts) - sum(values),
    exact,
    from: counts.length === 0 ? null : Math.min(...counts.map((c) => c.first)),
    to: counts.length === 0 ? null : Math.max(...counts.map((c) => c.last)),
  };
}
