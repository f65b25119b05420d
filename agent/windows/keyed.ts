/** Operators that hold a few numbers per key: `dedup`, `first_seen`, `throttle`, `baseline`. */
import type { IrCommand, IrKey } from "../../compiler/ir.ts";
import type { Value } from "../../compiler/schema/types.ts";
import { keep } from "../../compiler/plan/helpers.ts";
import type { AlertRecord, Sink } from "./alerts.ts";
import type { Context, Row } from "./context.ts";
import {
  keyValues,
  type Operator,
  type RecordLoader,
  type RecordSaver,
  type SavedStage,
  type StageCode,
} from "./operator.ts";
import { type Keyed, KeyTable, type TableGroup } from "./table.ts";

/** One key's time, and what else its operator holds for it. */
class Mark implements Keyed {
  touched = 0;
  epoch = 0;
  older: Keyed | null = null;
  newer: Keyed | null = null;
  /** `throttle`: the alert that held-back hits are counted on. */
  alert: AlertRecord | null = null;
  /** `baseline`: times and values of past windows in turn. */
  past: number[] | null = null;
  constructor(readonly key: string, public time: number) {}
}

type KeyedCommand = Extract<
  IrCommand,
  { kind: "dedup" | "first_seen" | "throttle" | "baseline" }
>;

export class KeyedOperator implements Operator {
  code!: StageCode;
  readonly #table: KeyTable<Mark>;
  /** Event time of the first row: where the warm-up of `first_seen` begins. */
  #began = NaN;
  /** ms after which a key's state no longer matters. */
  readonly #ttl: number;

  constructor(
    readonly cx: Context,
    readonly rule: number,
    readonly command: KeyedCommand,
    /** The group that a baseline's rows are of; unused by the others. */
    readonly by: readonly IrKey[],
    readonly sink: Sink,
    group: TableGroup,
  ) {
    const c = command;
    this.#ttl = c.kind === "throttle" ? c.ms : c.kind === "dedup" ? c.within : c.history;
    this.#table = new KeyTable<Mark>(cx, rule, group, () => sink.degraded = true);
  }

  row(row: Row, arg: string | Value): void {
    const { cx, command: c } = this;
    if (c.kind === "baseline") return this.#baseline(row, arg as Value, c);
    const key = arg as string | undefined;
    if (key === undefined) {
      cx.nullKeys[this.rule] = (cx.nullKeys[this.rule] ?? 0) + 1;
      return;
    }
    const t = cx.t;
    const mark = this.#table.get(key);
    const live = mark !== undefined && t - mark.time < this.#ttl;
    switch (c.kind) {
      case "dedup":
        if (live) return;
        this.#set(mark, key, t);
        return this.#pass(row, key);
      case "first_seen": {
        if (Number.isNaN(this.#began)) this.#began = t;
        this.#set(mark, key, t);
        if (!live && t - this.#began >= c.warmup) this.#pass(row, key);
        return;
      }
      case "throttle": {
        if (live) {
          if (mark.alert) {
            mark.alert.suppressed++;
            this.sink.touch(mark.alert);
          }
          cx.made = null;
          mark.epoch = cx.epoch;
          this.#table.touch(mark, mark.touched);
          return;
        }
        const set = this.#set(mark, key, t);
        this.#pass(row, cx.key === "" ? key : cx.key);
        set.alert = cx.made;
      }
    }
  }

  #pass(row: Row, key: string): void {
    const before = this.cx.key;
    this.cx.key = key;
    this.code.next(row);
    this.cx.key = before;
  }

  #set(mark: Mark | undefined, key: string, t: number): Mark {
    if (mark !== undefined) {
      mark.time = t;
      this.#table.touch(mark, t);
      return mark;
    }
    for (let i = 0; i < 3; i++) {
      const old = this.#table.oldest;
      if (old === null || t - old.touched < this.#ttl) break;
      this.#table.remove(old);
    }
    const made = new Mark(keep(key), t);
    made.touched = t;
    made.epoch = this.cx.epoch;
    this.#table.add(made);
    return made;
  }

  /**
   * Lays mean, deviation and z of the key's earlier windows over the row. With no deviation at all,
   * z is the plain difference, so that a jump out of a constant series is seen.
   */
  #baseline(row: Row, value: Value, c: Extract<IrCommand, { kind: "baseline" }>): void {
    const { cx } = this;
    const kv = keyValues(this.by, row);
    const key = JSON.stringify(kv);
    const t = cx.t;
    let mark = this.#table.get(key);
    let past = mark?.past ?? [];
    let gone = 0;
    while (gone < past.length && past[gone] <= t - c.history) gone += 2;
    if (gone > 0) past = past.slice(gone);
    const n = past.length / 2;
    const out: Row = { __proto__: row } as Row;
    if (n >= Math.max(1, c.min) && typeof value === "number") {
      let sum = 0, squares = 0;
      for (let i = 1; i < past.length; i += 2) sum += past[i];
      const mean = sum / n;
      for (let i = 1; i < past.length; i += 2) squares += (past[i] - mean) ** 2;
      const stdev = n > 1 ? Math.sqrt(squares / (n - 1)) : 0;
      out[`${c.field}_mean`] = mean;
      out[`${c.field}_stdev`] = stdev;
      out[`${c.field}_z`] = (value - mean) / (stdev > 0 ? stdev : 1);
    }
    mark = this.#set(mark, key, t);
    if (typeof value === "number") past.push(t, value);
    mark.past = past;
    this.code.next(out);
  }

  fire(): void {}

  save(records: RecordSaver, since: number | null): SavedStage {
    const table = this.#table;
    const list = since === null ? [...table.entries()] : table.touchedSince(since);
    const removed = table.removed;
    table.removed = new Set();
    return {
      entries: list.map((m) => [m.key, [m.time, m.touched, records(m.alert), m.past]]),
      ...(since === null ? {} : { removed: [...removed ?? []] }),
      own: Number.isNaN(this.#began) ? null : this.#began,
    };
  }

  load(saved: SavedStage, records: RecordLoader): void {
    this.#began = saved.own === null ? NaN : saved.own as number;
    for (const [key, state] of saved.entries) {
      const [time, touched, alert, past] = state as [
        number,
        number,
        number | null,
        number[] | null,
      ];
      const m = new Mark(key, time);
      m.touched = touched;
      m.epoch = this.cx.epoch;
      m.alert = records(alert);
      m.past = past;
      this.#table.add(m);
    }
  }
}
