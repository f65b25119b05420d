/** Which rules one field's value makes candidates: by equality, by base name, and by texts in it. */
import { keep } from "../../schema/keep.ts";
import type { Value } from "../../schema/types.ts";
import { Automaton } from "./automaton.ts";
import type { Atom } from "./condition.ts";
import { SkipSearch } from "./skip_search.ts";

/** Values of which the answer is remembered, and the length up to which. */
const REMEMBERED = 256, LONGEST = 512;
/** After so many values it is seen whether remembering pays: a quarter of them have to be known. */
const TRIAL = 4096;
/** A list of texts that is longer is not put together: all rules are candidates. */
const LONGEST_LIST = 65_536;

/** Texts up to this length are as soon looked at whole. */
const SKIPPED = 64;
const BEYOND_LATIN = /[^\0-\xff]/;

type Entries = readonly number[];
const NONE: Entries = [];

/** Numbers of entries, by what is looked for. */
type Table = Map<string, number[]>;

export class FieldIndex {
  readonly #equals: Table = new Map();
  readonly #bases: Table = new Map();
  readonly #bySlash: boolean;
  readonly #byBackslash: boolean;
  readonly automaton: Automaton | null;
  /** By needle of the automaton. */
  readonly #needles: number[][] = [];
  /** In place of the automaton where it fits, with the needles by its own numbers. */
  readonly #skip: SkipSearch | null;
  readonly #skipped: (needle: number) => void;
  readonly #every: number[];
  readonly #found: number[] = [];
  readonly #take: (needle: number) => void;
  #answers = new Map<Value, Entries>();
  #remembering = true;
  #asked = 0;
  #known = 0;

  /** @param atoms tests on this field, with the number of the entry that each belongs to */
  constructor(readonly name: string, atoms: readonly (readonly [Atom, number])[]) {
    const contains: Table = new Map();
    const tables = { equals: this.#equals, base: this.#bases, contains };
    const every = new Set<number>();
    for (const [{ test, text }, entry] of atoms) {
      every.add(entry);
      const known = tables[test].get(text);
      if (known === undefined) tables[test].set(text, [entry]);
      else if (known[known.length - 1] !== entry) known.push(entry);
    }
    this.#every = [...every];
    this.#byBackslash = [...this.#bases.keys()].some((k) => k[0] === "\\");
    this.#bySlash = [...this.#bases.keys()].some((k) => k[0] === "/");
    this.automaton = contains.size === 0 ? null : new Automaton([...contains.keys()]);
    const byNeedle = [...contains.values()];
    if (this.automaton !== null) {
      this.#needles = this.automaton.same.map((same) => same.flatMap((i) => byNeedle[i]));
    }
    const texts = [...contains.keys()];
    this.#skip = texts.length > 0 && SkipSearch.fits(texts) ? new SkipSearch(texts) : null;
    this.#skipped = (needle) => {
      for (const entry of byNeedle[needle]) found.push(entry);
    };
    const found = this.#found, needles = this.#needles;
    this.#take = (needle) => {
      for (const entry of needles[needle]) found.push(entry);
    };
  }

  /** What is looked for, by how. */
  get sizes(): { equals: number; bases: number; needles: number; states: number; bytes: number } {
    return {
      equals: this.#equals.size,
      bases: this.#bases.size,
      needles: this.#needles.length,
      states: this.automaton?.states ?? 0,
      bytes: this.automaton?.bytes ?? 0,
    };
  }

  /** Numbers of entries, some of them perhaps more than once; valid until the next call. */
  find(value: Value): Entries {
    if (typeof value === "object") return this.#ofList(value);
    if (typeof value === "string" && value.length > LONGEST) return this.#search(value);
    if (!this.#remembering) {
      // What changes with every event may repeat itself later.
      if (++this.#asked < 16 * TRIAL) return this.#search(value);
      this.#asked = this.#known = 0;
      this.#remembering = true;
    }
    const answer = this.#answers.get(value);
    this.#asked++;
    if (answer !== undefined) {
      this.#known++;
      return answer;
    }
    const found = this.#search(value);
    if (this.#asked >= TRIAL) {
      this.#remembering = this.#known * 4 >= this.#asked;
      this.#asked = this.#known = 0;
      if (!this.#remembering) {
        this.#answers = new Map();
        return found;
      }
    }
    if (this.#answers.size >= REMEMBERED) this.#answers = new Map();
    const kept = found.length === 0 ? NONE : [...new Set(found)];
    this.#answers.set(typeof value === "string" ? keep(value) : value, kept);
    return kept;
  }

  #search(value: Value): Entries {
    const text = typeof value === "string" ? value : String(value);
    const found = this.#found;
    found.length = 0;
    if (this.#equals.size > 0) push(found, this.#equals.get(text.toLowerCase()));
    if (this.#byBackslash) this.#base(text, "\\");
    if (this.#bySlash) this.#base(text, "/");
    if (this.automaton === null) return found;
    if (this.#skip !== null && text.length > SKIPPED && !BEYOND_LATIN.test(text)) {
      const before = found.length;
      if (this.#skip.find(text, this.#skipped)) return found;
      found.length = before;
    }
    this.automaton.find(text, this.#take);
    return found;
  }

  #base(text: string, separator: string): void {
    const at = text.lastIndexOf(separator);
    if (at >= 0) push(this.#found, this.#bases.get(text.slice(at).toLowerCase()));
  }

  /** Rules see a list as its entries, or as one text. */
  #ofList(list: readonly unknown[] | undefined): Entries {
    if (list === undefined) return NONE;
    let length = 0;
    for (const v of list) length += String(v).length + 2;
    return length > LONGEST_LIST ? this.#every : this.#search(list.join(", "));
  }
}

function push(to: number[], entries: readonly number[] | undefined): void {
  if (entries !== undefined) { for (const e of entries) to.push(e); }
}
