import { replaced } from "../schema/bounds.ts";
import type { FunctionSpec } from "./spec.ts";

/** The function `replace`. */
export const replace: FunctionSpec = {
  name: "replace",
  summary: "The text with every occurrence of one text, letter case and all, put as another",
  group: "string",
  params: [{ name: "text", type: "text" }, { name: "old", type: "text" }, {
    name: "new",
    type: "text",
  }],
  returns: "string",
  examples: [
    { call: 'replace("a.b.c", ".", "/")', gives: "a/b/c" },
    { call: 'replace("abc", "", "x")', gives: "abc" },
  ],
  run: (s, from, to) => replaced(String(s), String(from), String(to)),
};
