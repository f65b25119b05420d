/** JSON as PostgreSQL takes it, in portions. */

/** JSON that jsonb takes: without NUL and without lone surrogates. Undefined when the value is. */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value);
  if (text === undefined || !text.includes("\\u")) return text;
  return JSON.stringify(clean(value));
}

/** Text that the database takes: without NUL and without lone surrogates. */
export function cleanText(text: string): string {
  return text.replaceAll("\0", "\ufffd").toWellFormed();
}

function clean(value: unknown): unknown {
  if (typeof value === "string") return cleanText(value);
  if (Array.isArray(value)) return value.map(clean);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [clean(k), clean(v)]));
  }
  return value;
}

/** Rows sent in one statement, and characters: the JSON of a statement is held in memory thrice. */
const PORTION = 5000, PORTION_LENGTH = 1_000_000;

/** @param length characters of a row, where they may be many */
export function* portions<T>(
  rows: readonly T[],
  length: (row: T) => number = () => 0,
): Generator<readonly T[]> {
  for (let from = 0, to = 0; from < rows.length; from = to) {
    let all = 0;
    do all += length(rows[to++]); while (
      to < rows.length && to - from < PORTION && all < PORTION_LENGTH
    );
    yield rows.slice(from, to);
  }
}
