import { Moments } from "./moments.ts";
import type { AggregateSpec } from "./spec.ts";

/** The aggregate `avg`. */
export const avg: AggregateSpec = {
  name: "avg",
  summary: "The mean of the values",
  param: {
    name: "x",
    type: "number",
    help: "Turn text into a number with tonumber(…)",
  },
  returns: "mean",
  missing: "missing",
  bound: { kind: "constant", values: 2 },
  cell: "number",
  rounds: true,
  examples: [
    { call: "avg(bytes)", rows: [1, undefined, 4], gives: 2.5 },
    { call: "avg(bytes)", rows: [undefined], gives: undefined },
  ],
  make: () => new Moments("avg"),
};
