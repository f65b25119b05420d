/**
 * Which tests of a necessary condition stand in the index: of several that must hold, the one that is
 * seldom true. At first by guess, later by what was counted.
 */
import type { Atom, Necessary } from "./condition.ts";

/** Tests of which one must hold; null: nothing that an index can answer. `cost`: how often they hold. */
export interface Choice {
  readonly atoms: readonly Atom[];
  readonly cost: number;
}

/** How often a test holds, from 0 to 1. */
export type Frequency = (atom: Atom) => number;

export function choose(n: Necessary, frequency: Frequency): Choice | null {
  switch (n.op) {
    case "always":
      return null;
    case "never":
      return { atoms: [], cost: 0 };
    case "atoms":
      return { atoms: n.atoms, cost: n.atoms.reduce((sum, a) => sum + frequency(a), 0) };
    case "all": {
      let best: Choice | null = null;
      for (const part of n.parts) {
        const choice = choose(part, frequency);
        if (choice !== null && (best === null || choice.cost < best.cost)) best = choice;
      }
      return best;
    }
    case "any": {
      const atoms: Atom[] = [];
      let cost = 0;
      for (const part of n.parts) {
        const choice = choose(part, frequency);
        if (choice === null) return null;
        atoms.push(...choice.atoms);
        cost += choice.cost;
      }
      return { atoms, cost };
    }
  }
}

/** Whether another choice than the present one is possible. */
export function hasAlternatives(n: Necessary): boolean {
  return n.op === "all" || (n.op === "any" && n.parts.some(hasAlternatives));
}

/** All tests of a condition. */
export function atomsOf(n: Necessary): readonly Atom[] {
  if (n.op === "atoms") return n.atoms;
  return n.op === "all" || n.op === "any" ? n.parts.flatMap(atomsOf) : [];
}

/** By the length of what is looked for: long texts are seldom. Nothing is known of the log yet. */
export const guessed: Frequency = ({ test, text }) => {
  const n = text.length;
  // Few values that many events share: yes and no, levels, numbers.
  if (test === "equals") return n < 6 ? 0.04 : 0.004;
  if (test === "base") return 0.006;
  return n === 1 ? 0.6 : n === 2 ? 0.3 : n === 3 ? 0.1 : n < 6 ? 0.04 : n < 9 ? 0.012 : 0.004;
};

/** Whether a test holds of a text in lower case. */
export function holds({ test, text }: Atom, value: string): boolean {
  if (test === "equals") return value === text;
  return test === "contains" ? value.includes(text) : value.endsWith(text);
}

export const atomKey = (a: Atom): string => `${a.test} ${a.field} ${a.text}`;
