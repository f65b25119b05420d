import { readNumber } from "./number.ts";
import type { FunctionSpec } from "./spec.ts";

/** The function `isnum`. */
export const isnum: FunctionSpec = {
  name: "isnum",
  summary: "Whether the value is a number, or text that reads as one; false when it is missing",
  group: "value",
  params: [{ name: "value", type: "any" }],
  returns: "bool",
  examples: [
    { call: 'isnum("4625")', args: ["4625"], gives: true },
    { call: 'isnum("-")', args: ["-"], gives: false },
    { call: "isnum(port)", args: [undefined], gives: false },
  ],
  seesMissing: true,
  run: (v) => readNumber(v) !== undefined,
};
