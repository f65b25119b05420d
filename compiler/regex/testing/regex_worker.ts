/** Runs patterns on texts of doubling length. It may never answer: whoever asks has to end it. */
import { ENDS, UNITS } from "./random_regex.ts";

/** A pattern that took longer than in proportion to the text. */
export interface Slow {
  readonly unit: string;
  readonly end: string;
  readonly length: number;
  readonly ms: number;
}
/** `at` says what is tried now; the answer has the number of the pattern. */
export type Report =
  | { readonly index: number; readonly at: { readonly unit: string; readonly length: number } }
  | { readonly index: number; readonly slow: Slow | null };

const scope = self as unknown as {
  onmessage: (event: MessageEvent<readonly string[]>) => void;
  postMessage(message: Report): void;
};

/** Lengths tried, and the ms beyond which a longer text is not tried. */
const FIRST = 16, LONGEST = 16_384, ENOUGH = 15;
/** ms for each character that 2,500 tries for one place may take, on a machine that is busy. */
const PER_CHARACTER = 0.04;
/** Growth over a doubling that is more than linear with its noise; quadratic is 4. */
const GROWTH = 3.2;

scope.onmessage = ({ data }) => {
  for (const [index, source] of data.entries()) {
    let slow: Slow | null = null;
    for (const unit of UNITS) {
      for (const end of ENDS) slow ??= tryText(index, source, unit, end);
    }
    scope.postMessage({ index, slow });
  }
};

function tryText(index: number, source: string, unit: string, end: string): Slow | null {
  const regex = new RegExp(source);
  const time = (length: number, times: number): number => {
    const text = unit.repeat(Math.ceil(length / unit.length)).slice(0, length) + end;
    let best = Infinity;
    for (let i = 0; i < times; i++) {
      const began = performance.now();
      regex.test(text);
      best = Math.min(best, performance.now() - began);
    }
    return best;
  };
  for (let length = FIRST; length <= LONGEST; length *= 2) {
    if (length <= 512) scope.postMessage({ index, at: { unit: unit + end, length } });
    const ms = time(length, 1);
    if (ms < ENOUGH && length < LONGEST) continue;
    // A pause of the machine is no growth: the least of several runs, over two doublings.
    const [t1, t2, t4] = [length / 4, length / 2, length].map((n) => time(n, 3));
    let grows = t4 > 2 && t4 > GROWTH * t2 && t2 > GROWTH * t1;
    // Nor is the step where what is to be tried again no longer fits a cache: it comes once.
    for (let n = 2, before = t4; grows && n <= 4; n *= 2) {
      const now = time(n * length, 3);
      grows = now > GROWTH * before;
      before = now;
    }
    if (grows || t4 > PER_CHARACTER * length + ENOUGH) return { unit, end, length, ms: t4 };
    return null;
  }
  return null;
}
