/**
 * Events, by filters and by id.
 *
 * No filter can make a query scan the whole table. A page first looks at the newest events of its
 * range, which is all it takes for what is frequent. For what is rare, an index of digests finds
 * names (src, dest, user, host), and the counts say when there were events of a sourcetype, an action,
 * a severity, or with a value that is counted. Anything else is searched a portion at a time: a page may then hold
 * less than its limit and still have a next one.
 */
import type { Reader, Row, Statements } from "../types/database.ts";
import type { Value } from "../../../compiler/schema/types.ts";
import { Conditions, ms, touched } from "./conditions.ts";
import { FIELD_COLUMNS } from "../types/kinds.ts";
import { LATEST } from "../write/rows.ts";
import { asked, type Matching, matching, SCANNED, scannedFor } from "./matching.ts";
import { byDigest, eventsIn, type Name, namesOf, rarest, reach, timeOf } from "./names.ts";
import { eventsWith } from "../write/ids.ts";
import { LABEL_LENGTH, OTHER, VALUE_FIELDS, VALUE_LENGTH } from "../write/rollup.ts";
import type { Cursor, EventFilter, ExportFilter, Page, StoredEvent } from "../types/types.ts";

/** Rows with a name of which the index finds so many in a stretch are looked through as they come. */
const MANY = 20_000;
/** So are those that are as frequent as to be found among so many events. */
const AS_THEY_COME = 6000;

const EVENT = `replace(e.id::text, '-', '') AS id, ${ms("time", "e")}, ${ms("ingested", "e")},
  s.name AS source, k.sourcetype, k.datasets, k.bad, coalesce(e.parse_error, k.parse_error) AS why,
  e.host, e.raw, coalesce(e.src, host(e.src_ip)) AS src, coalesce(e.dest, host(e.dest_ip)) AS dest,
  e.dest_port, e."user", e.action, e.app, e.status, e.url, e.http_method,
  e.bytes_out::float8 AS bytes_out, e.extra, k.fields, k.constants`;
const NAMED = "JOIN event_kinds k ON k.id = e.kind JOIN event_sources s ON s.id = e.source";
const NEWEST = "ORDER BY e.time DESC, e.id DESC";

/** What is looked for, by how it can be found. */
interface Search {
  readonly filter: Matching;
  /** Names that the rows sought have and that the index of digests finds. */
  readonly names: readonly Name[];
  /** Whether counts say when there were rows of the sort sought. */
  readonly counted: boolean;
  /** Whether every row is sought, the range apart. */
  readonly all: boolean;
}

async function searchOf(db: Statements, filter: Matching): Promise<Search> {
  const { fields = {} } = filter;
  return {
    filter,
    names: await namesOf(db, filter),
    counted: filter.sourcetype !== undefined || filter.parseError !== undefined ||
      fields.action !== undefined || fields.severity !== undefined || valuesOf(filter).length > 0,
    all: asked(filter).length === 0,
  };
}

interface Found {
  readonly rows: Row[];
  /** Where looking ended; null at the end of the range. */
  readonly reached: Cursor | null;
}

export async function events(db: Reader, filter: EventFilter): Promise<Page<StoredEvent>> {
  const { patience = 0, ...rest } = filter;
  const until = performance.now() + patience;
  const found = await portion(db, rest);
  const items = [...found.items];
  let next = found.next;
  while (next && items.length < filter.limit && performance.now() < until) {
    const more = await portion(db, { ...rest, cursor: next, limit: filter.limit - items.length });
    items.push(...more.items);
    next = more.next;
  }
  return { items, next };
}

async function portion(
  db: Reader,
  filter: Omit<EventFilter, "patience">,
): Promise<Page<StoredEvent>> {
  const { limit, cursor, ...where } = filter;
  const want = Math.floor(limit) + 1;
  const search = await searchOf(db, where);
  const { rows, reached } = search.names.length > 0
    ? await byNames(db, search, cursor, want)
    : await byTime(db, search, cursor, want);
  const items = rows.slice(0, want - 1).map(event);
  const last = items.at(-1);
  if (rows.length === want) return { items, next: last ? { time: last.time, id: last.id } : null };
  return { items, next: reached };
}

