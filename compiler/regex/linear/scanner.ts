/**
 * Runs a program over texts as a deterministic automaton whose states are made when a text first needs
 * them. A text that makes too many of them is read with the sets of instructions themselves: slower,
 * and still a bounded number of steps for each character.
 */
import { type Alphabet, alphabetOf, EDGE, LINE, OTHER, WORDS } from "./alphabet.ts";
import type { Place } from "../syntax/parse.ts";
import type { Instruction, Program } from "./program.ts";

/** States that stand for no set: not made yet, a match, and no match whatever follows. */
const UNKNOWN = 0, MATCH = 1, DEAD = 2, FIRST = 3;

const OPS: readonly Instruction["op"][] = ["take", "split", "assert", "match"];
const [TAKE, SPLIT, ASSERT, ACCEPT] = OPS.keys();
const PLACES: readonly Place[] = [
  "start",
  "end",
  "line start",
  "line end",
  "word edge",
  "no word edge",
];

/** Most numbers kept for the states of one pattern, transitions and sets together: 256 KiB. */
const MAX_CELLS = 65_536;
/** States are worth making when each is used for so many characters. */
const MIN_USES = 8;

/** Instructions without order and twice, in constant time (Briggs and Torczon). */
class SparseSet {
  readonly items: Int32Array;
  readonly #index: Int32Array;
  size = 0;

  constructor(capacity: number) {
    this.items = new Int32Array(capacity);
    this.#index = new Int32Array(capacity);
  }

  add(pc: number): boolean {
    const at = this.#index[pc];
    if (at < this.size && this.items[at] === pc) return false;
    this.#index[pc] = this.size;
    this.items[this.size++] = pc;
    return true;
  }
}

export class Scanner {
  readonly #alphabet: Alphabet;
  /** Whether places depend on the character before. */
  readonly #places: boolean;
  /** The program as numbers: what each instruction does, and its one or two arguments. */
  readonly #ops: Uint8Array;
  readonly #first: Int32Array;
  readonly #second: Int32Array;
  /** A match can begin at the start of the text alone. */
  readonly #anchored: boolean = true;
  readonly #stack: Int32Array;
  #now: SparseSet;
  #then: SparseSet;
  #open: SparseSet;

  /** Numbers of states by their instructions and the kind of character before them. */
  readonly #states = new Map<string, number>();
  #sets: Int32Array[] = [];
  #before: number[] = [];
  #next: Int32Array;
  #cells = 0;
  #start = UNKNOWN;
  /** Characters read, and transitions made for them, since states were last dropped. */
  #read = 0;
  #made = 0;

