import type { FunctionSpec } from "./spec.ts";

/** The function `abs`. */
export const abs: FunctionSpec = {
  name: "abs",
  summary: "The number without its sign",
  group: "math",
  params: [{ name: "x", type: "number" }],
  returns: {
    text: "int; float or duration of such",
    of: (args) => args[0] === "duration" ? "duration" : args[0] === "float" ? "float" : "int",
  },
  examples: [
    { call: "abs(-3)", gives: 3 },
  ],
  run: (x) => Math.abs(Number(x)),
};
