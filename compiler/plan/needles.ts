/** Many constant needles in one text: which tools, programs or paths does it name. */
import type { Value } from "../schema/types.ts";
import { keep } from "../schema/keep.ts";
import { Automaton } from "./index/automaton.ts";
import { SkipSearch } from "./index/skip_search.ts";

/** Texts of which an answer is remembered, and the length up to which: bounded, whatever a log holds. */
const REMEMBERED = 256, LONGEST = 512;
/** With fewer needles to look for, looking is as fast as remembering. */
const MANY = 12;

/** An automaton reads so many characters in the time in which `includes` looks for one needle. */
const READ_FOR_NEEDLE = 6;

/** Places among which the one with the most different characters is taken. */
const PLACES = 32;

const BEYOND_LATIN = /[^\0-\xff]/;

export type TextMethod = "includes" | "startsWith" | "endsWith";

/** Whether a text holds one needle at least (`any`), or else all: a call by a name that varies is slow. */
type Search = (text: string, needles: readonly string[], any: boolean) => boolean;

const METHODS: Readonly<Record<TextMethod, Search>> = {
  includes(text, needles, any) {
    for (let i = 0; i < needles.length; i++) if (text.includes(needles[i]) === any) return any;
    return !any;
  },
  startsWith(text, needles, any) {
    for (let i = 0; i < needles.length; i++) if (text.startsWith(needles[i]) === any) return any;
    return !any;
  },
  endsWith(text, needles, any) {
    for (let i = 0; i < needles.length; i++) if (text.endsWith(needles[i]) === any) return any;
    return !any;
  },
};

/** Whether text already lowered holds any of the needles, or else all. */
export function needleTest(
  needles: readonly string[],
  name: TextMethod,
  any: boolean,
): (v: Value) => boolean {
  if (any && needles.length >= MANY && !needles.includes("")) {
    if (name !== "includes") return byCharacter(needles, name);
    if (SkipSearch.fits(needles)) return bySkipping(needles);
  }
  // Looking for a text beyond Latin-1 in one that has nothing of it takes fifty times as long.
  const latin = needles.filter((n) => !BEYOND_LATIN.test(n));
  const many = name === "includes" && any && needles.length >= MANY ? manyNeedles(needles) : null;
  const one = METHODS[name];
  // A loop of `includes` beats an alternation here.
  const find = (v: Value) => {
    if (typeof v !== "string") return false;
    if (many !== null && v.length < needles.length * READ_FOR_NEEDLE) return many(v);
    const some = latin.length < needles.length && !BEYOND_LATIN.test(v) ? latin : needles;
    if (!any && some !== needles) return false;
    return one(v, some, any);
  };
  return needles.length < MANY ? find : remembered(find);
}

/** Whether a text begins or ends with one of the needles: those are compared that have its character at one place. */
function byCharacter(
  needles: readonly string[],
  name: "startsWith" | "endsWith",
): (v: Value) => boolean {
  const end = name === "endsWith";
  const code = (text: string, place: number) =>
    text.charCodeAt(end ? text.length - 1 - place : place);
  const shortest = needles.reduce((least, n) => Math.min(least, n.length), Infinity);
  let place = 0, most = 0;
  for (let p = 0; p < Math.min(shortest, PLACES); p++) {
    const different = new Set(needles.map((n) => code(n, p))).size;
    if (different > most) [place, most] = [p, different];
  }
  const groups = new Map<number, string[]>();
  for (const n of needles) {
    const c = code(n, place), group = groups.get(c);
    if (group === undefined) groups.set(c, [n]);
    else group.push(n);
  }
  const one = METHODS[name];
  return (v) => {
    if (typeof v !== "string") return false;
    const group = groups.get(code(v, place));
    return group !== undefined && one(v, group, true);
  };
}

/** Whether a text holds one of a few long needles. */
function bySkipping(needles: readonly string[]): (v: Value) => boolean {
  let search: SkipSearch | null = null, held = false;
  const found = () => held = true;
  return (v) => {
    if (typeof v !== "string") return false;
    search ??= new SkipSearch(needles);
    held = false;
    return search.find(v, found) || held ? held : METHODS.includes(v, needles, true);
  };
}

/** Whether a text holds any of the needles, by one pass over it. The automaton is made when it is needed. */
function manyNeedles(needles: readonly string[]): (text: string) => boolean {
  if (needles.includes("")) return () => true;
  const all = [...new Set(needles)];
  let automaton: Automaton | null = null;
  return (text) => {
    const { same } = automaton ??= new Automaton(all);
    return automaton.find(text, (first) => same[first].some((i) => text.includes(all[i])));
  };
}

/** A test with its answers remembered: logs repeat their user agents and their programs. */
function remembered(find: (v: Value) => boolean): (v: Value) => boolean {
  let answers = new Map<string, boolean>();
  return (v) => {
    if (typeof v !== "string" || v.length > LONGEST) return find(v);
    let answer = answers.get(v);
    if (answer === undefined) {
      if (answers.size >= REMEMBERED) answers = new Map();
      answers.set(keep(v), answer = find(v));
    }
    return answer;
  };
}