/** Through the newest, and then where the counts say that there is something. */
async function byTime(
  db: Statements,
  search: Search,
  cursor: Cursor | undefined,
  want: number,
): Promise<Found> {
  const scanned = scannedFor(search.filter);
  const { rows, reached } = await newest(db, search, cursor, want, scanned);
  if (rows.length === want || reached === null || !search.counted) return { rows, reached };
  const rest = await byCounts(db, search, reached, want - rows.length);
  return { rows: [...rows, ...rest.rows], reached: rest.reached };
}

/** Looks through a number of events, newest first, and tells how far that was. */
async function newest(
  db: Statements,
  search: Search,
  cursor: Cursor | undefined,
  want: number,
  scanned: number,
): Promise<Found> {
  const rows = await look(db, search, cursor, want, scanned);
  if (rows.length === want || search.all) return { rows, reached: null };
  const inner = upTo(search, cursor);
  const [last] = await db.query<{ time: number; id: string }>(
    // Within, since the server works out what it selects for each row that it passes over.
    `SELECT ${ms("time", "e")}, replace(e.id::text, '-', '') AS id FROM (
       SELECT e.time, e.id FROM events e ${inner} ${NEWEST} OFFSET ${scanned - 1} LIMIT 1
     ) e`,
    inner.params,
  );
  const { from } = search.filter;
  const past = last === undefined || (from !== undefined && last.time < from);
  return { rows, reached: past ? null : last };
}

/** Those that fit among a number of events, newest first. */
function look(
  db: Statements,
  search: Search,
  cursor: Cursor | undefined,
  want: number,
  scanned: number,
): Promise<Row[]> {
  const inner = upTo(search, cursor);
  const outer = matching(search.filter, inner.params.slice());
  // The order of the inner rows is kept, so this stops as soon as there are enough.
  return db.query(
    `SELECT ${EVENT} FROM (
       SELECT * FROM (
         SELECT * FROM events e ${inner} ${NEWEST} LIMIT ${search.all ? want : scanned}
       ) e ${outer} ${NEWEST} LIMIT ${want}
     ) e ${NAMED} ${NEWEST}`,
    outer.params,
  );
}

/**
 * The end of the range, or what comes after the cursor. Its beginning is left to an outer query: given
 * both ends, a planner without statistics takes it for a small part of the table, and sorts all of it.
 */
function upTo({ filter: { to } }: Search, cursor: Cursor | undefined): Conditions {
  const where = new Conditions();
  where.range({ to }, "e.time");
  after(where, cursor);
  return where;
}

/** Rows that fulfil conditions, newest first. */
function select(db: Statements, where: Conditions, limit: number): Promise<Row[]> {
  return db.query(
    `SELECT ${EVENT} FROM (
       SELECT * FROM events e ${where} ${NEWEST} LIMIT ${limit}
     ) e ${NAMED} ${NEWEST}`,
    where.params,
  );
}

/** Portions of what is frequent that one page looks through. */
const PORTIONS = 4;

