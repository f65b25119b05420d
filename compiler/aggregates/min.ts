import { Extreme } from "./extreme.ts";
import type { AggregateSpec } from "./spec.ts";

/** The aggregate `min`. */
export const min: AggregateSpec = {
  name: "min",
  summary: "The smallest value",
  param: { name: "x", type: "number", help: "Count or list text with dc(…) or values(…)" },
  returns: "argument",
  missing: "missing",
  bound: { kind: "constant", values: 1 },
  cell: "ordered",
  examples: [
    { call: "min(bytes)", rows: [4, 1, undefined, 9], gives: 1 },
    { call: "min(bytes)", rows: [undefined], gives: undefined },
  ],
  make: ({ sliding }) => new Extreme(-1, sliding),
};
