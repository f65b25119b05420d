import { Count } from "./counter.ts";
import type { AggregateSpec } from "./spec.ts";

/** The aggregate `rate`. */
export const rate: AggregateSpec = {
  name: "rate",
  summary: "The count, with or without an argument, per second of the window's length",
  param: { name: "x", type: "any", optional: true },
  returns: "float",
  missing: "0",
  bound: { kind: "constant", values: 1 },
  cell: "flag",
  // The window of the examples is 10 s long.
  examples: [
    { call: "rate()", rows: [1, undefined, 3], gives: 0.3 },
    { call: "rate(status >= 500)", rows: [true, false, true], gives: 0.2 },
  ],
  make: (_, { column }) => new Count(true, column < 0),
};
