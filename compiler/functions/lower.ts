import type { FunctionSpec } from "./spec.ts";

/** The function `lower`. */
export const lower: FunctionSpec = {
  name: "lower",
  summary: "The text in lower case",
  group: "string",
  params: [{ name: "text", type: "text" }],
  returns: "string",
  examples: [
    { call: 'lower("ADMIN")', gives: "admin" },
  ],
  run: (s) => String(s).toLowerCase(),
};
