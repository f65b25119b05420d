/**
 * The syntax of JavaScript's regexes without the u and v flags (ECMA-262, annex B included where
 * people use it), as far as it decides which text a pattern reads.
 */

import { PatternError } from "./error.ts";
import {
  all,
  complement,
  DIGIT,
  folded as foldedUnits,
  LINE_END,
  normal,
  single,
  SPACE,
  type Units,
  WORD,
} from "./units.ts";

export type { Units } from "./units.ts";

export type RegexNode =
  & { readonly start: number; readonly end: number }
  & (
    | { readonly kind: "units"; readonly units: Units }
    | { readonly kind: "seq" | "alt"; readonly parts: readonly RegexNode[] }
    | {
      readonly kind: "repeat";
      readonly body: RegexNode;
      readonly min: number;
      readonly max: number;
    }
    | { readonly kind: "assert"; readonly at: Place }
    | { readonly kind: "look"; readonly body: RegexNode; readonly behind: boolean }
    | { readonly kind: "group"; readonly body: RegexNode; readonly index: number }
    | { readonly kind: "backref"; readonly group: number | string }
  );

/** Where a match has to stand: `^` and `$` of the whole text, those of its lines, `\b` and `\B`. */
export type Place = "start" | "end" | "line start" | "line end" | "word edge" | "no word edge";

/** A mistake in a pattern and where it stands. */
export class RegexSyntaxError extends PatternError {}

/** Letters behind a backslash that PCRE, Python or Java give a meaning: here they would be the letter itself. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  A: "Write ^ for the start of the text",
  Z: "Write $ for the end of the text",
  z: "Write $ for the end of the text",
  G: "Write ^ for the start of the text",
  Q: "Write a backslash in front of each character that is meant as it stands",
  E: "Write a backslash in front of each character that is meant as it stands",
  h: "Write [ \\t] for a blank or a tab",
  H: "Write [^ \\t] for all but a blank and a tab",
  R: "Write (?:\\r\\n|[\\r\\n]) for the end of a line",
  K: "Write (?<=…) around what stands before the match",
  p: "Write the characters as a class, like [a-zA-Z]",
  P: "Write the characters as a class, like [^a-zA-Z]",
};

const CONTROL: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, v: 11, f: 12 };

export interface ParsedRegex {
  readonly root: RegexNode;
  /** Bodies of capturing groups by number and, where they have one, by name. */
  readonly groups: ReadonlyMap<number | string, RegexNode>;
}

