/** `absent d by k`: a key that was active, or that a table names, is silent for d. */
import type { Value } from "../../../compiler/schema/types.ts";
import type { IrCommand, IrTable } from "../../../compiler/ir/program.ts";
import type { AlertEmitter, AlertRecord } from "../alerts/emitter.ts";
import { type Row, type RowContext, RowOrigin, type UncoveredRow } from "../memory/context.ts";
import {
  type Operator,
  type OperatorContext,
  type RecordLoader,
  type RecordSaver,
  type SavedStage,
  type SaveScope,
  type StageCode,
  unnull,
} from "./operator.ts";
import { EMPTY_KEY, NO_KEY } from "../memory/key_pool.ts";
import { KeyTable, NONE, OWN } from "../memory/table.ts";

/** Of a key's record: 1 while it is silent, 2 when its input has ended; where its last row was read, NaN when none came yet. */
const SILENT = OWN, OFFSET = OWN + 1, META = OWN + 2;
const WIDTH = OWN + 3;

export class AbsentOperator implements Operator {
  code!: StageCode;
  readonly #table: KeyTable;
  /** Alerts of silent keys, by slot. */
  readonly #alerts = new Map<number, AlertRecord>();
  /** The slot whose row came last and where that was read: worked out when another's comes. */
  #newest = NONE;
  readonly #place = new RowOrigin();
  #expected = false;
  /** Largest event time when the input ended; silence after it says nothing. */
  ended = Infinity;

  /** Whether keys that a table names are watched here; all where it is not there. */
  readonly #watches?: (kv: readonly Value[]) => boolean;

  readonly cx: RowContext;
  readonly rule: number;
  readonly stage: number;
  readonly sink: AlertEmitter;

