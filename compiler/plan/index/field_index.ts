/**
 * Which rules one field's value makes candidates: by equality, by base name, and by texts in it. Of a
 * value that comes again those are left out of which it says by itself that they do not match.
 */
import type { Value } from "../../schema/types.ts";
import { Answers, ROOM, type Room } from "./answers.ts";
import { Automaton } from "./automaton.ts";
import type { Atom, ValueTest } from "./condition.ts";
import { QuickReject } from "./quick.ts";
import { SkipSearch } from "./skip_search.ts";

/** Values up to this length are remembered. */
const LONGEST = 512;
/** A list of texts that is longer is not put together: all rules are candidates. */
const LONGEST_LIST = 65_536;

const BEYOND_ASCII = /[^\0-\x7f]/;

type Entries = readonly number[];
const NONE: Entries = [];

/** What a value was found to make candidates, and how often it came again. */
interface Found {
  entries: Entries;
  again: number;
}

/**
 * Times that a value has to come again until all its entries are asked whether it rules them out: what
 * asks is code that is made for it. Those that are asked of every value are asked at once.
 */
const OFTEN = 16;

/** What a field's index holds, to be shown. */
export interface FieldSizes {
  readonly equals: number;
  readonly bases: number;
  readonly needles: number;
  readonly states: number;
  readonly bytes: number;
  /** Entries that are asked of every value; of one that comes again the answer is known. */
  readonly each: readonly number[];
}

/** What a field's index has besides its tests. */
export interface FieldOptions {
  readonly room?: Room;
  /** Entries that any value makes candidates, unless it rules them out by itself. */
  readonly each?: Entries;
  /** What a value by itself says of an entry; null where it says nothing. Asked often */
  readonly test?: (entry: number) => ValueTest | null;
}

/** Numbers of entries, by what is looked for. */
type Table = Map<string, number[]>;

export class FieldIndex {
  readonly #equals: Table = new Map();
  readonly #bases: Table = new Map();
  readonly #someEquals: QuickReject | null;
  readonly #bySlash: QuickReject | null;
  readonly #byBackslash: QuickReject | null;
  readonly automaton: Automaton | null;
  /** By needle of the automaton. */
  readonly #needles: number[][] = [];
  /** In place of the automaton where it fits, with the needles by its own numbers. */
  readonly #skip: SkipSearch | null;
  readonly #skipped: (needle: number) => void;
  readonly #every: number[];
  readonly #found: number[] = [];
  readonly #take: (needle: number) => void;
  /** Shorter values hold none of the texts. */
  readonly #shortest: number;
  /** Up to this length a value is as soon searched as looked up; none where it has to be remembered. */
  readonly #quick: number;
  /** Where texts are looked for; other tests are as fast as remembering. */
  readonly #answers: Answers<Found> | null;
  readonly #each: Entries;
  readonly #test: FieldOptions["test"];
  #missing: Entries | null = null;

  /** @param atoms tests on this field, with the number of the entry that each belongs to */
  constructor(
    readonly name: string,
    atoms: readonly (readonly [Atom, number])[],
    { room = { values: ROOM }, each = NONE, test }: FieldOptions = {},
  ) {
    this.#each = each;
    this.#test = test;
    const contains: Table = new Map();
    const tables = { equals: this.#equals, base: this.#bases, contains };
    const every = new Set<number>(each);
    for (const [{ test, text }, entry] of atoms) {
      every.add(entry);
      const known = tables[test].get(text);
      if (known === undefined) tables[test].set(text, [entry]);
      else if (known[known.length - 1] !== entry) known.push(entry);
    }
    this.#every = [...every];
    this.#someEquals = this.#equals.size === 0 ? null : new QuickReject(this.#equals.keys());
    this.#byBackslash = basesBy("\\", this.#bases);
    this.#bySlash = basesBy("/", this.#bases);
    this.#answers = contains.size === 0 && each.length === 0 ? null : new Answers(room);
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
    // A character of ASCII comes of one character, also where the whole gets longer in lower case.
    this.#shortest = each.length > 0 || texts.some((text) => BEYOND_ASCII.test(text))
      ? 0
      : texts.reduce((least, text) => Math.min(least, text.length), Infinity);
    this.#quick = each.length > 0 ? -1 : this.#skip?.quick ?? 0;
    const found = this.#found, needles = this.#needles;
    this.#take = (needle) => {
      for (const entry of needles[needle]) found.push(entry);
    };
  }

