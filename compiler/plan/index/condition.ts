/** Necessary conditions of rules: what an index can answer for all rules at once. */

import type { Value } from "../../schema/types.ts";

/** A test on a field's value as text in lower case. */
export interface Atom {
  readonly field: string;
  /** `base`: the text from its last `\` or `/` on, whichever `text` begins with. */
  readonly test: "equals" | "base" | "contains";
  /** In lower case, not empty. */
  readonly text: string;
}

export type Necessary =
  | { readonly op: "never" | "always" }
  /** One of them at least. */
  | { readonly op: "atoms"; readonly atoms: readonly Atom[] }
  | { readonly op: "all" | "any"; readonly parts: readonly Necessary[] };

/** What a field's value by itself says of an entry: whether the entry may match. */
export type ValueTest = (value: Value) => boolean;

/** Makes the tests of single values; null where the field says nothing of the entry. */
export interface Refiner {
  readonly tests: (field: string) => (entry: number) => ValueTest | null;
  /** Of these fields the one that says most of an entry; null where none says anything. */
  readonly best: (entry: number, fields: readonly string[]) => string | null;
}

export const NEVER: Necessary = { op: "never" };
export const ALWAYS: Necessary = { op: "always" };

/** All of the conditions. */
export function allOf(parts: readonly Necessary[]): Necessary {
  if (parts.some((p) => p.op === "never")) return NEVER;
  const some = parts.filter((p) => p.op !== "always");
  return some.length === 0 ? ALWAYS : some.length === 1 ? some[0] : { op: "all", parts: some };
}

/** One of the conditions; tests on single values stand together. */
export function anyOf(parts: readonly Necessary[]): Necessary {
  if (parts.some((p) => p.op === "always")) return ALWAYS;
  const some = parts.filter((p) => p.op !== "never");
  const atoms = some.flatMap((p) => p.op === "atoms" ? p.atoms : []);
  const rest: Necessary[] = some.filter((p) => p.op !== "atoms");
  if (atoms.length > 0) rest.push({ op: "atoms", atoms });
  return rest.length === 0 ? NEVER : rest.length === 1 ? rest[0] : { op: "any", parts: rest };
}
