/** `stats … by … over W`: what sliding, tumbling and session windows have in common. */
import type { IrCommand } from "../../../compiler/ir/program.ts";
import type { Value } from "../../../compiler/schema/types.ts";
import type { Accumulator } from "../../../compiler/aggregates/spec.ts";
import type { AlertEmitter, EventRefs } from "../alerts/emitter.ts";
import type { Row, RowContext, UncoveredRow } from "../memory/context.ts";
import { EMPTY_KEY } from "../memory/key_pool.ts";
import type { RingArena } from "../memory/ring_arena.ts";
import { KeyTable, OTHER_INT, OWN, OWN_INT } from "../memory/table.ts";
import { Layout } from "../memory/layout.ts";
import type {
  Operator,
  OperatorContext,
  RecordLoader,
  RecordSaver,
  SavedStage,
  SaveScope,
  StageCode,
} from "./operator.ts";
import { View } from "./view.ts";

export type Stats = Extract<IrCommand, { kind: "stats" }>;

/**
 * Of a key's record: rows in the window; of a sliding one the block where they are, the block's size
 * with the first row's place in it, and the time of that row. 48 bytes with the rest.
 */
export const N = OWN_INT, BLOCK = OTHER_INT, RING = 2 * OWN;
export const FIRST = OWN + 1;
export const WIDTH = OWN + 2, INTS = 2 * WIDTH;

/** What a tumbling window, a session, or a sliding window of more than a few rows has besides. */
export interface Held {
  readonly aggs: readonly Accumulator[];
  /** First and newest rows of a tumbling window or a session. */
  refs: EventRefs | null;
  /** Start of a tumbling window or a session. */
  start: number;
}

export abstract class StatsOperator implements Operator {
  code!: StageCode;
  /** Arguments of the aggregates for the row at hand, set by generated code. */
  readonly args: Value[];
  readonly table: KeyTable;
  readonly layout: Layout;
  readonly ms: number;
  protected readonly rows: RingArena;
  protected readonly view: View;
  /** By slot, where there is something to hold. */
  protected readonly held: (Held | null)[] = [];

  readonly cx: RowContext;
  readonly rule: number;
  readonly stage: number;
  readonly sink: AlertEmitter;

  constructor(context: OperatorContext, readonly command: Stats) {
    const { cx, rule, stage, sink, group } = context;
    this.cx = cx;
    this.rule = rule;
    this.stage = stage;
    this.sink = sink;
    const w = command.window, sliding = w.kind === "sliding";
    this.ms = w.ms;
    this.layout = new Layout(command.aggs, {
      exact: cx.limits.exact,
      ms: w.kind === "session" ? 0 : w.ms,
      sliding,
      values: sliding ? group.values : null,
    }, group.values);
    this.args = command.aggs.map(() => undefined);
    this.rows = group.rowsWith(sliding ? this.layout.taking.length : 0);
    this.table = new KeyTable({
      ...context,
      by: command.by,
      width: WIDTH,
      onRemove: (slot) => this.release(slot),
      onEvict: (slot) => this.evicted(slot),
    });
    this.view = new View(this.table, this.layout, this.rows);
  }

  /** Takes a row of a key in order, or a late one. */
  abstract row(row: Row, key: number): void;
  abstract fire(key: string, due: number): void;
  abstract save(records: RecordSaver, scope: SaveScope): SavedStage;
  abstract load(saved: SavedStage, records: RecordLoader): void;
  /** A key goes: so does what it holds. */
  protected abstract release(slot: number): void;
  /** The same where the cap drives it out, before. */
  protected evicted(_slot: number): void {
    this.sink.degraded = true;
  }

  /** Whether there is something of a key, by the values of its fields. */
  abstract holds(row: Row): boolean;

  take({ row, arg, args }: UncoveredRow): void {
    for (let i = 0; i < args.length; i++) this.args[i] = args[i];
    this.row(row, this.table.read(arg as string));
  }

  protected timer(slot: number, due: number): void {
    const { rule, stage } = this;
    this.cx.timers.add({ due, rule, stage, key: this.table.key(slot) });
  }

  /** A row without a key is left out. */
  protected leaveOut(): void {
    const { nullKeys } = this.cx;
    nullKeys[this.rule] = (nullKeys[this.rule] ?? 0) + 1;
  }

  /** The late row at hand is of a window that is over. */
  protected uncover(row: Row, key: number): void {
    const arg = this.cx.keys.text(key);
    this.cx.uncover(this.rule, this.stage, { row, arg, step: 0, args: [...this.args] });
  }

  /** Whether windows take late rows in: those that measure gaps between rows take none. */
  protected get takesLate(): boolean {
    return !this.code.gaps!.some((gap) => gap !== null);
  }

  /** Hands a row on with the rows of its window. @param span event times of the first and the last */
  protected hand(slot: number, out: Row, refs: EventRefs, span: readonly [number, number]): void {
    const { cx } = this;
    cx.key = this.table.keyOf(slot);
    const [first, last] = span;
    cx.contributing = { count: this.table.ints[slot * INTS + N], refs, first, last };
    cx.made = null;
    cx.derived = null;
    this.code.next(out);
    cx.contributing = null;
    cx.key = EMPTY_KEY;
  }
}
