/** `stats … over` sliding windows, whose alerts are open while their conditions hold. */
import type { Value } from "../../../compiler/schema/types.ts";
import type { IrCommand, IrKey } from "../../../compiler/ir/program.ts";
import { type LeastRows, leastRows } from "../../../compiler/ir/least_rows.ts";
import type { Accumulator } from "../../../compiler/aggregates/spec.ts";
import type { AlertRecord, EventRefs } from "../alerts/emitter.ts";
import type { Row } from "../memory/context.ts";
import type { FewOwner, FewRows, Member, RowPlace } from "../memory/few_rows.ts";
import { NO_KEY } from "../memory/key_pool.ts";
import { sizeFor } from "../memory/ring_arena.ts";
import { NONE } from "../memory/table.ts";
import {
  keyValues,
  type OperatorContext,
  type RecordLoader,
  type RecordSaver,
  type SavedBlock,
  type SavedStage,
  type SaveScope,
  unnull,
} from "./operator.ts";
import { BLOCK, FIRST, INTS, N, RING, type Stats, StatsOperator, WIDTH } from "./stats.ts";
import type { View } from "./view.ts";
import { cutBlocks, WindowBlocks } from "./window_blocks.ts";

/** A ring is `place << 5 | size`. */
const SIZE_BITS = 5, SIZE_MASK = 31;

/** While the condition of a window holds. */
interface Episode {
  /** What was made of it; null when that was held back. */
  readonly alert: AlertRecord | null;
  /** The values of the key: every row of the episode has them. */
  readonly kv: readonly Value[];
}

/** From the entry touched longest ago; those of one moment by their keys. */
function inOrder([a, x]: [string, unknown], [b, y]: [string, unknown]): number {
  const [t] = x as [number], [u] = y as [number];
  return t - u || (a < b ? -1 : 1);
}

export class SlidingStats extends StatsOperator implements FewOwner {
  /** Aggregates of windows that have none of their own. */
  readonly #ofFew: readonly Pick<Accumulator, "value">[];
  /** Which rows of large windows checkpoints hold. */
  readonly #blocks = new WindowBlocks();
  /** Slots whose condition holds. */
  readonly #open = new Map<number, Episode>();
  readonly least: LeastRows;
  /** Where rows of keys are while they are few; null where they are here. */
  #few: FewRows | null = null;
  #member!: Member;

  /** @param behind the commands that follow */
  constructor(context: OperatorContext, command: Stats, behind: readonly IrCommand[]) {
    super(context, command);
    this.least = leastRows(command, behind);
    this.#ofFew = this.layout.ofFew();
  }

  get by(): readonly IrKey[] {
    return this.command.by;
  }

  /** Rows of keys that have few are to be left there. */
  leaveFew(few: FewRows, member: Member): void {
    this.#few = few;
    this.#member = member;
  }

  row(row: Row, key: number): void {
    const { cx } = this;
    if (key === NO_KEY) return this.leaveOut();
    const { t } = cx;
    if (cx.late) {
      this.#few?.give(this.#member, key);
      if (!this.takesLate || t + this.ms <= cx.passed) return this.uncover(row, key);
    } else if (this.#few !== null && this.#few.take(this.#member, row, key)) return;
    const slot = this.#enter(row, key, { t, offset: cx.offset, meta: cx.meta }, cx.now);
    if (slot !== NONE) this.#judge(slot, key, t);
  }

  replay(key: number, place: RowPlace, args: readonly Value[]): void {
    const own = [...this.args];
    for (let i = 0; i < args.length; i++) this.args[i] = args[i];
    this.#enter(null, key, place, place.t);
    for (let i = 0; i < own.length; i++) this.args[i] = own[i];
  }

  lost(): void {
    const { evicted } = this.cx;
    evicted[this.rule] = (evicted[this.rule] ?? 0) + 1;
    this.sink.degraded = true;
  }

  /** The cap on the rows of a key took one. */
  #rowLost(): void {
    const { rowsEvicted } = this.cx;
    rowsEvicted[this.rule] = (rowsEvicted[this.rule] ?? 0) + 1;
    this.sink.degraded = true;
  }

