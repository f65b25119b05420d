import type { FunctionSpec } from "./spec.ts";
import { surroundings } from "./surroundings.ts";

/** The function `geo_city`. */
export const geo_city: FunctionSpec = {
  name: "geo_city",
  summary: "The city of an address in English, by `geography:` of agent.yaml",
  group: "net",
  params: [{ name: "address", type: "address" }],
  returns: "string",
  examples: [
    { call: "geo_city(192.0.2.1)", gives: "Berlin" },
    { call: 'geo_city("web1")', gives: undefined },
  ],
  configured: () => surroundings().place !== null,
  run: (address) => surroundings().place?.(String(address))?.city,
};
