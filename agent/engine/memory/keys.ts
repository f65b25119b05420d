/**
 * Where a key's record is: an open-addressing index over hashes, linear probing, at most half full.
 * The text of a short key stands in its record, so that finding it reads two or three cache lines
 * and no object; a longer key, or one beyond Latin-1, is held as text beside.
 */

/** Bytes of a record that hold a short key: its length, then its characters. */
const BYTES = 24;
const LONGEST = BYTES - 1;
/** Numbers of a record that these bytes take. */
export const KEY_NUMBERS = BYTES / 8;
const WORDS = BYTES / 4;

/**
 * Keys are texts that attackers choose: with a multiplier that they do not know they cannot choose
 * texts that fall on one place. What a run gives does not depend on it.
 */
const MULTIPLIER = crypto.getRandomValues(new Uint32Array(1))[0] | 1;

/** The key at hand, its words, its hash, and whether the words are all of it. */
let packed = "";
const words = new Uint32Array(WORDS);
let hash = 0;
let short = false;

/** Length and characters, a byte each from the high end of a word on. V8 reads a slice's characters in place. */
function pack(key: string): void {
  // A key that was not found is added next.
  if (key === packed && key !== "") return;
  packed = key;
  const n = key.length;
  let h = MULTIPLIER, w = n & 0xff, wide = 0, at = 0;
  for (let i = 0; i < n; i++) {
    const c = key.charCodeAt(i);
    wide |= c;
    w = (w << 8) ^ c;
    if ((i & 3) === 2) {
      h = mix(h, w);
      if (at < WORDS) words[at++] = w;
      w = 0;
    }
  }
  w <<= 8 * (3 - (n & 3));
  hash = finish(h, w);
  if (at < WORDS) words[at++] = w;
  while (at < WORDS) words[at++] = 0;
  short = n <= LONGEST && wide < 256;
}

const mix = (h: number, w: number): number => {
  h = Math.imul(h ^ w, MULTIPLIER);
  return h ^ (h >>> 15);
};
const finish = (h: number, w: number): number => {
  h = Math.imul(mix(h, w), 0x85ebca6b);
  return h ^ (h >>> 16);
};

/** Keys by slot. The records are the table's; it says where they are with every call, for they grow. */
export class KeyIndex {
  /** Hash, and slot + 1 or 0 where nothing is, in turn. */
  #places = new Int32Array(2 * 16);
  #mask = 15;
  /** Texts of keys that do not fit into a record. */
  readonly #long = new Map<number, string>();
  size = 0;

  /** `at`: word at which the key of slot 0 begins, and words of a record. */
  constructor(readonly at: number, readonly width: number) {}

  /** The slot of a key, or -1. */
  get(key: string, records: Uint32Array): number {
    pack(key);
    const places = this.#places, mask = this.#mask;
    for (let i = hash & mask;; i = (i + 1) & mask) {
      const slot = places[2 * i + 1] - 1;
      if (slot < 0) return -1;
      if (places[2 * i] === hash && this.#is(slot, key, records)) return slot;
    }
  }

  /** Adds a key that is not there. */
  add(key: string, slot: number, records: Uint32Array): void {
    if (2 * ++this.size > this.#mask) this.#grow();
    pack(key);
    const from = slot * this.width + this.at;
    if (short) { for (let i = 0; i < WORDS; i++) records[from + i] = words[i]; }
    else {
      records[from] = 0xff000000;
      records[from + 1] = hash;
      // A copy: a slice of a chunk would pin the whole chunk.
      this.#long.set(slot, [key.slice(0, 6), key.slice(6)].join(""));
    }
    this.#put(hash, slot + 1);
  }

  remove(slot: number, records: Uint32Array): void {
    const places = this.#places, mask = this.#mask;
    let i = this.#hash(slot, records) & mask;
    while (places[2 * i + 1] !== slot + 1) i = (i + 1) & mask;
    // What was pushed behind the place moves up, so that no gap parts it from where it belongs.
    for (let j = (i + 1) & mask; places[2 * j + 1] !== 0; j = (j + 1) & mask) {
      if (((j - places[2 * j]) & mask) < ((j - i) & mask)) continue;
      places[2 * i] = places[2 * j];
      places[2 * i + 1] = places[2 * j + 1];
      i = j;
    }
    places[2 * i + 1] = 0;
    if (this.#long.size > 0) this.#long.delete(slot);
    this.size--;
  }

  /** The text of a slot's key. */
  text(slot: number, records: Uint32Array): string {
    const from = slot * this.width + this.at;
    const n = records[from] >>> 24;
    if (n > LONGEST) return this.#long.get(slot)!;
    const codes: number[] = [];
    for (let i = 1; i <= n; i++) {
      codes.push((records[from + (i >> 2)] >>> (24 - 8 * (i & 3))) & 0xff);
    }
    return String.fromCharCode(...codes);
  }

  /** As {@link pack} makes it, from a record. */
  #hash(slot: number, records: Uint32Array): number {
    const from = slot * this.width + this.at;
    const n = records[from] >>> 24;
    if (n > LONGEST) return records[from + 1] | 0;
    let h = MULTIPLIER;
    const full = (n + 1) >> 2;
    for (let i = 0; i < full; i++) h = mix(h, records[from + i]);
    return finish(h, full < WORDS ? records[from + full] : 0);
  }

  #is(slot: number, key: string, records: Uint32Array): boolean {
    const from = slot * this.width + this.at;
    if (!short) return records[from] === 0xff000000 && this.#long.get(slot) === key;
    for (let i = 0; i < WORDS; i++) if (records[from + i] !== words[i]) return false;
    return true;
  }

  #put(h: number, entry: number): void {
    const places = this.#places, mask = this.#mask;
    let i = h & mask;
    while (places[2 * i + 1] !== 0) i = (i + 1) & mask;
    places[2 * i] = h;
    places[2 * i + 1] = entry;
  }

  #grow(): void {
    const old = this.#places;
    this.#places = new Int32Array(2 * old.length);
    this.#mask = this.#places.length / 2 - 1;
    for (let i = 0; i < old.length; i += 2) {
      if (old[i + 1] !== 0) this.#put(old[i], old[i + 1]);
    }
  }
}
