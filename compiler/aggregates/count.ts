import { Count } from "./counter.ts";
import type { AggregateSpec } from "./spec.ts";

/** The aggregate `count`. */
export const count: AggregateSpec = {
  name: "count",
  summary: "How many rows there are, or in how many the argument is present and not false",
  param: { name: "x", type: "any", optional: true },
  returns: "int",
  missing: "0",
  bound: { kind: "constant", values: 1 },
  cell: "flag",
  examples: [
    { call: "count()", rows: [1, undefined, 3], gives: 3 },
    { call: "count(user)", rows: ["root", undefined, "eve"], gives: 2 },
    { call: "count(status >= 500)", rows: [true, false, true], gives: 2 },
  ],
  make: (_, { column }) => new Count(false, column < 0),
};
