/**
 * How long a text or a list may become that a rule makes. What an event brings is as long as its line
 * and bounded there; `replace`, `+` and their like multiply it, and ten of them in a row would fill
 * any memory. What would be longer is missing, and is counted for the engine to tell.
 */
import type { Value } from "./types.ts";

/** Longest text that an operation makes out of shorter ones, in UTF-16 units. */
export const MAX_TEXT = 262_144;
/** Most entries of a list that an operation makes. */
export const MAX_ITEMS = 8_192;

let exceeded: Map<string, number> | null = null;

/** A missing value in place of one that would be too long. @param what the operation, as in a rule */
export function tooLong(what: string): undefined {
  exceeded ??= new Map();
  exceeded.set(what, (exceeded.get(what) ?? 0) + 1);
  return undefined;
}

/** How often each operation exceeded its bound since the last call; null when none did. */
export function takeExceeded(): ReadonlyMap<string, number> | null {
  const taken = exceeded;
  exceeded = null;
  return taken;
}

/** Two texts after each other. */
export function concat(a: string, b: string): Value {
  return a.length + b.length > MAX_TEXT ? tooLong("+") : a + b;
}

/** A text that can be longer than the one that it is made of: by some times at most, never more. */
export function grown(text: string, from: string, what: string): Value {
  return text.length > MAX_TEXT && text.length > from.length ? tooLong(what) : text;
}

/** The text with every occurrence put as another, worked out beforehand where it grows. */
export function replaced(text: string, from: string, to: string): Value {
  if (from === "") return text;
  if (to.length > from.length && text.length * to.length > MAX_TEXT) {
    const longest = Math.max(MAX_TEXT, text.length);
    let length = text.length;
    for (let at = text.indexOf(from); at >= 0; at = text.indexOf(from, at + from.length)) {
      length += to.length - from.length;
      if (length > longest) return tooLong("replace");
    }
  }
  // A function, since $ has a meaning in a text.
  return text.replaceAll(from, () => to);
}

/** The parts of a text between a separator that is not empty. */
export function parts(text: string, by: string): Value {
  const out = text.split(by, MAX_ITEMS + 1);
  return out.length > MAX_ITEMS ? tooLong("split") : out;
}

/** A list's entries as one text. */
export function joined(list: readonly unknown[], what: string): Value {
  let length = 0;
  const texts = list.map((v) => {
    const text = String(v);
    length += text.length + 2;
    return text;
  });
  return length > MAX_TEXT ? tooLong(what) : texts.join(", ");
}
