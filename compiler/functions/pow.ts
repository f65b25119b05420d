import { finite } from "./number.ts";
import type { FunctionSpec } from "./spec.ts";

/** The function `pow`. */
export const pow: FunctionSpec = {
  name: "pow",
  summary: "The first number to the power of the second",
  group: "math",
  params: [{ name: "x", type: "float" }, { name: "y", type: "float" }],
  returns: "float",
  examples: [
    { call: "pow(2, 10)", gives: 1024 },
  ],
  run: (x, y) => finite(Number(x) ** Number(y)),
};