/** Reads a pattern; throws RegexSyntaxError with the place of the mistake. */
export function parseRegex(source: string, flags: string): ParsedRegex {
  const fold = flags.includes("i");
  const dot = flags.includes("s") ? all() : complement(LINE_END);
  const groups = new Map<number | string, RegexNode>();
  const total = countGroups(source);
  let at = 0;
  let count = 0;
  let depth = 0;

  function alternatives(): RegexNode {
    const start = at;
    const parts = [sequence()];
    while (source[at] === "|") {
      at++;
      parts.push(sequence());
    }
    return parts.length === 1 ? parts[0] : { kind: "alt", parts, start, end: at };
  }

  function sequence(): RegexNode {
    const start = at;
    const parts: RegexNode[] = [];
    while (at < source.length && source[at] !== "|" && source[at] !== ")") parts.push(term());
    return parts.length === 1 ? parts[0] : { kind: "seq", parts, start, end: at };
  }

  function term(): RegexNode {
    const start = at;
    const body = atom();
    const found = /^(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})(\??)/.exec(source.slice(at, at + 40));
    if (!found) return body;
    // Within a group they can be repeated, to no effect.
    const bare = !source.startsWith("(?:", start);
    if (bare && (body.kind === "assert" || (body.kind === "look" && body.behind))) {
      throw new RegexSyntaxError(
        `"${found[0]}" has nothing to repeat`,
        at,
        at + found[0].length,
        `Put it behind a character, a class or a group, or write \\${
          found[0][0]
        } for the character`,
      );
    }
    at += found[0].length;
    const [, sign, least, comma, most] = found;
    const min = sign ? (sign === "+" ? 1 : 0) : Number(least);
    const max = sign
      ? (sign === "?" ? 1 : Infinity)
      : !comma
      ? min
      : most
      ? Number(most)
      : Infinity;
    if (min > max) {
      throw new RegexSyntaxError(
        `"${found[0]}" asks for at least ${min} and at most ${max}`,
        at - found[0].length,
        at,
        `Write {${max},${min}}`,
      );
    }
    if (/^[*+]/.test(source.slice(at)) || (source[at] === "?" && found[5])) {
      throw new RegexSyntaxError(
        `"${source[at]}" follows another repetition`,
        at,
        at + 1,
        source[at] === "+"
          ? "There are no possessive repetitions here: leave the + out"
          : `Write \\${source[at]} for the character`,
      );
    }
    return { kind: "repeat", body, min, max, start, end: at };
  }

  function atom(): RegexNode {
    const start = at;
    const c = source[at++];
    const units = (u: Units): RegexNode => ({ kind: "units", units: u, start, end: at });
    switch (c) {
      case "(":
        return group(start);
      case "[":
        return characterClass(start);
      case ".":
        return units(dot);
      case "^":
        return { kind: "assert", at: flags.includes("m") ? "line start" : "start", start, end: at };
      case "$":
        return { kind: "assert", at: flags.includes("m") ? "line end" : "end", start, end: at };
      case "*":
      case "+":
      case "?":
        throw new RegexSyntaxError(
          `"${c}" has nothing to repeat`,
          start,
          at,
          c === "*" && start === 0
            ? "A regex is not a wildcard: leave the * out, or use like"
            : `Write \\${c} for the character`,
        );
      case "\\":
        return escape(start);
      default:
        return units(folded(single(c.charCodeAt(0))));
    }
  }

  function group(start: number): RegexNode {
    if (++depth > 200) {
      throw new RegexSyntaxError("The groups are nested too deeply", start, at, "Write it flatter");
    }
    let index = 0;
    let name = "";
    let look: { behind: boolean } | null = null;
    if (source[at] !== "?") index = ++count;
    else {
      const rest = source.slice(at, at + 80);
      const named = /^\?<([A-Za-z_$][\w$]*)>/.exec(rest);
      const python = /^\?P[<=]/.exec(rest);
      const modified = /^\?([ims]*)(?:-([ims]*))?([:)])/.exec(rest);
      if (named) {
        at += named[0].length;
        index = ++count;
        name = named[1];
      } else if (rest.startsWith("?:")) at += 2;
      else if (/^\?[=!]/.test(rest)) {
        at += 2;
        look = { behind: false };
      } else if (/^\?<[=!]/.test(rest)) {
        at += 3;
        look = { behind: true };
      } else {
        throw new RegexSyntaxError(
          `"(${
            rest.slice(0, python ? 3 : modified ? modified[0].length : 2)
          }" opens no group that is known here`,
          start,
          Math.min(source.length, start + 3),
          python
            ? "Write (?<name>…)"
            : rest.startsWith("?>")
            ? "There are no atomic groups here: write (?:…)"
            : modified
            ? "Write flags behind the pattern, like /…/i"
            : "Groups are (…), (?:…), (?<name>…), (?=…), (?!…), (?<=…) and (?<!…)",
        );
      }
    }
    const body = alternatives();
    if (source[at] !== ")") {
      throw new RegexSyntaxError(
        'The group that opens here has no ")"',
        start,
        start + 1,
        "Close it, or write \\( for the character",
      );
    }
    at++;
    depth--;
    if (look) return { kind: "look", body, behind: look.behind, start, end: at };
    if (index === 0) return { ...body, start, end: at };
    groups.set(index, body);
    if (name) groups.set(name, body);
    return { kind: "group", body, index, start, end: at };
  }

  function escape(start: number): RegexNode {
    if (at >= source.length) {
      throw new RegexSyntaxError(
        'The pattern ends in a "\\"',
        start,
        at,
        "Write \\\\ for the character",
      );
    }
    const c = source[at];
    if (c === "b" || c === "B") {
      at++;
      return { kind: "assert", at: c === "b" ? "word edge" : "no word edge", start, end: at };
    }
    const number = /^[1-9]\d*/.exec(source.slice(at, at + 8));
    if (number && Number(number[0]) <= total) {
      at += number[0].length;
      return { kind: "backref", group: Number(number[0]), start, end: at };
    }
    const named = /^k<([A-Za-z_$][\w$]*)>/.exec(source.slice(at, at + 80));
    if (named) {
      at += named[0].length;
      return { kind: "backref", group: named[1], start, end: at };
    }
    return { kind: "units", units: unitsOf(escaped(false)), start, end: at };
  }

  /** What an escape stands for, in or out of a class: one unit, or a set of them; `at` is behind the backslash. */
  function escaped(inClass: boolean): Units | number {
    const c = source[at++];
    if (Object.hasOwn(ELSEWHERE, c)) {
      throw new RegexSyntaxError(
        `"\\${c}" has no meaning here, though it has in other engines`,
        at - 2,
        at,
        ELSEWHERE[c],
      );
    }
    switch (c) {
      case "d":
        return DIGIT;
      case "D":
        return complement(DIGIT);
      case "w":
        return WORD;
      case "W":
        return complement(WORD);
      case "s":
        return SPACE;
      case "S":
        return complement(SPACE);
      case "x":
      case "u": {
        const hex = (c === "x" ? /^[0-9a-fA-F]{2}/ : /^[0-9a-fA-F]{4}/).exec(
          source.slice(at, at + 4),
        );
        if (!hex) break;
        at += hex[0].length;
        return parseInt(hex[0], 16);
      }
      case "c": {
        const letter = (inClass ? /^\w/ : /^[A-Za-z]/).exec(source.slice(at, at + 1));
        if (letter) {
          at++;
          return letter[0].charCodeAt(0) % 32;
        }
        // The backslash stands for itself then, and the c for its own.
        at--;
        return 0x5c;
      }
    }
    const octal = /^(?:[0-3][0-7]{0,2}|[4-7][0-7]?)/.exec(source.slice(at - 1, at + 2));
    if (octal) {
      at += octal[0].length - 1;
      return parseInt(octal[0], 8);
    }
    return CONTROL[c] ?? c.charCodeAt(0);
  }

  const unitsOf = (e: Units | number): Units => typeof e === "number" ? folded(single(e)) : e;

  function characterClass(start: number): RegexNode {
    const none = source[at] === "^";
    if (none) at++;
    const ranges: (readonly [number, number])[] = [];
    while (source[at] !== "]") {
      if (at >= source.length) {
        throw new RegexSyntaxError(
          'The class that opens here has no "]"',
          start,
          start + 1,
          "Close it, or write \\[ for the character",
        );
      }
      const from = at;
      const low = classMember();
      if (source[at] === "-" && at + 1 < source.length && source[at + 1] !== "]") {
        at++;
        const high = classMember();
        if (typeof low === "object" || typeof high === "object") {
          ranges.push(...unitsOf(low), [0x2d, 0x2d], ...unitsOf(high));
        } else if (low > high) {
          throw new RegexSyntaxError(
            `The range "${source.slice(from, at)}" runs backwards`,
            from,
            at,
            "Turn it round, or put the - last in the class",
          );
        } else ranges.push(...folded([[low, high]]));
      } else ranges.push(...unitsOf(low));
    }
    at++;
    const units = normal(ranges);
    return { kind: "units", units: none ? complement(units) : units, start, end: at };
  }

  /** One member of a class: a unit, which can begin a range, or a set. */
  function classMember(): Units | number {
    const posix = /^\[:\^?[a-z]+:\]/.exec(source.slice(at, at + 20));
    if (posix) {
      throw new RegexSyntaxError(
        `"${posix[0]}" names no class here`,
        at,
        at + posix[0].length,
        "Write what is in it, like a-zA-Z, 0-9 or \\s",
      );
    }
    const c = source[at++];
    if (c !== "\\") return c.charCodeAt(0);
    if (source[at] !== "b") return escaped(true);
    at++;
    return 8;
  }

  const folded = (units: Units): Units => fold ? foldedUnits(units) : units;

  const root = alternatives();
  if (at < source.length) {
    throw new RegexSyntaxError(
      'This ")" closes no group',
      at,
      at + 1,
      "Remove it, or write \\) for the character",
    );
  }
  return { root, groups };
}

/** Capturing groups of the whole pattern: a number beyond them is no back reference. */
function countGroups(source: string): number {
  let count = 0;
  let inClass = false;
  for (let i = 0; i < source.length; i++) {
    const c = source[i];
    if (c === "\\") i++;
    else if (c === "[") inClass = true;
    else if (c === "]") inClass = false;
    else if (c === "(" && !inClass) {
      if (source[i + 1] !== "?" || /^\?<[A-Za-z_$]/.test(source.slice(i + 1, i + 4))) count++;
    }
  }
  return count;
}
