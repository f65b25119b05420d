import { Distinct, distinctOf, listed, sharedDistinct } from "./distinct.ts";
import type { AggregateSpec } from "./spec.ts";

/** The aggregate `values`. */
export const values: AggregateSpec = {
  name: "values",
  summary: "The distinct values as text, sorted; the first hundred",
  param: { name: "x", type: "any" },
  returns: "list",
  missing: "an empty list",
  bound: { kind: "exact", beyond: "the first 100 at that time" },
  cell: "distinct",
  examples: [
    { call: "values(user)", rows: ["root", "eve", undefined, "root"], gives: ["eve", "root"] },
    { call: "values(user)", rows: [undefined], gives: [] },
  ],
  make: (options) => new Distinct(true, options),
  fromCells: ({ column }, values) => {
    const at = (n: number) => values.at(n);
    return { value: (group) => listed(distinctOf(group, column).map(at)) };
  },
  shares: sharedDistinct(true),
};
