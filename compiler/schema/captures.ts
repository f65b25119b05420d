/** Where an event of a record has its captures, which are worked out when one is first asked for. */
import type { Value } from "./types.ts";

export const CAPTURES = Symbol("values");

export type Captures = Readonly<Record<string, Value>>;

/** The captures of an event, or of a row laid over one, where they were worked out; else null. */
export const knownCaptures = (row: object): Captures | null =>
  (row as { readonly [CAPTURES]?: Captures | null })[CAPTURES] ?? null;
