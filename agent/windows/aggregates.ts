/** The aggregates of `stats`: each takes values in, takes them out again, and says what it has. */
import type { IrAgg } from "../../compiler/ir.ts";
import type { Value } from "../../compiler/schema/types.ts";
import { keepValue } from "../../compiler/plan/helpers.ts";
import { DDSketch, hllAdd, hllCount, newHll } from "./sketch.ts";

/** What an aggregate may ask of the group that it stands in. */
export interface GroupView {
  readonly n: number;
  /** Length of the window; a session's is known at its end. */
  readonly ms: number;
  /** Present values of one aggregate's argument, oldest and newest, in a sliding window. */
  valueAt(agg: number, newest: boolean): Value;
}

export interface Agg {
  /** Takes a row's value; gives the value as it is held, for {@link remove}. */
  add(v: Value, t: number): Value;
  /** Takes out the oldest value added. */
  remove(v: Value): void;
  value(group: GroupView): Value;
  save(): unknown;
  load(saved: unknown): void;
}

/** Everything that a window's aggregates are made with. */
export interface AggOptions {
  /** Values held exactly before a sketch. */
  readonly exact: number;
  /** ms; length of a sliding window. */
  readonly ms: number;
  readonly sliding: boolean;
}

export function makeAgg(agg: IrAgg, index: number, options: AggOptions): Agg {
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
      return new Edge(agg.fn === "last", index, options.sliding);
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
  save(): unknown {
    return this.queue.slice(this.head);
  }
  load(saved: unknown): void {
    this.queue = saved as Value[];
    this.head = 0;
  }
}

const PANES = 32;
const LISTED = 100;

/** Distinct values: exact up to a size, then a HyperLogLog for every 1/32 of the window. */
class Distinct implements Agg {
  // Most keys of most rules have one value: it needs no map.
  one: Value = undefined;
  n = 0;
  map: Map<Value, number> | null = null;
  panes: { start: number; hll: Uint8Array }[] | null = null;
  list: string[] | null = null;
  estimate = -1;
  readonly pane: number;
  constructor(readonly listed: boolean, readonly options: AggOptions) {
    this.pane = options.sliding ? Math.max(1, options.ms / PANES) : Infinity;
  }
  add(v: Value, t: number): Value {
    if (this.panes) {
      this.#leave(t);
      if (this.panes.length > 0) {
        if (v !== undefined) this.#sketch(v, t);
        return undefined;
      }
      // All that was estimated has left the window: what comes is counted exactly again.
      this.panes = null;
      this.list = null;
    }
    if (v === undefined) return undefined;
    if (this.map === null) {
      if (this.n === 0) {
        this.one = keepValue(v);
        this.list = null;
      }
      if (this.n === 0 || this.one === v) {
        this.n++;
        return this.one;
      }
      this.map = new Map([[this.one, this.n]]);
    }
    const seen = this.map.get(v);
    if (seen !== undefined) {
      this.map.set(v, seen + 1);
      return v === this.one ? this.one : keepValue(v);
    }
    const kept = keepValue(v);
    this.map.set(kept, 1);
    this.list = null;
    if (this.map.size > this.options.exact) {
      this.#values();
      this.panes = [];
      // Rows already in the window count as if they came now: they leave with this pane.
      for (const x of this.map.keys()) this.#sketch(x, t);
      this.map = null;
      this.one = undefined;
      this.n = 0;
    }
    return kept;
  }
  #leave(t: number): void {
    const panes = this.panes!;
    while (panes.length > 0 && panes[0].start + this.pane <= t - this.options.ms) {
      panes.shift();
      this.estimate = -1;
    }
  }
  #sketch(v: Value, t: number): void {
    this.estimate = -1;
    const start = this.pane === Infinity ? 0 : Math.floor(t / this.pane) * this.pane;
    const panes = this.panes!;
    let p = panes[panes.length - 1];
    if (p === undefined || p.start !== start) panes.push(p = { start, hll: newHll() });
    hllAdd(p.hll, String(v));
  }
  remove(v: Value): void {
    if (v === undefined || this.panes) return;
    if (this.map === null) {
      if (--this.n === 0) {
        this.one = undefined;
        this.list = null;
      }
      return;
    }
    const left = this.map.get(v)! - 1;
    if (left > 0) this.map.set(v, left);
    else {
      this.map.delete(v);
      this.list = null;
      if (this.map.size === 0) {
        this.map = null;
        this.one = undefined;
        this.n = 0;
      }
    }
  }
  #values(): string[] {
    if (this.list) return this.list;
    const all = this.map ? [...this.map.keys()] : this.n > 0 ? [this.one] : [];
    return this.list = all.map(String).sort().slice(0, LISTED);
  }
  value(): Value {
    if (this.listed) return this.#values();
    if (this.panes) {
      if (this.estimate < 0) this.estimate = hllCount(this.panes.map((p) => p.hll));
      return this.estimate;
    }
    return this.map ? this.map.size : this.n > 0 ? 1 : 0;
  }
  save(): unknown {
    return [
      this.one,
      this.n,
      this.map && [...this.map],
      this.panes && this.panes.map((p) => [p.start, [...p.hll]]),
      this.panes ? this.list : null,
    ];
  }
  load(saved: unknown): void {
    const [one, n, map, panes, list] = saved as [
      Value,
      number,
      [Value, number][] | null,
      [number, number[]][] | null,
      string[] | null,
    ];
    this.one = one ?? undefined;
    this.n = n;
    this.map = map && new Map(map);
    this.panes = panes && panes.map(([start, hll]) => ({ start, hll: Uint8Array.from(hll) }));
    this.list = list;
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
  constructor(readonly newest: boolean, readonly index: number, readonly sliding: boolean) {}
  add(v: Value): Value {
    if (v === undefined) return undefined;
    const kept = keepValue(v);
    if (this.newest || this.held === undefined) this.held = kept;
    return kept;
  }
  remove(): void {}
  value(group: GroupView): Value {
    return this.sliding ? group.valueAt(this.index, this.newest) : this.held;
  }
  save(): unknown {
    return this.held;
  }
  load(saved: unknown): void {
    this.held = saved as Value ?? undefined;
  }
}
