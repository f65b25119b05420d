import { Moments } from "./moments.ts";
import type { AggregateSpec } from "./spec.ts";

/** The aggregate `sum`. */
export const sum: AggregateSpec = {
  name: "sum",
  summary: "The sum of the values",
  param: {
    name: "x",
    type: "amount",
    help: "Count rows with count(), or turn text into a number with tonumber(…)",
  },
  returns: "argument",
  missing: "missing",
  bound: { kind: "constant", values: 2 },
  cell: "number",
  rounds: true,
  examples: [
    { call: "sum(bytes)", rows: [100, undefined, 23], gives: 123 },
    { call: "sum(bytes)", rows: [undefined], gives: undefined },
  ],
  make: () => new Moments("sum"),
};
