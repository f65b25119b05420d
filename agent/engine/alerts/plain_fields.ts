/** A row's fields as values that an alert, or an alert's row in a window, keeps. */
import { knownCaptures } from "../../../compiler/schema/captures.ts";
import type { Row } from "../memory/records.ts";

/**
 * The present fields of a row, vendor's included, as values that hold nothing else alive. They are
 * read back from JSON: objects of the same fields then share one hidden class, where one that was put
 * together name by name is a hash table of several times the size.
 */
export function plainFields(row: Row): Row {
  const own: Row = {};
  if (Object.hasOwn(row, "_raw")) putEvent(own, row);
  else for (const name in row) if (isShown(name)) putPlain(own, name, row[name]);
  const more = row.more as Row | null | undefined;
  if (!more || typeof more !== "object" || Array.isArray(more)) {
    return JSON.parse(JSON.stringify(own));
  }
  // Nearly always none of these names is the row's, so that they are written as they stand.
  const names = Object.keys(more);
  let apart = true;
  for (let i = 0; i < names.length && apart; i++) {
    const value = more[names[i]];
    apart = !(names[i] in row) && (typeof value !== "number" || Number.isFinite(value));
  }
  let rest = more;
  if (!apart) {
    rest = {};
    for (const name of names) if (!(name in row)) putPlain(rest, name, more[name]);
  }
  const head = JSON.stringify(own), tail = JSON.stringify(rest);
  if (head === "{}" || tail === "{}") return JSON.parse(head === "{}" ? tail : head);
  return JSON.parse(`${head.slice(0, -1)},${tail.slice(1)}`);
}

/** What `for in` gives of a row that is an event, which is slow where each name is looked for. */
function putEvent(out: Row, row: Row): void {
  for (const name of Object.keys(row)) if (isShown(name)) putPlain(out, name, row[name]);
  // Captures that were worked out together stand together.
  let captures: Row = NO_CAPTURES;
  for (const name of Object.keys(Object.getPrototypeOf(row))) {
    if (!isShown(name) || Object.hasOwn(row, name)) continue;
    putPlain(out, name, Object.hasOwn(captures, name) ? captures[name] : row[name]);
    if (captures === NO_CAPTURES) captures = knownCaptures(row) ?? NO_CAPTURES;
  }
}

const NO_CAPTURES: Row = {};
const UNDERSCORE = 95;
const isShown = (name: string): boolean => name !== "more" && name.charCodeAt(0) !== UNDERSCORE;

/** Puts a value into an object under any name; not one that is missing, or that JSON does not have. */
function putPlain(out: Row, name: string, value: unknown): void {
  if (
    value === undefined || typeof value === "function" ||
    (typeof value === "number" && !Number.isFinite(value))
  ) return;
  if (name !== "__proto__") out[name] = value;
  else {
    Object.defineProperty(out, name, {
      value,
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
}
