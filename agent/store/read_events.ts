/**
 * Events, by filters and by id.
 *
 * No filter can make a query scan the whole table. A page first looks at the newest events of its
 * range, which is all it takes for what is frequent. For what is rare, an index of digests finds
 * names (src, dest, user, host), and the counts say when there were events of a sourcetype, an action,
 * a severity, or with a value that is counted. Anything else is searched a portion at a time: a page may then hold
 * less than its limit and still have a next one.
 */
import type { Row, Statements } from "./database.ts";
import type { Value } from "../../compiler/schema/types.ts";
import { Conditions, ms, touched } from "./conditions.ts";
import { fieldSql } from "./fields.ts";
import { reaching } from "./reaching.ts";
import { isAddress } from "./binary.ts";
import { FIELD_COLUMNS } from "./encoder.ts";
import { LABEL_LENGTH, OTHER, VALUE_FIELDS, VALUE_LENGTH } from "./tally.ts";
import type { Cursor, EventFilter, ExportFilter, Page, StoredEvent } from "./types.ts";

/** Events that one query looks at in order of time; with a text, which is slow to search, fewer. */
const SCANNED = 10_000, SEARCHED = 6000;
/** The same where the index of digests finds what is rare. */
const BEFORE_NAMES = 2000;
/** How many times the events seen so far a stretch of time may hold: few hits promise little. */
const FURTHER = 64;

const EVENT = `replace(e.id::text, '-', '') AS id, ${ms("time", "e")}, ${ms("ingested", "e")},
  s.name AS source, k.sourcetype, k.datasets, k.bad, coalesce(e.parse_error, k.parse_error) AS why,
  e.host, e.raw, coalesce(e.src, host(e.src_ip)) AS src, coalesce(e.dest, host(e.dest_ip)) AS dest,
  e.dest_port, e."user", e.action, e.app, e.status, e.url, e.http_method,
  e.bytes_out::float8 AS bytes_out, e.extra, k.constants`;
const NAMED = "JOIN event_kinds k ON k.id = e.kind JOIN event_sources s ON s.id = e.source";
const NEWEST = "ORDER BY e.time DESC, e.id DESC";

/** What makes an event fit, its place in the pages apart. */
export type Matching = Omit<EventFilter, "limit" | "cursor" | "patience">;

/** What is looked for, by how it can be found. */
interface Search {
  readonly filter: Matching;
  /** Names whose digests the rows sought have: the digest's expression, and the text. */
  readonly names: readonly (readonly [string, string])[];
  /** Whether counts say when there were rows of the sort sought. */
  readonly counted: boolean;
  /** Whether every row is sought, the range apart. */
  readonly all: boolean;
}

function searchOf(filter: Matching): Search {
  const { host, fields = {}, from: _f, to: _t, ...rest } = filter;
  const text = "hashtext(?)";
  const names: [string, string][] = host === undefined ? [] : [[text, host]];
  for (const name of ["src", "dest", "user"]) {
    const value = fields[name];
    // A network has many names, and an IPv6 address more than one way of writing.
    const many = name !== "user" && value !== undefined &&
      (isNetwork(value) || value.includes(":") && isAddress(value));
    if (value === undefined || many) continue;
    names.push([name !== "user" && isAddress(value) ? "hashinet(?::inet)" : text, value]);
  }
  const given = Object.keys(rest).filter((k) => rest[k as keyof typeof rest] !== undefined);
  return {
    filter,
    names,
    counted: filter.sourcetype !== undefined || filter.parseError !== undefined ||
      fields.action !== undefined || fields.severity !== undefined || valuesOf(filter).length > 0,
    all: given.length === 0 && host === undefined && Object.keys(fields).length === 0,
  };
}

interface Found {
  readonly rows: Row[];
  /** Where looking ended; null at the end of the range. */
  readonly reached: Cursor | null;
}

