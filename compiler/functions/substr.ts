import type { FunctionSpec } from "./spec.ts";

/** The function `substr`. */
export const substr: FunctionSpec = {
  name: "substr",
  summary:
    "The part of a text from a position that counts from 0 (from the end when negative), of a length or to the end",
  group: "string",
  params: [{ name: "text", type: "text" }, { name: "start", type: "int" }, {
    name: "length",
    type: "int",
    optional: true,
  }],
  returns: "string",
  examples: [
    { call: 'substr("administrator", 0, 5)', gives: "admin" },
    { call: 'substr("web1.example", -7)', gives: "example" },
  ],
  run: (s, start, length) => {
    const text = String(s);
    const from = Number(start) < 0 ? Math.max(0, text.length + Number(start)) : Number(start);
    return text.slice(from, length === undefined ? undefined : from + Math.max(0, Number(length)));
  },
};
