/** Which sourcetype an input is, by its first lines. */
import type { Compiled } from "./compile.ts";

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

/**
 * Each line counts for a sourcetype with the greatest weight of its rules that fit the line; the
 * sourcetype with the largest sum is taken, the first by name among equals.
 */
export function recognise(lines: readonly string[], compiled: Compiled): Recognition {
  const looked = lines.filter((l) => l.trim() !== "").slice(0, RECOGNISE_LINES);
  let best: { name: string; sum: number; fits: number } | null = null;
  for (const s of compiled.sourcetypes) {
    let sum = 0;
    let fits = 0;
    for (const line of looked) {
      let weight = 0;
      for (const rule of s.recognise) {
        if (rule.weight <= weight) continue;
        rule.regex.lastIndex = 0;
        if (rule.regex.test(line)) weight = rule.weight;
      }
      if (weight > 0) fits++;
      sum += weight;
    }
    if (fits > 0 && (best === null || sum > best.sum)) best = { name: s.name, sum, fits };
  }
  if (best === null) {
    return {
      sourcetype: null,
      confidence: 0,
      reason: looked.length === 0
        ? "There is no line to recognise it by"
        : `None of the first ${looked.length} lines fits a sourcetype; name it with --sourcetype`,
    };
  }
  return {
    sourcetype: best.name,
    confidence: best.fits / looked.length,
    reason: `${best.fits} of the first ${looked.length} ${
      looked.length === 1 ? "line" : "lines"
    } read as ${best.name}`,
  };
}
