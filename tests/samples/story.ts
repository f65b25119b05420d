/** Who attacks, when, and from where: what auth.log and access.log have in common. */

export const HOST = "web1";

/** Milliseconds of a moment in March 2026, UTC: `day("09 13:02:00")`. */
export function day(text: string): number {
  const ms = Date.parse(`2026-03-${text.replace(" ", "T")}Z`);
  if (Number.isNaN(ms)) throw new Error(`"${text}" is not a day and a time of March 2026`);
  return ms;
}

/** The attacker of the story, in both logs. */
export const ATTACKER = "203.0.113.66";
/** Credential stuffing only, slowly. */
export const STUFFER = "198.51.100.23";
/** Web scan only. */
export const SCANNER = "203.0.113.140";
/** Two offices, each behind one address. */
export const OFFICE = ["192.0.2.10", "192.0.2.77"] as const;

export const STORY = {
  enumeration: day("09 13:02:10"),
  webScan: day("09 13:20:05"),
  sqlInjection: day("09 13:31:20"),
  traversal: day("09 13:40:11"),
  commandInjection: day("09 13:44:30"),
  bruteForce: day("09 13:52:00"),
  compromise: day("09 13:54:20"),
  nightReturn: day("10 02:47:33"),
  stuffing: day("09 11:05:00"),
  otherScan: day("09 17:12:40"),
} as const;
