/** `sequence` and `together`: partial matches by key. */
import type { IrSource } from "../../compiler/ir.ts";
import type { Value } from "../../compiler/schema/types.ts";
import { field, keepValue } from "../../compiler/plan/helpers.ts";
import { addRef, newRefs, type Sink } from "./alerts.ts";
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

type Steps = Extract<IrSource, { kind: "sequence" | "together" }>;

/** A match of the steps up to one, or in `together` the newest row of one step. */
interface Partial {
  /** Event time of its first row: `within` counts from here. */
  start: number;
  /** Rows as triples. */
  refs: number[];
  /** Fields of named steps that are read later, as `name.field`. */
  fields: Record<string, Value>;
}

class Pending implements Keyed {
  touched = 0;
  epoch = 0;
  older: Keyed | null = null;
  newer: Keyed | null = null;
  /** By positive step: a match that waits for the next one; the last one waits for the end of `within`. */
  partials: (Partial | null)[];
  /** Event time of the newest row of a `!` before the first step. */
  barred = -Infinity;
  constructor(readonly key: string, readonly kv: Value[], steps: number) {
    this.partials = new Array(steps).fill(null);
  }
}

interface Taken {
  readonly step: number;
  readonly row: Row;
  readonly key: string;
}

export class SequenceOperator implements Operator {
  code!: StageCode;
  readonly #table: KeyTable<Pending>;
  /** For each step of the rule: its number among the positive ones, or for `!` that of the step before. */
  readonly #position: number[];
  readonly #positive: number;
  /** A `!` stands behind the last step; in `together`, any `!`. */
  readonly #waits: boolean;
  #taken: Taken[] = [];

  constructor(
    readonly cx: Context,
    readonly rule: number,
    readonly source: Steps,
    /** Per step, the fields of its row that are read later. */
    readonly captured: readonly (readonly string[])[],
    readonly sink: Sink,
    group: TableGroup,
  ) {
    let n = 0;
    this.#position = source.steps.map((s) => s.negated ? n - 1 : n++);
    this.#positive = n;
    this.#waits = source.kind === "together"
      ? source.steps.some((s) => s.negated)
      : source.steps[source.steps.length - 1]?.negated === true;
    this.#table = new KeyTable<Pending>(cx, rule, group, () => sink.degraded = true);
  }

  /** A row of a step (-1: `until`). Taken when the row has been through every rule. */
  step(step: number, row: Row, key: string | undefined): void {
    if (key === undefined) {
      this.cx.nullKeys[this.rule] = (this.cx.nullKeys[this.rule] ?? 0) + 1;
      return;
    }
    if (this.#taken.length === 0) this.cx.waiting.push(this);
    this.#taken.push({ step, row, key });
  }

  /** `until` first, then `!`, then the steps from the last: a row never follows itself. */
  flush(): void {
    const taken = this.#taken;
    this.#taken = [];
    const steps = this.source.steps;
    const rank = (s: number) => s < 0 ? -2 : steps[s].negated ? -1 : steps.length - s;
    if (taken.length > 1) taken.sort((a, b) => rank(a.step) - rank(b.step));
    for (const t of taken) {
      if (t.step < 0) this.#clear(t.key);
      else if (steps[t.step].negated) this.#deny(t);
      else if (this.source.kind === "sequence") this.#advance(t);
      else this.#join(t);
    }
    if (this.source.kind === "together") {
      const keys = new Set<string>();
      for (const t of taken) if (t.step >= 0 && !steps[t.step].negated) keys.add(t.key);
      for (const key of keys) this.#complete(key);
    }
  }

  #clear(key: string): void {
    const p = this.#table.get(key);
    if (p) this.#table.remove(p);
  }

