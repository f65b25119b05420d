import { grown } from "../schema/bounds.ts";
import type { FunctionSpec } from "./spec.ts";

/** The function `upper`. */
export const upper: FunctionSpec = {
  name: "upper",
  summary: "The text in upper case",
  group: "string",
  params: [{ name: "text", type: "text" }],
  returns: "string",
  examples: [
    { call: 'upper("get")', gives: "GET" },
  ],
  run: (s) => grown(String(s).toUpperCase(), String(s), "upper"),
};
