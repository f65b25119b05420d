/**
 * Tables that a run knows (`surroundings.ts`) and no rule declares: `lookup geography(src) as place`. Their
 * rows are found by a key and cannot be gone through; a list that a rule declares under such a name comes
 * first.
 */
import { surroundings } from "../functions/surroundings.ts";
import type { Value } from "../schema/types.ts";
import type { IrTable } from "./program.ts";

const known = [
  { name: "name", type: "string" },
  { name: "priority", type: "severity" },
  { name: "owner", type: "string" },
] as const;

/** By their names; the first column is the key. */
export const LIVE_TABLES: readonly IrTable[] = [
  { name: "assets", columns: [{ name: "match", type: "string" }, ...known], rows: [], live: true },
  {
    name: "identities",
    columns: [{ name: "match", type: "string" }, ...known],
    rows: [],
    live: true,
  },
  {
    name: "threat_lists",
    columns: [
      { name: "value", type: "string" },
      { name: "list", type: "string" },
      { name: "description", type: "string" },
    ],
    rows: [],
    live: true,
  },
  {
    name: "geography",
    columns: [
      { name: "address", type: "string" },
      { name: "country", type: "string" },
      { name: "city", type: "string" },
      { name: "asn", type: "int" },
      { name: "org", type: "string" },
      { name: "latitude", type: "float" },
      { name: "longitude", type: "float" },
    ],
    rows: [],
    live: true,
  },
];

/** Whether anything is configured for a live table: else it has no row, and plans go by that. */
export function isLiveConfigured(table: IrTable): boolean {
  const { asset, identity, listed, place } = surroundings();
  const find = { assets: asset, identities: identity, threat_lists: listed, geography: place };
  return (find[table.name as keyof typeof find] ?? null) !== null;
}

/** The row of a live table for a key as it is known now; undefined for none. */
export function liveRow(table: IrTable, key: Value): readonly Value[] | undefined {
  if (key === undefined) return undefined;
  const value = String(key);
  const { asset, identity, listed, place } = surroundings();
  switch (table.name) {
    case "assets":
    case "identities": {
      const row = (table.name === "assets" ? asset : identity)?.(value);
      return row && [value, row.name, row.priority, row.owner];
    }
    case "threat_lists": {
      const row = listed?.(value);
      return row && [value, row.list, row.description === "" ? undefined : row.description];
    }
    default: {
      const at = place?.(value);
      return at && [value, at.country, at.city, at.asn, at.org, at.latitude, at.longitude];
    }
  }
}
