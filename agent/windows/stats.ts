/** `stats … by … over W`: sliding windows with episodes, tumbling and session windows. */
import type { IrCommand } from "../../compiler/ir.ts";
import type { Value } from "../../compiler/schema/types.ts";
import { type Agg, type AggOptions, makeAgg } from "./aggregates.ts";
import { addRef, type AlertRecord, newRefs, type Refs, type Sink } from "./alerts.ts";
import type { Context, Row } from "./context.ts";
import {
  keyValues,
  type Operator,
  type RecordLoader,
  type RecordSaver,
  type SavedStage,
  type StageCode,
  unnull,
} from "./operator.ts";
import { type Keyed, KeyTable, type TableGroup } from "./table.ts";

type Stats = Extract<IrCommand, { kind: "stats" }>;

/** One key's window. Rows are numbers only: time, offset, slot and check. */
class Group implements Keyed {
  touched = 0;
  epoch = 0;
  older: Keyed | null = null;
  newer: Keyed | null = null;
  /** Rows in the window. */
  n = 0;
  /** Triples of the rows of a sliding window, from `head` on. */
  q: number[] = [];
  head = 0;
  /** The aggregates' values of those rows, as many a row as there are aggregates; null when none need it. */
  values: Value[] | null = null;
  /** First and newest rows of a tumbling window or a session. */
  refs: Refs | null = null;
  last: number | undefined = undefined;
  /** Start of a tumbling window or a session. */
  start = 0;
  open = false;
  alert: AlertRecord | null = null;
  constructor(readonly key: string, readonly kv: Value[], readonly aggs: Agg[]) {}

  valueAt(agg: number, newest: boolean): Value {
    const v = this.values;
    if (v === null) return undefined;
    const width = this.aggs.length;
    const from = this.head / 3 * width;
    if (newest) {
      for (let i = v.length - width + agg; i >= from; i -= width) {
        if (v[i] !== undefined) return v[i];
      }
    } else for (let i = from + agg; i < v.length; i += width) if (v[i] !== undefined) return v[i];
    return undefined;
  }
}

export class StatsOperator implements Operator {
  code!: StageCode;
  /** Arguments of the aggregates for the row at hand, set by generated code. */
  readonly args: Value[];
  readonly #table: KeyTable<Group>;
  readonly #kind: "sliding" | "tumbling" | "session";
  readonly #ms: number;
  readonly #max: number;
  readonly #options: AggOptions;
  readonly #holdsValues: boolean;

