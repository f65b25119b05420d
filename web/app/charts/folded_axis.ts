/** A time axis on which long stretches without anything are folded to a narrow mark. */

export interface Segment {
  /** Epoch ms. */
  readonly from: number;
  readonly to: number;
  /** Where it begins and ends, 0 to 1. */
  readonly x0: number;
  readonly x1: number;
}

export interface Fold {
  /** What is folded away, ms. */
  readonly ms: number;
  readonly x0: number;
  readonly x1: number;
}

export interface FoldedAxis {
  readonly segments: readonly Segment[];
  readonly folds: readonly Fold[];
  /** Where a time is, 0 to 1. */
  at(ms: number): number;
}

/** A gap is folded when it is longer than this, and than this share of what is not folded. */
const LEAST = 1_800_000, SHARE = 0.4;
/** Gaps that are folded at most; their width, and the least of a segment, as shares of the axis. */
const MOST = 5, FOLD = 0.05, NARROW = 0.06;

/** @param times of what is shown, epoch ms; one at least */
export function foldedAxis(times: readonly number[]): FoldedAxis {
  const sorted = [...new Set(times)].sort((a, b) => a - b);
  const cuts = cutsOf(sorted);
  const ends: [number, number][] = [];
  let begin = 0;
  for (const cut of [...cuts, sorted.length]) {
    ends.push([sorted[begin], sorted[cut - 1]]);
    begin = cut;
  }
  const width = 1 - FOLD * cuts.length;
  const total = ends.reduce((n, [from, to]) => n + to - from, 0);
  // Each has a least width, the rest goes by length.
  const free = width - NARROW * ends.length;
  const segments: Segment[] = [], folds: Fold[] = [];
  let x = 0;
  for (const [i, [from, to]] of ends.entries()) {
    if (i > 0) {
      folds.push({ ms: from - ends[i - 1][1], x0: x, x1: x + FOLD });
      x += FOLD;
    }
    const share = total === 0 ? 1 / ends.length : (to - from) / total;
    const x1 = i === ends.length - 1 ? 1 : x + NARROW + free * share;
    segments.push({ from, to, x0: x, x1 });
    x = x1;
  }
  return { segments, folds, at: (ms) => placeOf(segments, ms) };
}

/** Indexes of the times that stand behind a folded gap, rising. */
function cutsOf(sorted: readonly number[]): number[] {
  const gaps = sorted.slice(1).map((t, i) => ({ at: i + 1, ms: t - sorted[i] }))
    .sort((a, b) => b.ms - a.ms);
  let left = sorted[sorted.length - 1] - sorted[0];
  const cuts: number[] = [];
  for (const { at, ms } of gaps) {
    if (cuts.length === MOST || ms <= LEAST || ms <= left * SHARE) break;
    cuts.push(at);
    left -= ms;
  }
  return cuts.sort((a, b) => a - b);
}

function placeOf(segments: readonly Segment[], ms: number): number {
  for (const { from, to, x0, x1 } of segments) {
    // What lies in a fold is at its end.
    if (ms <= from) return x0;
    if (ms <= to) return x0 + (x1 - x0) * (ms - from) / (to - from);
  }
  return 1;
}
