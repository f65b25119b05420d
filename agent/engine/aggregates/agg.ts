/** What every aggregate of `stats` is asked: the shape that those of aggregates.ts and distinct.ts have. */
import type { Value } from "../../../compiler/schema/types.ts";
import type { InternPool } from "../memory/intern_pool.ts";

/** What an aggregate may ask of the group that it stands in. */
export interface GroupView {
  readonly n: number;
  /** Length of the window; a session's is known at its end. */
  readonly ms: number;
  /** Of a sliding window: what row `i` from the oldest holds for a column. */
  cell(i: number, column: number): number;
  /** Of a sliding window: the oldest or the newest value that is present in a column. */
  valueAt(column: number, newest: boolean): Value;
}

export interface Agg {
  /** Takes a row's value; gives the value as it is held, for {@link remove}. */
  add(v: Value, t: number): Value;
  /** Takes out the oldest value added. */
  remove(v: Value): void;
  value(group: GroupView): Value;
  /** Makes it what it was before the first value. */
  reset(): void;
  /** State as JSON. What a sliding window's rows hold as well may be left out, see {@link AggOptions.values}. */
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
  /** In a sliding window `dc` and `values` are given numbers of values, and these say which; else null. */
  readonly values: InternPool | null;
}
