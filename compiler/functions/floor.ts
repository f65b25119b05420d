import type { FunctionSpec } from "./spec.ts";

/** The function `floor`. */
export const floor: FunctionSpec = {
  name: "floor",
  summary: "The next whole number at or below",
  group: "math",
  params: [{ name: "x", type: "number" }],
  returns: {
    text: "int; duration of a duration",
    of: (args) => args[0] === "duration" ? "duration" : "int",
  },
  examples: [
    { call: "floor(1.8)", gives: 1 },
  ],
  run: (x) => Math.floor(Number(x)),
};
