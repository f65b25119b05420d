/** Tables as lookups and memberships use them. */
import { liveRow } from "../ir/live_tables.ts";
import type { IrTable } from "../ir/program.ts";
import type { Value } from "../schema/types.ts";
import * as H from "./helpers.ts";

/** Finds a table's row by its key, the first column: text without case, the longest cidr, numbers. */
export function tableFinder(
  table: IrTable | undefined,
): (v: Value) => readonly Value[] | undefined {
  if (!table) return () => undefined;
  if (table.live) return (v) => liveRow(table, v);
  const rows = table.rows.map((r) => r.map((x) => x === null ? undefined : x));
  if (table.columns[0]?.type === "cidr") {
    const nets = rows.map((row) => {
      const text = String(row[0]);
      return { row, bits: Number(text.split("/")[1] ?? 128), has: H.cidrSet([text]) };
    }).sort((a, b) => b.bits - a.bits);
    return (v) => nets.find((n) => n.has(v))?.row;
  }
  const index = new Map<Value, readonly Value[]>();
  for (const row of rows) {
    const key = H.lower(row[0]);
    if (!index.has(key)) index.set(key, row);
  }
  return (v) => v === undefined ? undefined : index.get(H.lower(v));
}
