/** Says quickly of most texts that they are none of some others, whatever their case. */

const SIZE = 1024;
/** What the small form of `İ` is longer by: the one letter that becomes two. */
const LONGER = "\u0307";

export class QuickReject {
  readonly #maybe = new Uint8Array(SIZE);
  readonly #always: boolean;

  /** @param texts in lower case. @param from index from which on they are compared */
  constructor(texts: Iterable<string>, readonly from = 0) {
    let always = false;
    for (const text of texts) {
      always ||= text.includes(LONGER) || text.length <= from;
      this.#maybe[hash(text.length, text.charCodeAt(from))] = 1;
    }
    this.#always = always;
  }

  /**
   * False where the part of a text from `at` on is none of the texts.
   * @param text in any case
   */
  maybe(text: string, at: number): boolean {
    const first = text.charCodeAt(at + this.from);
    // A letter beyond ASCII may have one of ASCII as its small form.
    return this.#maybe[hash(text.length - at, first)] === 1 || first > 127 || this.#always ||
      first !== first;
  }
}

/** Letters of ASCII give the same in either case. */
const hash = (length: number, first: number): number => (length * 37 ^ (first | 32)) & (SIZE - 1);
