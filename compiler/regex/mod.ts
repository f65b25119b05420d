/**
 * Regexes of rules and sourcetypes: whether they read, and whether hostile text can stall them. A
 * pattern is accepted when the time that it can take grows no faster than the text; see README.md for
 * why nothing else is relied on.
 */
import { type Ambiguity, ambiguityOf } from "./ambiguity.ts";
import { automatonOf, type Loop, TooHard } from "./automaton.ts";
import { boundariesInRow } from "./extent.ts";
import { parseRegex, RegexSyntaxError } from "./syntax/parse.ts";

export interface RegexProblem {
  readonly kind: "invalid" | "unsafe";
  readonly message: string;
  readonly help: string;
  /** The part of the pattern that it is about, as offsets into the source. */
  readonly at?: { readonly start: number; readonly end: number };
}

/** Longest pattern, in UTF-16 units. */
const MAX_SOURCE = 4000;
/**
 * Most `\b` and `\B` in a row. V8 compiles each of them twice for each before it where groups stand
 * between: `(?:\b)` thirty times ends the process.
 */
const MAX_BOUNDARIES = 8;

/**
 * What is wrong with a regex as rules write it, flags `i`, `m` and `s`, or null when nothing is.
 * Pure; some tens of microseconds for most patterns.
 */
export function checkRegex(source: string, flags: string): RegexProblem | null {
  const odd = [...flags].find((f, i) => !"ims".includes(f) || flags.indexOf(f) !== i);
  if (odd !== undefined) {
    return {
      kind: "invalid",
      message: flags.indexOf(odd) === flags.lastIndexOf(odd)
        ? `Unknown regex flag "${odd}"`
        : `The regex flag "${odd}" stands twice`,
      help:
        "The flags are i (letter case does not matter), m (^ and $ at lines) and s (. takes line ends)",
    };
  }
  return judge(source, flags);
}

/**
 * Whether matching takes time in proportion to the text. For patterns that match at one place only,
 * give the flag `y`: the search for a place is then left out of account. An invalid pattern is unsafe.
 */
export function regexSafety(source: string, flags: string): { safe: boolean; reason?: string } {
  const problem = judge(source, flags);
  return problem === null
    ? { safe: true }
    : { safe: false, reason: `${problem.message}; ${problem.help}` };
}

/** Answers by pattern: the same ones are asked for by checks of many rules. */
const known = new Map<string, RegexProblem | null>();

function judge(source: string, flags: string): RegexProblem | null {
  const key = `${flags}/${source}`;
  let answer = known.get(key);
  if (answer === undefined) {
    answer = examine(source, flags);
    if (known.size >= 5000) known.clear();
    known.set(key, answer);
  }
  return answer;
}

function examine(source: string, flags: string): RegexProblem | null {
  if (source.length > MAX_SOURCE) {
    return {
      kind: "invalid",
      message: `The regex is ${source.length} characters long, and ${MAX_SOURCE} is the limit`,
      help: "Split it with or, or test for words with contains any",
    };
  }
  try {
    const regex = parseRegex(source, flags);
    const row = boundariesInRow(regex.root);
    if (row > MAX_BOUNDARIES) {
      throw new TooHard(
        `${row} word boundaries stand in a row`,
        regex.root.start,
        regex.root.end,
        "One is enough",
      );
    }
    new RegExp(source, flags);
    const automaton = automatonOf(regex);
    const anchored = flags.includes("y");
    const found = ambiguityOf(anchored ? { ...automaton, entries: [] } : automaton);
    return found && unsafe(source, found);
  } catch (error) {
    if (error instanceof RegexSyntaxError || error instanceof TooHard) {
      const { start, end, help } = error;
      const hard = error instanceof TooHard;
      return {
        kind: hard ? "unsafe" : "invalid",
        message: `${
          hard ? "The time of the regex cannot be told" : "The regex does not read"
        }, character ${start + 1}: ${error.message}`,
        help,
        at: { start, end },
      };
    }
    if (error instanceof SyntaxError) {
      return {
        kind: "invalid",
        message: `The regex does not read: ${error.message.split(": ").at(-1)}`,
        help: "Write a \\ before a character that is meant as itself",
      };
    }
    throw error;
  }
}

function unsafe(source: string, found: Ambiguity): RegexProblem {
  const text = (loop: Loop) => {
    const part = source.slice(loop.start, loop.end);
    return part.length > 40 ? part.slice(0, 39) + "…" : part;
  };
  const bounded = (loop: Loop) => {
    const part = source.slice(loop.start, loop.end).replace(/([*+]|\{\d+,\})\??$/, "");
    return part.length > 30 || part.includes("*") || part.includes("+")
      ? null
      : `${part}{${/\+\??$/.test(text(loop)) ? 1 : 0},200}`;
  };
  switch (found.kind) {
    case "exponential":
      return {
        kind: "unsafe",
        message: `The regex can take for ever: "${
          text(found.loop)
        }" can split the same text in more and more ways`,
        help:
          "Let no repetition stand directly in another, and let its alternatives differ in their first character",
        at: found.loop,
      };
    case "polynomial": {
      const { before, loop } = found;
      const limit = bounded(loop);
      if (before === null) {
        return {
          kind: "unsafe",
          message: `The regex can take very long: for every place where it could begin, "${
            text(loop)
          }" reads the rest of the text again`,
          help: loop.start === 0 && /^\.[*+]/.test(source)
            ? `Leave "${text(loop)}" out: matches looks in the whole text`
            : `${
              limit ? `Limit it, like ${limit}` : "Limit the repetition, like {0,200}"
            }, or begin the regex with ^`,
          at: loop,
        };
      }
      return {
        kind: "unsafe",
        message: `The regex can take very long: "${text(before)}" and "${
          text(loop)
        }" can share the same text in many ways`,
        help: `${
          limit ? `Limit one of them, like ${limit}` : "Limit one of them, like {0,200}"
        }, or let them take different characters`,
        at: loop,
      };
    }
    case "factor":
      return {
        kind: "unsafe",
        message: `The regex can take long: up to ${
          found.factor >= 1e6 ? "a million or more" : Math.round(found.factor)
        } tries for one place of the text`,
        help: "Lower the limits of its repetitions, or let neighbours take different characters",
        ...(found.loop ? { at: found.loop } : {}),
      };
    case "unknown":
      return {
        kind: "unsafe",
        message: "The regex has too many repetitions to tell how long it can take",
        help: "Split it into several, joined with or",
      };
  }
}