  constructor(
    readonly cx: Context,
    readonly rule: number,
    readonly stage: number,
    readonly command: Stats,
    readonly sink: Sink,
    group: TableGroup,
  ) {
    const w = command.window;
    this.#kind = w.kind;
    this.#ms = w.ms;
    this.#max = w.kind === "session" && w.max !== null ? w.max : Infinity;
    this.#options = {
      exact: cx.limits.exact,
      ms: w.kind === "session" ? 0 : w.ms,
      sliding: w.kind === "sliding",
    };
    this.args = command.aggs.map(() => undefined);
    this.#holdsValues = command.aggs.some((a) => a.arg !== null);
    this.#table = new KeyTable<Group>(cx, rule, group, (g) => {
      if (g.alert) sink.close(g.alert);
      sink.degraded = true;
    });
  }

  row(row: Row, key: string | undefined): void {
    const { cx } = this;
    if (key === undefined) {
      cx.nullKeys[this.rule] = (cx.nullKeys[this.rule] ?? 0) + 1;
      return;
    }
    const t = cx.t;
    let g = this.#table.get(key);
    if (this.#kind !== "sliding") return this.#collect(row, key, g, t);
    if (g !== undefined && t - g.touched >= this.#ms) {
      this.#close(g);
      this.#table.remove(g);
      g = undefined;
    }
    if (g === undefined) {
      this.#forget(t);
      g = this.#new(row, key);
    } else this.#table.touch(g, t);
    this.#expire(g, t - this.#ms);
    if (g.n >= cx.limits.rowsPerKey) {
      this.#drop(g);
      this.sink.degraded = true;
      cx.rowsEvicted[this.rule] = (cx.rowsEvicted[this.rule] ?? 0) + 1;
    }
    g.q.push(t, cx.offset, cx.meta);
    g.n++;
    this.#add(g, row, t);
    const out = this.code.test!(g);
    if (out === undefined) {
      if (g.open) this.#close(g);
    } else if (g.open) {
      if (g.alert) this.sink.update(g.alert, out);
    } else {
      g.open = true;
      cx.timers.add({ due: t + this.#ms, rule: this.rule, stage: this.stage, key: g.key });
      this.#hand(g, out, g.q[g.head], t, slidingRefs(g));
      g.alert = cx.made;
    }
  }

  #hand(g: Group, out: Row, first: number, last: number, refs: Refs): void {
    const { cx } = this;
    cx.key = g.key;
    cx.members = { count: g.n, refs, first, last };
    cx.made = null;
    this.code.next(out);
    cx.members = null;
    cx.key = "";
  }

  #new(row: Row, key: string): Group {
    const kv = keyValues(this.command.by, row);
    // The map must not hold a slice of the chunk: a one-field key is that field's own copy.
    const own = kv.length === 1 && kv[0] === key ? kv[0] as string : key;
    const g = new Group(own, kv, this.#aggs());
    if (this.#holdsValues && this.#kind === "sliding") g.values = [];
    g.touched = this.cx.t;
    g.epoch = this.cx.epoch;
    this.#table.add(g);
    return g;
  }

  #aggs(): Agg[] {
    return this.command.aggs.map((a, i) => makeAgg(a, i, this.#options));
  }

  #add(g: Group, row: Row, t: number): void {
    const gaps = this.code.gaps!;
    this.cx.gap = g.last === undefined ? undefined : t - g.last;
    g.last = t;
    if (!this.#holdsValues) return;
    for (let i = 0; i < g.aggs.length; i++) {
      const gap = gaps[i];
      const held = g.aggs[i].add(gap ? gap(row) : this.args[i], t);
      if (g.values !== null) g.values.push(held);
    }
  }

  /** Takes out rows at or before a time. */
  #expire(g: Group, until: number): void {
    while (g.n > 0 && g.q[g.head] <= until) this.#drop(g);
  }

  #drop(g: Group): void {
    const width = g.aggs.length;
    if (g.values !== null) {
      const at = g.head / 3 * width;
      for (let i = 0; i < width; i++) {
        g.aggs[i].remove(g.values[at + i]);
        g.values[at + i] = undefined;
      }
    }
    g.n--;
    g.head += 3;
    if (g.head >= 96 && g.head * 2 >= g.q.length) {
      if (g.values !== null) g.values = g.values.slice(g.head / 3 * width);
      g.q = g.q.slice(g.head);
      g.head = 0;
    }
  }

  /** A few of the keys whose window has passed go at every new key. */
  #forget(t: number): void {
    for (let i = 0; i < 3; i++) {
      const old = this.#table.oldest;
      if (old === null || t - old.touched < this.#ms || old.open) return;
      this.#table.remove(old);
    }
  }

  #close(g: Group): void {
    if (g.alert) this.sink.close(g.alert);
    g.alert = null;
    g.open = false;
  }

  /** A row of a tumbling window or a session. */
  #collect(row: Row, key: string, found: Group | undefined, t: number): void {
    const { cx } = this;
    let g = found;
    if (g === undefined) {
      g = this.#new(row, key);
      g.refs = newRefs();
      g.start = this.#kind === "tumbling" ? Math.floor(t / this.#ms) * this.#ms : t;
      const due = this.#kind === "tumbling"
        ? g.start + this.#ms
        : t + Math.min(this.#ms, this.#max);
      cx.timers.add({ due, rule: this.rule, stage: this.stage, key: g.key });
    } else this.#table.touch(g, t);
    g.n++;
    addRef(g.refs!, t, cx.offset, cx.meta);
    this.#add(g, row, t);
  }

  #due(g: Group): number {
    return this.#kind === "tumbling"
      ? g.start + this.#ms
      : Math.min(g.touched + this.#ms, this.#kind === "session" ? g.start + this.#max : Infinity);
  }

  fire(key: string, due: number): void {
    const { cx } = this;
    const g = this.#table.get(key);
    if (g === undefined || (this.#kind === "sliding" && !g.open)) return;
    const end = this.#due(g);
    if (end > due) {
      cx.timers.add({ due: end, rule: this.rule, stage: this.stage, key: g.key });
      return;
    }
    this.#table.remove(g);
    if (this.#kind === "sliding") return this.#close(g);
    const refs = g.refs!;
    const tail = refs.newest.length > 0 ? refs.newest : refs.first;
    const at = refs.newest.length > 0 ? (refs.at + tail.length - 3) % tail.length : tail.length - 3;
    cx.atRef(tail[at + 1], tail[at + 2]);
    const out = this.code.test!(g);
    if (out !== undefined) this.#hand(g, out, refs.first[0], tail[at], refs);
  }

  save(records: RecordSaver, since: number | null): SavedStage {
    const table = this.#table;
    const list = since === null ? [...table.entries()] : table.touchedSince(since);
    const removed = table.removed;
    table.removed = new Set();
    return {
      entries: list.map((g) => [g.key, [
        g.touched,
        g.kv,
        g.n,
        g.q.slice(g.head),
        g.values && g.values.slice(g.head / 3 * g.aggs.length),
        g.refs,
        g.last,
        g.start,
        g.open,
        records(g.alert),
        g.aggs.map((a) => a.save()),
      ]]),
      ...(since === null ? {} : { removed: [...removed ?? []] }),
      own: null,
    };
  }

  load(saved: SavedStage, records: RecordLoader): void {
    for (const [key, state] of saved.entries) {
      // deno-lint-ignore no-explicit-any
      const s = state as any[];
      const g = new Group(key, unnull(s[1]), this.#aggs());
      [g.touched, , g.n, g.q] = s as [number, unknown, number, number[]];
      g.values = s[4] && unnull(s[4]);
      g.refs = s[5];
      g.last = s[6] ?? undefined;
      g.start = s[7];
      g.open = s[8];
      g.alert = records(s[9]);
      g.aggs.forEach((a, i) => a.load(s[10][i]));
      g.epoch = this.cx.epoch;
      this.#table.add(g);
      if (this.#kind !== "sliding" || g.open) {
        this.cx.timers.add({ due: this.#due(g), rule: this.rule, stage: this.stage, key });
      }
    }
  }
}

/** The rows of a sliding window: all, or the first 50 and the newest 50. */
function slidingRefs(g: Group): Refs {
  const refs = newRefs();
  const from = g.head, rows = g.n;
  for (let i = 0; i < rows; i++) {
    if (i === 50 && rows > 100) i = rows - 50;
    const at = from + 3 * i;
    addRef(refs, g.q[at], g.q[at + 1], g.q[at + 2]);
  }
  return refs;
}