  constructor(
    context: OperatorContext,
    readonly command: Extract<IrCommand, { kind: "absent" }>,
    readonly expect: IrTable | undefined,
  ) {
    const { cx, rule, stage, sink } = context;
    this.cx = cx;
    this.rule = rule;
    this.stage = stage;
    this.sink = sink;
    if (context.share) {
      this.#watches = (kv) =>
        context.share!.watches(
          rule,
          Object.fromEntries(command.by.map((k, i) => [k.field, kv[i]])),
        );
    }
    this.#table = new KeyTable({
      ...context,
      by: command.by,
      width: WIDTH,
      onRemove: (slot) => {
        this.#alerts.delete(slot);
        if (this.#newest === slot) this.#newest = NONE;
      },
      onEvict: (slot) => {
        this.#close(slot);
        sink.degraded = true;
      },
    });
  }

  #close(slot: number): void {
    const alert = this.#alerts.get(slot);
    if (alert) this.sink.close(alert);
    this.#alerts.delete(slot);
  }

  /** Whether {@link begin} is still to come. */
  get expecting(): boolean {
    return this.expect !== undefined && !this.#expected;
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
      if (this.#watches?.(kv) === false) continue;
      const key = this.cx.keys.ofValues(kv, kv.length === 1);
      if (key !== NO_KEY && this.#table.get(key) === NONE) {
        this.#watch(this.#table.add(key, kv, t));
      }
    }
  }

  /** A new key, of which no row was read yet. */
  #watch(slot: number): number {
    const r = this.#table.records;
    r[slot * WIDTH + OFFSET] = r[slot * WIDTH + META] = NaN;
    this.#timer(slot);
    return slot;
  }

  #timer(slot: number): void {
    this.cx.timers.add({
      due: this.#table.touched(slot) + this.command.ms,
      rule: this.rule,
      stage: this.stage,
      key: this.#table.key(slot),
    });
  }

  row(row: Row, key: number): void {
    const { cx } = this;
    if (key === NO_KEY) {
      cx.nullKeys[this.rule] = (cx.nullKeys[this.rule] ?? 0) + 1;
      return;
    }
    const table = this.#table;
    let slot = table.get(key);
    // A late row ends no silence that is over and begins none that is.
    if (
      cx.late &&
      (slot === NONE ? cx.t + this.command.ms <= cx.passed : cx.t < table.touched(slot))
    ) {
      return;
    }
    if (slot === NONE) slot = this.#watch(table.addRow(key, row, cx.t));
    else {
      table.touch(slot, cx.t);
      if (table.records[slot * WIDTH + SILENT] !== 0) {
        table.records[slot * WIDTH + SILENT] = 0;
        this.#close(slot);
        this.#timer(slot);
      }
    }
    if (this.#newest !== slot) this.#settle();
    this.#newest = slot;
    cx.mark(this.#place);
  }

  take({ row, arg }: UncoveredRow): void {
    this.row(row, this.#table.read(arg as string));
  }

  /** Writes where the last row was read into its key's record. */
  #settle(): void {
    if (this.#newest === NONE) return;
    this.#place.settle();
    const r = this.#table.records, at = this.#newest * WIDTH;
    r[at + OFFSET] = this.#place.offset;
    r[at + META] = this.#place.meta;
    this.#newest = NONE;
  }

  fire(key: string, due: number): void {
    const { cx } = this;
    const table = this.#table;
    const slot = table.get(table.read(key));
    if (slot === NONE || due > this.ended) return;
    this.#settle();
    const at = slot * WIDTH;
    if (table.records[at + SILENT] !== 0) return;
    const touched = table.touched(slot);
    if (touched + this.command.ms > due) return this.#timer(slot);
    const ended = this.command.live && !this.#covered(table.records[at + META], due);
    table.records[at + SILENT] = ended ? 2 : 1;
    table.touch(slot, touched);
    if (ended) return;
    cx.key = table.keyOf(slot);
    cx.made = null;
    const offset = table.records[at + OFFSET], meta = table.records[at + META];
    const seen = !Number.isNaN(offset);
    if (seen) cx.atRef(offset, meta);
    else cx.nowhere();
    cx.contributing = {
      count: seen ? 1 : 0,
      refs: { first: seen ? [touched, offset, meta] : [], newest: [], at: 0 },
      first: touched,
      last: touched,
    };
    this.code.next(table.row(slot));
    cx.contributing = null;
    cx.key = EMPTY_KEY;
    if (!cx.made) return;
    // What follows may have driven the key out, to keep to the cap over all.
    if (table.get(table.read(key)) === slot) this.#alerts.set(slot, cx.made);
    else this.sink.close(cx.made);
  }

  /** Whether the input of a key's last row would have told of a time. */
  #covered(meta: number, t: number): boolean {
    return Number.isNaN(meta) || this.cx.covers(Math.floor(meta / 65536), t);
  }

  save(records: RecordSaver, { since }: SaveScope): SavedStage {
    this.#settle();
    const table = this.#table;
    const removed = table.takeRemoved();
    return {
      entries: table.slots(since).map((slot) => {
        const r = table.records;
        const at = slot * WIDTH;
        return [table.key(slot), [
          table.touched(slot),
          table.values(slot),
          r[at + SILENT] === 2 ? 2 : r[at + SILENT] === 1,
          r[at + OFFSET],
          r[at + META],
          records(this.#alerts.get(slot) ?? null),
        ]];
      }),
      ...(since === null ? {} : { removed }),
      own: this.#expected,
    };
  }

  load(saved: SavedStage, records: RecordLoader): void {
    this.#expected = saved.own === true;
    for (const [key, state] of saved.entries) {
      // deno-lint-ignore no-explicit-any
      const s = state as any[];
      const slot = this.#table.add(this.#table.read(key), unnull(s[1]), s[0]);
      const r = this.#table.records;
      const at = slot * WIDTH;
      r[at + SILENT] = Number(s[2]);
      r[at + OFFSET] = s[3] ?? NaN;
      r[at + META] = s[4] ?? NaN;
      const alert = records(s[5]);
      if (alert) this.#alerts.set(slot, alert);
      if (!s[2]) this.#timer(slot);
    }
  }
}