  #deny(t: Taken): void {
    let p = this.#table.get(t.key);
    const at = this.#position[t.step];
    if (this.source.kind === "together") {
      if (p) this.#table.remove(p);
    } else if (at >= 0) {
      if (p && p.partials[at]) {
        p.partials[at] = null;
        this.#table.touch(p, this.cx.t);
      }
    } else {
      p ??= this.#new(t);
      p.barred = this.cx.t;
      this.#table.touch(p, this.cx.t);
    }
  }

  #new(t: Taken): Pending {
    const { cx } = this;
    for (let i = 0; i < 3; i++) {
      const old = this.#table.oldest;
      if (old === null || cx.t - old.touched <= this.source.within || this.#holds(old)) break;
      this.#table.remove(old);
    }
    const kv = keyValues(this.source.by, t.row);
    const p = new Pending(
      kv.length === 1 && kv[0] === t.key ? kv[0] as string : t.key,
      kv,
      this.#positive,
    );
    p.touched = cx.t;
    p.epoch = cx.epoch;
    this.#table.add(p);
    return p;
  }

  /** A complete match that waits for its deadline is not forgotten before it. */
  #holds(p: Pending): boolean {
    return this.#waits && p.partials[this.#positive - 1] !== null &&
      this.source.kind === "sequence";
  }

  #partial(t: Taken, before: Partial | null): Partial {
    const { cx } = this;
    const fields = { ...before?.fields };
    const name = this.source.steps[t.step].as;
    for (const f of this.captured[t.step]) {
      fields[`${name}.${f}`] = f === "_time" ? cx.t : keepValue(field(t.row, f));
    }
    return {
      start: before ? before.start : cx.t,
      refs: [...before?.refs ?? [], cx.t, cx.offset, cx.meta],
      fields,
    };
  }

  #advance(t: Taken): void {
    const { cx } = this;
    const at = this.#position[t.step];
    let p = this.#table.get(t.key);
    let before: Partial | null = null;
    if (at > 0) {
      before = p?.partials[at - 1] ?? null;
      if (!p || !before || cx.t - before.start > this.source.within) return;
      p.partials[at - 1] = null;
    } else {
      if (p && cx.t - p.barred <= this.source.within) return;
      p ??= this.#new(t);
    }
    this.#table.touch(p, cx.t);
    const made = this.#partial(t, before);
    if (at < this.#positive - 1) p.partials[at] = made;
    else if (this.#waits) {
      p.partials[at] = made;
      this.#timer(p, made.start);
    } else {
      if (p.partials.every((x) => x === null) && p.barred === -Infinity) this.#table.remove(p);
      this.#fire(p, made);
    }
  }

  #timer(p: Pending, start: number): void {
    // One past the end: a row at the very end of `within` is still inside.
    this.cx.timers.add({
      due: start + this.source.within + 1,
      rule: this.rule,
      stage: 0,
      key: p.key,
    });
  }

  #join(t: Taken): void {
    const p = this.#table.get(t.key) ?? this.#new(t);
    p.partials[this.#position[t.step]] = this.#partial(t, null);
    this.#table.touch(p, this.cx.t);
  }

  /** `together`: every step has a row, and all lie inside `within`. */
  #complete(key: string): void {
    const p = this.#table.get(key);
    if (!p || p.partials.some((x) => x === null)) return;
    const parts = p.partials as Partial[];
    const start = Math.min(...parts.map((x) => x.start));
    if (this.cx.t - start > this.source.within) return;
    if (this.#waits) this.#timer(p, start);
    else {
      this.#table.remove(p);
      this.#fire(p, merge(parts));
    }
  }

  #fire(p: Pending, match: Partial): void {
    const { cx } = this;
    const { refs } = match;
    const members = newRefs();
    let last = 0;
    for (let i = 0; i < refs.length; i += 3) {
      addRef(members, refs[i], refs[i + 1], refs[i + 2]);
      last = Math.max(last, refs[i]);
    }
    const outer = cx.members;
    cx.key = p.key;
    cx.members = { count: refs.length / 3, refs: members, first: match.start, last };
    cx.made = null;
    this.code.next({ ...keyRow(this.source.by, p.kv), ...match.fields });
    cx.members = outer;
    cx.key = "";
  }

  fire(key: string, due: number): void {
    const { cx } = this;
    const p = this.#table.get(key);
    if (!p) return;
    const end = due - 1 - this.source.within;
    let match: Partial;
    if (this.source.kind === "sequence") {
      const last = p.partials[this.#positive - 1];
      if (!last || last.start !== end) return;
      p.partials[this.#positive - 1] = null;
      match = last;
      if (p.partials.every((x) => x === null) && p.barred === -Infinity) this.#table.remove(p);
      else this.#table.touch(p, p.touched);
    } else {
      if (p.partials.some((x) => x === null)) return;
      match = merge(p.partials as Partial[]);
      if (match.start !== end) return;
      this.#table.remove(p);
    }
    cx.t = due - 1;
    const n = match.refs.length;
    cx.atRef(match.refs[n - 2], match.refs[n - 1]);
    this.#fire(p, match);
  }

  save(_records: RecordSaver, since: number | null): SavedStage {
    const table = this.#table;
    const list = since === null ? [...table.entries()] : table.touchedSince(since);
    const removed = table.removed;
    table.removed = new Set();
    return {
      entries: list.map((p) => [
        p.key,
        [p.touched, p.kv, p.partials, p.barred === -Infinity ? null : p.barred],
      ]),
      ...(since === null ? {} : { removed: [...removed ?? []] }),
      own: null,
    };
  }

  load(saved: SavedStage, _records: RecordLoader): void {
    for (const [key, state] of saved.entries) {
      const [touched, kv, partials, barred] = state as [
        number,
        (Value | null)[],
        (Partial | null)[],
        number | null,
      ];
      const p = new Pending(key, unnull(kv), this.#positive);
      p.touched = touched;
      p.epoch = this.cx.epoch;
      p.partials = partials;
      p.barred = barred ?? -Infinity;
      this.#table.add(p);
      const last = partials[this.#positive - 1];
      if (!this.#waits) continue;
      if (this.source.kind === "sequence") {
        if (last) this.#timer(p, last.start);
      } else if (partials.every((x) => x !== null)) {
        this.#timer(p, Math.min(...partials.map((x) => x!.start)));
      }
    }
  }
}

/** The rows of several matches in order of time. */
function merge(parts: readonly Partial[]): Partial {
  const rows: [number, number, number][] = [];
  for (const p of parts) {
    for (let i = 0; i < p.refs.length; i += 3) rows.push([p.refs[i], p.refs[i + 1], p.refs[i + 2]]);
  }
  rows.sort((a, b) => a[0] - b[0] || a[2] - b[2] || a[1] - b[1]);
  return {
    start: Math.min(...parts.map((p) => p.start)),
    refs: rows.flat(),
    fields: Object.assign({}, ...parts.map((p) => p.fields)),
  };
}
