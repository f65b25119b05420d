import type { FunctionSpec } from "./spec.ts";

/** The function `trim`. */
export const trim: FunctionSpec = {
  name: "trim",
  summary: "The text without white space at its ends",
  group: "string",
  params: [{ name: "text", type: "text" }],
  returns: "string",
  examples: [
    { call: 'trim("  root ")', gives: "root" },
  ],
  run: (s) => String(s).trim(),
};
