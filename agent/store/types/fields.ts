/** Fields of events in SQL, over `events e` and `event_kinds k`. */
import { FIELD_COLUMNS } from "./kinds.ts";

/**
 * A field as text: from the row, else from what its kind fixes.
 * @param name how the statement calls the field's name, when it is not one that we made
 */
export function fieldSql(field: string, name = `'${field}'`): string {
  return `coalesce(${ownSql(field, name)}, k.constants ->> ${name})`;
}

/** The row's own part of a field as text. */
export function ownSql(field: string, name = `'${field}'`): string {
  if (field === "src" || field === "dest") return `coalesce(e.${field}, host(e.${field}_ip))`;
  return FIELD_COLUMNS.includes(field)
    ? `e."${field}"::text`
    : extraSql(name, belowSql(`array_position(k.fields, ${name})`));
}

/** The bits of the fields before one, of which `place` is the number from 1. */
export function belowSql(place: string): string {
  return `((1::bigint << (${place} - 1)) - 1)`;
}

/**
 * A value of `extra` as text: of an object, or of an array as `Kind.fields` says.
 * @param below see {@link belowSql}; null when the kind does not have the field
 */
export function extraSql(name: string, below: string): string {
  return extraOf((key) => `e.extra ->> ${key}`, name, below);
}

/** The same as JSON, which tells numbers, lists and texts apart; from the row, else from its kind. */
export function jsonSql(name: string): string {
  const below = belowSql(`array_position(k.fields, ${name})`);
  const own = extraOf((key) => `(e.extra -> ${key})::text`, name, below);
  return `coalesce(${own}, (k.constants -> ${name})::text)`;
}

function extraOf(value: (key: string) => string, name: string, below: string): string {
  const bits = "(e.extra ->> 0)::bigint";
  return `CASE WHEN json_typeof(e.extra) = 'object' THEN ${value(name)}
    WHEN ${bits} & (${below} + 1) <> 0
    THEN ${value(`(1 + bit_count((${bits} & ${below})::bit(32)))::integer`)} END`;
}
