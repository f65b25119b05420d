/**
 * How the aggregates of one `stats` share what its rows hold: a cell a row for each argument. A
 * sliding window of few rows has nothing else, its aggregates are worked out from the cells when
 * they are asked for; one of more rows has aggregates that go with it.
 */
import { exprText } from "../../../compiler/ir/canonical.ts";
import type { IrAgg } from "../../../compiler/ir/program.ts";
import { fieldsRead, hasGap } from "../../../compiler/ir/walk.ts";
import type { Value } from "../../../compiler/schema/types.ts";
import type {
  Accumulator,
  AccumulatorArgs,
  AccumulatorOptions,
  AggregateSpec,
  CellKind,
  GroupView,
} from "../../../compiler/aggregates/spec.ts";
import { aggregateOf } from "../../../compiler/aggregates/table.ts";
import { type InternPool, MISSING } from "./intern_pool.ts";

/** Most rows of a window without aggregates of its own: among so few a value is found by comparing. */
const FEW = 8;

/** What a cell is: a number or NaN, 1 or NaN, or the number of a value: of one that has an order, of any, of any
 * that is told by that number from the others. */
type Kind = 0 | 1 | 2 | 3 | 4;
const NUMBER = 0, FLAG = 1, ORDERED = 2, ANY = 3, DISTINCT = 4;

const KINDS: Record<CellKind, Kind> = {
  number: NUMBER,
  flag: FLAG,
  ordered: ORDERED,
  any: ANY,
  distinct: DISTINCT,
};

const NO_CONSTANTS: readonly number[] = [];

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
  /** By aggregate. */
  readonly #specs: readonly AggregateSpec[];
  readonly #args: readonly AccumulatorArgs[];

  constructor(
    readonly list: readonly IrAgg[],
    readonly options: AccumulatorOptions,
    readonly values: InternPool,
  ) {
    const specs = list.map((a) => aggregateOf(a.fn));
    const columns: number[] = [];
    const taking: number[] = [];
    list.forEach((a, i) => {
      const twin = a.arg === null
        ? -1
        : list.findIndex((b, j) => i === j || haveSame(a, specs[i], b, specs[j]));
      if (a.arg === null) columns.push(-1);
      else if (twin < i) columns.push(columns[twin]);
      else columns.push(taking.push(i) - 1);
    });
    this.#specs = specs;
    this.#args = list.map((a, i) => ({
      column: columns[i],
      constants: a.constants ?? NO_CONSTANTS,
    }));
    this.columns = columns;
    this.taking = taking;
    this.#kinds = taking.map((i) => KINDS[specs[i].cell]);
    this.giving = this.#kinds.flatMap((kind, column) => kind >= ORDERED ? [column] : []);
    this.rounding = taking.flatMap((i, column) => specs[i].rounds === true ? [column] : []);
    // Few rows have so few values that none is estimated.
    this.few = Math.min(FEW, options.exact);
  }

  /**
   * What a column's cells are, and of what: rows may share the cells of columns with the same text. Null
   * where they are measured from the row before.
   */
  cellText(column: number): string | null {
    const agg = this.list[this.taking[column]];
    if (measuresGap(agg)) return null;
    const kind = this.#kinds[column] === DISTINCT ? ANY : this.#kinds[column];
    return `${kind} ${argText(agg)}`;
  }

  /** Whether a row's fields are read again when it is known how long ago the row before was. */
  get readsWithGap(): boolean {
    return this.list.some((a) => measuresGap(a) && fieldsRead(a.arg!).size > 0);
  }

  /** Accumulators that hold nothing yet, one an aggregate. */
  make(): Accumulator[] {
    const out: Accumulator[] = [];
    for (let i = 0; i < this.list.length; i++) {
      const column = this.columns[i];
      const first = column < 0 ? i : this.taking[column];
      const spec = this.#specs[i];
      out.push(
        first < i ? spec.shares!.view(out[first]) : spec.make(this.options, this.#args[i]),
      );
    }
    return out;
  }

  /** What says the aggregates of windows with few rows, one for all keys. */
  ofFew(): Pick<Accumulator, "value">[] {
    return this.make().map((agg, i) => {
      const column = this.columns[i];
      if (column < 0) return agg;
      const spec = this.#specs[i];
      return spec.fromCells?.(this.#args[i], this.values) ??
        { value: (g) => this.#again(agg, g, column) };
    });
  }

  #again(agg: Accumulator, group: GroupView, column: number): Value {
    agg.reset();
    for (let i = 0; i < group.n; i++) {
      agg.add(this.value(column, group.cell(i, column)), 0, group.time(i));
    }
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

/** Both aggregates look at the same state over the same argument. */
function haveSame(a: IrAgg, specA: AggregateSpec, b: IrAgg, specB: AggregateSpec): boolean {
  return specA.shares !== undefined && specA.shares.state === specB.shares?.state &&
    argText(a) === argText(b);
}

const measuresGap = ({ arg }: IrAgg): boolean => arg !== null && hasGap(arg);

const argText = (a: IrAgg): string => a.arg === null ? "" : exprText(a.arg);
