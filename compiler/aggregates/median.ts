import { Percentile } from "./percentile.ts";
import type { AggregateSpec } from "./spec.ts";

/** The aggregate `median`. */
export const median: AggregateSpec = {
  name: "median",
  summary:
    "The median by nearest rank, the same as perc(x, 50): of an even number of values the lower one in the middle",
  param: { name: "x", type: "number", help: "Turn text into a number with tonumber(…)" },
  returns: "argument",
  missing: "missing",
  bound: { kind: "exact", beyond: "a sketch (1 % relative error)" },
  cell: "number",
  examples: [
    { call: "median(bytes)", rows: [30, 10, undefined, 20], gives: 20 },
    { call: "median(bytes)", rows: [10, 20, 30, 40], gives: 20 },
    { call: "median(bytes)", rows: [undefined], gives: undefined },
  ],
  make: (options) => new Percentile(0.5, options),
};
