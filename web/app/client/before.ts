/** The time of equal length before the one that is looked at, to compare with. */
import type { Range } from "./range.ts";

/** Its ends; null over all time, and where the store does not reach back so far. */
export function rangeBefore(
  { from, to, first, params }: Pick<Range, "from" | "to" | "first" | "params">,
): { readonly from: number; readonly to: number } | null {
  if (from === null || to === null || first === null || params.from === undefined) return null;
  const before = { from: from - (to - from), to: from };
  return before.from >= first ? before : null;
}

/** `+12 %`, `−40 %`, `3 times`; "" where there was nothing or nothing changed. */
export function change(now: number, before: number): string {
  if (before === 0 || now === before) return "";
  const share = now / before;
  if (share >= 2) {
    return `${share < 10 ? share.toFixed(1).replace(/\.0$/, "") : Math.round(share)} times`;
  }
  const percent = Math.round(Math.abs(share - 1) * 100);
  return percent === 0 ? "" : `${share > 1 ? "+" : "−"}${percent} %`;
}
