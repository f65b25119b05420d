import type { FunctionSpec } from "./spec.ts";
import { surroundings } from "./surroundings.ts";

/** The function `identity_owner`. */
export const identity_owner: FunctionSpec = {
  name: "identity_owner",
  summary: "The owner of an account, by `identities:` of agent.yaml",
  group: "net",
  params: [{ name: "name", type: "text" }],
  returns: "string",
  examples: [
    { call: 'identity_owner("root")', gives: "ops@example.org" },
    { call: 'identity_owner("nobody")', gives: undefined },
  ],
  configured: () => surroundings().identity !== null,
  run: (name) => surroundings().identity?.(String(name))?.owner,
};
