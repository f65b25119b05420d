/** `stats` over all rows of a search, or by windows aligned to UTC or a zone: of rows, and of groups that SQL counted. */
import { aggregateOf } from "../../compiler/aggregates/table.ts";
import type { Accumulator, GroupView } from "../../compiler/aggregates/spec.ts";
import { evaluator } from "../../compiler/plan/conditions.ts";
import { field, key1, keyPart } from "../../compiler/plan/helpers.ts";
import { type IrCommand, WHOLE_RANGE } from "../../compiler/ir/program.ts";
import type { Value } from "../../compiler/schema/types.ts";
import type { SearchRow } from "./row.ts";
import { compareValues, type Stage, type StageContext } from "./stage.ts";
import { zoneClock } from "./zone_buckets.ts";

export type StatsCommand = Extract<IrCommand, { readonly kind: "stats" }>;

/** Values that an aggregate holds exactly; fewer searches run at once than rules. */
export const EXACT = 100_000;

/** What the database counted of a group; see GroupRequest. */
export interface CountedGroup {
  readonly key: readonly Value[];
  readonly bucket: number | null;
  /** By aggregate: how many rows had its argument, the sum, and the least and greatest of them. */
  readonly count: number;
  readonly first: number;
  readonly last: number;
  add(index: number, into: Totals): void;
}

/** Sums of one aggregate over groups that were counted elsewhere. */
export interface Totals {
  count: number;
  sum: number;
  min: number;
  max: number;
  readonly values: Set<Value>;
}

interface Group {
  readonly key: readonly Value[];
  readonly bucket: number;
  readonly aggs: Accumulator[];
  /** Null until the database counted some of its rows. */
  totals: Totals[] | null;
  n: number;
  first: number;
  last: number;
}

export class StatsStage implements Stage {
  readonly #groups = new Map<string, Group>();
  readonly #args: readonly (((row: SearchRow, time: number) => Value) | null)[];
  readonly #width: number | null;
  /** The window that a time is in, where there are windows. */
  readonly #startOf: (time: number) => number;

  constructor(
    readonly command: StatsCommand,
    readonly context: StageContext,
    readonly next: Stage,
  ) {
    const { window, aggs } = command;
    const width = this.#width = window.kind === "tumbling" ? window.ms : null;
    const clock = zoneClock(window);
    this.#startOf = clock ? (t) => clock.startOf(t) : (t) => Math.floor(t / width!) * width!;
    this.#args = aggs.map((a) => a.arg === null ? null : evaluator(a.arg, context.tables));
  }

  push(row: SearchRow): boolean {
    const values = this.command.by.map((k) => field(row, k.field));
    if (values.some((v, i) => v === undefined && !this.command.by[i].nullable)) return true;
    const t = row._time as number;
    const group = this.#group(values, t);
    if (group === null) return false;
    this.#count(group, 1, t, t);
    for (let i = 0; i < group.aggs.length; i++) {
      const arg = this.#args[i];
      group.aggs[i].add(arg === null ? undefined : arg(row, t), t);
    }
    return true;
  }

  /** Takes rows that the database has counted; false when there are too many groups. */
  add(counted: CountedGroup): boolean {
    if (counted.key.some((v, i) => v === undefined && !this.command.by[i].nullable)) return true;
    const group = this.#group(counted.key, counted.bucket ?? counted.first);
    if (group === null) return false;
    this.#count(group, counted.count, counted.first, counted.last);
    const totals = group.totals ??= this.command.aggs.map(() => ({
      count: 0,
      sum: 0,
      min: Infinity,
      max: -Infinity,
      values: new Set<Value>(),
    }));
    totals.forEach((into, i) => counted.add(i, into));
    return true;
  }

