/** Text and values that outlive the chunk that they were cut from. */
import type { Value } from "./types.ts";

/**
 * Text that may be held in state: a slice of a chunk would pin the whole chunk. V8 copies what is
 * shorter than 13 characters by itself.
 */
export function keep(s: string): string {
  return s.length < 13 ? s : [s.slice(0, 6), s.slice(6)].join("");
}

/** {@link keep} for any value. */
export function keepValue(v: Value): Value {
  return typeof v === "string"
    ? keep(v)
    : Array.isArray(v)
    ? v.map((x) => typeof x === "string" ? keep(x) : x)
    : v;
}
