/** Fields of events in SQL, over `events e` and `event_kinds k`. */
import { FIELD_COLUMNS } from "./encoder.ts";

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
  return FIELD_COLUMNS.includes(field) ? `e."${field}"::text` : `(e.extra ->> ${name})`;
}
