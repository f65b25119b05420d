/** `stats … by … over W`: sliding windows with episodes, tumbling and session windows. */
import type { IrCommand } from "../../../compiler/ir/program.ts";
import type { Value } from "../../../compiler/schema/types.ts";
import type { Accumulator } from "../../../compiler/aggregates/spec.ts";
import {
  addRef,
  type AlertEmitter,
  type AlertRecord,
  type EventRefs,
  newRefs,
} from "../alerts/emitter.ts";
import type { Row, RowContext, UncoveredRow } from "../memory/context.ts";
import { Layout } from "./layout.ts";
import {
  keyValues,
  type Operator,
  type OperatorContext,
  type RecordLoader,
  type RecordSaver,
  type SavedBlock,
  type SavedStage,
  type SaveScope,
  type StageCode,
  unnull,
} from "./operator.ts";
import { type RingArena, sizeFor } from "../memory/ring_arena.ts";
import { EMPTY_KEY, NO_KEY } from "../memory/key_pool.ts";
import { KeyTable, NONE, OTHER_INT, OWN, OWN_INT } from "../memory/table.ts";
import { cutBlocks, WindowBlocks } from "./window_blocks.ts";
import { View } from "./view.ts";

type Stats = Extract<IrCommand, { kind: "stats" }>;

/**
 * Of a key's record: rows in the window; of a sliding one the block where they are, the block's size
 * with the first row's place in it, and the time of that row. 48 bytes with the rest.
 */
const N = OWN_INT, BLOCK = OTHER_INT, RING = 2 * OWN;
const FIRST = OWN + 1;
const WIDTH = OWN + 2, INTS = 2 * WIDTH;
/** A ring is `place << 5 | size`. */
const SIZE_BITS = 5, SIZE_MASK = 31;

/** What a tumbling window, a session, or a sliding window of more than a few rows has besides. */
interface Held {
  readonly aggs: readonly Accumulator[];
  /** First and newest rows of a tumbling window or a session. */
  refs: EventRefs | null;
  /** Start of a tumbling window or a session. */
  start: number;
}

/** While the condition of a sliding window holds. */
interface Episode {
  /** What was made of it; null when that was held back. */
  readonly alert: AlertRecord | null;
  /** The values of the key: every row of the episode has them. */
  readonly kv: readonly Value[];
}

export class StatsOperator implements Operator {
  code!: StageCode;
  /** Arguments of the aggregates for the row at hand, set by generated code. */
  readonly args: Value[];
  readonly #table: KeyTable;
  readonly #rows: RingArena;
  readonly #view: View;
  readonly #kind: "sliding" | "tumbling" | "session";
  readonly #ms: number;
  readonly #max: number;
  readonly #layout: Layout;
  /** Aggregates of windows that have none of their own. */
  readonly #ofFew: readonly Pick<Accumulator, "value">[];
  /** By slot, where there is something to hold. */
  readonly #held: (Held | null)[] = [];
  /** Which rows of large sliding windows checkpoints hold. */
  readonly #blocks = new WindowBlocks();
  /** Slots whose condition holds. */
  readonly #open = new Map<number, Episode>();

  readonly cx: RowContext;
  readonly rule: number;
  readonly stage: number;
  readonly sink: AlertEmitter;