export async function events(db: Statements, filter: EventFilter): Promise<Page<StoredEvent>> {
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
  db: Statements,
  filter: Omit<EventFilter, "patience">,
): Promise<Page<StoredEvent>> {
  const { limit, cursor, ...where } = filter;
  const want = Math.floor(limit) + 1;
  const search = searchOf(where);
  const scanned = search.names.length > 0
    ? BEFORE_NAMES
    : filter.text === undefined
    ? SCANNED
    : SEARCHED;
  const { rows, reached } = await newest(db, search, cursor, want, scanned);
  let end = search.all ? null : reached;
  if (rows.length < want && end) {
    const rest = search.names.length > 0
      ? await byNames(db, search, end, want - rows.length, rows.length)
      : search.counted
      ? await byCounts(db, search, end, want - rows.length)
      : { rows: [], reached: end };
    rows.push(...rest.rows);
    end = rest.reached;
  }
  const items = rows.slice(0, want - 1).map(event);
  const last = items.at(-1);
  if (rows.length === want) return { items, next: last ? { time: last.time, id: last.id } : null };
  return { items, next: end };
}

/** Looks through a number of events, newest first. */
async function newest(
  db: Statements,
  search: Search,
  cursor: Cursor | undefined,
  want: number,
  scanned: number,
): Promise<Found> {
  // The beginning of the range is left to the outer query. Given both ends, a planner without
  // statistics takes the range for a small part of the table, and reads and sorts all of it.
  const inner = new Conditions();
  const { from, to } = search.filter;
  inner.range({ to }, "e.time");
  after(inner, cursor);
  const outer = matching(search.filter, inner.params.slice());
  // The order of the inner rows is kept, so this stops as soon as there are enough.
  const rows = await db.query(
    `SELECT ${EVENT} FROM (
       SELECT * FROM (
         SELECT * FROM events e ${inner} ${NEWEST} LIMIT ${search.all ? want : scanned}
       ) e ${outer} ${NEWEST} LIMIT ${want}
     ) e ${NAMED} ${NEWEST}`,
    outer.params,
  );
  if (rows.length === want || search.all) return { rows, reached: null };
  const [last] = await db.query<{ time: number; id: string }>(
    // Within, since the server works out what it selects for each row that it passes over.
    `SELECT ${ms("time", "e")}, replace(e.id::text, '-', '') AS id FROM (
       SELECT e.time, e.id FROM events e ${inner} ${NEWEST} OFFSET ${scanned - 1} LIMIT 1
     ) e`,
    inner.params,
  );
  const past = last === undefined || (from !== undefined && last.time < from);
  return { rows, reached: past ? null : last };
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

/**
 * By the index of digests, in stretches of time that hold more and more events: each as long as
 * promises what is wanted, going by how many hits there were so far.
 */
async function byNames(
  db: Statements,
  search: Search,
  from: Cursor,
  want: number,
  before: number,
): Promise<Found> {
  const rows: Row[] = [];
  let seen = BEFORE_NAMES, hits = before;
  let upper = from.time;
  let cursor: Cursor | undefined = from;
  for (;;) {
    // Twice what is wanted, since hits come in heaps. The time's index is read over all of it.
    const promise = (2 * (want - rows.length) + 20) / Math.max(hits, 1);
    const stretch = Math.min(promise, FURTHER) * seen;
    const lower = await reaching(db, upper, search.filter.from, stretch);
    const where = matching(search.filter);
    after(where, cursor);
    where.add("e.time <= to_timestamp(?::float8 / 1000)", upper);
    if (lower !== null) where.add("e.time >= to_timestamp(?::float8 / 1000)", lower);
    for (const [digest, name] of search.names) where.add(`${NAMES} @> ARRAY[${digest}]`, name);
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
    hits += found.length;
    seen += stretch;
    // The row at the bound itself was seen: what is next lies before it.
    cursor = undefined;
    upper = lower - 0.001;
  }
}

/** As in the schema: the planner knows an index by its expression. */
const NAMES =
  `(array_remove(ARRAY[coalesce(hashtext(e.src), hashinet(e.src_ip)), hashtext(e."user"),
  hashtext(e.host), coalesce(hashtext(e.dest), hashinet(e.dest_ip))], NULL))`;

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

function after(where: Conditions, cursor: Cursor | undefined): void {
  if (!cursor) return;
  // The first condition is for the index, which orders by time alone.
  where.add("e.time <= to_timestamp(?::float8 / 1000)", cursor.time);
  where.add(
    "(e.time, e.id) < (to_timestamp(?::float8 / 1000), ?::uuid)",
    cursor.time,
    cursor.id,
  );
}

/** Events in pages, until the filter's limit. */
export async function* exportEvents(
  db: Statements,
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

const kinds = (condition: string) => `ARRAY(SELECT id FROM event_kinds WHERE ${condition})`;

/** The conditions of a filter on `events e`, its place in the pages apart. */
export function matching(
  filter: Matching,
  params: unknown[] = [],
): Conditions {
  const { source, sourcetype, host, dataset, parseError, text, fields = {} } = filter;
  const where = new Conditions(params);
  where.range(filter, "e.time");
  if (source !== undefined) {
    where.add("e.source = ANY (ARRAY(SELECT id FROM event_sources WHERE name = ?))", source);
  }
  if (sourcetype !== undefined) where.add(`e.kind = ANY (${kinds("sourcetype = ?")})`, sourcetype);
  if (dataset !== undefined) {
    where.add(`e.kind = ANY (${kinds("?::text = ANY (datasets)")})`, dataset);
  }
  if (parseError !== undefined) where.add(`e.kind = ANY (${kinds("bad = ?")})`, parseError);
  if (host !== undefined) where.add("e.host = ?", host);
  if (text !== undefined) {
    where.add("e.raw ILIKE ?", `%${text.replace(/[\\%_]/g, "\\$&")}%`);
  }
  for (const [name, value] of Object.entries(fields)) field(where, name, value);
  return where;
}

/**
 * A field of the row or of its kind. An address or a network is compared as one, other text as it
 * is; a kind fixes no addresses.
 */
function field(where: Conditions, name: string, value: string): void {
  if (name === "src" || name === "dest") {
    if (isNetwork(value)) where.add(`e.${name}_ip <<= ?::inet`, value);
    else if (isAddress(value)) where.add(`e.${name}_ip = ?::inet`, value);
    else where.add(`e.${name} = ?`, value);
    return;
  }
  const fixed = `e.kind = ANY (${kinds("constants ->> ?::text = ?")})`;
  if (name === "dest_port" || name === "bytes_out") {
    where.add(`(e.${name} = ?::float8 OR ${fixed})`, Number(value), name, value);
  } else if (FIELD_COLUMNS.includes(name)) {
    where.add(`(e."${name}" = ? OR (e."${name}" IS NULL AND ${fixed}))`, value, name, value);
  } else {
    where.add(`(e.extra ->> ?::text = ? OR ${fixed})`, name, value, name, value);
  }
}

/** A field of `events e` with `event_kinds k` as text, in a statement with these conditions. */
export function expression(where: Conditions, field: string): string {
  if (field === "host") return "e.host";
  if (field === "sourcetype") return "k.sourcetype";
  if (field === "source") return "(SELECT s.name FROM event_sources s WHERE s.id = e.source)";
  return fieldSql(field, `${where.param(field)}::text`);
}

/** Whether it is a network such as `10.0.0.0/8`. */
export function isNetwork(value: string): boolean {
  const [address, bits, more] = value.split("/");
  return more === undefined && bits !== undefined && /^\d{1,3}$/.test(bits) && isAddress(address) &&
    Number(bits) <= (address.includes(":") ? 128 : 32);
}

/** Those that are stored, by time; events that alerts name outlast the others. */
export async function eventsById(db: Statements, ids: readonly string[]): Promise<StoredEvent[]> {
  const from = async (table: "events" | "evidence", ids: readonly string[]) => {
    if (ids.length === 0) return [];
    const rows = await db.query(
      `SELECT ${EVENT} FROM (SELECT * FROM ${table} WHERE id = ANY ($1::uuid[])) e ${NAMED}`,
      [`{${ids.join(",")}}`],
    );
    return rows.map(event);
  };
  const found = await from("events", ids);
  const there = new Set(found.map((e) => e.id));
  const kept = await from("evidence", ids.filter((id) => !there.has(id)));
  return [...found, ...kept].sort((a, b) => a.time - b.time || (a.id < b.id ? -1 : 1));
}

function event(row: Row): StoredEvent {
  const fields: Record<string, Value> = { ...row.constants as Record<string, Value> };
  for (const name of FIELD_COLUMNS) {
    if (row[name] !== null) fields[name] = row[name] as Value;
  }
  Object.assign(fields, row.extra);
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
