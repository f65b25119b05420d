/** Texts of which every match holds one: where none is there, no automaton has to run. */
import type { RegexNode } from "../syntax/parse.ts";
import type { Units } from "../syntax/units.ts";

/** Most texts to look for, and the shortest that are worth it. */
const MAX_NEEDLES = 12, MIN_LENGTH = 3;

/**
 * Texts of which one has to stand in the text for the pattern to match, or null where none are known.
 * @param fold letter case does not matter: they are in lower case, and are ASCII
 */
export function needlesOf(root: RegexNode, fold: boolean): readonly string[] | null {
  const found = best(root, fold);
  return found !== null && shortest(found) >= MIN_LENGTH ? found : null;
}

const shortest = (needles: readonly string[]): number => Math.min(...needles.map((n) => n.length));

function best(node: RegexNode, fold: boolean): readonly string[] | null {
  switch (node.kind) {
    case "group":
      return best(node.body, fold);
    case "repeat":
      return node.min > 0 ? best(node.body, fold) : null;
    case "alt": {
      const all = node.parts.map((p) => best(p, fold));
      const flat = all.flatMap((a) => a ?? []);
      return all.includes(null) || flat.length > MAX_NEEDLES ? null : flat;
    }
    case "units":
    case "seq":
      return bestOf(inSequence(node), fold);
    default:
      return null;
  }
}

/** The longest run of characters, or what one part of the sequence is known to hold. */
function bestOf(parts: readonly RegexNode[], fold: boolean): readonly string[] | null {
  let out: readonly string[] | null = null;
  const offer = (needles: readonly string[] | null) => {
    if (needles === null || needles.length === 0) return;
    if (out === null || shortest(needles) > shortest(out)) out = needles;
  };
  let run = "";
  for (const part of parts) {
    const c = part.kind === "units" ? character(part.units, fold) : null;
    run = c === null ? "" : run + c;
    if (run !== "") offer([run]);
    else if (part.kind !== "units") offer(best(part, fold));
  }
  return out;
}

/** A sequence with what stands in groups of it written out. */
function inSequence(node: RegexNode): readonly RegexNode[] {
  if (node.kind === "seq") return node.parts.flatMap(inSequence);
  return node.kind === "group" ? inSequence(node.body) : [node];
}

/** The one character of a set, in lower case where case does not matter. */
function character(units: Units, fold: boolean): string | null {
  const [first, second] = units;
  if (units.length === 0 || first[0] !== first[1]) return null;
  const text = String.fromCharCode(first[0]);
  if (!fold) return units.length === 1 ? text : null;
  if (first[0] >= 128) return null;
  if (units.length === 1) return text;
  const pair = units.length === 2 && second[0] === second[1] && second[0] - first[0] === 32;
  return pair && /[A-Z]/.test(text) ? text.toLowerCase() : null;
}
