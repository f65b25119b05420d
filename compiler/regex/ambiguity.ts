/**
 * How often a backtracking matcher can be made to read the same text again. The measure is the
 * number of ways in which an automaton reads a text: Weber and Seidl, "On the degree of ambiguity of
 * finite automata" (1991), with the search for a first place to match as a loop before the pattern.
 */
import type { Automaton, Loop } from "./automaton.ts";

export type Ambiguity =
  /** A loop that splits the same text in ever more ways: exponential time. */
  | { readonly kind: "exponential"; readonly loop: Loop }
  /** Two loops without a limit that can share a text: at least quadratic time. Null: the search. */
  | { readonly kind: "polynomial"; readonly before: Loop | null; readonly loop: Loop }
  /** Linear, but with so many ways for each place that it is of no use. */
  | { readonly kind: "factor"; readonly factor: number; readonly loop: Loop | null }
  /** The search for an answer was given up. */
  | { readonly kind: "unknown" };

/** Ways for one place of the text that are put up with. */
export const MAX_FACTOR = 2500;
/** Steps of one search in the automaton. */
const MAX_STEPS = 200_000;

/** What is wrong with an automaton, or null when matching takes time in proportion to the text. */
export function ambiguityOf(a: Automaton): Ambiguity | null {
  for (const loop of a.loops) {
    const answer = exponential(a, loop);
    if (answer === null) return { kind: "unknown" };
    if (answer) return { kind: "exponential", loop };
  }
  // Factor of the best chain of shared texts that ends in each loop.
  const chain: number[] = [];
  let worst: { factor: number; loop: Loop | null } = { factor: 1, loop: null };
  for (const [j, loop] of a.loops.entries()) {
    chain.push(1);
    if (loop.to - loop.from === 1 && a.done.has(loop.from)) continue;
    for (let i = -1; i < j; i++) {
      const before = i < 0 ? null : a.loops[i];
      if (before && before.to > loop.from) continue;
      const shared = sharedText(a, before, loop);
      if (shared === null) return { kind: "unknown" };
      if (!shared) continue;
      // Each place that the search begins at reads the whole of the loop, also where it has one end.
      const factor = before === null ? loop.reach : pairFactor(before, loop);
      if (!Number.isFinite(factor)) return { kind: "polynomial", before, loop };
      const so = i < 0 ? 1 : Math.max(1, ...chain.slice(0, i + 1));
      chain[j] = Math.max(chain[j], so * factor);
      if (chain[j] > worst.factor) worst = { factor: chain[j], loop };
    }
  }
  if (worst.factor > MAX_FACTOR) return { kind: "factor", ...worst };
  const { most, sum } = waysWithoutLoops(a);
  // Each way through what may be left out is followed by every way through the loops.
  const factor = Math.max(worst.factor * most, sum);
  return factor > MAX_FACTOR ? { kind: "factor", factor, loop: worst.loop } : null;
}

/** What a loop adds to the tries of one before it that can have the same text. */
function pairFactor(before: Loop, loop: Loop): number {
  // A fixed count has one end, but each end of the loop before reads the whole of it again.
  if (loop.weight === 1 && before.weight > 1) return loop.reach;
  return Math.min(before.weight, loop.weight);
}

/** Whether a loop has two ways to read some text from a state back to it; null when given up. */
function exponential(a: Automaton, loop: Loop): boolean | null {
  const inside = (s: number) => s >= loop.from && s < loop.to;
  const n = loop.to - loop.from;
  for (let s = loop.from; s < loop.to; s++) {
    if (a.edges[s].some((e) => e.double && inside(e.to))) return true;
  }
  if (n === 1) return false;
  // A pair of two states that is reached from a pair of equals and leads back to one.
  const seen = new Set<number>();
  const queue: number[] = [];
  for (const s of range(loop)) {
    seen.add(s * 4096 + s);
    queue.push(s * 4096 + s);
  }
  let steps = 0;
  for (let pair = queue.pop(); pair !== undefined; pair = queue.pop()) {
    const [x, y] = [Math.floor(pair / 4096), pair % 4096];
    for (const e of a.edges[x]) {
      if (!inside(e.to)) continue;
      for (const f of a.edges[y]) {
        if (!inside(f.to)) continue;
        if (++steps > MAX_STEPS) return null;
        if ((a.masks[e.to] & a.masks[f.to]) === 0n) continue;
        if (e.to === f.to && x !== y) return true;
        const to = e.to * 4096 + f.to;
        if (seen.has(to)) continue;
        seen.add(to);
        queue.push(to);
      }
    }
  }
  return false;
}

