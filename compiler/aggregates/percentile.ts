/** The accumulator of `perc` and `median`. */
import type { Value } from "../schema/types.ts";
import { DDSketch } from "./sketch.ts";
import type { Accumulator, AccumulatorOptions } from "./spec.ts";

/** The nearest-rank percentile: exact up to a size, then a DDSketch. */
export class Percentile implements Accumulator {
  sorted: number[] | null = [];
  sketch: DDSketch | null = null;
  constructor(readonly q: number, readonly options: AccumulatorOptions) {}
  #index(v: number): number {
    const s = this.sorted!;
    let lo = 0, hi = s.length;
    while (lo < hi) {
      const mid = (lo + hi) >> 1;
      if (s[mid] < v) lo = mid + 1;
      else hi = mid;
    }
    return lo;
  }
  add(v: Value): Value {
    if (typeof v !== "number") return undefined;
    if (this.sketch) this.sketch.add(v);
    else {
      // Not by splice, which makes a list of what it takes out.
      const s = this.sorted!, at = this.#index(v);
      s.push(v);
      for (let i = s.length - 1; i > at; i--) s[i] = s[i - 1];
      s[at] = v;
      if (s.length > this.options.exact) {
        this.sketch = new DDSketch();
        for (const x of s) this.sketch.add(x);
        this.sorted = null;
      }
    }
    return v;
  }
  remove(v: Value): void {
    if (typeof v !== "number") return;
    if (this.sketch) {
      this.sketch.add(v, -1);
      if (this.sketch.n === 0) {
        this.sketch = null;
        this.sorted = [];
      }
    } else {
      const s = this.sorted!;
      for (let i = this.#index(v) + 1; i < s.length; i++) s[i - 1] = s[i];
      s.pop();
    }
  }
  value(): Value {
    if (this.sketch) return this.sketch.quantile(this.q);
    const s = this.sorted!;
    return s.length === 0 ? undefined : s[Math.max(0, Math.ceil(this.q * s.length) - 1)];
  }
  reset(): void {
    if (this.sorted?.length !== 0) this.sorted = [];
    this.sketch = null;
  }
  save(): unknown {
    return [this.sorted, this.sketch && [...this.sketch.buckets], this.sketch?.n ?? 0];
  }
  load(saved: unknown): void {
    const [sorted, buckets, n] = saved as [number[] | null, [number, number][] | null, number];
    this.sorted = sorted;
    this.sketch = null;
    if (buckets) {
      this.sketch = new DDSketch();
      for (const [b, c] of buckets) this.sketch.buckets.set(b, c);
      this.sketch.n = n;
    }
  }
}
