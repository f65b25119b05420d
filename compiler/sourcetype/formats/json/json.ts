/** JSON objects as flat names and values. Linear in the text, bounded in depth. */
import type { Value } from "../../../schema/types.ts";

/** Keys to values, with nothing inherited. */
export type Keyed = Record<string, Value>;

/** At most this many keys of a record are kept; `keys_dropped` counts the others. */
export const MAX_KEYS = 512;
/** Objects nested deeper than this stay JSON text. */
export const MAX_DEPTH = 12;

/** The object that a text is; null for anything else. */
export function jsonObject(text: string): Record<string, unknown> | null {
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
        const texts = value.filter((v) => v !== null && v !== "").map(String);
        if (texts.length > 0) out.list(name, texts);
      } else out.put(name, jsonText(value));
    } else if (depth < MAX_DEPTH) {
      flatten(value as Record<string, unknown>, name + ".", depth + 1, out);
    } else out.put(name, jsonText(value));
  }
}

/** Too deep a nest overflows the stack of the writer. */
export function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return "";
  }
}
