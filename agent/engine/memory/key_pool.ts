/**
 * Keys of groups as numbers, each text once for all operators of a course of time: a row's field is
 * looked up once, however many rules group by it, and a key of several fields is a chain of numbers
 * that no text is put together for. Texts stand in one array of numbers, so that with a million keys
 * the collector has nothing to walk through; those that are long, or beyond Latin-1, are held beside.
 *
 * Who stores a key retains it. One that nobody retains is there until {@link KeyPool.settle}, which
 * is called between two rows.
 */
import type { Value } from "../../../compiler/schema/types.ts";

/** A key whose field is missing: the row has none. */
export const NO_KEY = -1;
/** The key of the empty text, which is that of a group by nothing. */
export const EMPTY_KEY = 0;
/** A field that may be missing, and is. */
const MISSING_PART = 1;
/** What stands before the only part of a key of one field that may be missing. */
const START = 2;
/** Numbers below are there for ever. */
const RESERVED = 3;

/** Bytes of a record that hold a short text: its length, then its characters. */
const BYTES = 24;
const LONGEST = BYTES - 1;
const WORDS = BYTES / 4;
/** First words of records that hold no short text: a long one and its hash, two keys, nothing. */
const LONG = 0xff000000, PAIR = 0xfe000000, RESERVED_MARK = 0xfd000000;
/** Keys that nobody retains which are let go together. */
const LOOSE = 4096;
/** Texts that are not made anew, a power of two. */
const REMEMBERED = 256;

/**
 * Keys are texts that attackers choose: with a multiplier that they do not know they cannot choose
 * texts that fall on one place. What a run gives does not depend on it.
 */
const MULTIPLIER = crypto.getRandomValues(new Uint32Array(1))[0] | 1;

/** The text at hand: its words, its hash, and whether the words are all of it. */
const words = new Uint32Array(WORDS);
let hash = 0;
let short = false;

