/**
 * A pattern as a nondeterministic program (Thompson): each instruction takes a character, asks for a
 * place, or goes two ways. What cannot be asked without going back in the text has no program.
 */
import { PatternError } from "../syntax/error.ts";
import type { ParsedRegex, Place, RegexNode } from "../syntax/parse.ts";
import type { Units } from "../syntax/units.ts";

export type Instruction =
  | { readonly op: "take"; readonly set: number; readonly next: number }
  | { readonly op: "assert"; readonly place: Place; readonly next: number }
  /** Both ways; the first is set last where it leads back. */
  | { readonly op: "split"; first: number; readonly second: number }
  | { readonly op: "match" };

export interface Program {
  readonly code: readonly Instruction[];
  readonly entry: number;
  /** The sets of characters that `take` names. */
  readonly sets: readonly Units[];
}

/** Why a pattern has no program. */
export class NoProgram extends PatternError {}

/**
 * Most instructions. Counted repetitions are written out, and in the worst text every instruction costs
 * a step a character: 1,000 take about as long as the 2,500 tries that a native regex may need at a place.
 */
export const MAX_INSTRUCTIONS = 1000;

/** Writes the program; throws NoProgram for look-arounds, back references, and what gets too long. */
export function programOf(regex: ParsedRegex): Program {
  const code: Instruction[] = [{ op: "match" }];
  const sets: Units[] = [];
  const known = new Map<string, number>();

  function emit(instruction: Instruction, node: RegexNode): number {
    if (code.length >= MAX_INSTRUCTIONS) {
      throw new NoProgram(
        `it is longer than ${MAX_INSTRUCTIONS} steps with its repetitions written out`,
        node.start,
        node.end,
        "Lower the limits of its repetitions, or split it",
      );
    }
    return code.push(instruction) - 1;
  }

  function setOf(units: Units): number {
    const key = units.join();
    let set = known.get(key);
    if (set === undefined) known.set(key, set = sets.push(units) - 1);
    return set;
  }

  /** Writes what reads the node and goes on at `next`. @returns where it begins */
  function write(node: RegexNode, next: number): number {
    switch (node.kind) {
      case "units":
        return emit({ op: "take", set: setOf(node.units), next }, node);
      case "seq":
        return node.parts.reduceRight((after, part) => write(part, after), next);
      case "alt":
        return node.parts.map((part) => write(part, next))
          .reduceRight((second, first) => emit({ op: "split", first, second }, node));
      case "group":
        return write(node.body, next);
      case "assert":
        return emit({ op: "assert", place: node.at, next }, node);
      case "repeat":
        return repeat(node, next);
      case "look":
      case "backref":
        throw refused(node);
    }
  }

  function repeat(node: RegexNode & { readonly kind: "repeat" }, next: number): number {
    const { body, min, max } = node;
    let out = next;
    if (max === Infinity) {
      const split = { op: "split" as const, first: next, second: next };
      out = emit(split, node);
      split.first = write(body, out);
    } else {
      for (let i = min; i < max; i++) {
        const first = write(body, out);
        // What reads nothing reads nothing however often.
        if (first === out) return next;
        out = emit({ op: "split", first, second: next }, node);
      }
    }
    for (let i = 0; i < min; i++) {
      const first = write(body, out);
      if (first === out) break;
      out = first;
    }
    return out;
  }

  const entry = write(regex.root, 0);
  return { code, entry, sets };
}

function refused(node: RegexNode & { readonly kind: "look" | "backref" }): NoProgram {
  const { start, end } = node;
  return node.kind === "backref"
    ? new NoProgram(
      "it asks for the same text again",
      start,
      end,
      "Write out what is repeated, or compare two fields",
    )
    : new NoProgram(
      `it looks ${node.behind ? "back" : "ahead"}`,
      start,
      end,
      "Write a second test in place of the look-around, with and or not",
    );
}
