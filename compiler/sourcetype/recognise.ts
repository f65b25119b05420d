/** Which sourcetype an input is, by its first lines. */
import type { Compiled } from "./compile/compiled.ts";

export interface Recognition {
  /** Null when nothing fits. */
  readonly sourcetype: string | null;
  /** Share of the lines looked at that fit it, 0 to 1. */
  readonly confidence: number;
  /** A sentence for the user, without a full stop. */
  readonly reason: string;
}

/** How many lines are looked at. */
export const RECOGNISE_LINES = 50;
/** How much of a line is looked at, in UTF-16 units. */
const LOOKED_AT = 32_768;

/**
 * Each line counts for a sourcetype with the greatest weight of its rules that fit the line; the
 * sourcetype with the largest sum is taken, the first by name among equals.
 */
export function recognise(lines: readonly string[], compiled: Compiled): Recognition {
  const looked = lines.filter((l) => l.trim() !== "").slice(0, RECOGNISE_LINES);
  const found = new Map<string, { sum: number; fits: number }>();
  for (const line of looked) {
    const text = line.length > LOOKED_AT ? line.slice(0, LOOKED_AT) : line;
    for (const { sourcetype, weight } of compiled.recogniser.fits(text)) {
      const entry = found.get(sourcetype) ?? { sum: 0, fits: 0 };
      found.set(sourcetype, entry);
      entry.sum += weight;
      entry.fits++;
    }
  }
  if (found.size === 0) {
    return {
      sourcetype: null,
      confidence: 0,
      reason: looked.length === 0
        ? "There is no line to recognise it by"
        : `None of the first ${looked.length} lines fits a sourcetype; name it with --sourcetype`,
    };
  }
  const [name, best] = [...found]
    .sort(([a, x], [b, y]) => y.sum - x.sum || (a < b ? -1 : 1))[0];
  return {
    sourcetype: name,
    confidence: best.fits / looked.length,
    reason: `${best.fits} of the first ${looked.length} ${
      looked.length === 1 ? "line" : "lines"
    } read as ${name}`,
  };
}
