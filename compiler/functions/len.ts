import type { FunctionSpec } from "./spec.ts";

/** The function `len`. */
export const len: FunctionSpec = {
  name: "len",
  summary: "How many characters a text has, or how many values a list",
  group: "string",
  params: [{ name: "value", type: "any" }],
  returns: "int",
  examples: [
    { call: 'len("root")', gives: 4 },
    { call: 'len(split("a,b", ","))', gives: 2 },
    { call: "len(17)", gives: 2 },
  ],
  run: (s) => Array.isArray(s) ? s.length : String(s).length,
};
