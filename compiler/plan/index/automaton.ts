/**
 * Finds which of many texts a text holds in one pass (Aho-Corasick over typed arrays). What it finds is
 * looked at again by the rule itself, so that it may find too much, and never too little: of long
 * needles only the last characters are looked for, and characters beyond ASCII share a few classes.
 */

/** Of a needle that is longer, only so many characters at its end are looked for. */
export const LOOKED_FOR = 20;
const BEYOND_ASCII = /[^\0-\x7f]/, BEYOND_LATIN = /[^\0-\xff]/;
/** Classes that characters beyond ASCII fall into. */
const BEYOND = 8;

export class Automaton {
  readonly states: number;
  /** Class of each ASCII character; 0 for those that no needle has. */
  readonly #ascii = new Uint8Array(128);
  readonly #beyond: number;
  readonly #classes: number;
  /** By state and class, twice the state that follows, and one more where a needle ends in it. */
  readonly #next: Uint16Array | Uint32Array;
  /** No needle has a character beyond ASCII. */
  readonly #plain: boolean;
  /** One more than the number of the needle that ends in a state; 0 for none. */
  readonly #ends: Uint32Array;
  /** The next shorter end of the text read so far in which a needle ends; 0 for none. */
  readonly #shorter: Uint32Array;
  /** By needle, the pass that found it last. */
  readonly #seen: Uint32Array;
  #pass = 0;

  /** @param needles in lower case, each once, none empty */
  constructor(needles: readonly string[]) {
    const ends = needles.map((n) => n.slice(-LOOKED_FOR));
    let classes = 1;
    this.#plain = ends.every((n) => !BEYOND_ASCII.test(n));
    for (const needle of ends) {
      for (let i = 0; i < needle.length; i++) {
        const c = needle.charCodeAt(i);
        if (c < 128 && this.#ascii[c] === 0) this.#ascii[c] = classes++;
      }
    }
    // Text may come with its capitals.
    for (let c = 65; c <= 90; c++) this.#ascii[c] = this.#ascii[c + 32];
    this.#beyond = classes;
    this.#classes = classes += BEYOND;
    const longest = ends.reduce((n, needle) => n + needle.length, 1);
    const next = new Uint32Array(longest * classes);
    const ending = new Uint32Array(longest);
    /** Needles of one end: the first stands for all. */
    this.same = needles.map((_, i) => [i]);
    let states = 1;
    ends.forEach((needle, i) => {
      let s = 0;
      for (let k = 0; k < needle.length; k++) {
        const at = s * classes + this.#classOf(needle.charCodeAt(k));
        if (next[at] === 0) next[at] = states++;
        s = next[at];
      }
      if (ending[s] === 0) ending[s] = i + 1;
      else this.same[ending[s] - 1].push(i);
    });
    this.states = states;
    this.#ends = ending.slice(0, states);
    this.#shorter = new Uint32Array(states);
    this.#fill(next, states);
    for (let i = 0; i < states * classes; i++) {
      const to = next[i];
      next[i] = to << 1 | (this.#ends[to] !== 0 || this.#shorter[to] !== 0 ? 1 : 0);
    }
    this.#next = states < 32768
      ? new Uint16Array(next.subarray(0, states * classes))
      : next.slice(0, states * classes);
    this.#seen = new Uint32Array(needles.length);
  }

  /** Needles that are looked for by the same characters as the one of an index, itself the first. */
  readonly same: number[][];

  /** Bytes that it takes. */
  get bytes(): number {
    return this.#next.byteLength + this.#ends.byteLength + this.#shorter.byteLength +
      this.#seen.byteLength;
  }

  #classOf(c: number): number {
    return c < 128 ? this.#ascii[c] : this.#beyond + (c & (BEYOND - 1));
  }

  /** From a tree of needles to what follows on every character, nearest states first. */
  #fill(next: Uint32Array, states: number): void {
    const classes = this.#classes;
    const fail = new Uint32Array(states);
    const queue = new Uint32Array(states);
    let tail = 0;
    for (let c = 0; c < classes; c++) if (next[c] !== 0) queue[tail++] = next[c];
    for (let head = 0; head < tail; head++) {
      const s = queue[head], f = fail[s];
      this.#shorter[s] = this.#ends[f] !== 0 ? f : this.#shorter[f];
      for (let c = 0; c < classes; c++) {
        const at = s * classes + c;
        const to = next[at];
        if (to === 0) next[at] = next[f * classes + c];
        else {
          fail[to] = next[f * classes + c];
          queue[tail++] = to;
        }
      }
    }
  }

  /**
   * Calls `found` with the index of each needle that the text holds, once, until it gives true; gives
   * whether it did. Those of {@link same} are told by their first. Time is the text's length and the
   * number of needles, whatever the text.
   */
  find(given: string, found: (needle: number) => unknown): boolean {
    const next = this.#next, ends = this.#ends, ascii = this.#ascii, classes = this.#classes;
    const beyond = this.#beyond, shorter = this.#shorter, seen = this.#seen;
    const pass = this.#nextPass();
    // Of Latin-1, nothing beyond ASCII becomes ASCII in lower case.
    const text = this.#plain && !BEYOND_LATIN.test(given) ? given : given.toLowerCase();
    let at = 0;
    for (let i = 0; i < text.length; i++) {
      const c = text.charCodeAt(i);
      at = next[(at >> 1) * classes + (c < 128 ? ascii[c] : beyond + (c & (BEYOND - 1)))];
      if ((at & 1) === 0) continue;
      const s = at >> 1;
      let end = ends[s] !== 0 ? s : shorter[s];
      // Behind a needle that was found before stand those that were found with it.
      while (end !== 0 && seen[ends[end] - 1] !== pass) {
        seen[ends[end] - 1] = pass;
        if (found(ends[end] - 1) === true) return true;
        end = shorter[end];
      }
    }
    return false;
  }

  #nextPass(): number {
    if (++this.#pass > 0xffffffff) {
      this.#seen.fill(0);
      this.#pass = 1;
    }
    return this.#pass;
  }
}
