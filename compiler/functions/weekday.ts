import { DAYS, isZone, localTime, weekdayOf, zoneError } from "./zone.ts";
import type { FunctionSpec } from "./spec.ts";

/** The function `weekday`. */
export const weekday: FunctionSpec = {
  name: "weekday",
  summary: 'The day of the week, "mon" to "sun", in UTC or in a time zone',
  group: "time",
  params: [{ name: "time", type: "timestamp" }, {
    name: "zone",
    type: "string",
    optional: true,
    constant: true,
  }],
  returns: "string",
  examples: [
    { call: "weekday(_time)", given: { _time: 1774742535000 }, gives: "sun" },
    {
      call: 'weekday(_time, "America/New_York")',
      given: { _time: 1774742535000 },
      gives: "sat",
    },
  ],
  validate: ([, zone]) => zone === undefined || isZone(String(zone)) ? null : zoneError(1, zone),
  run: (t, zone) =>
    DAYS[weekdayOf(localTime(Number(t), zone === undefined ? "UTC" : String(zone)))],
};
