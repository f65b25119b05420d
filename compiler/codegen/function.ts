/**
 * The one place where text becomes code. What comes here holds identifiers that the generators made
 * and literals of `literal.ts`; values that are no literals come in as arguments.
 */

/**
 * Runs `body` once, in strict mode, with the given values under their names, and gives what it
 * returns: mostly a function, or an object of them.
 * @throws SyntaxError when the body is no JavaScript, which is a fault of its generator
 */
export function assemble<T>(values: Readonly<Record<string, unknown>>, body: string): T {
  return assembler<T>(Object.keys(values), body)(values);
}

/** As {@link assemble}, for a body that is tied to other values more than once. @param names of the values */
export function assembler<T>(
  names: readonly string[],
  body: string,
): (values: Readonly<Record<string, unknown>>) => T {
  const make = new Function(...names, `"use strict";${body}`) as (...values: unknown[]) => T;
  return (values) => make(...names.map((n) => values[n]));
}
