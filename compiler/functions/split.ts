import { parts } from "../schema/bounds.ts";
import type { FunctionSpec } from "./spec.ts";

/** The function `split`. */
export const split: FunctionSpec = {
  name: "split",
  summary: "The parts of a text between a separator",
  group: "string",
  params: [{ name: "text", type: "text" }, { name: "separator", type: "text" }],
  returns: { list: "string" },
  examples: [
    { call: 'split("a,b", ",")', gives: ["a", "b"] },
  ],
  run: (s, by) => by === "" ? [String(s)] : parts(String(s), String(by)),
};
