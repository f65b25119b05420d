import { Extreme } from "./extreme.ts";
import type { AggregateSpec } from "./spec.ts";

/** The aggregate `max`. */
export const max: AggregateSpec = {
  name: "max",
  summary: "The largest value",
  param: { name: "x", type: "number", help: "Count or list text with dc(…) or values(…)" },
  returns: "argument",
  missing: "missing",
  bound: { kind: "constant", values: 1 },
  cell: "ordered",
  examples: [
    { call: "max(bytes)", rows: [4, 1, undefined, 9], gives: 9 },
    { call: "max(bytes)", rows: [undefined], gives: undefined },
  ],
  make: ({ sliding }) => new Extreme(1, sliding),
};
