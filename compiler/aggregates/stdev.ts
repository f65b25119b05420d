import { Moments } from "./moments.ts";
import type { AggregateSpec } from "./spec.ts";

/** The aggregate `stdev`. */
export const stdev: AggregateSpec = {
  name: "stdev",
  summary: "The standard deviation of the values as a sample: divided by their number less one",
  param: {
    name: "x",
    type: "number",
    help: "Turn text into a number with tonumber(…)",
  },
  returns: "mean",
  missing: "missing, also for a single value",
  bound: { kind: "constant", values: 4 },
  cell: "number",
  rounds: true,
  examples: [
    { call: "stdev(bytes)", rows: [2, 4, undefined, 6], gives: 2 },
    { call: "stdev(bytes)", rows: [undefined], gives: undefined },
  ],
  make: () => new Moments("stdev"),
};
