import { Edge } from "./edge.ts";
import type { AggregateSpec } from "./spec.ts";

/** The aggregate `last`. */
export const last: AggregateSpec = {
  name: "last",
  summary: "The latest value that is present",
  param: { name: "x", type: "any" },
  returns: "argument",
  missing: "missing",
  bound: { kind: "constant", values: 1 },
  cell: "any",
  examples: [
    { call: "last(user)", rows: [undefined, "eve", "root", undefined], gives: "root" },
    { call: "last(user)", rows: [undefined], gives: undefined },
  ],
  make: ({ sliding }, { column }) => new Edge(true, column, sliding),
  fromCells: ({ column }) => ({ value: (group) => group.valueAt(column, true) }),
};