/**
 * Whether some text leads from `before` (null: the search) to itself, from it to `loop`, and from
 * `loop` to itself: then either loop can have it. Null when the search was given up.
 */
function sharedText(a: Automaton, before: Loop | null, loop: Loop): boolean | null {
  let steps = 0;
  const starts = before === null ? [-1] : range(before);
  const inBefore = (s: number) => before === null ? s === -1 : s >= before.from && s < before.to;
  const inLoop = (s: number) => s >= loop.from && s < loop.to;
  const key = (x: number, y: number, z: number) => ((x + 1) * 4096 + y + 1) * 4096 + z + 1;
  const successors = (s: number) => s === -1 ? [-1, ...a.entries] : a.edges[s].map((e) => e.to);
  const mask = (s: number) => s === -1 ? -1n : a.masks[s];
  for (const p of starts) {
    for (const q of range(loop)) {
      const seen = new Set<number>([key(p, p, q)]);
      const queue: [number, number, number][] = [[p, p, q]];
      for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
        const [x, y, z] = at;
        for (const z2 of successors(z)) {
          if (!inLoop(z2)) continue;
          for (const x2 of successors(x)) {
            if (!inBefore(x2)) continue;
            const both = mask(z2) & mask(x2);
            if (both === 0n) continue;
            for (const y2 of successors(y)) {
              if (++steps > MAX_STEPS) return null;
              if (y2 >= loop.to || (both & mask(y2)) === 0n) continue;
              if (x2 === p && y2 === q && z2 === q) return true;
              const k = key(x2, y2, z2);
              if (seen.has(k)) continue;
              seen.add(k);
              queue.push([x2, y2, z2]);
            }
          }
        }
      }
    }
  }
  return false;
}

const range = (loop: Loop): number[] =>
  Array.from({ length: loop.to - loop.from }, (_, i) => loop.from + i);

/**
 * Ways to read one text when no repetition runs twice: `a?a?a?…` has many. The most that there are
 * after so many characters, and the sum of those after each, which are the steps for one place. Texts
 * are tried, one for each kind of character and one that takes at each step what leaves most ways.
 */
function waysWithoutLoops(a: Automaton): { readonly most: number; readonly sum: number } {
  const kinds = new Set<bigint>();
  for (const m of a.masks) {
    // The lowest bit of every set stands for it; sets that overlap share one in some other set.
    kinds.add(m & -m);
  }
  const letters = [...kinds].slice(0, 64);
  const step = (ways: ReadonlyMap<number, number>, letter: bigint): Map<number, number> => {
    const out = new Map<number, number>();
    for (const [s, n] of ways) {
      for (const e of a.edges[s]) {
        if (e.back || (a.masks[e.to] & letter) === 0n) continue;
        out.set(e.to, Math.min(1e12, (out.get(e.to) ?? 0) + n * (e.double ? 2 : 1)));
      }
    }
    return out;
  };
  const begin = (letter: bigint) => {
    const out = new Map<number, number>();
    for (const s of a.firsts) {
      if ((a.masks[s] & letter) !== 0n) out.set(s, (out.get(s) ?? 0) + 1);
    }
    return out;
  };
  const count = (ways: ReadonlyMap<number, number>) => {
    let n = 0;
    for (const w of ways.values()) n += w;
    return n;
  };
  let most = 0, longestSum = 0;
  for (const fixed of [null, ...letters]) {
    const best = (make: (letter: bigint) => Map<number, number>) =>
      fixed !== null
        ? make(fixed)
        : letters.map(make).reduce((x, y) => count(y) > count(x) ? y : x);
    let ways: ReadonlyMap<number, number> = letters.length ? best(begin) : new Map();
    let sum = 0;
    for (let i = 0; i < 200 && ways.size > 0; i++) {
      const now = count(ways);
      most = Math.max(most, now);
      longestSum = Math.max(longestSum, sum += now);
      if (longestSum > MAX_FACTOR) return { most, sum: longestSum };
      const before = ways;
      ways = best((letter) => step(before, letter));
    }
  }
  return { most, sum: longestSum };
}
