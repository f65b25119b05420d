import type { FunctionSpec } from "./spec.ts";
import { surroundings } from "./surroundings.ts";

/** The function `geo_org`. */
export const geo_org: FunctionSpec = {
  name: "geo_org",
  summary: "Who runs the autonomous system of an address, by `geography:` of agent.yaml",
  group: "net",
  params: [{ name: "address", type: "address" }],
  returns: "string",
  examples: [
    { call: "geo_org(192.0.2.1)", gives: "Example Net" },
    { call: 'geo_org("web1")', gives: undefined },
  ],
  configured: () => surroundings().place !== null,
  run: (address) => surroundings().place?.(String(address))?.org,
};
