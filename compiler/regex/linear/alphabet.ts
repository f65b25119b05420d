/** Characters that no part of a pattern tells apart, as numbered classes. */
import { LINE_END, type Units, WORD } from "../syntax/units.ts";

/** What a place asks of the characters beside it. */
export const EDGE = 0, LINE = 1, WORDS = 2, OTHER = 3;

export interface Alphabet {
  /** Number of classes. */
  readonly size: number;
  /** Classes of the units below 256. */
  readonly latin: Uint16Array;
  /** Class of any unit. */
  classOf(unit: number): number;
  /** By set: 1 for each class in it. */
  readonly members: readonly Uint8Array[];
  /** By class: LINE, WORDS or OTHER. */
  readonly kinds: Uint8Array;
}

/** The classes of a program's sets. */
export function alphabetOf(sets: readonly Units[]): Alphabet {
  const all = [...sets, LINE_END, WORD];
  const borders = new Set([0]);
  for (const set of all) for (const [a, b] of set) borders.add(a).add(b + 1);
  borders.delete(0x10000);
  const starts = Uint16Array.from([...borders].sort((a, b) => a - b));
  const holders: number[][] = Array.from(starts, () => []);
  for (const [i, set] of all.entries()) {
    for (const [a, b] of set) {
      for (let at = indexOf(starts, a); at < starts.length && starts[at] <= b; at++) {
        holders[at].push(i);
      }
    }
  }
  // Ranges that the same sets hold are one class.
  const known = new Map<string, number>();
  const classes = Uint16Array.from(holders, (h) => {
    const key = h.join();
    if (!known.has(key)) known.set(key, known.size);
    return known.get(key)!;
  });
  const size = known.size;
  const members = all.map(() => new Uint8Array(size));
  for (const [at, h] of holders.entries()) for (const i of h) members[i][classes[at]] = 1;
  const [lines, words] = members.slice(-2);
  const classOf = (unit: number) => classes[indexOf(starts, unit)];
  return {
    size,
    latin: Uint16Array.from({ length: 256 }, (_, unit) => classOf(unit)),
    classOf,
    members: members.slice(0, -2),
    kinds: Uint8Array.from(lines, (line, c) => line ? LINE : words[c] ? WORDS : OTHER),
  };
}

/** The range that holds the unit. */
function indexOf(starts: Uint16Array, unit: number): number {
  let low = 0, high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle] <= unit) low = middle;
    else high = middle - 1;
  }
  return low;
}
