import type { FunctionSpec } from "./spec.ts";
import { surroundings } from "./surroundings.ts";

/** The function `geo_asn`. */
export const geo_asn: FunctionSpec = {
  name: "geo_asn",
  summary: "The number of the autonomous system of an address, by `geography:` of agent.yaml",
  group: "net",
  params: [{ name: "address", type: "address" }],
  returns: "int",
  examples: [
    { call: "geo_asn(192.0.2.1)", gives: 64496 },
    { call: 'geo_asn("web1")', gives: undefined },
  ],
  configured: () => surroundings().place !== null,
  run: (address) => surroundings().place?.(String(address))?.asn,
};
