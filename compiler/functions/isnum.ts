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
    { call: 'isnum("4625")', gives: true },
    { call: 'isnum("-")', gives: false },
    { call: "isnum(dest_port)", gives: false },
  ],
  missing: "false",
  run: (v) => readNumber(v) !== undefined,
};
