/** What hosts set in the environment: the port to listen on, and how much is to be said. */
import { type Io, UsageError } from "./command.ts";

/** Port of the API and the dashboard where nobody names one. */
const PORT = 7400;

/** An address without a port gets that of PORT, or 7400. Throws UsageError when PORT is none. */
export function withPort(address: string, io: Io): string {
  return /:$/.test(address) ? `${address}${portOf(io) ?? PORT}` : address;
}

/** The port in PORT; undefined where it is not set. Throws UsageError. */
export function portOf(io: Io): number | undefined {
  const text = io.env("PORT");
  if (!text) return undefined;
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new UsageError(
    `"${text}" in PORT is no port`,
    "Set it to a number up to 65535, or unset it",
  );
}

const LEVELS: readonly (readonly [RegExp, number])[] = [
  [/^(?:err|error|fatal|crit|critical|alert|emerg|panic|off|none|silent|quiet)$/i, 2],
  [/^(?:warn|warning)$/i, 1],
];

/**
 * Whether a line for stderr is said, by LOG_LEVEL: from `warn` on warnings and errors alone, from `error`
 * on errors. Names of other levels, and of none, say all there is.
 */
export function speaks(io: Io): (text: string) => boolean {
  const level = io.env("LOG_LEVEL") ?? "";
  const least = LEVELS.find(([names]) => names.test(level))?.[1] ?? 0;
  return (text) => (text.startsWith("error") ? 2 : text.startsWith("warning") ? 1 : 0) >= least;
}
