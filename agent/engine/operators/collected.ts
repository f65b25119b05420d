/** `stats … over` tumbling windows and sessions, which give a row at their end. */
import { addRef, newRefs } from "../alerts/emitter.ts";
import { NO_KEY } from "../memory/key_pool.ts";
import type { Row } from "../memory/context.ts";
import { NONE } from "../memory/table.ts";
import {
  keyValues,
  type OperatorContext,
  type RecordLoader,
  type RecordSaver,
  type SavedStage,
  type SaveScope,
  unnull,
} from "./operator.ts";
import { FIRST, INTS, N, type Stats, StatsOperator, WIDTH } from "./stats.ts";
import type { View } from "./view.ts";

export class CollectedStats extends StatsOperator {
  readonly #tumbling: boolean;
  /** Longest session. */
  readonly #max: number;

  constructor(context: OperatorContext, command: Stats) {
    super(context, command);
    const w = command.window;
    this.#tumbling = w.kind === "tumbling";
    this.#max = w.kind === "session" && w.max !== null ? w.max : Infinity;
  }

  row(row: Row, key: number): void {
    if (key === NO_KEY) return this.leaveOut();
    const slot = this.table.get(key);
    const { cx } = this;
    if (cx.late && !this.#covers(slot, cx.t)) return this.uncover(row, key);
    this.#collect(row, key, slot, cx.t);
  }

  holds(row: Row): boolean {
    return this.table.find(keyValues(this.command.by, row)) !== NONE;
  }

  /** Whether the window that a late row belongs to is not over. */
  #covers(slot: number, t: number): boolean {
    const { passed } = this.cx;
    if (!this.takesLate) return false;
    if (this.#tumbling) return this.#windowOf(t) + this.ms > passed;
    if (slot === NONE) return t + Math.min(this.ms, this.#max) > passed;
    const { start } = this.held[slot]!;
    return t >= start || (start - t < this.ms && t + this.#max > passed);
  }

  /** A row of a tumbling window or a session. */
  #collect(row: Row, key: number, found: number, t: number): void {
    const { cx } = this;
    const table = this.table;
    let slot = found;
    let before: number | undefined = undefined;
    if (slot === NONE) {
      slot = this.#new(row, key, t);
      this.timer(slot, this.#due(slot));
    } else {
      before = table.touched(slot);
      table.touch(slot, Math.max(before, t));
      if (t < table.records[slot * WIDTH + FIRST]) this.#beginEarlier(slot, t);
    }
    const h = this.held[slot]!;
    table.ints[slot * INTS + N]++;
    addRef(h.refs!, t, cx.offset, cx.meta);
    const gaps = this.code.gaps!;
    cx.gap = before === undefined ? undefined : t - before;
    for (const i of this.layout.taking) {
      const gap = gaps[i];
      h.aggs[i].add(gap ? gap(row) : this.args[i], t);
    }
  }

  #new(row: Row, key: number, t: number): number {
    const slot = this.table.addRow(key, row, t);
    const start = this.#tumbling ? this.#windowOf(t) : t;
    this.held[slot] = { aggs: this.layout.make(), refs: newRefs(), start };
    this.table.records[slot * WIDTH + FIRST] = t;
    return slot;
  }

  /** A late row stands before all of its window: a session begins with it, and may so end earlier. */
  #beginEarlier(slot: number, t: number): void {
    this.table.records[slot * WIDTH + FIRST] = t;
    if (this.#tumbling) return;
    this.held[slot]!.start = t;
    this.timer(slot, this.#due(slot));
  }

  /** Where the tumbling window of a time begins. */
  #windowOf(t: number): number {
    return Math.floor(t / this.ms) * this.ms;
  }

  #due(slot: number): number {
    const { start } = this.held[slot]!;
    return this.#tumbling
      ? start + this.ms
      : Math.min(this.table.touched(slot) + this.ms, start + this.#max);
  }

  fire(text: string, due: number): void {
    const { cx, table } = this;
    const key = table.read(text);
    const slot = table.get(key);
    if (slot === NONE) return;
    const end = this.#due(slot);
    if (end > due) return this.timer(slot, end);
    const refs = this.held[slot]!.refs!;
    const tail = refs.newest.length > 0 ? refs.newest : refs.first;
    const at = refs.newest.length > 0 ? (refs.at + tail.length - 3) % tail.length : tail.length - 3;
    cx.atRef(tail[at + 1], tail[at + 2]);
    const out = this.code.test!(this.#look(slot), false);
    if (out !== undefined) {
      // Late rows stand where they came.
      const first = table.records[slot * WIDTH + FIRST];
      this.hand(slot, out, refs, [first, table.touched(slot)]);
    }
    if (table.get(key) === slot) table.remove(slot);
  }

  #look(slot: number): View {
    const { view } = this;
    const { start, aggs } = this.held[slot]!;
    view.slot = slot;
    view.known = null;
    view.n = this.table.ints[slot * INTS + N];
    view.ms = this.#tumbling ? this.ms : this.#due(slot) - start;
    view.aggs = aggs;
    return view;
  }

  protected override release(slot: number): void {
    this.held[slot] = null;
  }

  save(records: RecordSaver, { since }: SaveScope): SavedStage {
    const { table } = this;
    const removed = table.takeRemoved();
    const entries = table.slots(since).map((slot): [string, unknown] => {
      const h = this.held[slot]!;
      return [table.key(slot), [
        table.touched(slot),
        table.values(slot),
        table.ints[slot * INTS + N],
        [table.records[slot * WIDTH + FIRST]],
        null,
        h.refs,
        h.start,
        false,
        records(null),
        h.aggs.map((a) => a.save()),
      ]];
    });
    return { entries, ...(since === null ? {} : { removed }), own: null };
  }

  load(saved: SavedStage, _records: RecordLoader): void {
    const { table } = this;
    for (const [key, state] of saved.entries) {
      // deno-lint-ignore no-explicit-any
      const s = state as any[];
      const slot = table.add(table.read(key), unnull(s[1]), s[0]);
      table.ints[slot * INTS + N] = s[2];
      table.records[slot * WIDTH + FIRST] = s[3][0] ?? s[5]?.first[0];
      const aggs = this.layout.make();
      aggs.forEach((a, i) => a.load(s[9][i]));
      this.held[slot] = { aggs, refs: s[5], start: s[6] };
      this.timer(slot, this.#due(slot));
    }
  }
}
