/**
 * The shapes of lines that mean nothing: templates in which what differs from line to line is masked, so
 * that a user sees which few formats a sourcetype would have to be written for. Bounded in what it looks at
 * and keeps.
 */

import type { Extraction } from "../../compiler/schema/types.ts";

/**
 * Whether it is known what events of an extraction are: rules over datasets see them, or their pattern says
 * by a constant `signature` that they are none of those, such as "Session closed".
 */
export function isKnown({ datasets, constants }: Extraction): boolean {
  return datasets.length > 0 || constants.signature !== undefined;
}

/** Lines of one shape. */
export interface Shape {
  readonly sourcetype: string;
  /** `<time> <name> shopd[<n>]: order <n> of <*>`. */
  readonly shape: string;
  /** How many lines have it, by what was looked at. */
  readonly lines: number;
  /** One of them, cut. */
  readonly example: string;
}

/** How much of a line is looked at, in UTF-16 units. */
const MAX_LINE = 300;
/** Words of a line that make its shape. */
const MAX_WORDS = 32;
/** Shapes that are kept apart. */
const MAX_SHAPES = 256;
/** So many lines are looked at one by one, then every 32nd counts for 32. */
const ONE_BY_ONE = 2000, THEN_EVERY = 32;
/** Share of equal words that makes two lines one shape. */
const ALIKE = 0.6;

const MASKS: readonly (readonly [RegExp, string])[] = [
  // deno-lint-ignore no-control-regex -- what a log holds is printed on terminals
  [/[\x00-\x1f\x7f]+/g, " "],
  [/"[^"]{0,256}"/g, "<text>"],
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?/g, "<time>"],
  [
    /\b(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? )?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) {1,2}\d{1,2} \d\d:\d\d:\d\d(?: \d{4})?/g,
    "<time>",
  ],
  [
    /\b\d{1,2}\/(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\/\d{4}[: ]\d\d:\d\d:\d\d(?: [+-]\d{4})?/g,
    "<time>",
  ],
  [/\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}/g, "<mail>"],
  [
    /(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\d)|(?<![\w:])[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7}(?![\w:])/g,
    "<address>",
  ],
  [
    /\b(?:0x[0-9a-fA-F]+|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|(?=[a-zA-Z]*\d)[0-9a-fA-F]{8,64})\b/g,
    "<id>",
  ],
  [/(?<![A-Za-z<])\d+(?:\.\d+)?(?![A-Za-z>])/g, "<n>"],
  [/(?<![<\w])(?=[A-Za-z_-]{0,32}\d)[\w-]{1,64}(?![\w>])/g, "<name>"],
];

/** A line with numbers, addresses, times, quoted texts and names of letters and digits masked. */
export function shapeOf(line: string): string {
  let out = line.length > MAX_LINE ? line.slice(0, MAX_LINE) : line;
  for (const [mask, by] of MASKS) out = out.replace(mask, by);
  return out.trim().split(/\s+/).slice(0, MAX_WORDS).join(" ");
}

/** As many of one input go into the counts of a run. */
export const KEPT_SHAPES = 16;

interface Group {
  words: string[];
  lines: number;
  readonly sourcetype: string;
  readonly example: string;
}

/** Collects lines and gives their commonest shapes. */
export class Shapes {
  #seen = 0;
  #groups = 0;
  /** By sourcetype and number of words. */
  readonly #byLength = new Map<string, Group[]>();

  note(line: string, sourcetype: string): void {
    const seen = this.#seen++;
    if (seen >= ONE_BY_ONE && seen % THEN_EVERY !== 0) return;
    const weight = seen < ONE_BY_ONE ? 1 : THEN_EVERY;
    const words = shapeOf(line).split(" ");
    if (words.length === 1 && words[0] === "") return;
    const key = `${sourcetype} ${words.length}`;
    const groups = this.#byLength.get(key) ?? [];
    const own = groups.find((g) => alike(g.words, words));
    if (own !== undefined) {
      own.lines += weight;
      own.words = own.words.map((w, i) => w === words[i] ? w : "<*>");
    } else if (this.#groups < MAX_SHAPES) {
      this.#groups++;
      groups.push({ words, lines: weight, sourcetype, example: line.slice(0, MAX_LINE) });
      this.#byLength.set(key, groups);
    }
  }

  /** The `n` that most lines have. */
  commonest(n: number): Shape[] {
    return [...this.#byLength.values()].flat()
      .sort((a, b) => b.lines - a.lines || (a.example < b.example ? -1 : 1))
      .slice(0, n)
      .map(({ sourcetype, words, lines, example }) => ({
        sourcetype,
        shape: words.join(" "),
        lines,
        example,
      }));
  }
}

function alike(a: readonly string[], b: readonly string[]): boolean {
  let equal = 0;
  for (let i = 0; i < a.length; i++) if (a[i] === b[i]) equal++;
  return equal >= a.length * ALIKE;
}

/** Shapes of several inputs as one list, the commonest first. */
export function together(lists: Iterable<readonly Shape[]>, n: number): Shape[] {
  const all = new Map<string, Shape>();
  for (const list of lists) {
    for (const s of list) {
      const key = `${s.sourcetype}\n${s.shape}`;
      const before = all.get(key);
      all.set(key, before === undefined ? s : { ...before, lines: before.lines + s.lines });
    }
  }
  return [...all.values()].sort((a, b) => b.lines - a.lines).slice(0, n);
}
