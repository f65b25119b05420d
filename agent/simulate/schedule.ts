/** When each attack is played. */
import type { Attack } from "./attack.ts";
import type { Random } from "./random.ts";
import { MINUTE, working } from "./world.ts";

export interface Planned {
  readonly attack: Attack;
  /** Epoch ms. */
  readonly at: number;
}

export interface LeftOut {
  readonly attack: string;
  readonly reason: string;
}

/** Quiet before the first attack and after the last one. */
const MARGIN = 5 * MINUTE;

/** A moment for each attack in [start, end); an attack that finds none is left out with the reason. */
export function schedule(
  attacks: readonly Attack[],
  start: number,
  end: number,
  random: Random,
): { planned: Planned[]; leftOut: LeftOut[] } {
  const planned: Planned[] = [];
  const leftOut: LeftOut[] = [];
  for (const attack of attacks) {
    const first = start + (attack.after ?? 0) + MARGIN;
    const last = end - attack.lasts - MARGIN;
    const at = last < first ? null : moment(attack, first, last, random);
    if (at !== null) planned.push({ attack, at });
    else {
      leftOut.push({
        attack: attack.name,
        reason: last < first
          ? `needs ${
            Math.ceil((first - start + attack.lasts + MARGIN) / 3_600_000)
          } hours; make --duration longer`
          : `needs a time at which ${
            attack.when === "night" ? "nobody works" : "people work"
          }; make --duration longer`,
      });
    }
  }
  return { planned: planned.sort((a, b) => a.at - b.at), leftOut };
}

function moment(attack: Attack, first: number, last: number, random: Random): number | null {
  const fits = (t: number) =>
    attack.when === undefined ||
    (working(t) === (attack.when === "working") &&
      working(t + attack.lasts) === (attack.when === "working"));
  for (let i = 0; i < 100; i++) {
    const t = wholeSecond(first + random.next() * (last - first));
    if (fits(t)) return t;
  }
  for (let t = wholeSecond(first); t <= last; t += MINUTE) if (fits(t)) return t;
  return null;
}

const wholeSecond = (t: number): number => Math.ceil(t / 1000) * 1000;
