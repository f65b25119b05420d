/** A key's window as generated code and aggregates see it. */
import type { Value } from "../../../compiler/schema/types.ts";
import type { Accumulator, GroupView } from "../../../compiler/aggregates/spec.ts";
import type { Layout } from "../memory/layout.ts";
import type { RingArena } from "../memory/ring_arena.ts";
import { type KeyTable, NONE } from "../memory/table.ts";

/** One object for all keys of an operator. */
export class View implements GroupView {
  n = 0;
  ms = 0;
  slot = NONE;
  aggs: readonly Pick<Accumulator, "value">[] = [];
  /** The values of the slot's key where they were read before. */
  known: readonly Value[] | null = null;
  /** Of a sliding window: the ring in which its rows are, and the place of the oldest. */
  block = NONE;
  mask = 0;
  head = 0;
  constructor(readonly table: KeyTable, readonly layout: Layout, readonly rows: RingArena) {}
  get kv(): readonly Value[] {
    return this.known ?? this.table.values(this.slot);
  }
  cell(i: number, column: number): number {
    return this.rows.cell(this.block, (this.head + i) & this.mask, column);
  }
  valueAt(column: number, newest: boolean): Value {
    for (let k = 0; k < this.n; k++) {
      const v = this.layout.value(column, this.cell(newest ? this.n - 1 - k : k, column));
      if (v !== undefined) return v;
    }
    return undefined;
  }

  newestValues(column: number, most: number): Value[] {
    const out: Value[] = [];
    for (let i = this.n - 1; i >= 0 && out.length < most; i--) {
      const v = this.layout.value(column, this.cell(i, column));
      if (v !== undefined) out.push(v);
    }
    return out.reverse();
  }

  time(i: number): number {
    return this.rows.time(this.block, (this.head + i) & this.mask);
  }

  /** The oldest row of a ring goes, from the window's own aggregates too. */
  drop(block: number, head: number, aggs: readonly Accumulator[] | null): void {
    const { layout, rows } = this;
    const { taking } = layout;
    for (let c = 0; c < taking.length; c++) {
      const cell = rows.cell(block, head, c);
      if (aggs !== null) {
        aggs[taking[c]].remove(layout.given(c, cell), rows.time(block, head));
      }
      layout.give(c, cell);
    }
  }

  /** All rows go, and nothing is asked of their aggregates any more. */
  clear(): void {
    const { giving, values } = this.layout;
    for (let k = 0; k < giving.length; k++) {
      for (let i = 0; i < this.n; i++) values.give(this.cell(i, giving[k]));
    }
  }

  /** Aggregates that have taken the rows in. `t`: event time of the newest. */
  aggregated(t: number): Accumulator[] {
    const { layout } = this;
    const { taking } = layout;
    const aggs = layout.make();
    for (let i = 0; i < this.n; i++) {
      for (let c = 0; c < taking.length; c++) {
        aggs[taking[c]].add(layout.given(c, this.cell(i, c)), t, this.time(i));
      }
    }
    return aggs;
  }

  /** Sums that lost their digits to values that have left are made anew, the newest row left out. */
  addAgain(aggs: readonly Accumulator[]): void {
    const { rounding, taking } = this.layout;
    for (let k = 0; k < rounding.length; k++) {
      const c = rounding[k];
      const agg = aggs[taking[c]];
      if (!agg.stale) continue;
      agg.reset();
      for (let i = 0; i < this.n - 1; i++) {
        agg.add(this.layout.value(c, this.cell(i, c)), 0, this.time(i));
      }
    }
  }

  /**
   * The values of a sliding window's rows as they are saved: one of every aggregate for each row.
   * @param from place of the first row in the window
   */
  values(from = 0): Value[] {
    const { columns } = this.layout;
    const out: Value[] = [];
    for (let i = from; i < this.n; i++) {
      for (const c of columns) {
        out.push(c < 0 ? undefined : this.layout.value(c, this.cell(i, c)));
      }
    }
    return out;
  }

  /** Takes up what {@link View.values} gave, or nothing where rows have no cells. */
  fill(values: readonly Value[]): void {
    const { layout } = this;
    layout.taking.forEach((agg, c) => {
      for (let i = 0; i < this.n; i++) {
        const cell = layout.cell(c, values[i * layout.list.length + agg]);
        this.rows.setCell(this.block, (this.head + i) & this.mask, c, cell);
      }
    });
  }

  /** Adds what aggregates hold and left out of what they saved. `t`: event time of the newest row. */
  addSavedInRows(aggs: readonly Accumulator[], t: number): void {
    this.layout.taking.forEach((i, c) => {
      const agg = aggs[i];
      if (agg.savedInRows !== true) return;
      for (let r = 0; r < this.n; r++) {
        agg.add(this.layout.given(c, this.cell(r, c)), t, this.time(r));
      }
    });
  }
}
