import { finite } from "./number.ts";
import type { FunctionSpec } from "./spec.ts";

/** The function `exp`. */
export const exp: FunctionSpec = {
  name: "exp",
  summary: "e to the power of a number",
  group: "math",
  params: [{ name: "x", type: "float" }],
  returns: "float",
  examples: [
    { call: "exp(0)", gives: 1 },
  ],
  run: (x) => finite(Math.exp(Number(x))),
};
