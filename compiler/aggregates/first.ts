import { Edge } from "./edge.ts";
import type { AggregateSpec } from "./spec.ts";

/** The aggregate `first`. */
export const first: AggregateSpec = {
  name: "first",
  summary: "The earliest value that is present",
  param: { name: "x", type: "any" },
  returns: "argument",
  missing: "missing",
  bound: { kind: "constant", values: 1 },
  cell: "any",
  examples: [
    { call: "first(user)", rows: [undefined, "eve", "root", undefined], gives: "eve" },
    { call: "first(user)", rows: [undefined], gives: undefined },
  ],
  make: ({ sliding }, { column }) => new Edge(false, column, sliding),
  fromCells: ({ column }) => ({ value: (group) => group.valueAt(column, false) }),
};
