import type { FunctionSpec } from "./spec.ts";

/** The function `isnull`. */
export const isnull: FunctionSpec = {
  name: "isnull",
  summary: "Whether the value is missing",
  group: "value",
  params: [{ name: "value", type: "any" }],
  returns: "bool",
  examples: [
    { call: "isnull(user)", gives: true },
    { call: "isnull(user)", given: { user: "root" }, gives: false },
  ],
  missing: "true",
  run: (v) => v === undefined,
};