/** Length and characters, a byte each from the high end of a word on. V8 reads a slice's characters in place. */
function pack(text: string): void {
  const n = text.length;
  let h = MULTIPLIER, w = n & 0xff, wide = 0, at = 0;
  for (let i = 0; i < n; i++) {
    const c = text.charCodeAt(i);
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
const pairHash = (a: number, b: number): number => finish(mix(MULTIPLIER, a), b);

/**
 * Texts looked up last, of any pool: rules ask for the same few fields of a row one after the other.
 * One memory for all, since each text keeps the lines alive that it was cut from.
 */
const RECENT = 16;
const recentTexts: string[] = new Array(RECENT).fill("");
const recentKeys = new Int32Array(RECENT);
const recentPools: (KeyPool | null)[] = new Array(RECENT).fill(null);

export class KeyPool {
  /** Hash, and key + 1 or 0 where nothing is, in turn: open addressing, at most half full. */
  #places = new Int32Array(2 * 64);
  #mask = 63;
  /** By key, {@link WORDS} each. */
  #records = new Uint32Array(64 * WORDS);
  /** By key, how many retain it; -1 where there is none. */
  #held = new Int32Array(64).fill(-1);
  /** Keys ever used. */
  #keys = 0;
  readonly #free: number[] = [];
  /** Keys that nobody retained when they were put here. */
  #loose: number[] = [];
  readonly #long = new Map<number, string>();
  /** Keys that are in the index. */
  #size = 0;
  /** Texts made last, and their keys: those of an open episode are asked for at every row. */
  readonly #texts: string[] = [];
  readonly #textKeys = new Int32Array(REMEMBERED).fill(NO_KEY);

  constructor() {
    this.#held[this.of("")] = 1;
    for (const key of [MISSING_PART, START]) {
      this.#records[key * WORDS] = RESERVED_MARK;
      this.#held[key] = 1;
    }
    this.#keys = RESERVED;
    this.#loose = [];
  }

  /** Keys that are there, those that nobody retains any more among them. */
  get size(): number {
    return this.#size;
  }

  /** The key of a group by one field; {@link NO_KEY} where that is missing. */
  of(v: Value): number {
    if (v === undefined) return NO_KEY;
    const text = typeof v === "string" ? v : String(v);
    const n = text.length;
    const i = n === 0 ? 0 : (n + text.charCodeAt(n - 1)) & (RECENT - 1);
    if (recentPools[i] === this && recentTexts[i] === text) return recentKeys[i];
    const key = this.#find(text);
    recentPools[i] = this;
    recentTexts[i] = text;
    recentKeys[i] = key;
    return key;
  }

  /** One of the fields of a key that has several, or that may be missing. */
  part(v: Value): number {
    return v === undefined ? MISSING_PART : this.of(v);
  }

  /** The key of a field that may be missing: its {@link part}. */
  only(part: number): number {
    return this.pair(START, part);
  }

  /** The key of two fields by their {@link part}s, or of a key and one field more. */
  pair(a: number, b: number): number {
    const h = pairHash(a, b);
    const places = this.#places, mask = this.#mask, records = this.#records;
    for (let i = h & mask;; i = (i + 1) & mask) {
      const key = places[2 * i + 1] - 1;
      if (key < 0) break;
      if (places[2 * i] !== h) continue;
      const from = key * WORDS;
      if (records[from] === PAIR && records[from + 1] === a && records[from + 2] === b) return key;
    }
    const key = this.#new(h);
    const from = key * WORDS;
    this.#records[from] = PAIR;
    this.#records[from + 1] = a;
    this.#records[from + 2] = b;
    this.retain(a);
    this.retain(b);
    return key;
  }

  /** The key of all fields of a group. @param whole its one field must be there: the text is the key */
  ofValues(values: readonly Value[], whole: boolean): number {
    if (whole) return values.length === 0 ? EMPTY_KEY : this.of(values[0]);
    let key = values.length === 1 ? START : this.part(values[0]);
    for (let i = values.length === 1 ? 0 : 1; i < values.length; i++) {
      key = this.pair(key, this.part(values[i]));
    }
    return key;
  }

  /** The key of a text that {@link text} gave. @param whole as {@link ofValues} has it */
  ofText(text: string, whole: boolean): number {
    return whole ? this.of(text) : this.ofValues(partsOf(text), false);
  }

  /** A key as text, safe to hold: parts of one of several as "-", or as length, colon and text. */
  text(key: number): string {
    const i = key & (REMEMBERED - 1);
    if (this.#textKeys[i] === key) return this.#texts[i];
    const text = this.#made(key);
    this.#textKeys[i] = key;
    return this.#texts[i] = text;
  }

  #made(key: number): string {
    if (this.#records[key * WORDS] !== PAIR) return this.#textOf(key);
    return this.#parts(key).map((part) => {
      if (part === MISSING_PART) return "-";
      const text = this.#textOf(part);
      return `${text.length}:${text}`;
    }).join("");
  }

  /** The fields of a key as texts. */
  values(key: number): (string | undefined)[] {
    if (this.#records[key * WORDS] !== PAIR) return [this.#textOf(key)];
    return this.#parts(key).map((part) => part === MISSING_PART ? undefined : this.#textOf(part));
  }

  /** Somebody stores a key. */
  retain(key: number): void {
    this.#held[key]++;
  }

  /** One who stored a key does so no more. */
  release(key: number): void {
    if (--this.#held[key] === 0) this.#loose.push(key);
  }

  /** Between two rows: keys that nobody retains go, when they are many. @param all however few */
  settle(all = false): void {
    if (all || this.#loose.length >= LOOSE) this.#sweep();
  }

  #sweep(): void {
    recentPools.fill(null);
    recentTexts.fill("");
    this.#textKeys.fill(NO_KEY);
    // A pair that goes may leave its parts to nobody: they are put behind.
    for (let i = 0; i < this.#loose.length; i++) {
      const key = this.#loose[i];
      if (this.#held[key] === 0) this.#remove(key);
    }
    this.#loose = [];
  }

  #find(text: string): number {
    pack(text);
    const places = this.#places, mask = this.#mask;
    for (let i = hash & mask;; i = (i + 1) & mask) {
      const key = places[2 * i + 1] - 1;
      if (key < 0) break;
      if (places[2 * i] === hash && this.#is(key, text)) return key;
    }
    const key = this.#new(hash);
    const from = key * WORDS, records = this.#records;
    if (short) { for (let i = 0; i < WORDS; i++) records[from + i] = words[i]; }
    else {
      records[from] = LONG;
      records[from + 1] = hash;
      // A copy: a slice of a chunk would pin the whole chunk.
      this.#long.set(key, [text.slice(0, 6), text.slice(6)].join(""));
    }
    return key;
  }

  #is(key: number, text: string): boolean {
    const records = this.#records, from = key * WORDS;
    if (!short) return records[from] === LONG && this.#long.get(key) === text;
    for (let i = 0; i < WORDS; i++) if (records[from + i] !== words[i]) return false;
    return true;
  }

  #new(h: number): number {
    if (2 * ++this.#size > this.#mask) this.#growIndex();
    const key = this.#free.pop() ?? this.#keys++;
    if (key === this.#held.length) this.#growRecords();
    this.#held[key] = 0;
    this.#loose.push(key);
    this.#put(h, key + 1);
    return key;
  }

  #remove(key: number): void {
    const places = this.#places, mask = this.#mask;
    let i = this.#hashOf(key) & mask;
    while (places[2 * i + 1] !== key + 1) i = (i + 1) & mask;
    // What was pushed behind the place moves up, so that no gap parts it from where it belongs.
    for (let j = (i + 1) & mask; places[2 * j + 1] !== 0; j = (j + 1) & mask) {
      if (((j - places[2 * j]) & mask) < ((j - i) & mask)) continue;
      places[2 * i] = places[2 * j];
      places[2 * i + 1] = places[2 * j + 1];
      i = j;
    }
    places[2 * i + 1] = 0;
    const from = key * WORDS, records = this.#records;
    if (records[from] === PAIR) {
      this.release(records[from + 1]);
      this.release(records[from + 2]);
    } else if (records[from] === LONG) this.#long.delete(key);
    this.#held[key] = -1;
    this.#free.push(key);
    this.#size--;
  }

  /** As {@link pack} makes it, from a record. */
  #hashOf(key: number): number {
    const records = this.#records, from = key * WORDS;
    const first = records[from];
    if (first === PAIR) return pairHash(records[from + 1], records[from + 2]);
    if (first === LONG) return records[from + 1] | 0;
    let h = MULTIPLIER;
    const full = ((first >>> 24) + 1) >> 2;
    for (let i = 0; i < full; i++) h = mix(h, records[from + i]);
    return finish(h, full < WORDS ? records[from + full] : 0);
  }

  #textOf(key: number): string {
    const records = this.#records, from = key * WORDS;
    if (records[from] === LONG) return this.#long.get(key)!;
    const n = records[from] >>> 24;
    const codes: number[] = [];
    for (let i = 1; i <= n; i++) {
      codes.push((records[from + (i >> 2)] >>> (24 - 8 * (i & 3))) & 0xff);
    }
    return String.fromCharCode(...codes);
  }

  /** The parts of a key that is a pair, or a pair of a pair and so on. */
  #parts(key: number): number[] {
    const out: number[] = [];
    const records = this.#records;
    while (records[key * WORDS] === PAIR) {
      out.push(records[key * WORDS + 2]);
      key = records[key * WORDS + 1];
    }
    if (key !== START) out.push(key);
    return out.reverse();
  }

  #put(h: number, entry: number): void {
    const places = this.#places, mask = this.#mask;
    let i = h & mask;
    while (places[2 * i + 1] !== 0) i = (i + 1) & mask;
    places[2 * i] = h;
    places[2 * i + 1] = entry;
  }

  #growIndex(): void {
    const old = this.#places;
    this.#places = new Int32Array(2 * old.length);
    this.#mask = this.#places.length / 2 - 1;
    for (let i = 0; i < old.length; i += 2) {
      if (old[i + 1] !== 0) this.#put(old[i], old[i + 1]);
    }
  }

  #growRecords(): void {
    const records = new Uint32Array(2 * this.#records.length);
    records.set(this.#records);
    this.#records = records;
    const held = new Int32Array(2 * this.#held.length).fill(-1);
    held.set(this.#held);
    this.#held = held;
  }
}

/** The parts of a key's text: "-", or a length, a colon and the text. */
function partsOf(key: string): (string | undefined)[] {
  const out: (string | undefined)[] = [];
  for (let i = 0; i < key.length;) {
    if (key[i] === "-") {
      out.push(undefined);
      i++;
    } else {
      const colon = key.indexOf(":", i);
      const end = colon + 1 + Number(key.slice(i, colon));
      out.push(key.slice(colon + 1, end));
      i = end;
    }
  }
  return out;
}
