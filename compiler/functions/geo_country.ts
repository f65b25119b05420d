import type { FunctionSpec } from "./spec.ts";
import { surroundings } from "./surroundings.ts";

/** The function `geo_country`. */
export const geo_country: FunctionSpec = {
  name: "geo_country",
  summary: "The country of an address, two letters (ISO 3166-1), by `geography:` of agent.yaml",
  group: "net",
  params: [{ name: "address", type: "address" }],
  returns: "string",
  examples: [
    { call: "geo_country(192.0.2.1)", gives: "DE" },
    { call: 'geo_country("web1")', gives: undefined },
  ],
  configured: () => surroundings().place !== null,
  run: (address) => surroundings().place?.(String(address))?.country,
};
