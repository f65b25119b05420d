import { finite } from "./number.ts";
import type { FunctionSpec } from "./spec.ts";

/** The function `round`. */
export const round: FunctionSpec = {
  name: "round",
  summary: "The nearest number of that many decimals, none when left out",
  group: "math",
  params: [{ name: "x", type: "number" }, { name: "digits", type: "int", optional: true }],
  returns: {
    text: "int; float with digits; duration of a duration",
    of: (args) => args[0] === "duration" ? "duration" : args.length > 1 ? "float" : "int",
  },
  examples: [
    { call: "round(2.5)", gives: 3 },
    { call: "round(3.14159, 2)", gives: 3.14 },
  ],
  run: (x, digits) => {
    const scale = 10 ** Math.min(15, Math.max(0, Number(digits ?? 0)));
    return finite(Math.round(Number(x) * scale) / scale);
  },
};
