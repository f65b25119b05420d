/**
 * How the aggregates of one `stats` share what its rows hold: a cell a row for each argument. A
 * sliding window of few rows has nothing else, its aggregates are worked out from the cells when
 * they are asked for; one of more rows has aggregates that go with it.
 */
import type { IrAgg } from "../../../compiler/ir/program.ts";
import type { Value } from "../../../compiler/schema/types.ts";
import type { Agg, AggOptions, GroupView } from "../aggregates/agg.ts";
import { makeAgg } from "../aggregates/aggregates.ts";
import { countOf, Distinct, distinctOf, listed, SharedDistinct } from "../aggregates/distinct.ts";
import { type InternPool, MISSING } from "../memory/intern_pool.ts";

/** Most rows of a window without aggregates of its own: among so few a value is found by comparing. */
const FEW = 8;

/** What a cell is: a number or NaN, 1 or NaN, or the number of a value: of one that has an order, of any, of any
 * that is told by that number from the others. */
type Kind = 0 | 1 | 2 | 3 | 4;
const NUMBER = 0, FLAG = 1, ORDERED = 2, ANY = 3, DISTINCT = 4;

const KINDS: Record<IrAgg["fn"], Kind> = {
  count: FLAG,
  rate: FLAG,
  sum: NUMBER,
  avg: NUMBER,
  stdev: NUMBER,
  perc: NUMBER,
  min: ORDERED,
  max: ORDERED,
  dc: DISTINCT,
  values: DISTINCT,
  first: ANY,
  last: ANY,
};

export class Layout {
  /** By aggregate, the column of its cells; -1 where counting rows is all. */
  readonly columns: readonly number[];
  /** The aggregate of each column. */
  readonly taking: readonly number[];
  /** Columns that lose digits when values leave a sliding window. */
  readonly rounding: readonly number[];
  /** Most rows of a sliding window without aggregates of its own. */
  readonly few: number;
  /** Columns whose cells are numbers of values, which have to be let go. */
  readonly giving: readonly number[];
  readonly #kinds: readonly Kind[];

  constructor(
    readonly list: readonly IrAgg[],
    readonly options: AggOptions,
    readonly values: InternPool,
  ) {
    const columns: number[] = [];
    const taking: number[] = [];
    list.forEach((a, i) => {
      const twin = a.arg === null ? -1 : list.findIndex((b) => haveSame(a, b));
      if (a.arg === null) columns.push(-1);
      else if (twin < i) columns.push(columns[twin]);
      else columns.push(taking.push(i) - 1);
    });
    this.columns = columns;
    this.taking = taking;
    this.#kinds = taking.map((i) => KINDS[list[i].fn]);
    this.giving = this.#kinds.flatMap((kind, column) => kind >= ORDERED ? [column] : []);
    this.rounding = taking.flatMap((i, column) =>
      ["sum", "avg", "stdev"].includes(list[i].fn) ? [column] : []
    );
    // Few rows have so few values that none is estimated.
    this.few = Math.min(FEW, options.exact);
  }

  /** Aggregates that hold nothing yet. */
  make(): Agg[] {
    const out: Agg[] = [];
    this.list.forEach((a, i) => {
      const column = this.columns[i];
      const of = column < 0 ? undefined : out[this.taking[column]];
      const twin = of instanceof Distinct;
      out.push(twin ? new SharedDistinct(of, a.fn === "values") : makeAgg(a, column, this.options));
    });
    return out;
  }

  /** What says the aggregates of windows with few rows, one for all keys. */
  ofFew(): Pick<Agg, "value">[] {
    return this.make().map((agg, i) => {
      const column = this.columns[i];
      const { fn } = this.list[i];
      if (column < 0 || fn === "first" || fn === "last") return agg;
      if (fn === "dc") return { value: (g) => countOf(g, column) };
      if (fn === "values") {
        const at = (n: number) => this.values.at(n);
        return { value: (g) => listed(distinctOf(g, column).map(at)) };
      }
      return { value: (g) => this.#again(agg, g, column) };
    });
  }

  #again(agg: Agg, group: GroupView, column: number): Value {
    agg.reset();
    for (let i = 0; i < group.n; i++) agg.add(this.value(column, group.cell(i, column)), 0);
    return agg.value(group);
  }

  /** A value as a cell. One that is held by number has to be let go. */
  cell(column: number, v: Value): number {
    switch (this.#kinds[column]) {
      case NUMBER:
        return typeof v === "number" ? v : NaN;
      case FLAG:
        return v === undefined || v === false ? NaN : 1;
      case ORDERED:
        return typeof v === "number" || typeof v === "string" ? this.values.take(v) : MISSING;
      case ANY:
      case DISTINCT:
        return this.values.take(v);
    }
  }

  /** The value of a cell. */
  value(column: number, cell: number): Value {
    const kind = this.#kinds[column];
    if (kind >= ORDERED) return this.values.at(cell);
    return cell !== cell ? undefined : kind === FLAG ? true : cell;
  }

  /** What an aggregate takes in for a cell. */
  given(column: number, cell: number): Value {
    if (this.#kinds[column] !== DISTINCT) return this.value(column, cell);
    return cell === MISSING ? undefined : cell;
  }

  /** The cell of a value that an aggregate took in, or did not hold. */
  kept(column: number, cell: number, held: Value): number {
    if (held !== undefined || this.#kinds[column] !== DISTINCT) return cell;
    this.values.give(cell);
    return MISSING;
  }

  /** The row of a cell has gone. */
  give(column: number, cell: number): void {
    if (this.#kinds[column] >= ORDERED) this.values.give(cell);
  }
}

/** Both aggregates are of the same distinct values. */
function haveSame(a: IrAgg, b: IrAgg): boolean {
  if (a === b) return true;
  const distinct = (x: IrAgg) => x.fn === "dc" || x.fn === "values";
  return distinct(a) && distinct(b) && text(a.arg) === text(b.arg);
}

/** An expression without the places in which it is written. */
const text = (arg: IrAgg["arg"]): string =>
  JSON.stringify(arg, (name, value) => name === "span" ? undefined : value);
