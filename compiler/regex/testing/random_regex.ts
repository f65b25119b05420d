/** Random patterns of every part of the syntax that can repeat or be left out, and texts to stall them. */

/** Numbers from 0 up to, and without, 1, the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const ATOMS = ["a", "a", "b", "c", "[ab]", "[bc]", "[^a]", ".", "\\w", "ab", "ba"];
const EDGES = ["^", "$", "\\b", "\\B"];

/** A pattern in JavaScript's syntax, up to some tens of characters. */
export function randomRegex(random: () => number): string {
  const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)];
  const count = (most: number) => Math.floor(random() * (most + 1));
  let groups = 0;
  const quantifier = (): string => {
    const kind = random();
    const n = pick([0, 1, 2, 3, 5, 8, 12, 24, 30, 60]);
    const text = kind < 0.15
      ? "*"
      : kind < 0.3
      ? "+"
      : kind < 0.5
      ? "?"
      : kind < 0.7
      ? `{${n}}`
      : kind < 0.8
      ? `{${n},}`
      : `{${n},${n + count(30)}}`;
    return random() < 0.15 ? text + "?" : text;
  };
  const atom = (depth: number): string => {
    const kind = random();
    if (depth === 0 || kind < 0.5) return pick(ATOMS);
    if (kind < 0.58) return pick(EDGES);
    if (kind < 0.62) return groups > 0 ? `\\${1 + Math.floor(random() * groups)}` : "a";
    if (kind < 0.68) return `(${pick(["?=", "?!", "?<=", "?<!"])}${either(depth - 1)})`;
    if (kind < 0.78) {
      const inner = either(depth - 1);
      groups++;
      return `(${inner})`;
    }
    return `(?:${either(depth - 1)})`;
  };
  const part = (depth: number): string => {
    const one = atom(depth);
    return /^(?:[\^$]|\\[bB]|\(\?<?[=!])/.test(one) || random() < 0.45 ? one : one + quantifier();
  };
  const sequence = (depth: number): string => {
    let out = "";
    for (let n = count(3); n >= 0; n--) out += part(depth);
    return out;
  };
  function either(depth: number): string {
    const parts = [sequence(depth)];
    while (random() < 0.2) parts.push(random() < 0.3 ? "" : sequence(depth));
    return parts.join("|");
  }
  return (random() < 0.3 ? "^" : "") + either(3) + (random() < 0.4 ? pick(["c", "x", "$"]) : "");
}

/** What the texts repeat: every word of up to three letters that is no shorter one again. */
export const UNITS = ["a", "b", "c", "ab", "ac", "bc", "aab", "abb", "abc", "acb", "a ", "ab\n"];
/** What they end in: nothing, a character that few patterns take, and one that begins a match. */
export const ENDS = ["", "!", "x"];
