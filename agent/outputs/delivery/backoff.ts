/** How long one waits before the next attempt. All in ms. */

const FIRST = 1000, LONGEST = 300_000;
/** What a receiver may ask for. */
const ASKED = { least: 1000, most: 3_600_000 };

/**
 * Twice as long each time up to five minutes, of which a random half, so that what failed together does
 * not come back together. @param failures 1 after the first
 */
export function backoff(failures: number, random: () => number = Math.random): number {
  const whole = Math.min(FIRST * 2 ** (failures - 1), LONGEST);
  return Math.round(whole * (0.5 + random() / 2));
}

/** What a receiver asked for (Retry-After), within bounds. */
export function asked(ms: number): number {
  return Math.min(Math.max(ms, ASKED.least), ASKED.most);
}
