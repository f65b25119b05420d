/**
 * The syntax of JavaScript's regexes without the u and v flags (ECMA-262, annex B included where
 * people use it), as far as it decides which text a pattern reads.
 */

/** UTF-16 units as sorted ranges, both ends included. */
export type Units = readonly (readonly [number, number])[];

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
    /** `^` and `$` of the whole text, or those of lines, `\b` and `\B` (other). */
    | { readonly kind: "assert"; readonly at: "start" | "end" | "other" }
    | { readonly kind: "look"; readonly body: RegexNode; readonly behind: boolean }
    | { readonly kind: "group"; readonly body: RegexNode; readonly index: number }
    | { readonly kind: "backref"; readonly group: number | string }
  );

/** A mistake in a pattern and where it stands. */
export class RegexSyntaxError extends Error {
  constructor(
    message: string,
    readonly start: number,
    readonly end: number,
    readonly help: string,
  ) {
    super(message);
  }
}

const MAX_UNIT = 0xffff;
const DIGIT: Units = [[0x30, 0x39]];
const WORD: Units = [[0x30, 0x39], [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]];
const SPACE: Units = [
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
];
const LINE_END: Units = [[0x0a, 0x0a], [0x0d, 0x0d], [0x2028, 0x2029]];
const CONTROL: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, v: 11, f: 12, "0": 0 };

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
    if (body.kind === "assert" || (body.kind === "look" && body.behind)) {
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
        return { kind: "assert", at: flags.includes("m") ? "other" : "start", start, end: at };
      case "$":
        return { kind: "assert", at: flags.includes("m") ? "other" : "end", start, end: at };
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
      return { kind: "assert", at: "other", start, end: at };
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
    return { kind: "units", units: escapedUnits(), start, end: at };
  }

  /** What an escape stands for, in or out of a class; `at` is behind the backslash. */
  function escapedUnits(): Units {
    const c = source[at++];
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
        return folded(single(parseInt(hex[0], 16)));
      }
      case "c": {
        const letter = /^[A-Za-z]/.exec(source.slice(at, at + 1));
        if (!letter) break;
        at++;
        return single(letter[0].charCodeAt(0) % 32);
      }
    }
    return folded(single(CONTROL[c] ?? c.charCodeAt(0)));
  }

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
      const low = classUnits();
      if (source[at] === "-" && at + 1 < source.length && source[at + 1] !== "]") {
        at++;
        const high = classUnits();
        const [a, b] = [low.unit, high.unit];
        if (a === null || b === null) ranges.push(...low.units, [0x2d, 0x2d], ...high.units);
        else if (a > b) {
          throw new RegexSyntaxError(
            `The range "${source.slice(from, at)}" runs backwards`,
            from,
            at,
            "Turn it round, or put the - last in the class",
          );
        } else ranges.push(...folded([[a, b]]));
      } else ranges.push(...low.units);
    }
    at++;
    const units = normal(ranges);
    return { kind: "units", units: none ? complement(units) : units, start, end: at };
  }

  /** One member of a class; `unit` when it is a single one and can begin a range. */
  function classUnits(): { units: Units; unit: number | null } {
    const c = source[at++];
    if (c !== "\\") return { units: folded(single(c.charCodeAt(0))), unit: c.charCodeAt(0) };
    if (source[at] === "b") {
      at++;
      return { units: single(8), unit: 8 };
    }
    const before = at;
    const units = escapedUnits();
    if (/[dDwWsS]/.test(source[before])) return { units, unit: null };
    const hex = /^[xu]([0-9a-fA-F]+)$/.exec(source.slice(before, at));
    const letter = source[before];
    return {
      units,
      unit: hex
        ? parseInt(hex[1], 16)
        : letter === "c" && at > before + 1
        ? source.charCodeAt(before + 1) % 32
        : CONTROL[letter] ?? letter.charCodeAt(0),
    };
  }

  function folded(units: Units): Units {
    if (!fold) return units;
    const out: (readonly [number, number])[] = [...units];
    for (const [a, b] of units) {
      for (let c = a; c <= Math.min(b, a + 2000); c++) {
        const text = String.fromCharCode(c);
        for (const other of [text.toLowerCase(), text.toUpperCase()]) {
          if (other.length === 1 && other !== text) out.push(...single(other.charCodeAt(0)));
        }
      }
    }
    return normal(out);
  }

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

const single = (unit: number): Units => [[unit, unit]];
const all = (): Units => [[0, MAX_UNIT]];

function normal(ranges: Units): Units {
  const sorted = [...ranges].sort((a, b) => a[0] - b[0]);
  const out: [number, number][] = [];
  for (const [a, b] of sorted) {
    const last = out.at(-1);
    if (last && a <= last[1] + 1) last[1] = Math.max(last[1], b);
    else out.push([a, b]);
  }
  return out;
}

function complement(units: Units): Units {
  const out: [number, number][] = [];
  let next = 0;
  for (const [a, b] of normal(units)) {
    if (a > next) out.push([next, a - 1]);
    next = b + 1;
  }
  if (next <= MAX_UNIT) out.push([next, MAX_UNIT]);
  return out;
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
