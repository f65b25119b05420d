import { Percentile } from "./percentile.ts";
import type { AggregateSpec } from "./spec.ts";

/** The aggregate `perc`. */
export const perc: AggregateSpec = {
  name: "perc",
  summary:
    "The n-th percentile by nearest rank: the smallest value that at least n per cent of the values do not exceed; perc95(x) is perc(x, 95)",
  param: { name: "x", type: "number", help: "Turn text into a number with tonumber(…)" },
  constants: [{ name: "n", from: 1, to: 99, example: 95 }],
  returns: "argument",
  missing: "missing",
  bound: { kind: "exact", beyond: "a sketch (1 % relative error)" },
  cell: "number",
  examples: [
    { call: "perc(bytes, 75)", rows: [40, 10, undefined, 20, 30], gives: 30 },
    { call: "perc95(bytes)", rows: [40, 10, undefined, 20, 30], gives: 40 },
    { call: "perc(bytes, 95)", rows: [undefined], gives: undefined },
  ],
  make: (options, { constants }) => new Percentile(constants[0] / 100, options),
};