  constructor(
    context: OperatorContext,
    readonly command: Stats,
  ) {
    const { cx, rule, stage, sink, group } = context;
    this.cx = cx;
    this.rule = rule;
    this.stage = stage;
    this.sink = sink;
    const w = command.window;
    this.#kind = w.kind;
    this.#ms = w.ms;
    this.#max = w.kind === "session" && w.max !== null ? w.max : Infinity;
    this.#layout = new Layout(command.aggs, {
      exact: cx.limits.exact,
      ms: w.kind === "session" ? 0 : w.ms,
      sliding: w.kind === "sliding",
      values: w.kind === "sliding" ? group.values : null,
    }, group.values);
    this.#ofFew = this.#layout.ofFew();
    this.args = command.aggs.map(() => undefined);
    const columns = w.kind === "sliding" ? this.#layout.taking.length : 0;
    this.#rows = group.rowsWith(columns);
    this.#table = new KeyTable({
      ...context,
      by: command.by,
      width: WIDTH,
      onRemove: (slot) => this.#release(slot),
      onEvict: (slot) => {
        this.#close(slot);
        sink.degraded = true;
      },
    });
    this.#view = new View(this.#table, this.#layout, this.#rows);
  }

  row(row: Row, key: number): void {
    const { cx } = this;
    if (key === NO_KEY) {
      cx.nullKeys[this.rule] = (cx.nullKeys[this.rule] ?? 0) + 1;
      return;
    }
    const t = cx.t;
    const table = this.#table;
    let slot = table.get(key);
    if (cx.late && !this.#covers(slot, t)) {
      const arg = cx.keys.text(key);
      return cx.uncover(this.rule, this.stage, { row, arg, step: 0, args: [...this.args] });
    }
    if (this.#kind !== "sliding") return this.#collect(row, key, slot, t);
    let before: number | undefined = undefined;
    if (slot !== NONE) {
      before = table.touched(slot);
      if (cx.now - before >= this.#ms) {
        this.#close(slot);
        table.remove(slot);
        slot = NONE;
        before = undefined;
      }
    }
    if (slot === NONE) {
      this.#forget(t);
      slot = this.#new(row, key, t);
    } else if (before! > t) return this.#takeBetween(slot, key, t);
    else table.touch(slot, t);
    this.#append(slot, t);
    if (this.#layout.taking.length > 0) this.#take(slot, row, t, before);
    this.#judge(slot, key, t);
  }

  /** Asks the condition of a sliding window: an episode opens, goes on or ends. */
  #judge(slot: number, key: number, t: number): void {
    const { cx } = this;
    if (cx.past) return;
    const table = this.#table;
    const view = this.#look(slot);
    const episode = this.#open.size > 0 ? this.#open.get(slot) : undefined;
    if (episode !== undefined) {
      const { alert } = episode;
      view.known = episode.kv;
      const out = this.code.test!(view, alert === null);
      if (out === undefined) this.#close(slot);
      else if (alert !== null) {
        const again = this.code.reproject!;
        // Through the commands that stand behind further operators.
        this.sink.update(alert, again ? again({ ...alert.derived, ...out }) : out);
      }
      return;
    }
    const out = this.code.test!(view, false);
    if (out !== undefined) {
      const { kv } = view;
      this.#open.set(slot, { alert: null, kv });
      cx.timers.add({
        due: t + this.#ms,
        rule: this.rule,
        stage: this.stage,
        key: table.key(slot),
      });
      const refs = this.#refs(slot);
      this.#hand(slot, view.n, out, refs.first[0], t, refs);
      // What follows may have driven the key out, to keep to the cap over all.
      if (table.get(key) === slot) this.#open.set(slot, { alert: cx.made, kv });
      else if (cx.made) this.sink.close(cx.made);
      cx.made = null;
    }
  }

  /** Whether there is something of a row's key. */
  holds(row: Row): boolean {
    return this.#table.find(keyValues(this.command.by, row)) !== NONE;
  }

  take({ row, arg, args }: UncoveredRow): void {
    for (let i = 0; i < args.length; i++) this.args[i] = args[i];
    this.row(row, this.#table.read(arg as string));
  }

  /** A late row is put by its time among later ones of a sliding window; the condition is asked at the newest. */
  #takeBetween(slot: number, key: number, t: number): void {
    const { cx } = this;
    const newest = this.#table.touched(slot);
    this.#table.touch(slot, newest);
    if (!this.#insert(slot, t)) return;
    cx.t = newest;
    this.#judge(slot, key, newest);
    cx.t = t;
  }

  /** Whether the window that a late row belongs to is not over. Windows that measure gaps between rows take none in. */
  #covers(slot: number, t: number): boolean {
    const { passed } = this.cx;
    if (this.code.gaps!.some((gap) => gap !== null)) return false;
    if (this.#kind === "sliding") return t + this.#ms > passed;
    if (this.#kind === "tumbling") {
      return Math.floor(t / this.#ms) * this.#ms + this.#ms > passed;
    }
    if (slot === NONE) return t + Math.min(this.#ms, this.#max) > passed;
    const { start } = this.#held[slot]!;
    return t >= start || (start - t < this.#ms && t + this.#max > passed);
  }

  /** Puts a row among those of a sliding window by its time; false when the window is full. */
  #insert(slot: number, t: number): boolean {
    const { cx } = this;
    const layout = this.#layout;
    const columns = layout.taking.length;
    const newest = this.#table.touched(slot);
    if (this.#table.ints[slot * INTS + N] >= cx.limits.rowsPerKey) {
      this.sink.degraded = true;
      cx.rowsEvicted[this.rule] = (cx.rowsEvicted[this.rule] ?? 0) + 1;
      return false;
    }
    // Appended as a row of the newest one's time, then moved to its place.
    this.#append(slot, newest);
    const held = this.#held[slot] ?? null;
    const { block, head, mask, n } = this.#ring(slot);
    const rows = this.#rows;
    for (let c = 0; c < columns; c++) {
      let cell = layout.cell(c, this.args[layout.taking[c]]);
      if (held !== null) {
        const i = layout.taking[c];
        cell = layout.kept(c, cell, held.aggs[i].add(layout.given(c, cell), newest, t));
      }
      rows.setCell(block, (head + n - 1) & mask, c, cell);
    }
    let i = n - 1;
    for (; i > 0 && rows.time(block, (head + i - 1) & mask) > t; i--) {
      rows.swap(block, (head + i - 1) & mask, (head + i) & mask);
    }
    rows.setTime(block, (head + i) & mask, t);
    this.#blocks.inserted(slot, n, i);
    if (i === 0) this.#table.records[slot * WIDTH + FIRST] = t;
    if (columns > 0 && n > layout.few && n <= cx.limits.exact) {
      // What goes by the order of rows is worked out anew.
      this.#held[slot] = { aggs: this.#view.aggregated(newest), refs: null, start: 0 };
    }
    return true;
  }

  #look(slot: number): View {
    const view = this.#view;
    view.slot = slot;
    view.known = null;
    view.n = this.#table.ints[slot * INTS + N];
    view.ms = this.#kind === "session" ? this.#due(slot) - this.#held[slot]!.start : this.#ms;
    view.aggs = this.#held[slot]?.aggs ?? this.#ofFew;
    if (this.#kind === "sliding") this.#ring(slot);
    return view;
  }

  /** Points the view at the rows of a sliding window. */
  #ring(slot: number): View {
    const view = this.#view;
    const { ints } = this.#table;
    const at = slot * INTS, ring = ints[at + RING];
    view.n = ints[at + N];
    view.block = ints[at + BLOCK];
    view.mask = (1 << (ring & SIZE_MASK)) - 1;
    view.head = ring >> SIZE_BITS;
    return view;
  }

  #hand(slot: number, n: number, out: Row, first: number, last: number, refs: EventRefs): void {
    const { cx } = this;
    cx.key = this.#table.keyOf(slot);
    cx.contributing = { count: n, refs, first, last };
    cx.made = null;
    cx.derived = null;
    this.code.next(out);
    cx.contributing = null;
    cx.key = EMPTY_KEY;
  }

  #new(row: Row, key: number, t: number): number {
    const slot = this.#table.addRow(key, row, t);
    this.#table.ints[slot * INTS + BLOCK] = NONE;
    if (this.#kind !== "sliding") {
      this.#held[slot] = { aggs: this.#layout.make(), refs: newRefs(), start: 0 };
      this.#table.records[slot * WIDTH + FIRST] = t;
    }
    return slot;
  }

  /** Takes out the rows that have left a sliding window, and puts the row at hand into it. */
  #append(slot: number, t: number): void {
    const { cx } = this;
    const rows = this.#rows;
    const { ints, records } = this.#table;
    const at = slot * INTS;
    let block = ints[at + BLOCK], n = ints[at + N];
    let size = ints[at + RING] & SIZE_MASK, head = ints[at + RING] >> SIZE_BITS;
    const first = slot * WIDTH + FIRST;
    const until = t - this.#ms;
    const mask = (1 << size) - 1;
    const columns = this.#layout.taking.length;
    while (n > 0 && (records[first] <= until || n >= cx.limits.rowsPerKey)) {
      if (records[first] > until) {
        this.sink.degraded = true;
        cx.rowsEvicted[this.rule] = (cx.rowsEvicted[this.rule] ?? 0) + 1;
      }
      if (columns > 0) this.#view.drop(block, head, this.#held[slot]?.aggs ?? null);
      head = (head + 1) & mask;
      if (--n > 0) records[first] = rows.time(block, head);
    }
    if (n === 0) records[first] = t;
    const want = n === mask + 1 ? size + 1 : size > 3 && n < (1 << size) >> 2 ? size - 1 : size;
    if (block === NONE) block = ints[at + BLOCK] = rows.take(size = 1);
    else if (want !== size) {
      const other = rows.take(want);
      rows.copy(block, size, head, n, other);
      rows.give(block, size);
      block = ints[at + BLOCK] = other;
      size = want;
      head = 0;
    }
    rows.set(block, (head + n) & ((1 << size) - 1), t, cx.offset, cx.meta);
    ints[at + RING] = head << SIZE_BITS | size;
    ints[at + N] = n + 1;
    this.#blocks.appended(slot);
  }

  /** The newest row's cells, and the aggregates where the window has its own. `before`: event time of the key's previous row. */
  #take(slot: number, row: Row, t: number, before: number | undefined): void {
    const layout = this.#layout;
    const { taking } = layout;
    const gaps = this.code.gaps!;
    const held = this.#held[slot] ?? null;
    const { block, head, mask, n } = this.#ring(slot);
    if (held !== null && layout.rounding.length > 0) this.#view.addAgain(held.aggs);
    this.cx.gap = before === undefined ? undefined : t - before;
    for (let c = 0; c < taking.length; c++) {
      const i = taking[c];
      const gap = gaps[i];
      let cell = layout.cell(c, gap ? gap(row) : this.args[i]);
      if (held !== null) {
        cell = layout.kept(c, cell, held.aggs[i].add(layout.given(c, cell), t));
      }
      this.#rows.setCell(block, (head + n - 1) & mask, c, cell);
    }
    if (held === null && n > layout.few) {
      this.#held[slot] = { aggs: this.#view.aggregated(t), refs: null, start: 0 };
    }
  }

  /** A few of the keys whose window has passed go at every new key. */
  #forget(t: number): void {
    const table = this.#table;
    for (let i = 0; i < 3; i++) {
      const old = table.oldest;
      if (old === NONE || t - table.touched(old) < this.#ms || this.#open.has(old)) return;
      table.remove(old);
    }
  }

  #release(slot: number): void {
    const { ints } = this.#table;
    const block = ints[slot * INTS + BLOCK];
    if (block !== NONE) {
      if (this.#layout.giving.length > 0) this.#ring(slot).clear();
      this.#rows.give(block, ints[slot * INTS + RING] & SIZE_MASK);
    }
    if (slot < this.#held.length) this.#held[slot] = null;
    this.#blocks.remove(slot);
    if (this.#open.size > 0) this.#open.delete(slot);
  }

  #close(slot: number): void {
    const alert = this.#open.get(slot)?.alert;
    if (alert) this.sink.close(alert);
    this.#open.delete(slot);
  }

  #refs(slot: number): EventRefs {
    const { ints } = this.#table;
    const at = slot * INTS, ring = ints[at + RING];
    return this.#rows.refs(ints[at + BLOCK], ring & SIZE_MASK, ring >> SIZE_BITS, ints[at + N]);
  }

  /** The rows of a sliding window as flat triples. @param from place of the first */
  #list(slot: number, from = 0): number[] {
    const { ints } = this.#table;
    const at = slot * INTS, ring = ints[at + RING];
    const head = (ring >> SIZE_BITS) + from;
    return this.#rows.list(ints[at + BLOCK], ring & SIZE_MASK, head, ints[at + N] - from);
  }

  /** A row of a tumbling window or a session. */
  #collect(row: Row, key: number, found: number, t: number): void {
    const { cx } = this;
    const table = this.#table;
    let slot = found;
    let before: number | undefined = undefined;
    if (slot === NONE) {
      slot = this.#new(row, key, t);
      const h = this.#held[slot]!;
      h.start = this.#kind === "tumbling" ? Math.floor(t / this.#ms) * this.#ms : t;
      const due = this.#kind === "tumbling"
        ? h.start + this.#ms
        : t + Math.min(this.#ms, this.#max);
      cx.timers.add({ due, rule: this.rule, stage: this.stage, key: table.key(slot) });
    } else {
      before = table.touched(slot);
      table.touch(slot, Math.max(before, t));
      if (t < table.records[slot * WIDTH + FIRST]) this.#beginEarlier(slot, t);
    }
    const h = this.#held[slot]!;
    table.ints[slot * INTS + N]++;
    addRef(h.refs!, t, cx.offset, cx.meta);
    const gaps = this.code.gaps!;
    cx.gap = before === undefined ? undefined : t - before;
    for (const i of this.#layout.taking) {
      const gap = gaps[i];
      h.aggs[i].add(gap ? gap(row) : this.args[i], t);
    }
  }

  /** A late row stands before all of its window: a session begins with it, and may so end earlier. */
  #beginEarlier(slot: number, t: number): void {
    this.#table.records[slot * WIDTH + FIRST] = t;
    if (this.#kind !== "session") return;
    this.#held[slot]!.start = t;
    const { rule, stage } = this;
    this.cx.timers.add({ due: this.#due(slot), rule, stage, key: this.#table.key(slot) });
  }

  #due(slot: number): number {
    const touched = this.#table.touched(slot);
    if (this.#kind === "sliding") return touched + this.#ms;
    const { start } = this.#held[slot]!;
    return this.#kind === "tumbling"
      ? start + this.#ms
      : Math.min(touched + this.#ms, start + this.#max);
  }

  fire(text: string, due: number): void {
    const { cx } = this;
    const table = this.#table;
    const key = table.read(text);
    const slot = table.get(key);
    if (slot === NONE || (this.#kind === "sliding" && !this.#open.has(slot))) return;
    const end = this.#due(slot);
    if (end > due) {
      cx.timers.add({ due: end, rule: this.rule, stage: this.stage, key: table.key(slot) });
      return;
    }
    if (this.#kind === "sliding") {
      this.#close(slot);
      return table.remove(slot);
    }
    const refs = this.#held[slot]!.refs!;
    const tail = refs.newest.length > 0 ? refs.newest : refs.first;
    const at = refs.newest.length > 0 ? (refs.at + tail.length - 3) % tail.length : tail.length - 3;
    cx.atRef(tail[at + 1], tail[at + 2]);
    const view = this.#look(slot);
    const out = this.code.test!(view, false);
    if (out !== undefined) {
      // Late rows stand where they came.
      const first = table.records[slot * WIDTH + FIRST];
      this.#hand(slot, view.n, out, first, table.touched(slot), refs);
    }
    if (table.get(key) === slot) table.remove(slot);
  }

  save(records: RecordSaver, { since, blocks }: SaveScope): SavedStage {
    const table = this.#table;
    const sliding = this.#kind === "sliding";
    const removed = table.takeRemoved();
    const changed: SavedBlock[] = [];
    const entries = table.slots(since).map((slot): [string, unknown] => {
      const h = this.#held[slot] ?? null;
      const n = table.ints[slot * INTS + N];
      const key = table.key(slot);
      const saved = sliding && blocks ? this.#blocks.save(slot, key, n, since === null) : null;
      if (saved !== null) {
        const rows = this.#list(slot, saved.place), values = this.#ring(slot).values(saved.place);
        changed.push(...cutBlocks(key, saved.from, rows, values));
      }
      const inline = saved === null;
      return [key, [
        table.touched(slot),
        table.values(slot),
        n,
        sliding ? (inline ? this.#list(slot) : null) : [table.records[slot * WIDTH + FIRST]],
        sliding && inline ? this.#ring(slot).values() : null,
        h && h.refs,
        h ? h.start : 0,
        this.#open.has(slot),
        records(this.#open.get(slot)?.alert ?? null),
        h && h.aggs.map((a) => a.save()),
        ...(saved === null ? [] : [saved.oldest]),
      ]];
    });
    const goneBlocks = blocks ? this.#blocks.takeGone() : [];
    return {
      entries,
      ...(since === null ? {} : { removed }),
      ...(changed.length > 0 ? { blocks: changed } : {}),
      ...(goneBlocks.length > 0 ? { goneBlocks } : {}),
      own: null,
    };
  }

  load(saved: SavedStage, records: RecordLoader): void {
    const table = this.#table;
    for (const [key, state] of saved.entries) {
      // deno-lint-ignore no-explicit-any
      const s = state as any[];
      const slot = table.add(table.read(key), unnull(s[1]), s[0]);
      const at = slot * INTS;
      const rows = s[3] as number[];
      table.ints[at + N] = s[2];
      table.ints[at + BLOCK] = NONE;
      table.records[slot * WIDTH + FIRST] = rows[0] ?? s[5]?.first[0];
      if (this.#kind === "sliding") {
        const size = Math.max(1, sizeFor(rows.length / 3));
        const block = this.#rows.take(size);
        table.ints[at + BLOCK] = block;
        table.ints[at + RING] = size;
        for (let i = 0; i < rows.length / 3; i++) {
          this.#rows.set(block, i, rows[3 * i], rows[3 * i + 1], rows[3 * i + 2]);
        }
        this.#ring(slot).fill(s[4] ? unnull(s[4]) : []);
        if (s[10] !== undefined) this.#blocks.restored(slot, key, s[10], s[2]);
      }
      // Those of windows with few rows are not saved.
      if (s[9] !== null && (this.#kind !== "sliding" || this.#layout.taking.length > 0)) {
        const aggs = this.#layout.make();
        aggs.forEach((a, i) => a.load(s[9][i]));
        if (this.#kind === "sliding") this.#ring(slot).addSavedInRows(aggs, s[0]);
        this.#held[slot] = { aggs, refs: s[5], start: s[6] };
      }
      if (s[7]) this.#open.set(slot, { alert: records(s[8]), kv: table.values(slot) });
      if (this.#kind !== "sliding" || s[7]) {
        this.cx.timers.add({ due: this.#due(slot), rule: this.rule, stage: this.stage, key });
      }
    }
  }
}
