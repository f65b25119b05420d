/** The accumulator of `first` and `last`. */
import { keepValue } from "../schema/keep.ts";
import type { Value } from "../schema/types.ts";
import type { Accumulator, GroupView } from "./spec.ts";

/** First or last present value; a sliding window finds it among its rows. */
export class Edge implements Accumulator {
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
