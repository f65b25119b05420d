import { countOf, Distinct, sharedDistinct } from "./distinct.ts";
import type { AggregateSpec } from "./spec.ts";

/** The aggregate `dc`. */
export const dc: AggregateSpec = {
  name: "dc",
  summary: "How many distinct values there are",
  param: { name: "x", type: "any" },
  returns: "int",
  missing: "0",
  bound: { kind: "exact", beyond: "a sketch (2.3 % standard error)" },
  cell: "distinct",
  examples: [
    { call: "dc(user)", rows: ["root", "eve", undefined, "root"], gives: 2 },
    { call: "dc(user)", rows: [undefined], gives: 0 },
  ],
  make: (options) => new Distinct(false, options),
  fromCells: ({ column }) => ({ value: (group) => countOf(group, column) }),
  shares: sharedDistinct(false),
};
