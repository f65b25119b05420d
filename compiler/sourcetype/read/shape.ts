/**
 * What a pattern's regular expression is made of: its groups, whether they always take part, and the
 * characters that a match can begin with. Reads as much of the syntax as that needs; the engine itself
 * has already accepted the source.
 */

export interface Group {
  readonly name: string;
  /** Number of the group in a match. */
  readonly index: number;
  /** Whether every match gives it, and gives it at least one character. */
  readonly always: boolean;
}

export interface Shape {
  readonly groups: readonly Group[];
  /** UTF-16 units that a match can begin with; null when any may, or none. */
  readonly first: ReadonlySet<number> | null;
}

/** `first: null`: could be any character. `min`: least number of characters. */
interface RegexPart {
  first: Set<number> | null;
  min: number;
}

/** Shape of a valid regular expression without flags. */
export function regexShape(source: string): Shape {
  const groups: { name: string; index: number; always: boolean }[] = [];
  let at = 0;
  let count = 0;

  function alternatives(sure: boolean): RegexPart {
    const from = groups.length;
    const parts = [sequence(sure)];
    while (source[at] === "|") {
      at++;
      parts.push(sequence(false));
    }
    if (parts.length > 1) { for (let i = from; i < groups.length; i++) groups[i].always = false; }
    return {
      min: Math.min(...parts.map((p) => p.min)),
      first: parts.some((p) => p.first === null)
        ? null
        : new Set(parts.flatMap((p) => [...p.first!])),
    };
  }

  function sequence(sure: boolean): RegexPart {
    const out: RegexPart = { first: new Set(), min: 0 };
    while (at < source.length && source[at] !== "|" && source[at] !== ")") {
      const from = groups.length;
      const part = atom(sure);
      const least = quantifier();
      if (least === 0) {
        for (let i = from; i < groups.length; i++) groups[i].always = false;
      }
      if (out.min === 0 && out.first !== null) {
        if (part.first === null) out.first = null;
        else for (const unit of part.first) out.first.add(unit);
      }
      out.min += part.min * least;
    }
    // A match that may be empty says nothing about what follows it.
    if (out.min === 0) out.first = null;
    return out;
  }

  /** Least number of repeats. */
  function quantifier(): number {
    const found = /^(?:[*+?]|\{(\d+)(?:,\d*)?\})\??/.exec(source.slice(at));
    if (!found) return 1;
    at += found[0].length;
    return found[1] !== undefined ? +found[1] : found[0][0] === "+" ? 1 : 0;
  }

  function atom(sure: boolean): RegexPart {
    const c = source[at++];
    if (c === "(") return group(sure);
    if (c === "[") {
      characterClass();
      return { first: null, min: 1 };
    }
    if (c === ".") return { first: null, min: 1 };
    if (c === "^" || c === "$") return { first: new Set(), min: 0 };
    if (c !== "\\") return { first: new Set([c.charCodeAt(0)]), min: 1 };
    const escaped = source[at++];
    if (escaped === "b" || escaped === "B") return { first: new Set(), min: 0 };
    if (/[a-zA-Z0-9]/.test(escaped)) {
      const more = escapeRest(escaped, source.slice(at));
      if (more) at += more[0].length;
      return { first: null, min: escaped === "k" || /[1-9]/.test(escaped) ? 0 : 1 };
    }
    return { first: new Set([escaped.charCodeAt(0)]), min: 1 };
  }

  function escapeRest(escaped: string, rest: string): RegExpExecArray | null {
    if (escaped === "x") return /^[0-9a-fA-F]{2}/.exec(rest);
    if (escaped === "u") return /^[0-9a-fA-F]{4}/.exec(rest);
    if (escaped === "k") return /^<[^>]*>/.exec(rest);
    return null;
  }

  function group(sure: boolean): RegexPart {
    let own: { name: string; index: number; always: boolean } | null = null;
    let look = false;
    const modified = /^\?[a-z]*(?:-[a-z]+)?:/.exec(source.slice(at));
    if (source[at] !== "?") count++;
    else if (modified) at += modified[0].length;
    else {
      const named = /^\?<([A-Za-z_$][\w$]*)>/.exec(source.slice(at));
      if (named) {
        at += named[0].length;
        own = { name: named[1], index: ++count, always: sure };
        groups.push(own);
      } else {
        look = true;
        at += source[at + 1] === "<" ? 3 : 2;
      }
    }
    const part = alternatives(sure && !look);
    at++;
    if (own && part.min === 0) own.always = false;
    // "(?i:a)" begins with A too.
    if (modified && modified[0] !== "?:") return { first: null, min: part.min };
    return look ? { first: new Set(), min: 0 } : part;
  }

  function characterClass(): void {
    while (source[at] !== "]") at += source[at] === "\\" ? 2 : 1;
    at++;
  }

  const whole = alternatives(true);
  return { groups, first: whole.first !== null && whole.first.size > 0 ? whole.first : null };
}
