/** Rows of events as they are given back. */
import type { Row } from "../types/database.ts";
import type { Value } from "../../../compiler/schema/types.ts";
import type { StoredEvent } from "../types/types.ts";
import { FIELD_COLUMNS } from "../types/kinds.ts";
import { ms } from "./conditions.ts";

/** Select list, over `events e`, `event_kinds k` and `event_sources s`. */
export const EVENT = `replace(e.id::text, '-', '') AS id, ${ms("time", "e")}, ${
  ms("ingested", "e")
},
  s.name AS source, k.sourcetype, k.datasets, k.bad, coalesce(e.parse_error, k.parse_error) AS why,
  e.host, e.raw, coalesce(e.src, host(e.src_ip)) AS src, coalesce(e.dest, host(e.dest_ip)) AS dest,
  e.dest_port, e."user", e.action, e.app, e.status, e.url, e.http_method,
  e.bytes_out::float8 AS bytes_out, e.extra, k.fields, k.constants`;
export const KINDS = "JOIN event_kinds k ON k.id = e.kind";
export const SOURCES = "JOIN event_sources s ON s.id = e.source";
export const NAMED = `${KINDS} ${SOURCES}`;
export const NEWEST = "ORDER BY e.time DESC, e.id DESC";

/** What has no column: an object, or an array as `Kind.fields` says. */
function own(fields: Record<string, Value>, extra: unknown, names: readonly string[]): void {
  if (!Array.isArray(extra)) return void Object.assign(fields, extra);
  const [bits, ...values] = extra;
  for (const [i, name] of names.entries()) if (bits & (1 << i)) fields[name] = values.shift();
}

export function event(row: Row): StoredEvent {
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
