import { grown } from "../schema/bounds.ts";
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
  run: (s) => grown(String(s).toLowerCase(), String(s), "lower"),
};
