import type { FunctionSpec } from "./spec.ts";
import { surroundings } from "./surroundings.ts";

/** The function `asset_owner`. */
export const asset_owner: FunctionSpec = {
  name: "asset_owner",
  summary: "The owner of a host or an address, by `assets:` of agent.yaml",
  group: "net",
  params: [{ name: "name", type: "text" }],
  returns: "string",
  examples: [
    { call: 'asset_owner("db1")', gives: "dba@example.org" },
    { call: 'asset_owner("nobody")', gives: undefined },
  ],
  configured: () => surroundings().asset !== null,
  run: (name) => surroundings().asset?.(String(name))?.owner,
};
