/** Which events a filter takes, in SQL, and which of its parts are given. */
import { isAddress, isNetwork } from "../write/address.ts";
import { Conditions } from "./conditions.ts";
import { FIELD_COLUMNS } from "../types/kinds.ts";
import { belowSql, extraSql, fieldSql } from "../types/fields.ts";
import type { EventFilter } from "../types/types.ts";

/** What makes an event fit, its place in the pages apart. */
export type Matching = Omit<EventFilter, "limit" | "cursor" | "patience">;

/** What is asked of an event, its time apart: the names of fields and of the filter's other parts. */
export function asked({ from: _f, to: _t, fields = {}, ...rest }: Matching): string[] {
  return [...Object.entries(rest), ...Object.entries(fields)]
    .flatMap(([name, value]) => value === undefined ? [] : [name]);
}

/** Newest events that are looked at, at most, where there are no counts; with a text, which is slow, fewer. */
export const SCANNED = 10_000, SEARCHED = 5000;

/** How many of the newest events one query holds a filter against. */
export function scannedFor({ text }: Matching): number {
  return text === undefined ? SCANNED : SEARCHED;
}

/** Text whose letters have the same other case without the rules of a language. */
const ASCII = /^[ -~]*$/;

const kinds = (condition: string) => `ARRAY(SELECT id FROM event_kinds WHERE ${condition})`;

/**
 * The conditions of a filter on `events e`, its place in the pages apart.
 * @param time the column, or how else the time is to be compared
 */
export function matching(
  filter: Matching,
  params: unknown[] = [],
  time = "e.time",
): Conditions {
  const { source, sourcetype, host, dataset, parseError, text, fields = {} } = filter;
  const where = new Conditions(params);
  where.range(filter, time);
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
    // By the rules of a language each row is brought to lower case, character by character: over a
    // quarter of the time that a page takes.
    const raw = ASCII.test(text) ? 'e.raw COLLATE "C"' : "e.raw";
    where.add(`${raw} ILIKE ?`, `%${text.replace(/[\\%_]/g, "\\$&")}%`);
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
    // Worked out once for a statement, not for each row.
    const named = `${where.param(name)}::text`;
    const below = `((SELECT jsonb_object_agg(id, ${belowSql(`array_position(fields, ${named})`)})
      FROM event_kinds WHERE ${named} = ANY (fields)) ->> e.kind::text)::bigint`;
    where.add(`(${extraSql(named, below)} = ? OR ${fixed})`, value, name, value);
  }
}

/** A field of `events e` with `event_kinds k` as text, in a statement with these conditions. */
export function expression(where: Conditions, field: string): string {
  if (field === "host") return "e.host";
  if (field === "sourcetype") return "k.sourcetype";
  if (field === "source") return "(SELECT s.name FROM event_sources s WHERE s.id = e.source)";
  return fieldSql(field, `${where.param(field)}::text`);
}
