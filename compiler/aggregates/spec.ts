/** What an aggregate of `stats` is: one object of this shape a file, one line in table.ts. */
import type { Value } from "../schema/types.ts";

/** What an accumulator may ask of the group that it stands in. */
export interface GroupView {
  /** Rows of the group. */
  readonly n: number;
  /** Length of the window in ms; a session's is known at its end. */
  readonly ms: number;
  /** Sliding windows: the cell of row `i`, from the oldest, in a column. */
  cell(i: number, column: number): number;
  /** Sliding windows: the oldest or the newest value that is present in a column. */
  valueAt(column: number, newest: boolean): Value;
  /** Sliding windows: so many of the newest values that are present in a column, the oldest of them first. */
  newestValues(column: number, most: number): Value[];
  /** Sliding windows: event time of row `i`, from the oldest. */
  time(i: number): number;
}

/** The state of one aggregate in one group. */
export interface Accumulator {
  /**
   * Takes a row's value; gives the value as it is held, for {@link remove}.
   * @param t event time in ms of the newest row
   * @param own event time of the value's own row, where that may be another: it came late, or is added again
   */
  add(v: Value, t: number, own?: number): Value;
  /** Takes out the oldest value added. @param own event time of its row */
  remove(v: Value, own: number): void;
  value(group: GroupView): Value;
  /** Makes it what it was before the first value. */
  reset(): void;
  /** State as JSON. */
  save(): unknown;
  load(saved: unknown): void;
  /** Rounding has eaten the result: reset it and add the values of the window's rows again. */
  readonly stale?: boolean;
  /** What {@link save} left out since a sliding window's rows hold it: add their values after {@link load}. */
  readonly savedInRows?: boolean;
}

/** Values by number: 0 is a missing value. The engine's intern pool is one. */
export interface ValuePool {
  at(number: number): Value;
  /** The same, not to be held: a text may keep the line alive that it was cut from. */
  peek(number: number): Value;
}

/** What an accumulator is made with. */
export interface AccumulatorOptions {
  /** Values held exactly before a sketch takes over. */
  readonly exact: number;
  /** Length of the window in ms; 0 for a session. */
  readonly ms: number;
  readonly sliding: boolean;
  /** With cells of kind `distinct` in a sliding window, `add` is given numbers of values, which this resolves; else null. */
  readonly values: ValuePool | null;
}

/** What {@link AggregateSpec.make} gets besides: where the cells are, and the constant arguments. */
export interface AccumulatorArgs {
  /** Column of the rows' cells; -1 without an argument. */
  readonly column: number;
  /** The constant arguments, such as the 95 of `perc(x, 95)`. */
  readonly constants: readonly number[];
}

/**
 * How the rows of a sliding window hold the argument, 8 bytes a row:
 * `flag` whether it is present and not false, `number` a number, `ordered` a number or text by its
 * number in the pool, `any` any value likewise, `distinct` the same where the number is all that
 * tells values apart, so that `add` and `remove` get the number itself.
 */
export type CellKind = "flag" | "number" | "ordered" | "any" | "distinct";

/** What one group holds for the aggregate, besides the cells of a sliding window's rows. */
export type StateBound =
  /** So many numbers or values, whatever comes. */
  | { readonly kind: "constant"; readonly values: number }
  /** As many values as the limit `exact`; `beyond` says what holds for more. */
  | { readonly kind: "exact"; readonly beyond: string };

/** An argument. `number` is any number, duration or time; `amount` is a number that can be added up. */
export interface AggregateParam {
  readonly name: string;
  readonly type: "any" | "number" | "amount";
  readonly optional?: boolean;
  /** What to write when the argument is of another type. */
  readonly help?: string;
}

/** A constant argument behind the first: a whole number in a range, or a duration in ms. */
export interface ConstantParam {
  readonly name: string;
  readonly type?: "duration";
  readonly from: number;
  readonly to: number;
  /** A value for examples. */
  readonly example: number;
}

/** An example: the values of the rows, oldest first, and what the call gives for them. They run as tests. */
export interface AggregateExample {
  readonly call: string;
  /** The argument's value in each row; of an aggregate without argument, anything. */
  readonly rows: readonly Value[];
  readonly gives: Value;
}

export interface AggregateSpec {
  readonly name: string;
  readonly summary: string;
  /** The first argument is an expression over a row. */
  readonly param: AggregateParam;
  /** Further arguments. With one, `NAME95(x)` is read as `NAME(x, 95)`. */
  readonly constants?: readonly ConstantParam[];
  /** Type of the result: one type, `"argument"` for the argument's own, `"list"` for a list of those,
   * `"mean"` for a float of plain numbers and the argument's own type of times and durations. */
  readonly returns: "int" | "float" | "argument" | "list" | "mean";
  /** What it gives when no row has a value. */
  readonly missing: string;
  readonly bound: StateBound;
  readonly cell: CellKind;
  readonly examples: readonly AggregateExample[];
  /** Makes an accumulator that holds nothing. */
  make(options: AccumulatorOptions, args: AccumulatorArgs): Accumulator;
  /**
   * Sliding windows of up to eight rows hold no accumulator. Unless this works the value out of the
   * rows' cells, one accumulator for all keys is filled from the rows each time that it is asked.
   */
  fromCells?(args: AccumulatorArgs, values: ValuePool): Pick<Accumulator, "value">;
  /** Aggregates of one `state` over the same argument share the first one's accumulator through `view`. */
  readonly shares?: { readonly state: string; view(of: Accumulator): Accumulator };
  /** Its accumulators can become {@link Accumulator.stale}. */
  readonly rounds?: boolean;
}
