/**
 * Finds which of a few long texts a text holds without looking at each of its characters (Wu and
 * Manber): the two characters at the end of a window tell how far the next text can begin at the
 * earliest.
 */

/** Windows are no longer: a needle's first characters are what is looked for. */
const LONGEST = 16;
/** With shorter needles, or more of them, the steps are too short to be worth it. */
const SHORTEST = 5, MOST = 128;
/** Steps of the longest kind in which it is sooner done than a text's hash is made and looked up. */
const QUICK_STEPS = 12;
const HASHES = 4096;

/** Latin-1 with ASCII's capitals as small letters. */
const FOLDED = Uint8Array.from({ length: 256 }, (_, c) => c >= 65 && c <= 90 ? c + 32 : c);

/** The same of a letter of ASCII in either case. */
const hash = (a: number, b: number): number => (a | 32) << 5 & HASHES - 1 ^ (b | 32);

export class SkipSearch {
  readonly #window: number;
  /** By two characters, how far on the window can go; 0 where a needle may end with them. */
  readonly #shift: Uint8Array;
  readonly #buckets: number[][] = [];
  readonly #codes: readonly Uint8Array[];
  readonly #seen: Uint32Array;
  #pass = 0;

  /** Whether needles, in lower case, are few and long, and of ASCII. */
  static fits(needles: readonly string[]): boolean {
    return needles.length <= MOST &&
      needles.every((n) => n.length >= SHORTEST && /^[ -~]*$/.test(n));
  }

  constructor(needles: readonly string[]) {
    const window = Math.min(LONGEST, ...needles.map((n) => n.length));
    this.#window = window;
    this.#codes = needles.map((n) => Uint8Array.from(n, (c) => c.charCodeAt(0)));
    this.#shift = new Uint8Array(HASHES).fill(window - 1);
    this.#seen = new Uint32Array(needles.length);
    this.#codes.forEach((codes, i) => {
      for (let k = 1; k < window; k++) {
        const h = hash(codes[k - 1], codes[k]);
        this.#shift[h] = Math.min(this.#shift[h], window - 1 - k);
        if (k === window - 1) (this.#buckets[h] ??= []).push(i);
      }
    });
  }

  /** Up to this length a text is as soon searched as what was found in it before is looked up. */
  get quick(): number {
    return QUICK_STEPS * (this.#window - 1);
  }

  /**
   * Calls `found` with the index of each needle that the text holds, once.
   * @returns false where it gave up: on a text that was made to be looked at again and again, or at a
   * character beyond Latin-1, which may become one of a needle in lower case
   */
  find(text: string, found: (needle: number) => void): boolean {
    const window = this.#window, shift = this.#shift, seen = this.#seen;
    if (++this.#pass > 0xffffffff) {
      seen.fill(0);
      this.#pass = 1;
    }
    const n = text.length;
    let budget = 2 * n + 256;
    for (let at = window - 1; at < n;) {
      const a = text.charCodeAt(at - 1), b = text.charCodeAt(at);
      if ((a | b) > 255) return false;
      const h = hash(a, b);
      const far = shift[h];
      if (far !== 0) {
        at += far;
        continue;
      }
      for (const i of this.#buckets[h]) {
        if (seen[i] === this.#pass) continue;
        const codes = this.#codes[i], start = at - window + 1;
        if (start + codes.length > n) continue;
        let k = 0;
        for (; k < codes.length; k++) {
          const c = text.charCodeAt(start + k);
          if (c > 255) return false;
          if (FOLDED[c] !== codes[k]) break;
        }
        if ((budget -= k + 1) < 0) return false;
        if (k < codes.length) continue;
        seen[i] = this.#pass;
        found(i);
      }
      at++;
    }
    return true;
  }
}
