/** Values of files and events as text of generated code. */

/**
 * A value as a literal: JSON in which no line ends, so that it is one token in any place of a script
 * whatever the value holds. `undefined` and numbers that JSON does not have are written by their names.
 */
export function literal(value: unknown): string {
  if (value === undefined) return "undefined";
  if (typeof value === "number" && !Number.isFinite(value)) {
    return value > 0 ? "Infinity" : value < 0 ? "-Infinity" : "NaN";
  }
  return JSON.stringify(value).replace(
    /[\u2028\u2029]/g,
    (c) => c === "\u2028" ? "\\u2028" : "\\u2029",
  );
}

/** A property by its name, whatever characters that has. V8 reads it as it reads `object.name`. */
export const property = (object: string, name: string): string => `${object}[${literal(name)}]`;

/**
 * An object literal of these members, in order. Names are computed ones: `__proto__` is then a
 * property like others. @param prototype code of what the object inherits from
 */
export function objectLiteral(
  members: Iterable<readonly [name: string, code: string]>,
  prototype?: string,
): string {
  const parts = [...members].map(([name, code]) => `[${literal(name)}]:${code}`);
  if (prototype !== undefined) parts.unshift(`__proto__:${prototype}`);
  return `{${parts.join(",")}}`;
}
