import type { FunctionSpec } from "./spec.ts";
import { surroundings } from "./surroundings.ts";

/** The function `asset_priority`. */
export const asset_priority: FunctionSpec = {
  name: "asset_priority",
  summary: "The priority of a host or an address, by `assets:` of agent.yaml",
  group: "net",
  params: [{ name: "name", type: "text" }],
  returns: "severity",
  examples: [
    { call: 'asset_priority("db1")', gives: "critical" },
    { call: 'asset_priority("nobody")', gives: undefined },
  ],
  configured: () => surroundings().asset !== null,
  run: (name) => surroundings().asset?.(String(name))?.priority,
};
