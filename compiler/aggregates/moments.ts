/** The accumulator of `sum`, `avg` and `stdev`. */
import type { Value } from "../schema/types.ts";
import type { Accumulator } from "./spec.ts";

/**
 * Sum with Neumaier's compensation; mean and squares by Welford, who takes values out as well. What
 * is left when large values leave is rounding, and when infinity leaves it is nothing at all: then
 * `stale` says that the values still there are to be added anew.
 */
export class Moments implements Accumulator {
  n = 0;
  sum = 0;
  lost = 0;
  mean = 0;
  squares = 0;
  /** The largest `squares` since the last reset. */
  peak = 0;
  stale = false;
  constructor(readonly fn: "sum" | "avg" | "stdev") {}
  reset(): void {
    this.n = 0;
    this.sum =
      this.lost =
      this.mean =
      this.squares =
      this.peak =
        0;
    this.stale = false;
  }
  #plus(v: number): void {
    const s = this.sum + v;
    this.lost += Math.abs(this.sum) >= Math.abs(v) ? (this.sum - s) + v : (v - s) + this.sum;
    this.sum = s;
  }
  add(v: Value): Value {
    if (typeof v !== "number") return undefined;
    this.n++;
    if (this.fn !== "stdev") this.#plus(v);
    else {
      const d = v - this.mean;
      this.mean += d / this.n;
      this.squares += d * (v - this.mean);
      if (this.squares > this.peak) this.peak = this.squares;
    }
    return v;
  }
  remove(v: Value): void {
    if (typeof v !== "number") return;
    this.n--;
    if (this.n === 0) this.reset();
    else if (this.fn !== "stdev") {
      this.#plus(-v);
      this.stale ||= !Number.isFinite(this.sum + this.lost);
    } else {
      const d = v - this.mean;
      this.mean -= d / this.n;
      this.squares -= d * (v - this.mean);
      this.stale ||= !(this.squares >= this.peak * LEAST_PART);
    }
  }
  value(): Value {
    if (this.n === 0) return undefined;
    if (this.fn === "stdev") {
      return this.n < 2 ? undefined : Math.sqrt(Math.max(0, this.squares) / (this.n - 1));
    }
    const sum = this.sum + this.lost;
    return this.fn === "sum" ? sum : sum / this.n;
  }
  save(): unknown {
    return [this.n, this.sum, this.lost, this.mean, this.squares, this.peak];
  }
  load(saved: unknown): void {
    [this.n, this.sum, this.lost, this.mean, this.squares, this.peak] = (saved as unknown[])
      .map((x) => x === null ? NaN : x as number);
  }
}

/** Below this part of their peak, squares are too much rounding. */
const LEAST_PART = 1e-6;