  /** Puts a row into its key's window, whose slot it gives; NONE where it was put between others. */
  #enter(row: Row | null, key: number, place: RowPlace, now: number): number {
    const { table } = this;
    const { t } = place;
    let slot = table.get(key);
    let before: number | undefined = undefined;
    if (slot !== NONE) {
      before = table.touched(slot);
      if (now - before >= this.ms) {
        this.#close(slot);
        table.remove(slot);
        slot = NONE;
        before = undefined;
      }
    }
    if (slot === NONE) {
      this.#forget(t);
      slot = row === null ? table.add(key, null, t) : table.addRow(key, row, t);
      table.ints[slot * INTS + BLOCK] = NONE;
    } else if (before! > t) {
      this.#takeBetween(slot, key, place);
      return NONE;
    } else table.touch(slot, t);
    this.#append(slot, place);
    if (this.layout.taking.length > 0) this.#take(slot, row, t, before);
    return slot;
  }

  /** Asks the condition of a sliding window: an episode opens, goes on or ends. */
  #judge(slot: number, key: number, t: number): void {
    const { cx } = this;
    if (cx.past) return;
    const { table } = this;
    const episode = this.#open.size > 0 ? this.#open.get(slot) : undefined;
    // Among more rows what is distinct may be an estimate, which can be larger than their number.
    const isFew = table.ints[slot * INTS + N] < this.least.rows && !this.held[slot];
    if (isFew && episode === undefined) return;
    const view = this.#look(slot);
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
      this.timer(slot, t + this.ms);
      const refs = this.#refs(slot);
      this.hand(slot, out, refs, [refs.first[0], t]);
      // What follows may have driven the key out, to keep to the cap over all.
      if (table.get(key) === slot) this.#open.set(slot, { alert: cx.made, kv });
      else if (cx.made) this.sink.close(cx.made);
      cx.made = null;
    }
  }

  holds(row: Row): boolean {
    const key = this.table.keyFor(keyValues(this.command.by, row));
    this.#few?.give(this.#member, key);
    return this.table.get(key) !== NONE;
  }

  /** A late row is put by its time among later ones of a sliding window; the condition is asked at the newest. */
  #takeBetween(slot: number, key: number, place: RowPlace): void {
    const { cx } = this;
    const newest = this.table.touched(slot);
    this.table.touch(slot, newest);
    if (!this.#insert(slot, place)) return;
    cx.t = newest;
    this.#judge(slot, key, newest);
    cx.t = place.t;
  }

  /** Puts a row among those of a sliding window by its time; false when the window is full. */
  #insert(slot: number, place: RowPlace): boolean {
    const { cx } = this;
    const { t } = place;
    const layout = this.layout;
    const columns = layout.taking.length;
    const newest = this.table.touched(slot);
    if (this.table.ints[slot * INTS + N] >= cx.limits.rowsPerKey) {
      this.#rowLost();
      return false;
    }
    // Appended as a row of the newest one's time, then moved to its place.
    this.#append(slot, { ...place, t: newest });
    const held = this.held[slot] ?? null;
    const { block, head, mask, n } = this.#ring(slot);
    const rows = this.rows;
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
    if (i === 0) this.table.records[slot * WIDTH + FIRST] = t;
    if (columns > 0 && n > layout.few && n <= cx.limits.exact) {
      // What goes by the order of rows is worked out anew.
      this.held[slot] = { aggs: this.view.aggregated(newest), refs: null, start: 0 };
    }
    return true;
  }

  #look(slot: number): View {
    const view = this.#ring(slot);
    view.slot = slot;
    view.known = null;
    view.ms = this.ms;
    view.aggs = this.held[slot]?.aggs ?? this.#ofFew;
    return view;
  }

  /** Points the view at the rows of a sliding window. */
  #ring(slot: number): View {
    const view = this.view;
    const { ints } = this.table;
    const at = slot * INTS, ring = ints[at + RING];
    view.n = ints[at + N];
    view.block = ints[at + BLOCK];
    view.mask = (1 << (ring & SIZE_MASK)) - 1;
    view.head = ring >> SIZE_BITS;
    return view;
  }

  /** Takes out the rows that have left a sliding window, and puts the row at hand into it. */
  #append(slot: number, { t, offset, meta }: RowPlace): void {
    const { cx } = this;
    const rows = this.rows;
    const { ints, records } = this.table;
    const at = slot * INTS;
    let block = ints[at + BLOCK], n = ints[at + N];
    let size = ints[at + RING] & SIZE_MASK, head = ints[at + RING] >> SIZE_BITS;
    const first = slot * WIDTH + FIRST;
    const until = t - this.ms;
    const mask = (1 << size) - 1;
    const columns = this.layout.taking.length;
    while (n > 0 && (records[first] <= until || n >= cx.limits.rowsPerKey)) {
      if (records[first] > until) this.#rowLost();
      if (columns > 0) this.view.drop(block, head, this.held[slot]?.aggs ?? null);
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
    rows.set(block, (head + n) & ((1 << size) - 1), t, offset, meta);
    ints[at + RING] = head << SIZE_BITS | size;
    ints[at + N] = n + 1;
    this.#blocks.appended(slot);
  }

  /** The newest row's cells, and the aggregates where the window has its own. `before`: event time of the key's previous row. */
  #take(slot: number, row: Row | null, t: number, before: number | undefined): void {
    const layout = this.layout;
    const { taking } = layout;
    const gaps = this.code.gaps!;
    const held = this.held[slot] ?? null;
    const { block, head, mask, n } = this.#ring(slot);
    if (held !== null && layout.rounding.length > 0) this.view.addAgain(held.aggs);
    this.cx.gap = before === undefined ? undefined : t - before;
    for (let c = 0; c < taking.length; c++) {
      const i = taking[c];
      const gap = gaps[i];
      let cell = layout.cell(c, gap ? gap(row!) : this.args[i]);
      if (held !== null) {
        cell = layout.kept(c, cell, held.aggs[i].add(layout.given(c, cell), t));
      }
      this.rows.setCell(block, (head + n - 1) & mask, c, cell);
    }
    if (held === null && n > layout.few) {
      this.held[slot] = { aggs: this.view.aggregated(t), refs: null, start: 0 };
    }
  }

  /** A few of the keys whose window has passed go at every new key. */
  #forget(t: number): void {
    const table = this.table;
    for (let i = 0; i < 3; i++) {
      const old = table.oldest;
      if (old === NONE || t - table.touched(old) < this.ms || this.#open.has(old)) return;
      table.remove(old);
    }
  }

  protected override release(slot: number): void {
    const { ints } = this.table;
    const block = ints[slot * INTS + BLOCK];
    if (block !== NONE) {
      if (this.layout.giving.length > 0) this.#ring(slot).clear();
      this.rows.give(block, ints[slot * INTS + RING] & SIZE_MASK);
    }
    if (slot < this.held.length) this.held[slot] = null;
    this.#blocks.remove(slot);
    if (this.#open.size > 0) this.#open.delete(slot);
  }

  protected override evicted(slot: number): void {
    this.#close(slot);
    super.evicted(slot);
  }

  #close(slot: number): void {
    const alert = this.#open.get(slot)?.alert;
    if (alert) this.sink.close(alert);
    this.#open.delete(slot);
  }

  #refs(slot: number): EventRefs {
    const { ints } = this.table;
    const at = slot * INTS, ring = ints[at + RING];
    return this.rows.refs(ints[at + BLOCK], ring & SIZE_MASK, ring >> SIZE_BITS, ints[at + N]);
  }

  /** The rows of a sliding window as flat triples. @param from place of the first */
  #list(slot: number, from = 0): number[] {
    const { ints } = this.table;
    const at = slot * INTS, ring = ints[at + RING];
    const head = (ring >> SIZE_BITS) + from;
    return this.rows.list(ints[at + BLOCK], ring & SIZE_MASK, head, ints[at + N] - from);
  }

  /** Nothing came of an episode's key for as long as its window. */
  fire(text: string, due: number): void {
    const { table } = this;
    const slot = table.get(table.read(text));
    if (slot === NONE || !this.#open.has(slot)) return;
    const end = table.touched(slot) + this.ms;
    if (end <= due) {
      this.#close(slot);
      return table.remove(slot);
    }
    this.timer(slot, end);
  }

  save(records: RecordSaver, { since, blocks }: SaveScope): SavedStage {
    this.#few?.giveAll();
    const { table } = this;
    const { passed } = this.cx;
    table.removeThose(
      since,
      (slot) => passed - table.touched(slot) >= this.ms && !this.#open.has(slot),
    );
    const removed = table.takeRemoved();
    const changed: SavedBlock[] = [];
    const entries = table.slots(since).map((slot): [string, unknown] => {
      const h = this.held[slot] ?? null;
      const n = table.ints[slot * INTS + N];
      const key = table.key(slot);
      const saved = blocks ? this.#blocks.save(slot, key, n, since === null) : null;
      if (saved !== null) {
        const rows = this.#list(slot, saved.place), values = this.#ring(slot).values(saved.place);
        changed.push(...cutBlocks(key, saved.from, rows, values));
      }
      const inline = saved === null;
      return [key, [
        table.touched(slot),
        table.values(slot),
        n,
        inline ? this.#list(slot) : null,
        inline ? this.#ring(slot).values() : null,
        h && h.refs,
        h ? h.start : 0,
        this.#open.has(slot),
        records(this.#open.get(slot)?.alert ?? null),
        h && h.aggs.map((a) => a.save()),
        ...(saved === null ? [] : [saved.oldest]),
      ]];
    });
    // Those that were few came to the others just now, whenever they were touched.
    entries.sort(inOrder);
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
    const { table } = this;
    for (const [key, state] of saved.entries) {
      // deno-lint-ignore no-explicit-any
      const s = state as any[];
      const slot = table.add(table.read(key), unnull(s[1]), s[0]);
      const at = slot * INTS;
      const rows = s[3] as number[];
      const n = rows.length / 3;
      table.ints[at + N] = s[2];
      table.records[slot * WIDTH + FIRST] = rows[0];
      const size = Math.max(1, sizeFor(n));
      const block = table.ints[at + BLOCK] = this.rows.take(size);
      table.ints[at + RING] = size;
      for (let i = 0; i < n; i++) {
        this.rows.set(block, i, rows[3 * i], rows[3 * i + 1], rows[3 * i + 2]);
      }
      this.#ring(slot).fill(s[4] ? unnull(s[4]) : []);
      if (s[10] !== undefined) this.#blocks.restored(slot, key, s[10], s[2]);
      // Those of windows with few rows are not saved.
      if (s[9] !== null && this.layout.taking.length > 0) {
        const aggs = this.layout.make();
        aggs.forEach((a, i) => a.load(s[9][i]));
        this.#ring(slot).addSavedInRows(aggs, s[0]);
        this.held[slot] = { aggs, refs: s[5], start: s[6] };
      }
      this.#few?.restored(s[0] + this.ms);
      if (!s[7]) continue;
      this.#open.set(slot, { alert: records(s[8]), kv: table.values(slot) });
      this.timer(slot, s[0] + this.ms);
    }
  }
}
