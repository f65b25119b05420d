import { finite } from "./number.ts";
import type { FunctionSpec } from "./spec.ts";

/** The function `log`. */
export const log: FunctionSpec = {
  name: "log",
  summary: "The natural logarithm, or that to a base; missing for zero and below",
  group: "math",
  params: [{ name: "x", type: "float" }, { name: "base", type: "float", optional: true }],
  returns: "float",
  examples: [
    { call: "log(1)", gives: 0 },
    { call: "log(8, 2)", gives: 3 },
    { call: "log(0)", gives: undefined },
  ],
  run: (x, base) => {
    if (base === undefined) return finite(Math.log(Number(x)));
    if (base === 2) return finite(Math.log2(Number(x)));
    if (base === 10) return finite(Math.log10(Number(x)));
    return finite(Math.log(Number(x)) / Math.log(Number(base)));
  },
};
