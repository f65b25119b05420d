/**
 * Events of records whose captures are worked out when one of them is first asked for: most events are
 * looked at by their keys alone.
 */
import { CAPTURES, type Captures } from "../../schema/captures.ts";
import type { Value } from "../../schema/types.ts";
import type { Keyed } from "../formats/json/json.ts";

const KEYS = Symbol("keys"), HOST = Symbol("host"), VALUES: typeof CAPTURES = CAPTURES;
/** Where an event has its record, the host that the record names, and its captures once they are there. */
export const LAZY = { keys: KEYS, host: HOST, values: VALUES } as const;

type Fill = (keys: Keyed, host: string | undefined) => Captures;

interface LazyEvent {
  [KEYS]?: Keyed;
  [HOST]?: string;
  [VALUES]?: Captures | null;
  readonly more: Keyed | null;
  readonly host: string | undefined;
}

const NO_KEYS: Keyed = Object.create(null);

/** The captures of an event, or of a row that is laid over one. */
function capturesOf(row: LazyEvent, fill: Fill): Captures {
  let event = row;
  while (!Object.hasOwn(event, "_raw")) {
    const under = Object.getPrototypeOf(event) as LazyEvent | null;
    // The class's own prototype, which nobody reads but to look at it.
    if (under === null) return NO_KEYS as Captures;
    event = under;
  }
  // An event that was put away and read back has what it is made of in its own fields.
  const keys = event[KEYS];
  return event[VALUES] ??= keys === undefined
    ? fill(event.more ?? NO_KEYS, event.host)
    : fill(keys, event[HOST]);
}

/** Gives events of a class these fields. They are enumerable, as constants are. */
export function lazily(prototype: object, names: readonly string[], fill: Fill): void {
  for (const name of names) {
    Object.defineProperty(prototype, name, {
      enumerable: true,
      configurable: true,
      get(this: LazyEvent) {
        return (this[VALUES] ?? capturesOf(this, fill))[name];
      },
      set(this: LazyEvent, value: Value) {
        Object.defineProperty(this, name, {
          value,
          enumerable: true,
          writable: true,
          configurable: true,
        });
      },
    });
  }
}
