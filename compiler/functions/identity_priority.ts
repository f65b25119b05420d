import type { FunctionSpec } from "./spec.ts";
import { surroundings } from "./surroundings.ts";

/** The function `identity_priority`. */
export const identity_priority: FunctionSpec = {
  name: "identity_priority",
  summary: "The priority of an account, by `identities:` of agent.yaml",
  group: "net",
  params: [{ name: "name", type: "text" }],
  returns: "severity",
  examples: [
    { call: 'identity_priority("root")', gives: "high" },
    { call: 'identity_priority("nobody")', gives: undefined },
  ],
  configured: () => surroundings().identity !== null,
  run: (name) => surroundings().identity?.(String(name))?.priority,
};
