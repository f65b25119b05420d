/** The accumulators of `dc` and `values`: the distinct values of a window. */
import { MAX_TEXT, tooLong } from "../schema/bounds.ts";
import { keepValue } from "../schema/keep.ts";
import type { Value } from "../schema/types.ts";
import { hllAdd, HllUnion, newHll } from "./sketch.ts";
import type { Accumulator, AccumulatorOptions, AggregateSpec, GroupView } from "./spec.ts";

/** The number of a missing value. */
const MISSING = 0;
const PANES = 32;
const LISTED = 100;

/** What `values` gives: the first hundred in order, without those that make it too long. */
export function listed(all: readonly Value[]): string[] {
  const out = all.map(String).sort().slice(0, LISTED);
  let length = 0;
  const short = out.filter((text) => {
    if (length + text.length > MAX_TEXT) return false;
    length += text.length;
    return true;
  });
  if (short.length < out.length) tooLong("values");
  return short;
}

/** The numbers of the distinct values in a column of few rows. */
export function distinctOf(group: GroupView, column: number): number[] {
  const out: number[] = [];
  for (let i = 0; i < group.n; i++) {
    const x = group.cell(i, column);
    if (x !== MISSING && !out.includes(x)) out.push(x);
  }
  return out;
}

/** How many those are, without a list of them: it is asked at every row. */
export function countOf(group: GroupView, column: number): number {
  let count = 0;
  for (let i = 0; i < group.n; i++) {
    const x = group.cell(i, column);
    let j = x === MISSING ? -1 : 0;
    while (j >= 0 && j < i && group.cell(j, column) !== x) j++;
    if (j === i) count++;
  }
  return count;
}

/** Distinct values: exact up to a size, then a HyperLogLog for every 1/32 of the window. */
export class Distinct implements Accumulator {
  // Most keys of most rules have one value: it needs no map.
  one: Value = undefined;
  n = 0;
  map: Map<Value, number> | null = null;
  panes: { start: number; hll: Uint8Array }[] | null = null;
  list: string[] | null = null;
  /** Of the panes; null until it is asked for. */
  union: HllUnion | null = null;
  readonly pane: number;
  constructor(readonly listed: boolean, readonly options: AccumulatorOptions) {
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
      this.panes = this.union = null;
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
      this.values();
      this.panes = [];
      // Rows already in the window count as if they came now: they leave with this pane.
      for (const x of this.map.keys()) this.#sketch(x, t);
      this.map = null;
      this.one = undefined;
      this.n = 0;
    }
    return kept;
  }
  /** The value that was given as a number. */
  #value(v: Value): Value {
    const { values } = this.options;
    return values === null ? v : values.at(v as number);
  }
  #leave(t: number): void {
    const panes = this.panes!;
    while (panes.length > 0 && panes[0].start + this.pane <= t - this.options.ms) {
      const { hll } = panes.shift()!;
      this.union?.without(hll, panes.map((p) => p.hll));
    }
  }
  #sketch(v: Value, t: number): void {
    const start = this.pane === Infinity ? 0 : Math.floor(t / this.pane) * this.pane;
    const panes = this.panes!;
    let p = panes[panes.length - 1];
    if (p === undefined || p.start !== start) panes.push(p = { start, hll: newHll() });
    const { values } = this.options;
    hllAdd(p.hll, String(values === null ? v : values.peek(v as number)), this.union);
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
  /** The first hundred in order. */
  values(): string[] {
    if (this.list) return this.list;
    const all = this.map ? [...this.map.keys()] : this.n > 0 ? [this.one] : [];
    return this.list = listed(all.map((v) => this.#value(v)));
  }
  value(): Value {
    return this.listed ? this.values() : this.count();
  }
  /** What is held exactly in a sliding window is in its rows too. */
  get savedInRows(): boolean {
    return this.panes === null && this.options.values !== null;
  }
  /** How many there are; an estimate once they are too many. */
  count(): number {
    if (this.panes) {
      this.union ??= new HllUnion(this.panes.map((p) => p.hll));
      return this.union.estimate;
    }
    return this.map ? this.map.size : this.n > 0 ? 1 : 0;
  }
  reset(): void {
    this.one = undefined;
    this.n = 0;
    this.map =
      this.panes =
      this.list =
      this.union =
        null;
  }
  /** Without what {@link savedInRows} says. */
  save(): unknown {
    const own = this.options.values === null;
    return [
      own ? this.one : null,
      own ? this.n : 0,
      own && this.map ? [...this.map] : null,
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
    if (this.options.values === null) {
      this.one = one ?? undefined;
      this.n = n;
      this.map = map && new Map(map);
    }
    this.panes = panes && panes.map(([start, hll]) => ({ start, hll: Uint8Array.from(hll) }));
    this.list = list;
    this.union = null;
  }
}

/** The other one of `dc` and `values` over the same argument: it looks at what the first has taken in. */
class SharedDistinct implements Accumulator {
  constructor(readonly of: Distinct, readonly listed: boolean) {}
  add(): Value {
    return undefined;
  }
  remove(): void {}
  reset(): void {}
  value(): Value {
    return this.listed ? this.of.values() : this.of.count();
  }
  save(): unknown {
    return this.of.save();
  }
  load(): void {}
}

/** How `dc` (`listed` false) and `values` share one accumulator. */
export const sharedDistinct = (listed: boolean): NonNullable<AggregateSpec["shares"]> => ({
  state: "distinct values",
  view: (of) => new SharedDistinct(of as Distinct, listed),
});
