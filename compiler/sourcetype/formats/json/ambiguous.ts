/**
 * Keys that a text gives twice with different values. Where nobody escapes what clients write, one of
 * the two may be a client's, so that neither is believed.
 */
import type { Keyed } from "./json.ts";

const keysOf = new WeakMap<Keyed, Set<string>>();

/** Says of a key that it has two values; it has none from now on, and `keys_ambiguous` counts it. */
export function markAmbiguous(keys: Keyed, key: string): void {
  const of = keysOf.get(keys);
  if (of) of.add(key);
  else keysOf.set(keys, new Set([key]));
  keys[key] = undefined;
  countAmbiguous(keys);
}

/** Counts an answer that the keys of a text do not give, since they give two. */
export function countAmbiguous(keys: Keyed): void {
  keys.keys_ambiguous = ((keys.keys_ambiguous as number | undefined) ?? 0) + 1;
}

/** Whether one of these keys has two values. */
export function isAmbiguous(keys: Keyed, names: readonly string[]): boolean {
  const of = keysOf.get(keys);
  return of !== undefined && names.some((name) => of.has(name));
}
