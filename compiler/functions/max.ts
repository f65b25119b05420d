import type { FunctionSpec } from "./spec.ts";

/** The function `max`. */
export const max: FunctionSpec = {
  name: "max",
  summary: "The largest of its arguments; in stats, of a field over the window",
  group: "math",
  params: [{ name: "x", type: "number" }, { name: "more", type: "number", variadic: true }],
  returns: {
    text: "int; float or duration of such",
    of: (args) => args[0] === "duration" ? "duration" : args.includes("float") ? "float" : "int",
  },
  examples: [
    { call: "max(3, 1, 2)", gives: 3 },
  ],
  run: (...xs) => Math.max(...xs.map(Number)),
};
