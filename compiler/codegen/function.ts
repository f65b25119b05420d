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
  const names = Object.keys(values);
  const make = new Function(...names, `"use strict";${body}`) as (...values: unknown[]) => T;
  return make(...names.map((n) => values[n]));
}
