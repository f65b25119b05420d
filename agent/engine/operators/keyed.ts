/** Operators that hold a few numbers per key: `dedup`, `first_seen`, `throttle`, `baseline`. */
import type { IrCommand, IrKey } from "../../../compiler/ir/program.ts";
import type { Value } from "../../../compiler/schema/types.ts";
import type { AlertEmitter, AlertRecord } from "../alerts/emitter.ts";
import type { Row, RowContext, UncoveredRow } from "../memory/context.ts";
import {
  keyValues,
  type Operator,
  type OperatorContext,
  type RecordLoader,
  type RecordSaver,
  type SavedStage,
  type SaveScope,
  type StageCode,
} from "./operator.ts";
import { EMPTY_KEY, NO_KEY } from "../memory/key_pool.ts";
import { KeyTable, NONE, OWN } from "../memory/table.ts";

/** Of a key's record: event time of the row that passed, or of the last one. */
const TIME = OWN, WIDTH = OWN + 1;

type KeyedCommand = Extract<
  IrCommand,
  { kind: "dedup" | "first_seen" | "throttle" | "baseline" }
>;

export class KeyedOperator implements Operator {
  code!: StageCode;
  readonly #table: KeyTable;
  /** `throttle`: by slot, the alert that held-back hits are counted on. */
  readonly #alerts: (AlertRecord | null)[] = [];
  /** Of a throttle: slots whose alert is one of another agent that shares the work. */
  readonly #elsewhere = new Set<number>();
  /** `baseline`: by slot, times and values of past windows in turn. */
  readonly #past: (number[] | null)[] = [];
  /** Event time of the first row: where the warm-up of `first_seen` begins. */
  #began = NaN;
  /** ms after which a key's state no longer matters. */
  readonly #ttl: number;
  /** `throttle`: ms for which its alert stands for hits of the group's other rules. */
  readonly #stand: number;
  /** `throttle`: the key of a row that has none of the fields; that of no row where one must be there. */
  readonly #noKey: number;

  /** `throttle`: those of the other rules of its group, in the rules' order. */
  mates: readonly KeyedOperator[] = [];

  readonly cx: RowContext;
  readonly rule: number;
  readonly stage: number;
  readonly sink: AlertEmitter;

  constructor(
    context: OperatorContext,
    readonly command: KeyedCommand,
    /** The group that a baseline's rows are of; unused by the others. */
    readonly by: readonly IrKey[],
  ) {
    const { cx, rule, stage, sink } = context;
    this.cx = cx;
    this.rule = rule;
    this.stage = stage;
    this.sink = sink;
    const c = command;
    this.#ttl = c.kind === "throttle" ? c.ms : c.kind === "dedup" ? c.within : c.history;
    this.#stand = c.kind === "throttle" ? Math.min(this.#ttl, c.groupMs ?? this.#ttl) : this.#ttl;
    this.#noKey = c.kind === "throttle" && c.by.length > 0 && c.by.every((k) => k.nullable)
      ? cx.keys.ofValues(c.by.map(() => undefined), false)
      : NO_KEY;
    if (this.#noKey !== NO_KEY) cx.keys.retain(this.#noKey);
    this.#table = new KeyTable({
      ...context,
      by: c.kind === "baseline" ? [] : c.by,
      width: WIDTH,
      onRemove: (slot) => {
        this.#release(slot);
        if (slot < this.#past.length) this.#past[slot] = null;
      },
      onEvict: () => sink.degraded = true,
    });
  }

