import type { FunctionSpec } from "./spec.ts";
import { type Place, surroundings } from "./surroundings.ts";

/** Mean radius of the earth in km. */
const RADIUS = 6371;
const radians = (degrees: number) => degrees * Math.PI / 180;

/** The function `geo_distance`. */
export const geo_distance: FunctionSpec = {
  name: "geo_distance",
  summary: "Kilometres between the places of two addresses, by `geography:` of agent.yaml",
  group: "net",
  params: [{ name: "from", type: "address" }, { name: "to", type: "address" }],
  returns: "float",
  examples: [
    { call: "geo_distance(192.0.2.1, 198.51.100.1)", gives: 16095 },
    { call: "geo_distance(192.0.2.1, 192.0.2.2)", gives: 0 },
    { call: "geo_distance(192.0.2.1, 10.0.0.1)", gives: undefined },
  ],
  configured: () => surroundings().place !== null,
  run: (from, to) => {
    const { place } = surroundings();
    const a = place?.(String(from)), b = place?.(String(to));
    return a && b ? distance(a, b) : undefined;
  },
};

/** Along a great circle (haversine), in whole km: places of addresses are no more exact. */
function distance(a: Place, b: Place): number | undefined {
  if (
    a.latitude === undefined || a.longitude === undefined ||
    b.latitude === undefined || b.longitude === undefined
  ) return undefined;
  const dLat = radians(b.latitude - a.latitude), dLon = radians(b.longitude - a.longitude);
  const h = Math.sin(dLat / 2) ** 2 +
    Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude)) * Math.sin(dLon / 2) ** 2;
  return Math.round(2 * RADIUS * Math.asin(Math.min(1, Math.sqrt(h))));
}