  constructor(readonly program: Program) {
    this.#alphabet = alphabetOf(program.sets);
    this.#places = program.code.some((i) => i.op === "assert");
    const n = program.code.length;
    this.#ops = Uint8Array.from(program.code, (i) => OPS.indexOf(i.op));
    this.#first = Int32Array.from(
      program.code,
      (i) => i.op === "split" ? i.first : i.op === "match" ? 0 : i.next,
    );
    this.#second = Int32Array.from(
      program.code,
      (i) =>
        i.op === "split"
          ? i.second
          : i.op === "take"
          ? i.set
          : i.op === "assert"
          ? PLACES.indexOf(i.place)
          : 0,
    );
    this.#stack = new Int32Array(2 * n + 2);
    [this.#now, this.#then, this.#open] = [new SparseSet(n), new SparseSet(n), new SparseSet(n)];
    this.#next = new Int32Array(8 * (this.#alphabet.size + 1));
    this.#anchored = [LINE, WORDS, OTHER].every((before) => {
      this.#then.size = 0;
      return !this.#follow(program.entry, this.#then, before, -1) && this.#dead();
    });
  }

  /** Whether `then` leads nowhere, and no match can begin later. */
  #dead(): boolean {
    if (!this.#anchored) return false;
    const { items, size } = this.#then;
    for (let i = 0; i < size; i++) if (this.#ops[items[i]] !== SPLIT) return false;
    return true;
  }

  /** Whether the pattern matches anywhere in the text; time is at most text × program. */
  test(text: string): boolean {
    const { latin, size } = this.#alphabet;
    const width = size + 1;
    let state = this.#startState();
    let since = 0;
    for (let i = 0; i <= text.length; i++) {
      const unit = i < text.length ? text.charCodeAt(i) : -1;
      const c = unit < 0 ? size : unit < 256 ? latin[unit] : this.#alphabet.classOf(unit);
      let next = this.#next[state * width + c];
      if (next === UNKNOWN) {
        if (this.#cells > MAX_CELLS) {
          this.#read += i - since;
          since = i;
          if (this.#read < this.#made * MIN_USES) return this.#rest(text, i, state);
          state = this.#forget(state);
        }
        next = this.#step(state, c);
      }
      if (next < FIRST) {
        this.#read += i - since;
        return next === MATCH;
      }
      state = next;
    }
    return false;
  }

  #startState(): number {
    if (this.#start !== UNKNOWN) return this.#start;
    this.#then.size = 0;
    const matched = this.#follow(this.program.entry, this.#then, EDGE, -1);
    // Whatever the text is, it matches.
    return this.#start = matched ? this.#always() : this.#intern(this.#then, EDGE);
  }

  /** A state from which every character, and the end, leads to a match. */
  #always(): number {
    this.#then.size = 0;
    const state = this.#intern(this.#then, EDGE);
    const width = this.#alphabet.size + 1;
    this.#next.fill(MATCH, state * width, (state + 1) * width);
    return state;
  }

  /** Makes the transition from a state by a class of characters, or by the end of the text. */
  #step(state: number, c: number): number {
    this.#made++;
    const set = this.#now;
    set.size = 0;
    for (const pc of this.#sets[state]) set.add(pc);
    const end = c === this.#alphabet.size;
    const matched = this.#advance(this.#before[state], c);
    let next = MATCH;
    if (!matched) {
      next = end || this.#dead() ? DEAD : this.#intern(this.#then, this.#alphabet.kinds[c]);
    }
    return this.#next[state * (this.#alphabet.size + 1) + c] = next;
  }

  /** From `now` over one character to `then`. @returns whether the pattern has matched */
  #advance(before: number, c: number): boolean {
    const { size, kinds, members } = this.#alphabet;
    const ops = this.#ops, nexts = this.#first, sets = this.#second;
    const from = this.#places ? this.#resolved(before, c === size ? EDGE : kinds[c]) : this.#now;
    if (from === null) return true;
    const to = this.#then;
    to.size = 0;
    if (c === size) return false;
    for (let i = 0; i < from.size; i++) {
      const pc = from.items[i];
      if (ops[pc] !== TAKE || members[sets[pc]][c] === 0) continue;
      if (this.#follow(nexts[pc], to, kinds[c], -1)) return true;
    }
    // A match can begin behind every character.
    return this.#follow(this.program.entry, to, kinds[c], -1);
  }

  /** `now` with its places asked, now that the next character is known; null for a match. */
  #resolved(before: number, after: number): SparseSet | null {
    const out = this.#open;
    out.size = 0;
    for (let i = 0; i < this.#now.size; i++) {
      const pc = this.#now.items[i];
      if (this.#ops[pc] === TAKE) out.add(pc);
      else if (this.#follow(pc, out, before, after)) return null;
    }
    return out;
  }

  /**
   * Adds what is reached without a character. @param after -1 where the next character is not known:
   * places that ask for it stay in the set. @returns whether the pattern has matched
   */
  #follow(pc: number, to: SparseSet, before: number, after: number): boolean {
    const ops = this.#ops, first = this.#first, second = this.#second, stack = this.#stack;
    let top = 0;
    stack[top++] = pc;
    while (top > 0) {
      const at = stack[--top];
      if (!to.add(at)) continue;
      const op = ops[at];
      if (op === SPLIT) {
        stack[top++] = second[at];
        stack[top++] = first[at];
      } else if (op === ASSERT) {
        const place = PLACES[second[at]];
        if (holds(place, before, after)) stack[top++] = first[at];
        // What can no longer hold need not be carried along.
        else if (after >= 0 || !LATER.has(place)) to.size--;
      } else if (op === ACCEPT) return true;
    }
    return false;
  }

  /** The state of a set; only what takes a character or asks for a place counts. */
  #intern(set: SparseSet, before: number): number {
    const pcs = set.items.slice(0, set.size).filter((pc) => this.#ops[pc] !== SPLIT).sort();
    const key = String.fromCharCode(this.#places ? before : 0, ...pcs);
    let state = this.#states.get(key);
    if (state !== undefined) return state;
    state = FIRST + this.#states.size;
    this.#states.set(key, state);
    this.#sets[state] = pcs;
    this.#before[state] = before;
    const width = this.#alphabet.size + 1;
    this.#cells += width + pcs.length;
    if ((state + 1) * width > this.#next.length) {
      const grown = new Int32Array(Math.max(2 * this.#next.length, (state + 1) * width));
      grown.set(this.#next);
      this.#next = grown;
    }
    return state;
  }

  /** Drops all states but one. @returns its number from now on */
  #forget(state: number): number {
    const set = this.#sets[state], before = this.#before[state];
    this.#states.clear();
    this.#sets = [];
    this.#before = [];
    this.#next.fill(UNKNOWN);
    this.#cells = this.#read = this.#made = 0;
    this.#start = UNKNOWN;
    this.#then.size = 0;
    for (const pc of set) this.#then.add(pc);
    return this.#intern(this.#then, before);
  }

  /** The rest of a text from a state, without making others. */
  #rest(text: string, from: number, state: number): boolean {
    const { size, kinds } = this.#alphabet;
    this.#now.size = 0;
    for (const pc of this.#sets[state]) this.#now.add(pc);
    let before = this.#before[state];
    for (let i = from; i < text.length; i++) {
      const c = this.#alphabet.classOf(text.charCodeAt(i));
      if (this.#advance(before, c)) return true;
      if (this.#dead()) return false;
      before = kinds[c];
      [this.#now, this.#then] = [this.#then, this.#now];
    }
    return this.#advance(before, size);
  }
}

/** Places that ask for the character after them. */
const LATER: ReadonlySet<Place> = new Set(["end", "line end", "word edge", "no word edge"]);

/** Whether a place is between two characters of these kinds; not yet, where it asks for an unknown one. */
function holds(place: Place, before: number, after: number): boolean {
  switch (place) {
    case "start":
      return before === EDGE;
    case "line start":
      return before === EDGE || before === LINE;
    case "end":
      return after === EDGE;
    case "line end":
      return after === EDGE || after === LINE;
    case "word edge":
      return after >= 0 && (before === WORDS) !== (after === WORDS);
    case "no word edge":
      return after >= 0 && (before === WORDS) === (after === WORDS);
  }
}