  /** What is looked for, by how. */
  get sizes(): FieldSizes {
    return {
      each: this.#each,
      equals: this.#equals.size,
      bases: this.#bases.size,
      needles: this.#needles.length,
      states: this.automaton?.states ?? 0,
      bytes: this.automaton?.bytes ?? 0,
    };
  }

  /** It is not asked again. */
  release(): void {
    this.#answers?.release();
  }

  /** Numbers of entries, some of them perhaps more than once; valid until the next call. */
  find(value: Value): Entries {
    if (value === undefined) return this.#ofMissing();
    if (typeof value === "object") return this.#ofList(value);
    const answers = this.#answers;
    if (answers === null) return this.#search(value);
    if (typeof value === "string") {
      const n = value.length;
      if (n > LONGEST || n < this.#shortest) return this.#searchAll(value);
      if (n <= this.#quick) {
        const found = this.#search(value);
        if (found.length === 0 || this.#test === undefined) return found;
      }
    }
    const answer = answers.get(value);
    if (answer !== undefined) {
      if (answer.again < OFTEN) this.#again(answer, value);
      return answer.entries;
    }
    const found = this.#searchAll(value);
    if (!answers.wanted) return found;
    const kept = found.length === 0 ? NONE : [...new Set(found)];
    answers.put(value, { entries: kept, again: kept.length === 0 ? OFTEN : 0 });
    return kept;
  }

  #again(answer: Found, value: Value): void {
    answer.again++;
    if (answer.again === OFTEN) answer.entries = this.#left(answer.entries, value);
    else if (answer.again === 1 && this.#each.length > 0) {
      const each = this.#left(this.#each, value);
      if (each.length === this.#each.length) return;
      answer.entries = answer.entries.filter((e) => !this.#each.includes(e) || each.includes(e));
    }
  }

  /** Those of some entries that a value does not rule out by itself. */
  #left(entries: Entries, value: Value): Entries {
    const test = this.#test;
    if (test === undefined) return entries;
    const left = entries.filter((entry) => test(entry)?.(value) ?? true);
    return left.length < entries.length ? left : entries;
  }

  #ofMissing(): Entries {
    if (this.#each.length === 0) return NONE;
    return this.#missing ??= this.#left(this.#each, undefined);
  }

  #searchAll(value: Value): Entries {
    const found = this.#search(value);
    if (this.#each.length > 0) push(this.#found, this.#each);
    return found;
  }

  #search(value: Value): Entries {
    const text = typeof value === "string" ? value : String(value);
    const found = this.#found;
    found.length = 0;
    if (this.#someEquals !== null && this.#someEquals.maybe(text, 0)) {
      push(found, this.#equals.get(text.toLowerCase()));
    }
    if (this.#byBackslash !== null) this.#base(text, "\\", this.#byBackslash);
    if (this.#bySlash !== null) this.#base(text, "/", this.#bySlash);
    if (this.automaton === null || text.length < this.#shortest) return found;
    if (this.#skip !== null) {
      const before = found.length;
      if (this.#skip.find(text, this.#skipped)) return found;
      found.length = before;
    }
    this.automaton.find(text, this.#take);
    return found;
  }

  #base(text: string, separator: string, some: QuickReject): void {
    const at = text.lastIndexOf(separator);
    if (at < 0 || !some.maybe(text, at)) return;
    push(this.#found, this.#bases.get(text.slice(at).toLowerCase()));
  }

  /** Rules see a list as its entries, or as one text. */
  #ofList(list: readonly unknown[]): Entries {
    let length = 0;
    for (const v of list) length += String(v).length + 2;
    return length > LONGEST_LIST ? this.#every : this.#searchAll(list.join(", "));
  }
}

function push(to: number[], entries: readonly number[] | undefined): void {
  if (entries !== undefined) { for (const e of entries) to.push(e); }
}

function basesBy(separator: string, bases: Table): QuickReject | null {
  const some = [...bases.keys()].filter((base) => base[0] === separator);
  return some.length === 0 ? null : new QuickReject(some, 1);
}
