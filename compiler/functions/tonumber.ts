import { readNumber } from "./number.ts";
import type { FunctionSpec } from "./spec.ts";

/** The function `tonumber`. */
export const tonumber: FunctionSpec = {
  name: "tonumber",
  summary:
    "The number that a text reads as, also hexadecimal with 0x; missing when it reads as none",
  group: "value",
  params: [{ name: "value", type: "any" }],
  returns: "float",
  examples: [
    { call: 'tonumber("4625")', gives: 4625 },
    { call: 'tonumber("0x1f")', gives: 31 },
    { call: 'tonumber("-")', gives: undefined },
    { call: 'tonumber("")', gives: undefined },
  ],
  run: (v) => readNumber(v),
};
