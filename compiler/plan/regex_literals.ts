/** Texts that everything which a regex matches must hold, in lower case. */
import { parseRegex, type RegexNode, RegexSyntaxError } from "../regex/syntax/parse.ts";
import { allOf, ALWAYS, anyOf, type Necessary } from "./index/condition.ts";

/** Shorter texts are in too many values, but for signs that few values have. */
const SHORTEST = 2;
const SELDOM = /[^a-z0-9\s\\/:.,"=_-]/;

/** @param atom the condition that a value holds a text */
export function regexNecessary(
  source: string,
  flags: string,
  atom: (text: string) => Necessary,
): Necessary {
  try {
    return of(parseRegex(source, flags).root, atom);
  } catch (error) {
    if (error instanceof RegexSyntaxError) return ALWAYS;
    throw error;
  }
}

function of(node: RegexNode, atom: (text: string) => Necessary): Necessary {
  const parts: Necessary[] = [];
  let run = "";
  const end = () => {
    if (run.length >= SHORTEST || SELDOM.test(run)) parts.push(atom(run));
    run = "";
  };
  const take = (n: RegexNode): void => {
    switch (n.kind) {
      case "units": {
        const c = letter(n.units);
        if (c === null) end();
        else run += c;
        return;
      }
      case "seq":
        n.parts.forEach(take);
        return;
      case "group":
        take(n.body);
        return;
      case "alt":
        end();
        parts.push(anyOf(n.parts.map((p) => of(p, atom))));
        return;
      case "repeat":
        if (n.min === 1 && n.max === 1) return take(n.body);
        end();
        if (n.min > 0) parts.push(of(n.body, atom));
        return;
      case "assert":
        return;
      default:
        end();
    }
  };
  take(node);
  end();
  return allOf(parts);
}

/** The one character, in lower case, that all units are; null when there are several, or beyond ASCII. */
function letter(units: Extract<RegexNode, { kind: "units" }>["units"]): string | null {
  let found: string | null = null;
  let n = 0;
  for (const [from, to] of units) {
    for (let u = from; u <= to; u++) {
      if (++n > 4) return null;
      const c = String.fromCharCode(u).toLowerCase();
      if (c.length !== 1 || c.charCodeAt(0) > 127 || (found !== null && c !== found)) return null;
      found = c;
    }
  }
  return found;
}
