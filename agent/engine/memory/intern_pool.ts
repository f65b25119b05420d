/**
 * Values that the rows of windows hold, each once, by number: a row then is numbers alone, the
 * collector has nothing to walk through, and whether two rows have the same value is one comparison.
 */
import type { Value } from "../../../compiler/schema/types.ts";
import { keepValue } from "../../../compiler/schema/keep.ts";

/** The number of a value that is missing. */
export const MISSING = 0;

export class InternPool {
  readonly #numbers = new Map<Value, number>();
  readonly #values: Value[] = [undefined];
  /** How many rows hold each. */
  #held = new Int32Array(64);
  readonly #free: number[] = [];
  /** The value taken last, and its number: several rules take the same of one event. */
  #last: Value = undefined;
  #lastNumber = MISSING;

  /** Values that are held. */
  get size(): number {
    return this.#numbers.size;
  }

  /** The number of a value, which one row more holds. */
  take(v: Value): number {
    if (v === undefined) return MISSING;
    if (v !== this.#last) {
      this.#lastNumber = this.#numbers.get(v) ?? this.#add(v);
      this.#last = v;
    }
    this.#held[this.#lastNumber]++;
    return this.#lastNumber;
  }

  #add(v: Value): number {
    const n = this.#free.pop() ?? this.#values.length;
    const kept = keepValue(v);
    this.#values[n] = kept;
    this.#numbers.set(kept, n);
    if (n === this.#held.length) {
      const more = new Int32Array(2 * n);
      more.set(this.#held);
      this.#held = more;
    }
    return n;
  }

  /** One row less holds the value of a number. */
  give(n: number): void {
    if (n === MISSING || --this.#held[n] > 0) return;
    this.#numbers.delete(this.#values[n]);
    this.#values[n] = undefined;
    this.#free.push(n);
    if (n === this.#lastNumber) this.#last = undefined;
  }

  /** The value of a number. */
  at(n: number): Value {
    return this.#values[n];
  }
}
