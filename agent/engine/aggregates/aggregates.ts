/** The aggregates of `stats`: each takes values in, takes them out again, and says what it has. */
import type { IrAgg } from "../../../compiler/ir/program.ts";
import type { Value } from "../../../compiler/schema/types.ts";
import { keepValue } from "../../../compiler/plan/helpers.ts";
import type { Agg, AggOptions, GroupView } from "./agg.ts";
import { Distinct } from "./distinct.ts";
import { DDSketch } from "./sketch.ts";

/** Makes an aggregate that holds nothing. `column`: where a sliding window has its rows' values. */
export function makeAgg(agg: IrAgg, column: number, options: AggOptions): Agg {
  switch (agg.fn) {
    case "count":
    case "rate":
      return new Count(agg.fn === "rate", agg.arg === null);
    case "sum":
    case "avg":
    case "stdev":
      return new Moments(agg.fn);
    case "min":
    case "max":
      return new Extreme(agg.fn === "min" ? -1 : 1, options.sliding);
    case "dc":
    case "values":
      return new Distinct(agg.fn === "values", options);
    case "perc":
      return new Percentile((agg.percentile ?? 50) / 100, options);
    case "first":
    case "last":
      return new Edge(agg.fn === "last", column, options.sliding);
  }
}

/** Rows, or rows where the argument is present and not false; `rate`: per second of the window. */
class Count implements Agg {
  n = 0;
  constructor(readonly rate: boolean, readonly all: boolean) {}
  add(v: Value): Value {
    if (v !== undefined && v !== false) this.n++;
    return v === undefined || v === false ? undefined : true;
  }
  remove(v: Value): void {
    if (v !== undefined) this.n--;
  }
  value(group: GroupView): Value {
    const n = this.all ? group.n : this.n;
    return this.rate ? n / (group.ms / 1000) : n;
  }
  reset(): void {
    this.n = 0;
  }
  save(): unknown {
    return this.n;
  }
  load(saved: unknown): void {
    this.n = saved as number;
  }
}

/**
 * Sum with Neumaier's compensation; mean and squares by Welford, who takes values out as well. What
 * is left when large values leave is rounding, and when infinity leaves it is nothing at all: then
 * `stale` says that the values still there are to be added anew.
 */
export class Moments implements Agg {
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

/** Smallest or largest: a queue of the values that can still become it. */
class Extreme implements Agg {
  queue: Value[] = [];
  head = 0;
  constructor(readonly sign: 1 | -1, readonly sliding: boolean) {}
  add(v: Value): Value {
    if (typeof v !== "number" && typeof v !== "string") return undefined;
    const kept = keepValue(v)!;
    const q = this.queue;
    while (
      q.length > this.head &&
      (kept > q[q.length - 1]! ? 1 : kept < q[q.length - 1]! ? -1 : 0) === this.sign
    ) {
      q.pop();
    }
    if (this.sliding || q.length === this.head) q.push(kept);
    return kept;
  }
  remove(v: Value): void {
    if (v === undefined || this.queue[this.head] !== v) return;
    if (++this.head > 32 && this.head * 2 > this.queue.length) {
      this.queue = this.queue.slice(this.head);
      this.head = 0;
    }
  }
  value(): Value {
    return this.queue[this.head];
  }
  reset(): void {
    if (this.queue.length > 0) this.queue = [];
    this.head = 0;
  }
  save(): unknown {
    return this.queue.slice(this.head);
  }
  load(saved: unknown): void {
    this.queue = saved as Value[];
    this.head = 0;
  }
}

/** The nearest-rank percentile: exact up to a size, then a DDSketch. */
class Percentile implements Agg {
  sorted: number[] | null = [];
  sketch: DDSketch | null = null;
  constructor(readonly q: number, readonly options: AggOptions) {}
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

/** First or last present value; a sliding window finds it among its rows. */
class Edge implements Agg {
  held: Value = undefined;
  constructor(readonly newest: boolean, readonly column: number, readonly sliding: boolean) {}
  add(v: Value): Value {
    if (v === undefined) return undefined;
    const kept = keepValue(v);
    if (this.newest || this.held === undefined) this.held = kept;
    return kept;
  }
  remove(): void {}
  value(group: GroupView): Value {
    return this.sliding ? group.valueAt(this.column, this.newest) : this.held;
  }
  reset(): void {
    this.held = undefined;
  }
  save(): unknown {
    return this.held;
  }
  load(saved: unknown): void {
    this.held = saved as Value ?? undefined;
  }
}
