import { unify } from "../schema/typing.ts";
import type { FunctionSpec } from "./spec.ts";

/** The function `coalesce`. */
export const coalesce: FunctionSpec = {
  name: "coalesce",
  summary: "The first argument that is not missing",
  group: "value",
  params: [{ name: "a", type: "any" }, { name: "more", type: "any", variadic: true }],
  returns: { text: "the arguments' type", of: (args) => args.reduce((a, b) => unify(a, b) ?? a) },
  examples: [
    { call: 'coalesce(user, "unknown")', gives: "unknown" },
    { call: 'coalesce(user, "unknown")', given: { user: "root" }, gives: "root" },
  ],
  missing: "the next argument; missing when all are",
  run: (...args) => {
    for (let i = 0; i < args.length; i++) if (args[i] !== undefined) return args[i];
    return undefined;
  },
};
