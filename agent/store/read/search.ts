/**
 * What searches ask of the store, a slice at a time: rows that may fit, in order of time, and groups of
 * rows that surely do. Between two slices writes go first, and who asks can stop.
 */
import type { Value } from "../../../compiler/schema/types.ts";
import type { Reader, Row } from "../types/database.ts";
import type {
  Cursor,
  EventSpan,
  GroupRequest,
  HourCount,
  SearchedGroup,
  SearchedRows,
  Slice,
  SliceRequest,
  StoredKind,
  TimeRange,
} from "../types/types.ts";
import { Conditions, ms } from "./conditions.ts";
import { EARLIEST } from "../write/rows.ts";
import { EVENT, event, KINDS, NAMED, SOURCES } from "./event_rows.ts";
import { FIELD_COLUMNS } from "../types/kinds.ts";
import { numberOf } from "./numbers.ts";
import {
  columnSql,
  conditionSql,
  HELD_AS_IT_IS,
  holdsName,
  sourceSql,
  type SqlCondition,
  SqlValues,
} from "./search_condition.ts";

/** Looks at the next events of the range. */
export async function searchSlice(db: Reader, request: SliceRequest): Promise<Slice> {
  const { order, cursor, scan, limit, from, to } = request;
  const [direction, beyond] = order === "newest" ? ["DESC", "<"] : ["ASC", ">"];
  const inner = new Conditions();
  inner.range({ from, to }, "e.time");
  addIds(inner, request);
  if (cursor) {
    // The first condition is for the index, which orders by time alone.
    inner.add(`e.time ${beyond}= to_timestamp(?::float8 / 1000)`, cursor.time);
    inner.add(
      `(e.time, e.id) ${beyond} (to_timestamp(?::float8 / 1000), ?::uuid)`,
      cursor.time,
      cursor.id,
    );
  }
  const sorted = `ORDER BY e.time ${direction}, e.id ${direction}`;
  if (scan === null) return await wholeSlice(db, request, inner, sorted);
  const given = inner.params.length;
  const where = new Conditions(inner.params);
  const { undecided } = request;
  addConditions(where, request, undecided === undefined ? "may" : "undecided", undecided);
  const looked = `SELECT * FROM events e ${inner} ${sorted} LIMIT ${scan}`;
  const rows = await db.query<Row>(
    // Names are put to what is given, not to all that is looked at.
    `SELECT ${EVENT} FROM (SELECT * FROM (${looked}) e ${where} ${sorted} LIMIT ${limit}) e ${NAMED}
     ${sorted}`,
    where.params,
  );
  const events = rows.map(event);
  const last = events.at(-1);
  if (events.length === limit && last) return { events, next: { time: last.time, id: last.id } };
  const [end] = await db.query<Cursor>(
    // Within, since the server works out what it selects for each row that it passes over.
    `SELECT ${ms("time", "e")}, replace(e.id::text, '-', '') AS id FROM (
       SELECT e.time, e.id FROM events e ${inner} ${sorted} OFFSET ${scan - 1} LIMIT 1
     ) e`,
    inner.params.slice(0, given),
  );
  return { events, next: end ?? null };
}

/** The rows of all of a range: how they are found is left to the server. */
async function wholeSlice(
  db: Reader,
  request: SliceRequest,
  where: Conditions,
  sorted: string,
): Promise<Slice> {
  const { undecided, limit, times } = request;
  addConditions(where, request, undecided === undefined ? "may" : "undecided", undecided);
  // Time by time: a planner without statistics would rather read all of the table.
  const from = times === undefined
    ? "events e"
    : `unnest(${
      instants(where, times)
    }) AS t(at) CROSS JOIN LATERAL (SELECT * FROM events WHERE time = t.at OFFSET 0) e`;
  const rows = await db.query<Row>(
    `SELECT ${EVENT} FROM (SELECT e.* FROM ${from} ${where} ${sorted} LIMIT ${limit}) e ${NAMED}
     ${sorted}`,
    where.params,
  );
  const events = rows.map(event);
  const last = events.at(-1);
  return {
    events,
    next: events.length === limit && last ? { time: last.time, id: last.id } : null,
  };
}

