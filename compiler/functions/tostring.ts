import { joined } from "../schema/bounds.ts";
import type { FunctionSpec } from "./spec.ts";

/** The function `tostring`. */
export const tostring: FunctionSpec = {
  name: "tostring",
  summary: "The value as text",
  group: "value",
  params: [{ name: "value", type: "any" }],
  returns: "string",
  examples: [
    { call: "tostring(22)", gives: "22" },
    { call: "tostring(true)", gives: "true" },
  ],
  run: (v) => Array.isArray(v) ? joined(v, "tostring") : String(v),
};
