import type { FunctionSpec } from "./spec.ts";

/** The function `min`. */
export const min: FunctionSpec = {
  name: "min",
  summary: "The smallest of its arguments; in stats, of a field over the window",
  group: "math",
  params: [{ name: "x", type: "number" }, { name: "more", type: "number", variadic: true }],
  returns: {
    text: "int; float or duration of such",
    of: (args) => args[0] === "duration" ? "duration" : args.includes("float") ? "float" : "int",
  },
  examples: [
    { call: "min(3, 1, 2)", gives: 1 },
  ],
  run: (...xs) => Math.min(...xs.map(Number)),
};
