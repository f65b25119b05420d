/**
 * All sourcetypes' rules of recognition as one index. A line's first characters leave a few rules, a
 * literal that a rule cannot do without leaves fewer, and only those are run: what recognising a line
 * costs hardly grows with the number of sourcetypes.
 */
import {
  parseRegex,
  type RegexNode,
  RegexSyntaxError,
  type Units,
} from "../../regex/syntax/parse.ts";
import type { Sourcetype } from "../read/model.ts";

/** How many characters of a text are looked up. */
const DEPTH = 6;
/** Characters past ASCII share the last row. */
const ROWS = 129;

/** A rule of recognition with what is known of the texts that it fits. Plain data. */
export interface RecognitionRule {
  readonly sourcetype: string;
  readonly weight: number;
  readonly regex: RegExp;
  /** Text without which it cannot fit; "" when there is none of use. */
  readonly literal: string;
  /** For each of the first places and each character: 1 where a text that it fits may have it there. */
  readonly places: Uint8Array;
}

/** The rules of sourcetypes, the greatest weight first, then by name: the order they are asked in. */
export function recognitionRules(
  sourcetypes: readonly Pick<Sourcetype, "name" | "recognise">[],
): RecognitionRule[] {
  return sourcetypes
    .flatMap((s) => s.recognise.map((r) => ({ sourcetype: s.name, ...r })))
    .sort((a, b) => b.weight - a.weight || (a.sourcetype < b.sourcetype ? -1 : 1))
    .map((rule) => {
      const root = rootOf(rule.regex.source);
      return {
        ...rule,
        literal: root === null ? "" : neededLiteral(root),
        places: root === null ? new Uint8Array(DEPTH * ROWS).fill(1) : firstCharacters(root),
      };
    });
}

export interface Fit {
  readonly sourcetype: string;
  readonly weight: number;
}

export class Recogniser {
  /** Words of 32 rules. */
  readonly #words: number;
  /** For each place and character: the rules that may have it there. */
  readonly #masks: Int32Array;

  /** @param rules in the order of {@link recognitionRules} */
  constructor(readonly rules: readonly RecognitionRule[]) {
    const words = this.#words = Math.max(1, Math.ceil(rules.length / 32));
    this.#masks = new Int32Array(DEPTH * ROWS * words);
    rules.forEach(({ places }, i) => {
      const word = i >> 5, bit = 1 << (i & 31);
      for (let at = 0; at < places.length; at++) {
        if (places[at] === 1) this.#masks[at * words + word] |= bit;
      }
    });
  }

  /** The sourcetypes that fit the text from `at` on, the greatest weight first, each once. */
  fits(text: string, at = 0): readonly Fit[] {
    let out: Fit[] | null = null;
    const words = this.#words;
    const masks = this.#masks;
    const length = Math.min(DEPTH, text.length - at);
    if (length <= 0) return NONE;
    for (let w = 0; w < words; w++) {
      let mask = -1;
      for (let place = 0; place < length && mask !== 0; place++) {
        const unit = text.charCodeAt(at + place);
        mask &= masks[(place * ROWS + (unit < 128 ? unit : 128)) * words + w];
      }
      while (mask !== 0) {
        const bit = 31 - Math.clz32(mask & -mask);
        mask &= mask - 1;
        const rule = this.rules[w * 32 + bit];
        if (rule === undefined) break;
        if (rule.literal !== "" && !text.includes(rule.literal, at)) continue;
        rule.regex.lastIndex = at;
        if (!rule.regex.test(text)) continue;
        if (out === null) out = [rule];
        else if (!out.some((f) => f.sourcetype === rule.sourcetype)) out.push(rule);
      }
    }
    return out ?? NONE;
  }
}

const NONE: readonly Fit[] = [];

/** Null for syntax that the engine takes and our reading of it does not. */
function rootOf(source: string): RegexNode | null {
  try {
    return parseRegex(source, "sy").root;
  } catch (error) {
    if (error instanceof RegexSyntaxError) return null;
    throw error;
  }
}

/** What may stand at each of the first places of a text that the expression fits: {@link RecognitionRule.places}. */
function firstCharacters(root: RegexNode): Uint8Array {
  const places = new Uint8Array(DEPTH * ROWS);
  const all = (1 << DEPTH) - 1;

  function add(place: number, units: Units): void {
    for (const [from, to] of units) {
      for (let u = from; u <= Math.min(to, ROWS - 1); u++) places[place * ROWS + u] = 1;
      if (to >= ROWS - 1) places[place * ROWS + ROWS - 1] = 1;
    }
  }

  /** `offsets`: bits of the places at which the node may begin. Gives those at which it may end. */
  function visit(node: RegexNode, offsets: number): number {
    switch (node.kind) {
      case "units":
        for (let place = 0; place < DEPTH; place++) {
          if (offsets & (1 << place)) add(place, node.units);
        }
        return (offsets << 1) & all;
      case "seq":
        return node.parts.reduce((o, part) => visit(part, o), offsets);
      case "alt":
        return node.parts.reduce((o, part) => o | visit(part, offsets), 0);
      case "repeat": {
        let now = offsets;
        for (let i = 0; i < Math.min(node.min, DEPTH); i++) now = visit(node.body, now);
        let out = now;
        for (let i = node.min; i < Math.min(node.max, node.min + DEPTH) && now !== 0; i++) {
          now = visit(node.body, now);
          out |= now;
        }
        return out;
      }
      case "group":
        return visit(node.body, offsets);
      case "assert":
      case "look":
        return offsets;
      case "backref":
        // It may be of any length.
        free(offsets);
        return all;
    }
  }

  function free(offsets: number): void {
    for (let place = 0; place < DEPTH; place++) {
      if ((offsets & ((2 << place) - 1)) === 0) continue;
      places.fill(1, place * ROWS, (place + 1) * ROWS);
    }
  }

  // After the expression's end anything may follow.
  free(visit(root, 1));
  return places;
}

/** The longest run of single characters that every text has that the expression fits. */
function neededLiteral(root: RegexNode): string {
  let best = "";
  let run = "";
  const flush = () => {
    if (run.length > best.length) best = run;
    run = "";
  };
  const visit = (node: RegexNode): void => {
    switch (node.kind) {
      case "units":
        if (node.units.length === 1 && node.units[0][0] === node.units[0][1]) {
          run += String.fromCharCode(node.units[0][0]);
        } else flush();
        return;
      case "seq":
        node.parts.forEach(visit);
        return;
      case "group":
        visit(node.body);
        return;
      case "repeat":
        flush();
        if (node.min > 0) visit(node.body);
        flush();
        return;
      case "alt":
      case "look":
      case "assert":
      case "backref":
        flush();
    }
  };
  visit(root);
  flush();
  // A single letter or blank is in most lines.
  return best.length > 1 || /[^\w ]/.test(best) ? best : "";
}
