/**
 * Values that the rows of windows hold, each once, by number: a row then is numbers alone, the
 * collector has nothing to walk through, and whether two rows have the same value is one comparison.
 * Texts are those of the pool of keys, where most of them stand already.
 */
import type { Value } from "../../../compiler/schema/types.ts";
import { keepValue } from "../../../compiler/schema/keep.ts";
import type { KeyPool } from "./key_pool.ts";

/** The number of a value that is missing. */
export const MISSING = 0;
/** What a number is of a text's key, after {@link MISSING}; others are odd. */
const TEXT = 2;

export class InternPool {
  readonly #numbers = new Map<Value, number>();
  readonly #values: Value[] = [];
  /** How many rows hold each. */
  #held = new Int32Array(64);
  readonly #free: number[] = [];

  /** The text taken last. */
  #last = MISSING;
  #lastText = "";

  constructor(readonly keys: KeyPool) {}

  /** Values that are held and are no texts. */
  get size(): number {
    return this.#numbers.size;
  }

  /** The number of a value, which one row more holds. */
  take(v: Value): number {
    if (v === undefined) return MISSING;
    if (typeof v === "string") {
      const key = this.keys.of(v);
      this.keys.retain(key);
      this.#lastText = v;
      return this.#last = 2 * key + TEXT;
    }
    const n = this.#numbers.get(v) ?? this.#add(v);
    this.#held[n]++;
    return 2 * n + 1;
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
  give(number: number): void {
    if (number === MISSING) return;
    if ((number & 1) === 0) return this.keys.release((number - TEXT) >> 1);
    const n = number >> 1;
    if (--this.#held[n] > 0) return;
    this.#numbers.delete(this.#values[n]);
    this.#values[n] = undefined;
    this.#free.push(n);
  }

  /** As {@link at}, not to be held: the text taken last is there as it came. */
  peek(number: number): Value {
    return number === this.#last && number !== MISSING ? this.#lastText : this.at(number);
  }

  /** The value of a number. */
  at(number: number): Value {
    if (number === MISSING) return undefined;
    return (number & 1) === 0 ? this.keys.text((number - TEXT) >> 1) : this.#values[number >> 1];
  }
}