/** What is frequent is looked for among the newest; the rest comes by the index of digests. */
async function byNames(
  db: Reader,
  search: Search,
  from: Cursor | undefined,
  want: number,
): Promise<Found> {
  const { filter, names } = search;
  const rows: Row[] = [];
  let cursor = from, before = from?.time ?? filter.to, portions = 0;
  const name = await rarest(db, names, { from: filter.from, before });
  // Few rows of one name have the other too, and the index knows which.
  let wanted = names.length > 1 ? 40 * want : want, many = MANY;
  for (;;) {
    const { lower, events } = await reach(db, name, { from: filter.from, before }, wanted);
    const scanned = events > many
      ? SCANNED
      : await asTheyCome(db, { lower, before }, events, wanted);
    if (scanned > 0) {
      const found = await newest(db, search, cursor, want - rows.length, scanned);
      rows.push(...found.rows);
      if (rows.length >= want || !found.reached) return { rows, reached: null };
      cursor = found.reached;
      before = cursor.time;
      wanted = want - rows.length;
      if (++portions === PORTIONS) return { rows, reached: cursor };
      continue;
    }
    const time = lower === null ? await timeOf(db, name) : undefined;
    const where = matching(filter, [], time);
    after(where, cursor, time);
    if (lower !== null) {
      where.add("e.time >= to_timestamp(?::float8 / 1000)", lower);
      // Given one end alone, a planner without statistics takes the stretch for a third of the table,
      // and fetches all rows with the name.
      if (before === undefined) where.add(`e.time <= to_timestamp(${LATEST / 1000})`);
    }
    byDigest(where, names);
    // A fence: the rows are fetched by the index of digests, then put in order.
    const found = await db.query(
      `WITH found AS MATERIALIZED (SELECT * FROM events e ${where})
       SELECT ${EVENT} FROM (
         SELECT * FROM found e ${NEWEST} LIMIT ${want - rows.length}
       ) e ${NAMED} ${NEWEST}`,
      where.params,
    );
    rows.push(...found);
    if (rows.length >= want || lower === null) return { rows, reached: null };
    // All at this time were seen.
    cursor = { time: lower, id: "0".repeat(32) };
    before = lower - 1;
    // As many as it took until now, and some more: hours are counted whole, and conditions take few.
    wanted = (want - rows.length) * Math.max(1, events / Math.max(found.length, 1));
    if (names.length > 1) many = 10 * MANY;
    wanted = Math.min(Math.ceil(1.5 * wanted) + 16, many / 2);
  }
}

/** How many of the newest to look through for rows with a name; 0 when the index does better. */
async function asTheyCome(
  db: Statements,
  { lower, before }: { readonly lower: number | null; readonly before?: number },
  events: number,
  wanted: number,
): Promise<number> {
  if (lower === null || events < wanted) return 0;
  const expected = await eventsIn(db, { lower, before }) * wanted / events;
  return expected <= AS_THEY_COME ? Math.ceil(1.5 * expected) + 500 : 0;
}

/** Buckets that one query looks into, and events in them. */
const BUCKETS = 200, IN_BUCKETS = 50_000;

/** Only in the five minutes, or hours, that by the counts hold rows of this sort. */
async function byCounts(
  db: Statements,
  search: Search,
  from: Cursor,
  want: number,
): Promise<Found> {
  const { table, width, conditions } = bucketsOf(search.filter);
  const counted = new Conditions();
  counted.add("width = ?::integer", width);
  counted.range(touched({ from: search.filter.from }, width * 1000), "bucket");
  counted.add("bucket <= to_timestamp(?::float8 / 1000)", from.time);
  for (const [sql, value] of conditions) counted.add(sql, value);
  const buckets = await db.query<{ bucket: number; n: number; all: number }>(
    `SELECT (extract(epoch FROM b.bucket) * 1000)::float8 AS bucket, b.n, (
         SELECT sum(s.events) FROM event_series s WHERE s.width = $1::integer AND s.bucket = b.bucket
       )::float8 AS all
     FROM (
       SELECT bucket, sum(events)::float8 AS n
       FROM ${table} ${counted} GROUP BY bucket ORDER BY bucket DESC LIMIT ${BUCKETS}
     ) b ORDER BY b.bucket DESC`,
    counted.params,
  );
  const rows: Row[] = [];
  // Buckets that follow each other are one stretch, up to as many rows as are wanted.
  for (let i = 0, seen = 0; i < buckets.length;) {
    let n = 0, to = i;
    do {
      n += buckets[to].n;
      seen += buckets[to++].all;
    } while (
      to < buckets.length && n < want && seen < IN_BUCKETS &&
      buckets[to].bucket === buckets[to - 1].bucket - width * 1000
    );
    const where = matching(search.filter);
    after(where, from);
    where.range({ from: buckets[to - 1].bucket, to: buckets[i].bucket + width * 1000 }, "e.time");
    rows.push(...await select(db, where, want - rows.length));
    i = to;
    if (rows.length >= want) break;
    if (seen >= IN_BUCKETS && i < buckets.length || i === BUCKETS) {
      return { rows, reached: { time: buckets[i - 1].bucket, id: "0".repeat(32) } };
    }
  }
  return { rows, reached: null };
}

interface Buckets {
  readonly table: string;
  /** Seconds. */
  readonly width: number;
  readonly conditions: readonly (readonly [string, string | boolean])[];
}

