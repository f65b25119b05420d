/** Regexes in time that grows with the text and no faster, whatever the pattern is. */
import { parseRegex } from "../syntax/parse.ts";
import { needlesOf } from "./needles.ts";
import { programOf } from "./program.ts";
import { Scanner } from "./scanner.ts";

export { NoProgram } from "./program.ts";

/**
 * Whether a text matches, as `RegExp.test` answers with the flags `i`, `m` and `s`.
 * @throws {NoProgram} for look-arounds, back references, and patterns that get too long
 */
export function linearTest(source: string, flags: string): (text: string) => boolean {
  const regex = parseRegex(source, flags);
  const program = programOf(regex);
  const fold = flags.includes("i");
  const needles = needlesOf(regex.root, fold);
  // Made when a text first holds what it has to.
  let scanner: Scanner | null = null;
  return (text) => {
    if (needles !== null) {
      const t = fold ? text.toLowerCase() : text;
      if (!needles.some((n) => t.includes(n))) return false;
    }
    return (scanner ??= new Scanner(program)).test(text);
  };
}

/**
 * Instructions of a pattern's program.
 * @throws {NoProgram} where it has none
 */
export function programSize(source: string, flags: string): number {
  return programOf(parseRegex(source, flags)).code.length;
}
