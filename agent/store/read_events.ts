/** Events, by filters and by id. */
import type { Row, Statements } from "./database.ts";
import type { Value } from "../../compiler/schema/types.ts";
import { Conditions, hex, ms, page } from "./conditions.ts";
import { FIELD_COLUMNS, ip } from "./rows.ts";
import type { EventFilter, ExportFilter, Page, StoredEvent } from "./types.ts";

const EVENT = `${hex("id")}, ${ms("time")}, ${ms("ingested")}, source, sourcetype, datasets,
  parse_error, host, raw, src, dest, dest_port, "user", action, app, status, url, http_method,
  bytes_out::float8 AS bytes_out, extra`;

export function events(db: Statements, filter: EventFilter): Promise<Page<StoredEvent>> {
  const where = matching(filter);
  where.after(filter);
  return page(db, "events", EVENT, where, filter.limit, event);
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

/** The conditions of a filter, its place in the pages apart. */
export function matching(
  filter: Omit<EventFilter, "limit" | "cursor">,
  params: unknown[] = [],
): Conditions {
  const where = new Conditions(params);
  where.range(filter);
  if (filter.source !== undefined) where.add("source = ?", filter.source);
  if (filter.sourcetype !== undefined) where.add("sourcetype = ?", filter.sourcetype);
  if (filter.host !== undefined) where.add("host = ?", filter.host);
  if (filter.dataset !== undefined) where.add("?::text = ANY (datasets)", filter.dataset);
  if (filter.parseError !== undefined) {
    where.add(`parse_error IS ${filter.parseError ? "NOT NULL" : "NULL"}`);
  }
  if (filter.text !== undefined) {
    where.add("raw ILIKE ?", `%${filter.text.replace(/[\\%_]/g, "\\$&")}%`);
  }
  for (const [name, value] of Object.entries(filter.fields ?? {})) field(where, name, value);
  return where;
}

/** An address or a network, by the index on `src_ip` and as a set for `dest`; other text as it is. */
function field(where: Conditions, name: string, value: string): void {
  if (name === "src" || name === "dest") {
    if (isNetwork(value)) where.add(`${name}_ip <<= ?::inet`, value);
    else if (isAddress(value)) where.add(`${name}_ip = ?::inet`, value);
    else where.add(`${name} = ?`, value);
  } else if (name === "dest_port" || name === "bytes_out") {
    where.add(`${name} = ?::float8`, Number(value));
  } else if (FIELD_COLUMNS.includes(name)) where.add(`"${name}" = ?`, value);
  else where.add("extra ->> ?::text = ?", name, value);
}

/** A field of an event as text, in the SQL of a statement with these conditions. */
export function expression(where: Conditions, field: string): string {
  if (field === "source" || field === "sourcetype" || field === "host") return field;
  return FIELD_COLUMNS.includes(field)
    ? `"${field}"::text`
    : `(extra ->> ${where.param(field)}::text)`;
}

/** Whether a filter's value is an address, and so compared as one. */
export function isAddress(value: string): boolean {
  return ip(value) !== "\\N";
}

/** Whether it is a network such as `10.0.0.0/8`. */
export function isNetwork(value: string): boolean {
  const [address, bits, more] = value.split("/");
  return more === undefined && bits !== undefined && /^\d{1,3}$/.test(bits) && isAddress(address) &&
    Number(bits) <= (address.includes(":") ? 128 : 32);
}

export async function eventsById(db: Statements, ids: readonly string[]): Promise<StoredEvent[]> {
  const rows = await db.query(
    `SELECT ${EVENT} FROM events WHERE id = ANY ($1::uuid[]) ORDER BY events.time, events.id`,
    [`{${ids.join(",")}}`],
  );
  return rows.map(event);
}

function event(row: Row): StoredEvent {
  const fields: Record<string, Value> = {};
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
    parseError: row.parse_error as string | null,
    host: row.host as string | null,
    raw: row.raw as string,
    fields,
  };
}
