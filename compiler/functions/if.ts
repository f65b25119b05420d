import { unify } from "../schema/typing.ts";
import type { FunctionSpec } from "./spec.ts";

/** The function `if`. */
export const if_: FunctionSpec = {
  name: "if",
  summary: "The second argument when the first holds, else the third; the same as test ? a : b",
  group: "value",
  params: [{ name: "test", type: "bool" }, { name: "then", type: "any" }, {
    name: "else",
    type: "any",
  }],
  returns: {
    text: "the type of `then` and `else`",
    of: (args) => unify(args[1], args[2]) ?? args[1],
  },
  examples: [
    { call: 'if(status == 200, "hit", "miss")', given: { status: 200 }, gives: "hit" },
    { call: 'if(status == 200, "hit", "miss")', gives: "miss" },
  ],
  missing: "a missing test does not hold",
  run: (test, a, b) => test === true ? a : b,
};
