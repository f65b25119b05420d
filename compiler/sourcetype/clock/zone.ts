/** Wall clock times of a zone → UTC. */

/**
 * ms to add to UTC to get the zone's wall clock, at a wall clock time written as if it were UTC. Of a
 * time that comes twice in autumn, `second` asks for the later of the two.
 */
export type Zone = (wall: number, second?: boolean) => number;

const HOUR = 3_600_000;

/**
 * A zone by its IANA name (`Europe/Zurich`) or offset (`+02:00`, `-0330`, `Z`, `UTC`). One that was skipped
 * counts from before the change.
 * Null when there is no such zone.
 */
export function zone(name: string): Zone | null {
  if (/^(?:utc|gmt|z)$/i.test(name)) return () => 0;
  const fixed = /^([+-])(\d\d):?(\d\d)$/.exec(name);
  if (fixed) {
    const offset = (fixed[1] === "-" ? -1 : 1) * (+fixed[2] * HOUR + +fixed[3] * 60_000);
    return () => offset;
  }
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  } catch {
    return null;
  }
  const atUtc = (utc: number): number => {
    const part: Record<string, number> = {};
    for (const p of format.formatToParts(utc)) part[p.type] = +p.value;
    const wall = Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute, part.second);
    return wall - utc;
  };
  // Zones change on quarters of an hour at the finest; a log stays in one for many lines.
  let key = NaN;
  let first = 0, later = 0;
  const compute = (wall: number): void => {
    const before = atUtc(wall - 24 * HOUR), after = atUtc(wall + 24 * HOUR);
    const isBefore = atUtc(wall - before) === before, isAfter = atUtc(wall - after) === after;
    first = isBefore || !isAfter ? before : after;
    later = isAfter ? after : first;
  };
  return (wall, second = false) => {
    const quarter = Math.floor(wall / 900_000);
    if (quarter !== key) {
      compute(quarter * 900_000);
      key = quarter;
    }
    return second ? later : first;
  };
}
