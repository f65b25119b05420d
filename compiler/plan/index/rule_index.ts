/**
 * The index over the necessary conditions of many rules: of an event, the rules that may match it. All
 * others need not be looked at. Which test stands for a rule is guessed at first and chosen again by
 * what events were like.
 */
import { keep } from "../../schema/keep.ts";
import type { Value } from "../../schema/types.ts";
import { ROOM, type Room } from "./answers.ts";
import {
  atomKey,
  atomsOf,
  choose,
  type Frequency,
  guessed,
  hasAlternatives,
  holds,
} from "./choose.ts";
import { FieldIndex, type FieldSizes } from "./field_index.ts";
import type { Atom, Necessary, Refiner } from "./condition.ts";

/** Events after which tests are chosen by what was counted; then after eight times as many, and so on. */
const FIRST_CHOICE = 2048;
/** Events of which values are kept for that, and the length of a value that is. */
const SAMPLES = 256, LONGEST_SAMPLE = 1024;
/** A rule that is a candidate more often than for one event in so many is worth another test. */
const HOT = 400;

/** What an index holds, to be shown. */
export interface IndexSizes {
  readonly entries: number;
  /** Entries that are candidates for every event. */
  readonly rest: readonly number[];
  readonly fields: readonly (FieldSizes & { readonly name: string })[];
  /** Events asked so far, and candidates in all. */
  readonly events: number;
  readonly candidates: number;
}

export class RuleIndex {
  /** Numbers of the candidates of the last event, ascending, as many as {@link find} said. */
  readonly list: Int32Array;
  /** Every field that a condition speaks of: what a row's reader has to give, in this order. */
  readonly names: readonly string[];
  #fields: (FieldIndex | null)[] = [];
  #asked = new Uint8Array(0);
  readonly #every: Uint8Array;
  #rest: number[] = [];
  readonly #chosen: (readonly Atom[] | null)[];
  /** By entry without tests, the field of which each value is asked; null for the rest. */
  readonly #eachOf: readonly (string | null)[];
  readonly #mark: Int32Array;
  readonly #counts: Int32Array;
  #event = 0;
  #n = 0;
  #total = 0;
  #candidates = 0;
  #choiceAt: number;
  #sampleEvery: number;
  #samples: (string | null)[][] = [];