/** An index on time and id tells those of one span without a look at the rows. */
function addIds(where: Conditions, { ids }: EventSpan): void {
  if (ids === undefined) return;
  const spans = ids.map(([low, high]) =>
    `e.id BETWEEN ${where.param(low)}::uuid AND ${where.param(high)}::uuid`
  );
  where.addMade(`(${spans.join(" OR ") || "false"})`);
}

/** Counts the rows of a range that surely fit, by groups. */
export async function searchGroups(db: Reader, request: GroupRequest): Promise<SearchedGroup[]> {
  const { by, bucket, distinct, numbers, present, limit, from, to } = request;
  const where = new Conditions();
  where.range({ from, to }, "e.time");
  addIds(where, request);
  where.addMade(sourceSql(where, request.rows));
  const values = new SqlValues();
  const { may, must } = conditionOf(request, values);
  where.addMade(values.place(may, where));
  // Worked out once for a row. Rows of which it is not sure are one group, and are looked at later.
  const odd = oddSql(plainFields(request));
  const tests = [
    ...must === may ? [] : [`(${values.place(must, where)})`],
    ...odd === "false" ? [] : [`NOT coalesce(${odd}, false)`],
  ];
  const judged = tests.length === 0
    ? ""
    : `CROSS JOIN LATERAL (SELECT ${tests.join(" AND ")} AS sure OFFSET 0) q`;
  const ifSure = (sql: string) => judged === "" ? sql : `CASE WHEN q.sure THEN ${sql} END`;
  const columns: string[] = by.map((field, i) => `${ifSure(columnSql(field)!)} AS k${i}`);
  if (distinct !== null) {
    columns.push(`${ifSure(columnSql(distinct)!)} AS distinct_value`);
  }
  columns.push(`${judged === "" ? "false" : "NOT q.sure"} AS odd`);
  const groups = columns.map((_, i) => String(i + 1));
  if (bucket !== null) {
    // Grouped by what it is, and made a number once for each group.
    const [begin, start] = bucketSql(where, bucket, from);
    groups.push(begin);
    columns.push(`${start} AS bucket`);
  }
  columns.push("count(*)::float8 AS n");
  // Worked out once for a row, not for each of the four.
  const measures = numbers.map((field, i) => `${columnSql(field)} AS v${i}`);
  const measured = numbers.length === 0
    ? ""
    : `CROSS JOIN LATERAL (SELECT ${measures.join(", ")} OFFSET 0) v`;
  numbers.forEach((_, i) => {
    const value = `v.v${i}`;
    columns.push(
      `count(${value})::float8 AS c${i}`,
      `coalesce(sum(${value}), 0)::float8 AS s${i}`,
      `min(${value}) AS l${i}`,
      `max(${value}) AS h${i}`,
    );
  });
  present.forEach((field, i) => columns.push(`count(${columnSql(field)})::float8 AS p${i}`));
  columns.push(
    "(extract(epoch FROM min(e.time)) * 1000)::float8 AS first",
    "(extract(epoch FROM max(e.time)) * 1000)::float8 AS last",
  );
  const rows = await db.query<Row>(
    `SELECT ${columns.join(", ")} FROM events e ${
      namesOf([...columns, measured])
    } ${judged} ${measured} ${where}
     GROUP BY ${groups.join(", ")} LIMIT ${limit}`,
    where.params,
  );
  return rows.map((r) => ({
    odd: r.odd as boolean,
    key: by.map((field, i) => known(field, r[`k${i}`])),
    bucket: bucket === null ? null : r.bucket as number,
    distinct: known(distinct ?? "", r.distinct_value),
    count: r.n as number,
    numbers: numbers.map((_, i) => ({
      count: r[`c${i}`] as number,
      sum: r[`s${i}`] as number,
      min: r[`l${i}`] as number,
      max: r[`h${i}`] as number,
    })),
    present: present.map((_, i) => r[`p${i}`] as number),
    first: r.first as number,
    last: r.last as number,
  }));
}

/** Times, epoch ms, as an array of the statement. */
const instants = (where: Conditions, times: readonly number[]): string =>
  `${where.param(`{${times.map((t) => new Date(t).toISOString()).join()}}`)}::timestamptz[]`;

/** Widest buckets that are cut by the server's own function, ms: origins of wider ones it may not know. */
const WIDE = 400 * 86_400_000;

/**
 * What rows of one bucket have in common, and when it begins, in epoch ms: whole numbers alone, since
 * the first is worked out for each row.
 * @param from begins the range, epoch ms
 */