  #count(group: Group, n: number, first: number, last: number): void {
    group.n += n;
    group.first = Math.min(group.first, first);
    group.last = Math.max(group.last, last);
  }

  #group(values: readonly Value[], t: number): Group | null {
    const { by, aggs } = this.command;
    const width = this.#width;
    const bucket = width === null ? 0 : this.#startOf(t);
    // As the stream keeps its groups apart.
    const key = by.length === 1 && !by[0].nullable
      ? key1(values[0])!
      : values.map(keyPart).join("");
    const name = width === null ? key : `${bucket} ${key}`;
    const found = this.#groups.get(name);
    if (found) return found;
    if (this.#groups.size >= this.context.limit) {
      this.context.truncated("stats", this.context.limit);
      return null;
    }
    const made: Group = {
      key: values,
      bucket,
      aggs: aggs.map((a, i) =>
        aggregateOf(a.fn).make(
          { exact: EXACT, ms: width ?? 0, sliding: false, values: null },
          { column: a.arg === null ? -1 : i, constants: a.constants ?? [] },
        )
      ),
      totals: null,
      n: 0,
      first: Infinity,
      last: -Infinity,
    };
    this.#groups.set(name, made);
    return made;
  }

  /** Windows in their order; within one, and without any, by the keys. */
  end(): void {
    const groups = [...this.#groups.values()].sort((a, b) =>
      a.bucket - b.bucket || compareKeys(a.key, b.key)
    );
    if (groups.length === 0 && this.command.by.length === 0 && this.#width === null) {
      const none = this.#group([], 0);
      if (none) groups.push(none);
    }
    for (const group of groups) if (!this.next.push(this.#row(group))) break;
    this.next.end();
  }

  #row(group: Group): SearchRow {
    const { by, aggs } = this.command;
    const width = this.#width;
    const row: SearchRow = { _time: width === null ? finite(group.last) : group.bucket };
    by.forEach((k, i) => row[k.field] = group.key[i]);
    const view: GroupView = {
      n: group.n,
      ms: width ?? (group.n > 0 ? group.last - group.first : 0),
      cell: () => 0,
      valueAt: () => undefined,
      newestValues: () => [],
      time: () => 0,
    };
    aggs.forEach((a, i) => {
      const totals = group.totals?.[i];
      row[a.as] = totals === undefined
        ? group.aggs[i].value(view)
        : a.fn === "count" && a.arg === null
        ? group.n
        : joined(a.fn, group.aggs[i], totals, view);
    });
    return row;
  }
}

const finite = (n: number) => Number.isFinite(n) ? n : undefined;

function compareKeys(a: readonly Value[], b: readonly Value[]): number {
  for (let i = 0; i < a.length; i++) {
    if (a[i] === b[i]) continue;
    if (a[i] === undefined || b[i] === undefined) return a[i] === undefined ? 1 : -1;
    const order = compareValues(a[i], b[i]);
    if (order !== 0) return order;
  }
  return 0;
}

/** Aggregates that can be put together from what the database counted and from rows. */
export const JOINABLE: ReadonlySet<string> = new Set(["count", "dc", "sum", "min", "max"]);

/** An aggregate over rows and over what the database counted. */
function joined(fn: string, of: Accumulator, totals: Totals, view: GroupView): Value {
  const own = of.value(view);
  switch (fn) {
    case "dc": {
      for (const value of totals.values) of.add(value, 0);
      return of.value(view);
    }
    case "sum": {
      if (totals.count === 0) return own;
      return (typeof own === "number" ? own : 0) + totals.sum;
    }
    case "min":
      return totals.count === 0 ? own : Math.min(numberOr(own, Infinity), totals.min);
    case "max":
      return totals.count === 0 ? own : Math.max(numberOr(own, -Infinity), totals.max);
    default:
      return numberOr(own, 0) + totals.count;
  }
}

const numberOr = (v: Value, other: number) => typeof v === "number" ? v : other;

/** Whether a window reaches over all that is read. */
export const isWhole = (c: StatsCommand): boolean => c.window.ms === WHOLE_RANGE;
