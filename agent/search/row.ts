/** Stored events as rows that the language's expressions read. */
import type { Value } from "../../compiler/schema/types.ts";
import { numberOf } from "../store/mod.ts";
import type { StoredEvent } from "../store/mod.ts";

/** Fields by their names; `_time` in epoch ms. Missing ones are absent or undefined. */
export type SearchRow = Record<string, Value>;

/** Names of events that are no fields of a row that an API or a page shows. */
export const EVENT_ID = "_id";

/** An event as a row: its fields, with what every event has. */
export function rowOf(event: StoredEvent): SearchRow {
  const row: SearchRow = {
    _time: event.time,
    sourcetype: event.sourcetype,
    source: event.source,
    host: event.host ?? undefined,
  };
  for (const [name, value] of Object.entries(event.fields)) {
    if (!(name in row)) row[name] = name === "status" ? numberOf(value) : value;
  }
  row._raw = event.raw;
  row[EVENT_ID] = event.id;
  return row;
}