function bucketSql(
  where: Conditions,
  bucket: number | readonly number[],
  from = EARLIEST,
): [group: string, start: string] {
  const start = (group: string): [string, string] => [
    group,
    `(extract(epoch FROM ${group}) * 1000)::float8`,
  ];
  if (typeof bucket !== "number") {
    const starts = instants(where, bucket);
    return start(`(${starts})[width_bucket(e.time, ${starts})]`);
  }
  const width = `${where.param(bucket)}::float8`;
  if (bucket > WIDE) {
    const group = `floor(extract(epoch FROM e.time)::float8 * 1000 / ${width})`;
    return [group, `${group} * ${width}`];
  }
  // The server rounds towards the origin, which is therefore before all rows.
  const origin = where.param(Math.floor(from / bucket) * bucket);
  return start(
    `date_bin(${width} * interval '1 millisecond', e.time, to_timestamp(${origin}::float8 / 1000))`,
  );
}

/** Fields of whose columns groups are made. */
export const plainFields = (
  { by, distinct, numbers, present }: Pick<GroupRequest, "by" | "distinct" | "numbers" | "present">,
): string[] => [
  ...new Set([...by, ...distinct === null ? [] : [distinct], ...numbers, ...present]),
];

/** A value as the event had it. */
function known(field: string, value: unknown): Value {
  if (value === null || value === undefined) return undefined;
  if (!HELD_AS_IT_IS.has(field)) return JSON.parse(value as string);
  return field === "status" ? numberOf(value as string) : value as string | number | undefined;
}

/** The conditions of a search: both forms of all of them together. */
function conditionOf({ rows, where }: SearchedRows, values: SqlValues): SqlCondition {
  const both = [...rows.where ? [rows.where] : [], ...where].map((e) => conditionSql(e, values));
  const all = (parts: readonly string[]) =>
    parts.includes("false") ? "false" : parts.filter((p) => p !== "true").join(" AND ") || "true";
  return { may: all(both.map((c) => c.may)), must: all(both.map((c) => c.must)) };
}

/** A row has values of these fields that are not what their columns hold. */
function oddSql(fields: readonly string[]): string {
  const columns = fields.filter((f) => FIELD_COLUMNS.includes(f));
  if (columns.length === 0) return "false";
  return columns.map((f) =>
    `CASE WHEN ${holdsName(f)} THEN (e.extra ->> '${f}') IS NOT NULL ELSE false END`
  ).join(" OR ");
}

/** The tables of names that a select list asks. */
const namesOf = (columns: readonly string[]): string =>
  [
    ...columns.some((c) => c.includes("k.")) ? [KINDS] : [],
    ...columns.some((c) => c.includes("s.")) ? [SOURCES] : [],
  ].join(" ");

function addConditions(
  where: Conditions,
  request: SearchedRows,
  form: "may" | "undecided",
  plain: readonly string[] = [],
): void {
  where.addMade(sourceSql(where, request.rows));
  const values = new SqlValues();
  const { may, must } = conditionOf(request, values);
  const sql = form === "may" ? may : `(${may}) AND NOT ((${must}) AND NOT (${oddSql(plain)}))`;
  where.addMade(values.place(sql, where));
}

/** Whether SQL can tell of some rows that they fit; if not, groups hold nothing. */
export const decides = (request: SearchedRows): boolean =>
  conditionOf(request, new SqlValues()).must !== "false";

/** What events there are, by the patterns that read them. */
export async function storedKinds(db: Reader): Promise<StoredKind[]> {
  return await db.query<StoredKind>(
    `SELECT DISTINCT sourcetype, datasets, bad AS "parseError" FROM event_kinds ORDER BY 1, 2, 3`,
  );
}

/** Events by buckets of time, to cut a range into slices of about one size. */
export async function eventsByHour(
  db: Reader,
  range: TimeRange,
): Promise<HourCount[]> {
  const where = new Conditions();
  where.add("width = 3600");
  const hour = 3_600_000;
  where.range({
    from: range.from === undefined ? undefined : Math.floor(range.from / hour) * hour,
    to: range.to,
  }, "bucket");
  return await db.query(
    `SELECT (extract(epoch FROM bucket) * 1000)::float8 AS bucket, sum(events)::float8 AS events
     FROM event_series ${where} GROUP BY 1 ORDER BY 1`,
    where.params,
  );
}
