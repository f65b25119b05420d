import { isZone, localTime, parseHours, weekdayOf, zoneError } from "./zone.ts";
import type { FunctionSpec } from "./spec.ts";

/** The function `in_hours`. */
export const in_hours: FunctionSpec = {
  name: "in_hours",
  summary:
    'Whether a time is within hours such as "08:00-18:00 mon-fri", in UTC or in a time zone; the end is left out',
  group: "time",
  params: [{ name: "time", type: "timestamp" }, { name: "hours", type: "string", constant: true }, {
    name: "zone",
    type: "string",
    optional: true,
    constant: true,
  }],
  returns: "bool",
  examples: [
    {
      call: 'in_hours(_time, "08:00-18:00 mon-fri")',
      given: { _time: 1774857600000 },
      gives: true,
    },
    {
      call: 'in_hours(_time, "08:00-18:00 mon-fri")',
      given: { _time: 1774742535000 },
      gives: false,
    },
    { call: 'in_hours(_time, "22:00-06:00")', given: { _time: 1774742535000 }, gives: true },
    {
      call: 'in_hours(_time, "08:00-18:00 mon-fri", "Asia/Tokyo")',
      given: { _time: 1774828800000 },
      gives: true,
    },
  ],
  validate: ([, hours, zone]) => {
    if (zone !== undefined && !isZone(String(zone))) return zoneError(2, zone);
    return hours === undefined || parseHours(String(hours)) !== null
      ? null
      : { arg: 1, message: `"${hours}" are no hours; write them like "08:00-18:00 mon-fri"` };
  },
  run: (t, hours, zone) => {
    const local = localTime(Number(t), zone === undefined ? "UTC" : String(zone));
    const h = parseHours(String(hours));
    if (h === null) return false;
    const minute = Math.floor(local / 60_000) % 1440;
    const day = weekdayOf(local);
    if (h.from < h.to) return minute >= h.from && minute < h.to && h.days[day];
    // Over midnight: the part after it belongs to the day before.
    return minute >= h.from ? h.days[day] : minute < h.to && h.days[(day + 6) % 7];
  },
};
