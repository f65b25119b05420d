/**
 * What the index of the raw text holds: four bytes in a row, as 16 bits. A bit of each byte is left out,
 * by which letters of ASCII are told from capitals, so that a text which holds another without regard
 * to case has all its grams.
 */

/** Bytes of a gram. */
export const GRAM = 4;
/** Grams that are told apart; a block of few keeps fewer bits, a power of two. */
export const GRAMS = 1 << 16;
/** A power of two, and of bytes: no gram's lowest three bits are folded away. */
export const LEAST_BITS = 1 << 10;
/** The bit that is left out. */
export const CASE = 32;

/** @param word four bytes, the last the lowest */
export const gramOf = (word: number): number => Math.imul(word ^ word >>> 15, 0x9e3779b1) >>> 16;

/** The grams of a text, each once: those that lie between two characters beyond ASCII. */
export function gramsOf(text: string): number[] {
  const out = new Set<number>();
  let word = 0, run = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c > 127) {
      run = 0;
      continue;
    }
    word = word << 8 | c | CASE;
    if (++run >= GRAM) out.add(gramOf(word));
  }
  return [...out];
}

/**
 * Characters beyond ASCII whose lower case has ASCII in it: KELVIN SIGN and I WITH DOT ABOVE. A text
 * with one of them holds what its grams do not tell.
 */
export const FOLDS_TO_ASCII = /[\u212a\u0130]/;
