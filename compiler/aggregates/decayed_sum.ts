/** The aggregate `decayed_sum`. */
import type { Value } from "../schema/types.ts";
import type { Accumulator, AggregateSpec } from "./spec.ts";

const DAY = 86_400_000;
/** Of what is left when larger values have gone: more rounding than this is added anew. */
const MOST_ROUNDING = 1e-11;

/** A sum of which each value counts half after every half-life, as of the newest row. */
class Decayed implements Accumulator {
  n = 0;
  sum = 0;
  /** Event time that `sum` is of: that of the newest row. */
  t = -Infinity;
  /** Bound of what rounding may have made of `sum`. */
  lost = 0;
  stale = false;
  constructor(readonly halfLife: number) {}
  /** What is left after some ms. */
  #left(ms: number): number {
    return 2 ** (-ms / this.halfLife);
  }
  #plus(v: number): void {
    this.sum += v;
    this.lost += Number.EPSILON * (Math.abs(this.sum) + Math.abs(v));
  }
  add(v: Value, t: number, own = t): Value {
    if (own > this.t) {
      if (this.n > 0) {
        const left = this.#left(own - this.t);
        this.sum *= left;
        this.lost *= left;
      }
      this.t = own;
    }
    if (typeof v !== "number") return undefined;
    this.n++;
    this.#plus(v * this.#left(this.t - own));
    return v;
  }
  remove(v: Value, own: number): void {
    if (typeof v !== "number") return;
    this.n--;
    this.#plus(-v * this.#left(this.t - own));
    if (this.n === 0) this.sum = this.lost = 0;
    this.stale ||= !(this.lost <= MOST_ROUNDING * Math.abs(this.sum)) && this.n > 0;
  }
  value(): Value {
    return this.n === 0 ? undefined : this.sum;
  }
  reset(): void {
    this.n = this.sum = this.lost = 0;
    this.t = -Infinity;
    this.stale = false;
  }
  save(): unknown {
    return [this.n, this.sum, this.t === -Infinity ? null : this.t, this.lost];
  }
  load(saved: unknown): void {
    const [n, sum, t, lost] = saved as (number | null)[];
    this.n = n ?? 0;
    this.sum = sum ?? NaN;
    this.t = t ?? -Infinity;
    this.lost = lost ?? NaN;
  }
}

export const decayed_sum: AggregateSpec = {
  name: "decayed_sum",
  summary:
    "The sum of the values, of which each counts half as much after every half-life: as of the newest row",
  param: { name: "x", type: "amount", help: "Turn text into a number with tonumber(…)" },
  constants: [{ name: "half_life", type: "duration", from: 1, to: 3650 * DAY, example: 7 * DAY }],
  returns: "float",
  missing: "missing",
  bound: { kind: "constant", values: 3 },
  cell: "number",
  rounds: true,
  // The rows of the examples are 1 ms apart.
  examples: [
    { call: "decayed_sum(bytes, 1ms)", rows: [40, undefined, 20], gives: 30 },
    { call: "decayed_sum(bytes, 7d)", rows: [undefined], gives: undefined },
  ],
  make: (_, { constants }) => new Decayed(constants[0]),
};
