/** `absent d by k`: a key that was active, or that a table names, is silent for d. */
import type { IrCommand, IrTable } from "../../compiler/ir.ts";
import type { Value } from "../../compiler/schema/types.ts";
import { key1, keyPart } from "../../compiler/plan/helpers.ts";
import type { AlertRecord, Sink } from "./alerts.ts";
import type { Context, Row } from "./context.ts";
import {
  keyRow,
  keyValues,
  type Operator,
  type RecordLoader,
  type RecordSaver,
  type SavedStage,
  type StageCode,
  unnull,
} from "./operator.ts";
import { type Keyed, KeyTable, type TableGroup } from "./table.ts";

class Presence implements Keyed {
  touched = 0;
  epoch = 0;
  older: Keyed | null = null;
  newer: Keyed | null = null;
  silent = false;
  /** Where the last row was read; NaN when a table named the key and no row came yet. */
  offset = NaN;
  meta = NaN;
  alert: AlertRecord | null = null;
  constructor(readonly key: string, readonly kv: Value[]) {}
}

export class AbsentOperator implements Operator {
  code!: StageCode;
  readonly #table: KeyTable<Presence>;
  #expected = false;
  /** Largest event time when the input ended; silence after it says nothing. */
  ended = Infinity;

  constructor(
    readonly cx: Context,
    readonly rule: number,
    readonly stage: number,
    readonly command: Extract<IrCommand, { kind: "absent" }>,
    readonly expect: IrTable | undefined,
    readonly sink: Sink,
    group: TableGroup,
  ) {
    this.#table = new KeyTable<Presence>(cx, rule, group, (p) => {
      if (p.alert) sink.close(p.alert);
      sink.degraded = true;
    });
  }

  /** The keys that the table names count as active from the first event of all on. */
  begin(t: number): void {
    if (this.#expected || !this.expect) return;
    this.#expected = true;
    for (const row of this.expect.rows) {
      const kv = this.command.by.map((k) => {
        const i = this.expect!.columns.findIndex((c) => c.name === k.field);
        return row[i < 0 ? 0 : i] ?? undefined;
      });
      const key = kv.length === 1 ? key1(kv[0]) : kv.map(keyPart).join("");
      if (key !== undefined && !this.#table.get(key)) this.#watch(new Presence(key, kv), t);
    }
  }

  #watch(p: Presence, t: number): void {
    p.touched = t;
    p.epoch = this.cx.epoch;
    this.#table.add(p);
    this.#timer(p);
  }

  #timer(p: Presence): void {
    this.cx.timers.add({
      due: p.touched + this.command.ms,
      rule: this.rule,
      stage: this.stage,
      key: p.key,
    });
  }

  row(row: Row, key: string | undefined): void {
    const { cx } = this;
    if (key === undefined) {
      cx.nullKeys[this.rule] = (cx.nullKeys[this.rule] ?? 0) + 1;
      return;
    }
    let p = this.#table.get(key);
    if (p === undefined) {
      const kv = keyValues(this.command.by, row);
      p = new Presence(kv.length === 1 && kv[0] === key ? kv[0] as string : key, kv);
      this.#watch(p, cx.t);
    } else {
      this.#table.touch(p, cx.t);
      if (p.silent) {
        p.silent = false;
        if (p.alert) this.sink.close(p.alert);
        p.alert = null;
        this.#timer(p);
      }
    }
    p.offset = cx.offset;
    p.meta = cx.meta;
  }

  fire(key: string, due: number): void {
    const { cx } = this;
    const p = this.#table.get(key);
    if (p === undefined || p.silent || due > this.ended) return;
    if (p.touched + this.command.ms > due) return this.#timer(p);
    p.silent = true;
    p.epoch = cx.epoch;
    this.#table.touch(p, p.touched);
    cx.key = key;
    cx.made = null;
    const seen = !Number.isNaN(p.offset);
    if (seen) cx.atRef(p.offset, p.meta);
    cx.members = {
      count: seen ? 1 : 0,
      refs: { first: seen ? [p.touched, p.offset, p.meta] : [], newest: [], at: 0 },
      first: p.touched,
      last: p.touched,
    };
    this.code.next(keyRow(this.command.by, p.kv));
    cx.members = null;
    cx.key = "";
    p.alert = cx.made;
  }

  save(records: RecordSaver, since: number | null): SavedStage {
    const table = this.#table;
    const list = since === null ? [...table.entries()] : table.touchedSince(since);
    const removed = table.removed;
    table.removed = new Set();
    return {
      entries: list.map((p) => [
        p.key,
        [p.touched, p.kv, p.silent, p.offset, p.meta, records(p.alert)],
      ]),
      ...(since === null ? {} : { removed: [...removed ?? []] }),
      own: this.#expected,
    };
  }

  load(saved: SavedStage, records: RecordLoader): void {
    this.#expected = saved.own === true;
    for (const [key, state] of saved.entries) {
      // deno-lint-ignore no-explicit-any
      const s = state as any[];
      const p = new Presence(key, unnull(s[1]));
      p.touched = s[0];
      p.silent = s[2];
      p.offset = s[3] ?? NaN;
      p.meta = s[4] ?? NaN;
      p.alert = records(s[5]);
      p.epoch = this.cx.epoch;
      this.#table.add(p);
      if (!p.silent) this.#timer(p);
    }
  }
}
