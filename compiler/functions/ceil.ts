import type { FunctionSpec } from "./spec.ts";

/** The function `ceil`. */
export const ceil: FunctionSpec = {
  name: "ceil",
  summary: "The next whole number at or above",
  group: "math",
  params: [{ name: "x", type: "number" }],
  returns: {
    text: "int; duration of a duration",
    of: (args) => args[0] === "duration" ? "duration" : "int",
  },
  examples: [
    { call: "ceil(1.2)", gives: 2 },
  ],
  run: (x) => Math.ceil(Number(x)),
};
