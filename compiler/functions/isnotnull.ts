import type { FunctionSpec } from "./spec.ts";

/** The function `isnotnull`. */
export const isnotnull: FunctionSpec = {
  name: "isnotnull",
  summary: "Whether the value is there; the same as exists",
  group: "value",
  params: [{ name: "value", type: "any" }],
  returns: "bool",
  examples: [
    { call: "isnotnull(user)", given: { user: "root" }, gives: true },
    { call: "isnotnull(user)", gives: false },
  ],
  missing: "false",
  run: (v) => v !== undefined,
};