  /** @param arg the key, or the value of a baseline */
  row(row: Row, arg: Value): void {
    const { cx, command: c } = this;
    if (c.kind === "baseline") {
      if (this.#isUncovered()) {
        return cx.uncover(this.rule, this.stage, { row, arg, step: 0, args: [] });
      }
      return this.#baseline(row, arg, c);
    }
    const key = arg as number;
    if (c.kind === "throttle" && (key === NO_KEY || key === this.#noKey)) {
      return this.#passUnkeyed(row);
    }
    if (key === NO_KEY) {
      cx.nullKeys[this.rule] = (cx.nullKeys[this.rule] ?? 0) + 1;
      return;
    }
    if (this.#isUncovered()) {
      const text = cx.keys.text(key);
      return cx.uncover(this.rule, this.stage, { row, arg: text, step: 0, args: [] });
    }
    const t = cx.t;
    const table = this.#table;
    const slot = table.get(key);
    const live = slot !== NONE && cx.now - table.records[slot * WIDTH + TIME] < this.#ttl;
    switch (c.kind) {
      case "dedup":
        if (live) return;
        this.#set(slot, key, t);
        return this.#pass(row, key);
      case "first_seen": {
        if (Number.isNaN(this.#began)) this.#began = t;
        // A late row changes nothing of a key that is known by a later one.
        if (live && t < table.records[slot * WIDTH + TIME]) return;
        this.#set(slot, key, t);
        // A late row may be before the first one.
        if (!live && Math.max(t - this.#began, 0) >= c.warmup) this.#pass(row, key);
        return;
      }
      case "throttle": {
        if (live) return this.#hold(slot);
        const joined = this.mates.some((mate) => mate.#stands(row, key, this));
        const set = this.#set(slot, key, t);
        if (joined) return;
        cx.made = cx.raisedElsewhere = null;
        this.#pass(row, cx.key === EMPTY_KEY ? key : cx.key);
        if (!cx.made) {
          if (cx.raisedElsewhere === this.sink && table.get(key) === set) this.#elsewhere.add(set);
          return;
        }
        // What follows may have driven the key out, to keep to the cap over all.
        if (table.get(key) !== set) return this.sink.close(cx.made);
        this.#alerts[set] = cx.made;
        this.#timer(set);
      }
    }
  }

  /** A row whose key another shard holds: the warm-up begins with the first row of any key. */
  foreign(key: Value): void {
    if (this.command.kind !== "first_seen" || !Number.isNaN(this.#began)) return;
    if (key !== NO_KEY && !this.#isUncovered()) this.#began = this.cx.t;
  }

  /** A row of which nobody knows what it is about: holding it back could hide another attack. */
  #passUnkeyed(row: Row): void {
    const { cx } = this;
    cx.made = null;
    this.code.next(row);
    if (cx.made) this.sink.close(cx.made);
  }

  /** Of a throttle: whether a row of the key is held back, which is then done. Any other goes to {@link row}. */
  held(key: number): boolean {
    const { cx } = this;
    if (key === NO_KEY || key === this.#noKey || cx.late) return false;
    const table = this.#table;
    const slot = table.get(key);
    if (slot === NONE || cx.now - table.records[slot * WIDTH + TIME] >= this.#ttl) return false;
    this.#hold(slot);
    return true;
  }

  /** Of a throttle: its alert of a key stands for a hit of another rule of the group, if there is one. */
  #stands(row: Row, key: number, other: KeyedOperator): boolean {
    const { cx, sink } = this;
    const table = this.#table;
    const slot = table.get(key);
    if (slot === NONE || cx.now - table.records[slot * WIDTH + TIME] >= this.#stand) return false;
    const alert = this.#alerts[slot] ?? null;
    if (alert === null && !this.#elsewhere.has(slot)) return false;
    // An alert of another agent is joined there; it stands for the hit here, too.
    cx.joins = alert === null ? () => {} : (hit) => sink.join(alert, hit);
    other.#pass(row, cx.key === EMPTY_KEY ? key : cx.key);
    cx.joins = null;
    cx.made = null;
    table.touch(slot, table.touched(slot));
    return true;
  }

  #hold(slot: number): void {
    this.sink.holdBack(this.#alerts[slot] ?? null);
    this.cx.made = null;
    this.#table.touch(slot, this.#table.touched(slot));
  }

  take({ row, arg }: UncoveredRow): void {
    this.row(row, this.command.kind === "baseline" ? arg : this.#table.read(arg as string));
  }

  /** The row at hand is late by more than what is remembered. */
  #isUncovered(): boolean {
    return this.cx.late && this.cx.t + this.#ttl <= this.cx.passed;
  }

  #timer(slot: number): void {
    const due = this.#table.records[slot * WIDTH + TIME] + this.#ttl;
    const { rule, stage } = this;
    this.cx.timers.add({ due, rule, stage, key: this.#table.key(slot) });
  }

  /** The alert that held-back hits were counted on is done with. */
  #release(slot: number): void {
    this.#elsewhere.delete(slot);
    const alert = this.#alerts[slot];
    if (!alert) return;
    this.sink.close(alert);
    this.#alerts[slot] = null;
  }

  #pass(row: Row, key: number): void {
    const before = this.cx.key;
    this.cx.key = key;
    this.code.next(row);
    this.cx.key = before;
  }

  #set(slot: number, key: number, t: number): number {
    const table = this.#table;
    if (slot !== NONE) {
      this.#release(slot);
      table.touch(slot, t);
    } else {
      for (let i = 0; i < 3; i++) {
        const old = table.oldest;
        if (old === NONE || t - table.touched(old) < this.#ttl) break;
        table.remove(old);
      }
      slot = table.add(key, null, t);
    }
    table.records[slot * WIDTH + TIME] = t;
    return slot;
  }

  /**
   * Lays mean, deviation and z of the key's earlier windows over the row. With no deviation at all,
   * z is the plain difference, so that a jump out of a constant series is seen.
   */
  #baseline(row: Row, value: Value, c: Extract<IrCommand, { kind: "baseline" }>): void {
    const { cx } = this;
    const kv = keyValues(this.by, row);
    const key = this.#table.read(JSON.stringify(kv));
    const t = cx.t;
    const slot = this.#table.get(key);
    let past = slot === NONE ? [] : this.#past[slot] ?? [];
    let gone = 0;
    while (gone < past.length && past[gone] <= cx.now - c.history) gone += 2;
    if (gone > 0) past = past.slice(gone);
    const n = past.length / 2;
    const out: Row = { __proto__: row } as Row;
    if (n >= Math.max(1, c.min) && typeof value === "number") {
      let sum = 0, squares = 0;
      for (let i = 1; i < past.length; i += 2) sum += past[i];
      const mean = sum / n;
      for (let i = 1; i < past.length; i += 2) squares += (past[i] - mean) ** 2;
      const stdev = n > 1 ? Math.sqrt(squares / (n - 1)) : 0;
      const laid = {
        [`${c.field}_mean`]: mean,
        [`${c.field}_stdev`]: stdev,
        [`${c.field}_z`]: (value - mean) / (stdev > 0 ? stdev : 1),
      };
      Object.assign(out, laid);
      cx.derived = { ...cx.derived, ...laid };
    }
    if (typeof value === "number") {
      let at = past.length;
      while (at > 0 && past[at - 2] > t) at -= 2;
      if (at === past.length) past.push(t, value);
      else past.splice(at, 0, t, value);
    }
    const newest = slot === NONE ? t : Math.max(t, this.#table.touched(slot));
    this.#past[this.#set(slot, key, newest)] = past;
    this.code.next(out);
  }

  /** A throttle's time is over: what it held back is counted. */
  fire(key: string, due: number): void {
    const table = this.#table;
    const slot = table.get(table.read(key));
    if (slot !== NONE && table.records[slot * WIDTH + TIME] + this.#ttl <= due) table.remove(slot);
  }

  save(records: RecordSaver, { since }: SaveScope): SavedStage {
    const table = this.#table;
    const removed = table.takeRemoved();
    return {
      entries: table.slots(since).map((slot) => [table.key(slot), [
        table.records[slot * WIDTH + TIME],
        table.touched(slot),
        records(this.#alerts[slot] ?? null),
        this.#past[slot] ?? null,
        ...(this.#elsewhere.has(slot) ? [true] : []),
      ]]),
      ...(since === null ? {} : { removed }),
      own: Number.isNaN(this.#began) ? null : this.#began,
    };
  }

  load(saved: SavedStage, records: RecordLoader): void {
    this.#began = saved.own === null ? NaN : saved.own as number;
    for (const [key, state] of saved.entries) {
      const [time, touched, alert, past, elsewhere = false] = state as [
        number,
        number,
        number | null,
        number[] | null,
        boolean?,
      ];
      const slot = this.#table.add(this.#table.read(key), null, touched);
      this.#table.records[slot * WIDTH + TIME] = time;
      const held = records(alert);
      if (held) {
        this.#alerts[slot] = held;
        this.#timer(slot);
      }
      if (past) this.#past[slot] = past;
      if (elsewhere) this.#elsewhere.add(slot);
    }
  }
}
