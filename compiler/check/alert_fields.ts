/** The fields of the rows that `signal any` gives. */
import { FIELD_TYPES } from "../schema/cim.ts";
import type { Type } from "../schema/types.ts";

/** How messages call a row of these. */
export const AN_ALERT = "an alert";

export const ALERT_FIELDS: readonly (readonly [string, Type])[] = [
  ["rule", "string"],
  ["title", "string"],
  ["severity", "severity"],
  ["risk", "float"],
  ["message", "string"],
  ["count", "int"],
  ["tactic", "string"],
  ["technique", "string"],
  ["tactics", { list: "string" }],
  ["techniques", { list: "string" }],
  ["entity", "string"],
  ["entity_field", "string"],
  ...(["src", "dest", "user", "host"] as const).map((name) =>
    [name, FIELD_TYPES.get(name) ?? "string"] as const
  ),
];
