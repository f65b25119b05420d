import { isZone, localTime, zoneError } from "./zone.ts";
import type { FunctionSpec } from "./spec.ts";

/** The function `hour`. */
export const hour: FunctionSpec = {
  name: "hour",
  summary: "The hour of a time, 0 to 23, in UTC or in a time zone",
  group: "time",
  params: [{ name: "time", type: "timestamp" }, {
    name: "zone",
    type: "string",
    optional: true,
    constant: true,
  }],
  returns: "int",
  examples: [
    { call: "hour(_time)", given: { _time: 1774742535000 }, gives: 0 },
    { call: 'hour(_time, "Asia/Tokyo")', given: { _time: 1774742535000 }, gives: 9 },
  ],
  validate: ([, zone]) => zone === undefined || isZone(String(zone)) ? null : zoneError(1, zone),
  run: (t, zone) =>
    Math.floor(localTime(Number(t), zone === undefined ? "UTC" : String(zone)) / 3_600_000) % 24,
};
