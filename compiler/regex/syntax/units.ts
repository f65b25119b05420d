/** Sets of UTF-16 units: classes of characters as JavaScript's regexes without u and v have them. */

/** UTF-16 units as sorted ranges, both ends included. */
export type Units = readonly (readonly [number, number])[];

export const MAX_UNIT = 0xffff;
export const DIGIT: Units = [[0x30, 0x39]];
export const WORD: Units = [[0x30, 0x39], [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]];
export const SPACE: Units = [
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
];
export const LINE_END: Units = [[0x0a, 0x0a], [0x0d, 0x0d], [0x2028, 0x2029]];

export const single = (unit: number): Units => [[unit, unit]];
export const all = (): Units => [[0, MAX_UNIT]];

/** The same set with its ranges sorted, and none touching another. */
export function normal(ranges: Units): Units {
  const sorted = [...ranges].sort((a, b) => a[0] - b[0]);
  const out: [number, number][] = [];
  for (const [a, b] of sorted) {
    const last = out.at(-1);
    if (last && a <= last[1] + 1) last[1] = Math.max(last[1], b);
    else out.push([a, b]);
  }
  return out;
}

export function complement(units: Units): Units {
  const out: [number, number][] = [];
  let next = 0;
  for (const [a, b] of normal(units)) {
    if (a > next) out.push([next, a - 1]);
    next = b + 1;
  }
  if (next <= MAX_UNIT) out.push([next, MAX_UNIT]);
  return out;
}

/** What ECMA-262 compares in place of a unit where letter case does not matter. */
export function canonical(unit: number): number {
  const upper = String.fromCharCode(unit).toUpperCase();
  if (upper.length !== 1) return unit;
  const code = upper.charCodeAt(0);
  // No ASCII letter stands for one that is none.
  return unit >= 128 && code < 128 ? unit : code;
}

/** Units beyond ASCII by what is compared in their place, where several share it; made at first need. */
let families: ReadonlyMap<number, readonly number[]> | null = null;

function familiesOf(): ReadonlyMap<number, readonly number[]> {
  if (families !== null) return families;
  const by = new Map<number, number[]>();
  for (let unit = 128; unit <= MAX_UNIT; unit++) {
    const c = canonical(unit);
    if (c !== unit) by.set(c, [...by.get(c) ?? [c], unit]);
  }
  return families = by;
}

/** The set with every unit that is the same as one of its own where letter case does not matter. */
export function folded(units: Units): Units {
  const out: (readonly [number, number])[] = [...units];
  for (const [a, b] of units) {
    for (const [from, to, other] of [[0x41, 0x5a, 32], [0x61, 0x7a, -32]]) {
      const low = Math.max(a, from), high = Math.min(b, to);
      if (low <= high) out.push([low + other, high + other]);
    }
    if (b < 128) continue;
    for (const [c, members] of familiesOf()) {
      if (members.some((m) => m >= a && m <= b)) out.push(...[c, ...members].flatMap(single));
    }
  }
  return normal(out);
}