/** The narrow counts when they know the sort sought, else those of the first field that is counted. */
function bucketsOf({ sourcetype, parseError, source, fields = {} }: Search["filter"]): Buckets {
  const conditions: [string, string | boolean][] = [];
  if (sourcetype !== undefined) conditions.push(["sourcetype = ?", sourcetype]);
  if (parseError !== undefined) conditions.push(["parse_error = ?", parseError]);
  for (const name of ["action", "severity"] as const) {
    const value = fields[name];
    if (value !== undefined) {
      conditions.push([`${name} IN (left(?, ${LABEL_LENGTH}), '${OTHER}')`, value]);
    }
  }
  if (conditions.length > 0) return { table: "event_series", width: 300, conditions };
  const [field, value] = valuesOf({ source, fields })[0];
  conditions.push(["field = ?", field], [`value IN (left(?, ${VALUE_LENGTH}), '')`, value]);
  return { table: "event_values", width: 3600, conditions };
}

/** Fields of a filter whose values are counted by hour. */
function valuesOf({ source, fields = {} }: Search["filter"]): [string, string][] {
  return Object.entries(source === undefined ? fields : { source, ...fields }).filter(([name, v]) =>
    name !== "src" && name !== "dest" && v !== "" &&
    (VALUE_FIELDS as readonly string[]).includes(name)
  );
}

function after(where: Conditions, cursor: Cursor | undefined, time = "e.time"): void {
  if (!cursor) return;
  // The first condition is for the index, which orders by time alone.
  where.add(`${time} <= to_timestamp(?::float8 / 1000)`, cursor.time);
  where.add(
    "(e.time, e.id) < (to_timestamp(?::float8 / 1000), ?::uuid)",
    cursor.time,
    cursor.id,
  );
}

/** Events in pages, until the filter's limit. */
export async function* exportEvents(
  db: Reader,
  { limit = Infinity, ...filter }: ExportFilter,
): AsyncGenerator<readonly StoredEvent[]> {
  let cursor: EventFilter["cursor"];
  for (let left = limit; left > 0;) {
    const { items, next } = await events(db, { ...filter, cursor, limit: Math.min(1000, left) });
    if (items.length > 0) yield items;
    if (!next) return;
    left -= items.length;
    cursor = next;
  }
}

/** Those that are stored, by time; events that alerts name outlast the others. */
export async function eventsById(db: Statements, ids: readonly string[]): Promise<StoredEvent[]> {
  const from = async (table: string, params: readonly unknown[]) => {
    const rows = await db.query(`SELECT ${EVENT} FROM (${table}) e ${NAMED}`, params);
    return rows.map(event);
  };
  if (ids.length === 0) return [];
  const where = new Conditions();
  const found = await from(eventsWith(ids, "*", (value) => where.param(value)), where.params);
  const there = new Set(found.map((e) => e.id));
  const left = ids.filter((id) => !there.has(id));
  const kept = left.length === 0 ? [] : await from(
    "SELECT * FROM evidence WHERE id = ANY ($1::uuid[])",
    [`{${left.join(",")}}`],
  );
  return [...found, ...kept].sort((a, b) => a.time - b.time || (a.id < b.id ? -1 : 1));
}

/** What has no column: an object, or an array as `Kind.fields` says. */
function own(fields: Record<string, Value>, extra: unknown, names: readonly string[]): void {
  if (!Array.isArray(extra)) return void Object.assign(fields, extra);
  const [bits, ...values] = extra;
  for (const [i, name] of names.entries()) if (bits & (1 << i)) fields[name] = values.shift();
}

function event(row: Row): StoredEvent {
  const fields: Record<string, Value> = { ...row.constants as Record<string, Value> };
  for (const name of FIELD_COLUMNS) {
    if (row[name] !== null) fields[name] = row[name] as Value;
  }
  own(fields, row.extra, row.fields as string[]);
  return {
    id: row.id as string,
    time: row.time as number,
    ingested: row.ingested as number,
    source: row.source as string,
    sourcetype: row.sourcetype as string,
    datasets: row.datasets as string[],
    parseError: row.bad ? row.why as string : null,
    host: row.host as string | null,
    raw: row.raw as string,
    fields,
  };
}
