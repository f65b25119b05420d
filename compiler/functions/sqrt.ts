import { finite } from "./number.ts";
import type { FunctionSpec } from "./spec.ts";

/** The function `sqrt`. */
export const sqrt: FunctionSpec = {
  name: "sqrt",
  summary: "The square root; missing for negative numbers",
  group: "math",
  params: [{ name: "x", type: "float" }],
  returns: "float",
  examples: [
    { call: "sqrt(9)", gives: 3 },
    { call: "sqrt(-1)", gives: undefined },
  ],
  run: (x) => finite(Math.sqrt(Number(x))),
};
