/** Many constant needles in one text: which tools, programs or paths does it name. */
import type { Value } from "../schema/types.ts";
import { keep } from "../schema/keep.ts";
import { Automaton } from "./index/automaton.ts";

/** Texts of which an answer is remembered, and the length up to which: bounded, whatever a log holds. */
const REMEMBERED = 256, LONGEST = 512;
/** With fewer needles to look for, looking is as fast as remembering. */
const MANY = 12;

/** An automaton reads so many characters in the time in which `includes` looks for one needle. */
const READ_FOR_NEEDLE = 6;

const BEYOND_LATIN = /[^\0-\xff]/;

export type TextMethod = "includes" | "startsWith" | "endsWith";

/** Whether text already lowered holds any of the needles, or else all. */
export function needleTest(
  needles: readonly string[],
  name: TextMethod,
  any: boolean,
): (v: Value) => boolean {
  // Looking for a text beyond Latin-1 in one that has nothing of it takes fifty times as long.
  const latin = needles.filter((n) => !BEYOND_LATIN.test(n));
  const many = name === "includes" && any && needles.length >= MANY ? manyNeedles(needles) : null;
  // A loop of `includes` beats an alternation here.
  const find = (v: Value) => {
    if (typeof v !== "string") return false;
    if (many !== null && v.length < needles.length * READ_FOR_NEEDLE) return many(v);
    const some = latin.length < needles.length && !BEYOND_LATIN.test(v) ? latin : needles;
    if (!any && some !== needles) return false;
    for (let i = 0; i < some.length; i++) if (v[name](some[i]) === any) return any;
    return !any;
  };
  return needles.length < MANY ? find : remembered(find);
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