  /**
   * @param conditions of the entries, in their order
   * @param choiceAt events after which tests are chosen again
   * @param room for values that it remembers
   * @param refiner of what single values say of an entry
   */
  constructor(
    readonly conditions: readonly Necessary[],
    choiceAt = FIRST_CHOICE,
    readonly room: Room = { values: ROOM },
    readonly refiner: Refiner | null = null,
  ) {
    this.#choiceAt = choiceAt;
    this.#sampleEvery = Math.ceil(choiceAt / SAMPLES);
    this.list = new Int32Array(conditions.length);
    this.#mark = new Int32Array(conditions.length);
    this.#counts = new Int32Array(conditions.length);
    this.names = [...new Set(conditions.flatMap((c) => atomsOf(c).map((a) => a.field)))];
    this.#every = new Uint8Array(this.names.length).fill(1);
    this.#chosen = conditions.map((c) => choose(c, guessed)?.atoms ?? null);
    this.#eachOf = this.#chosen.map((atoms, entry) =>
      atoms === null ? refiner?.best(entry, this.names) ?? null : null
    );
    this.#fill();
  }

  /** Entries that never match, whatever the event: they need not be looked at again. */
  remove(entry: number): void {
    this.#chosen[entry] = [];
    this.#rest = this.#rest.filter((e) => e !== entry);
  }

  /** By field, 1 where the next event's value has to be read: for a test, or as a sample. */
  get wanted(): Uint8Array {
    return (this.#event + 1) % this.#sampleEvery === 0 ? this.#every : this.#asked;
  }

  /** By entry, events since tests were chosen last for which it was a candidate. */
  counts(): Int32Array {
    return this.#counts;
  }

  /** How the tests of an entry were chosen; null for one of the rest. */
  chosen(entry: number): readonly Atom[] | null {
    return this.#chosen[entry];
  }

  /**
   * How many entries may match an event: the first so many of {@link list}.
   * @param values of {@link names}, in their order
   */
  find(values: readonly Value[]): number {
    this.#event++;
    this.#n = 0;
    for (const e of this.#rest) this.#add(e);
    const fields = this.#fields;
    for (let f = 0; f < fields.length; f++) {
      const field = fields[f];
      if (field === null) continue;
      const found = field.find(values[f]);
      for (let i = 0; i < found.length; i++) this.#add(found[i]);
    }
    const n = this.#n;
    this.#candidates += n;
    if (n > 1) sort(this.list, n);
    if (this.#event % this.#sampleEvery === 0) this.#sample(values);
    return n;
  }

  #add(entry: number): void {
    if (this.#mark[entry] === this.#event) return;
    this.#mark[entry] = this.#event;
    this.#counts[entry]++;
    this.list[this.#n++] = entry;
  }

  #sample(values: readonly Value[]): void {
    this.#samples.push(values.map((v) => {
      if (v === undefined || typeof v === "object") return null;
      const text = String(v);
      return (text.length > LONGEST_SAMPLE ? text.slice(0, LONGEST_SAMPLE) : keep(text))
        .toLowerCase();
    }));
    if (this.#event < this.#choiceAt) return;
    this.#chooseAgain();
    this.#samples = [];
    this.#counts.fill(0);
    this.#mark.fill(0);
    this.#total += this.#event;
    this.#event = 0;
    this.#choiceAt *= 8;
    this.#sampleEvery = Math.ceil(this.#choiceAt / SAMPLES);
  }

  /** Puts other tests in for rules that are candidates often, if those were true less often. */
  #chooseAgain(): void {
    const measured = this.#measured();
    const least = this.#event / HOT;
    let gain = 0;
    this.conditions.forEach((condition, entry) => {
      if (this.#counts[entry] < least || !hasAlternatives(condition)) return;
      const chosen = this.#chosen[entry];
      const better = choose(condition, measured);
      if (chosen === null || better === null) return;
      const now = chosen.reduce((sum, a) => sum + measured(a), 0);
      if (better.cost > now * 0.8) return;
      gain += now - better.cost;
      this.#chosen[entry] = better.atoms;
    });
    if (gain > 0.02) this.#fill();
  }

  #measured(): Frequency {
    const fieldOf = new Map(this.names.map((name, i) => [name, i]));
    const known = new Map<string, number>();
    return (atom) => {
      const key = atomKey(atom);
      let frequency = known.get(key);
      if (frequency === undefined) {
        const at = fieldOf.get(atom.field)!;
        let n = 0;
        for (const values of this.#samples) {
          const value = values[at];
          if (value !== null && holds(atom, value)) n++;
        }
        // What was never seen is as seldom as it is guessed to be.
        frequency = n / this.#samples.length + guessed(atom) / 100;
        known.set(key, frequency);
      }
      return frequency;
    };
  }

  #fill(): void {
    const byField = new Map(
      this.names.map((name) => [name, { atoms: [] as [Atom, number][], each: [] as number[] }]),
    );
    this.#rest = [];
    this.#chosen.forEach((atoms, entry) => {
      if (atoms === null) {
        const field = this.#eachOf[entry];
        (field === null ? this.#rest : byField.get(field)!.each).push(entry);
      }
      for (const atom of atoms ?? []) byField.get(atom.field)!.atoms.push([atom, entry]);
    });
    for (const field of this.#fields) field?.release();
    this.#fields = [...byField].map(([name, { atoms, each }]) =>
      atoms.length + each.length === 0
        ? null
        : new FieldIndex(name, atoms, { room: this.room, each, test: this.refiner?.tests(name) })
    );
    this.#asked = Uint8Array.from(this.#fields, (f) => f === null ? 0 : 1);
  }

  get sizes(): IndexSizes {
    return {
      entries: this.conditions.length,
      rest: this.#rest,
      fields: this.#fields.flatMap((f) => f === null ? [] : [{ name: f.name, ...f.sizes }]),
      events: this.#total + this.#event,
      candidates: this.#candidates,
    };
  }
}

/** Sorts the first `n` numbers; there are few as a rule. */
function sort(list: Int32Array, n: number): void {
  if (n > 32) {
    list.subarray(0, n).sort();
    return;
  }
  for (let i = 1; i < n; i++) {
    const v = list[i];
    let k = i - 1;
    while (k >= 0 && list[k] > v) {
      list[k + 1] = list[k];
      k--;
    }
    list[k + 1] = v;
  }
}
