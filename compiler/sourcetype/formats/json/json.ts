/** JSON objects as flat names and values. Linear in the text, bounded in depth. */
import type { Value } from "../../../schema/types.ts";

/** Keys to values, with nothing inherited. */
export type Keyed = Record<string, Value>;

/** At most this many keys of a record are kept; `keys_dropped` counts the others. */
export const MAX_KEYS = 512;
/** Objects nested deeper than this stay JSON text. */
export const MAX_DEPTH = 12;

/** Digits that a number of JavaScript may not hold. */
const LONG_NUMBER = /\d{16}/;
/** Objects nested deeper are not looked through for such a number. */
const LOOKED_THROUGH = 32;

/** Whether a value holds a whole number over 2^53, which may not be the one that was written. */
function isInexact(value: object, depth = 0): boolean | null {
  if (depth > LOOKED_THROUGH) return null;
  for (const key in value) {
    const v = (value as Record<string, unknown>)[key];
    if (typeof v === "number") {
      if (Number.isInteger(v) && !Number.isSafeInteger(v)) return true;
    } else if (typeof v === "object" && v !== null) {
      const inner = isInexact(v, depth + 1);
      if (inner !== false) return inner;
    }
  }
  return false;
}

/** A whole number over 2^53 as the digits that stand in the text. */
function exact(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value) &&
      context?.source !== undefined
    ? context.source
    : value;
}

/** The object that a text is; null for anything else. */
export function jsonObject(text: string): Record<string, unknown> | null {
  const object = parsedObject(text);
  return object === null ? null : exactObject(object, text);
}

/** The object that a text is, in which long whole numbers may be others; null for anything else. */
export function parsedObject(text: string): Record<string, unknown> | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as Record<string, unknown>
    : null;
}

/** The object of {@link parsedObject} with the numbers that stand in the text. */
export function exactObject(
  object: Record<string, unknown>,
  text: string,
): Record<string, unknown> | null {
  // Reading with exact numbers takes tenfold.
  if (!(isInexact(object) ?? LONG_NUMBER.test(text))) return object;
  try {
    return JSON.parse(text, exact);
  } catch {
    return null;
  }
}

/** Takes what an object holds. */
export interface Taker {
  put(name: string, text: string): void;
  list(name: string, texts: readonly string[]): void;
}

/** Gives every plain value, and every list of plain values, in an object to `out` by its dotted name. */
export function flattenJson(object: Readonly<Record<string, unknown>>, out: Taker): void {
  flatten(object, "", 1, out);
}

function flatten(
  object: Readonly<Record<string, unknown>>,
  prefix: string,
  depth: number,
  out: Taker,
): void {
  for (const key of Object.keys(object)) {
    const value = object[key];
    const name = prefix + key;
    if (typeof value === "string") out.put(name, value);
    else if (typeof value === "number" || typeof value === "boolean") out.put(name, String(value));
    else if (value === null || value === undefined) continue;
    else if (Array.isArray(value)) {
      if (value.every((v) => typeof v !== "object" || v === null)) {
        const bytes = depth === 1 ? journalText(key, value) : null;
        const texts = value.filter((v) => v !== null && v !== "").map(String);
        if (bytes !== null) out.put(name, bytes);
        else if (texts.length > 0) {
          out.list(name, texts);
          // As laurel writes it where it is told to: a program's arguments in one line.
          if (key === "ARGV" && object.ARGV_STR === undefined) {
            out.put(name + "_STR", texts.join(" "));
          }
        }
      } else out.put(name, jsonText(value));
    } else if (depth < MAX_DEPTH) {
      flatten(value as Record<string, unknown>, name + ".", depth + 1, out);
    } else out.put(name, jsonText(value));
  }
}

/** A field's name in the journal. */
const JOURNAL_FIELD = /^[A-Z_][A-Z0-9_]*$/;
const UTF8 = new TextDecoder();

/**
 * What journalctl writes as a list of bytes, as it does with a text that holds a control character, which
 * takes no more than a user's name of the attacker's. Null for any other list.
 */
function journalText(key: string, list: readonly unknown[]): string | null {
  if (list.length === 0 || !JOURNAL_FIELD.test(key)) return null;
  for (const v of list) {
    if (!Number.isInteger(v) || (v as number) < 0 || (v as number) > 255) return null;
  }
  return UTF8.decode(Uint8Array.from(list as number[]));
}

/** Too deep a nest overflows the stack of the writer. */
export function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return "";
  }
}
