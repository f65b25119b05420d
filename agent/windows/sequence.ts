/** `sequence` and `together`: partial matches by key. */
import type { IrSource } from "../../compiler/ir.ts";
import type { Value } from "../../compiler/schema/types.ts";
import { field, keep, keepValue } from "../../compiler/plan/helpers.ts";
import { addRef, newRefs, type Sink } from "./alerts.ts";
import type { Context, Row } from "./context.ts";
import {
  type Operator,
  type RecordLoader,
  type RecordSaver,
  type SavedStage,
  type StageCode,
  unnull,
} from "./operator.ts";
import { type Rows, sizeFor } from "./rows.ts";
import { KeyTable, NONE, OWN, type TableGroup } from "./table.ts";

type Steps = Extract<IrSource, { kind: "sequence" | "together" }>;

/**
 * A match of the steps up to one, or in `together` the newest row of one step: as it is saved, and
 * while it moves on.
 */
interface Partial {
  /** Event time of its first row: `within` counts from here. */
  start: number;
  /** Rows as triples. */
  refs: number[];
  /** Fields of named steps that are read later, as `name.field`. */
  fields: Record<string, Value>;
}

/**
 * Numbers of a key's record: for each positive step behind which a match can wait its start (NaN:
 * none) and the block of its rows; then, where a `!` stands before the first step, the event time of
 * the newest row of it.
 */
const PARTIALS = OWN;

interface Taken {
  readonly step: number;
  readonly row: Row;
  readonly key: string;
}

export class SequenceOperator implements Operator {
  code!: StageCode;
  readonly #table: KeyTable;
  readonly #rows: Rows;
  /** For each step of the rule: its number among the positive ones, or for `!` that of the step before. */
  readonly #position: number[];
  readonly #positive: number;
  /** Positive steps behind which a match can wait: all, or all but the last. */
  readonly #kept: number;
  /** Place of the newest bar in a record; -1 where nothing bars. */
  readonly #bar: number;
  /** A `!` stands behind the last step; in `together`, any `!`. */
  readonly #waits: boolean;
  /** By slot and positive step: fields of named steps; empty where no step has any. */
  readonly #fields: Record<string, Value>[][] = [];
  readonly #captures: boolean;
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
    this.#kept = this.#waits || source.kind === "together" ? n : n - 1;
    this.#bar = source.kind === "sequence" && source.steps[0].negated
      ? PARTIALS + 2 * this.#kept
      : -1;
    this.#captures = captured.some((names) => names.length > 0);
    this.#rows = group.rows;
    this.#table = new KeyTable(
      cx,
      rule,
      group,
      source.by,
      PARTIALS + 2 * this.#kept + (this.#bar < 0 ? 0 : 1),
      (slot) => this.#release(slot),
      () => sink.degraded = true,
    );
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
    const slot = this.#table.get(key);
    if (slot !== NONE) this.#table.remove(slot);
  }

  #release(slot: number): void {
    for (let i = 0; i < this.#kept; i++) this.#drop(slot, i);
    if (this.#captures) this.#fields[slot] = [];
  }

  /** Rows of the match behind a positive step. */
  #length(at: number): number {
    return this.source.kind === "sequence" ? at + 1 : 1;
  }

  #start(slot: number, at: number): number {
    return this.#table.records[slot * this.#table.width + PARTIALS + 2 * at];
  }

  #has(slot: number, at: number): boolean {
    return !Number.isNaN(this.#start(slot, at));
  }

  /** The match behind a positive step; null when none waits. */
  #partial(slot: number, at: number): Partial | null {
    const start = this.#start(slot, at);
    if (Number.isNaN(start)) return null;
    const n = this.#length(at);
    const block = this.#table.records[slot * this.#table.width + PARTIALS + 2 * at + 1];
    return {
      start,
      refs: this.#rows.list(block, sizeFor(n), 0, n),
      fields: this.#captures ? this.#fields[slot][at] : {},
    };
  }

  #put(slot: number, at: number, partial: Partial): void {
    const { records, width } = this.#table;
    const place = slot * width + PARTIALS + 2 * at;
    if (Number.isNaN(records[place])) {
      records[place + 1] = this.#rows.take(sizeFor(this.#length(at)));
    }
    records[place] = partial.start;
    const { refs } = partial;
    for (let i = 0; i < refs.length; i += 3) {
      this.#rows.set(records[place + 1], i / 3, refs[i], refs[i + 1], refs[i + 2]);
    }
    if (this.#captures) this.#fields[slot][at] = partial.fields;
  }

  /** A first step of which no field is read later: most rows of most sequences. */
  #begin(slot: number): void {
    const { cx } = this;
    const { records, width } = this.#table;
    const place = slot * width + PARTIALS;
    if (Number.isNaN(records[place])) records[place + 1] = this.#rows.take(0);
    records[place] = cx.t;
    this.#rows.set(records[place + 1], 0, cx.t, cx.offset, cx.meta);
  }

  #drop(slot: number, at: number): void {
    const { records, width } = this.#table;
    const place = slot * width + PARTIALS + 2 * at;
    if (Number.isNaN(records[place])) return;
    this.#rows.give(records[place + 1], sizeFor(this.#length(at)));
    records[place] = NaN;
    if (this.#captures) this.#fields[slot][at] = {};
  }

  #barred(slot: number): number {
    return this.#bar < 0 ? -Infinity : this.#table.records[slot * this.#table.width + this.#bar];
  }

  /** Nothing waits and nothing bars a start: the key need not be held. */
  #isEmpty(slot: number): boolean {
    for (let i = 0; i < this.#kept; i++) if (this.#has(slot, i)) return false;
    return this.#barred(slot) === -Infinity;
  }

  #isFull(slot: number): boolean {
    for (let i = 0; i < this.#positive; i++) if (!this.#has(slot, i)) return false;
    return true;
  }

  #deny(t: Taken): void {
    const table = this.#table;
    let slot = table.get(t.key);
    const at = this.#position[t.step];
    if (this.source.kind === "together") {
      if (slot !== NONE) table.remove(slot);
    } else if (at >= 0) {
      if (slot !== NONE && this.#has(slot, at)) {
        this.#drop(slot, at);
        table.touch(slot, this.cx.t);
      }
    } else {
      if (slot === NONE) slot = this.#new(t);
      table.records[slot * table.width + this.#bar] = this.cx.t;
      table.touch(slot, this.cx.t);
    }
  }

  #new(t: Taken): number {
    const { cx } = this;
    const table = this.#table;
    for (let i = 0; i < 3; i++) {
      const old = table.oldest;
      if (old === NONE || cx.t - table.touched(old) <= this.source.within || this.#holds(old)) {
        break;
      }
      table.remove(old);
    }
    return this.#empty(table.addRow(t.key, t.row, cx.t));
  }

  /** A new record in which nothing waits. */
  #empty(slot: number): number {
    const { records, width } = this.#table;
    if (this.#bar >= 0) records[slot * width + this.#bar] = -Infinity;
    for (let i = 0; i < this.#kept; i++) records[slot * width + PARTIALS + 2 * i] = NaN;
    if (this.#captures) this.#fields[slot] = [];
    return slot;
  }

  /** A complete match that waits for its deadline is not forgotten before it. */
  #holds(slot: number): boolean {
    return this.#waits && this.source.kind === "sequence" && this.#has(slot, this.#positive - 1);
  }

  /** The match before, and the row at hand behind it. */
  #grown(t: Taken, before: Partial | null): Partial {
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
    const table = this.#table;
    const at = this.#position[t.step];
    let slot = table.get(t.key);
    let before: Partial | null = null;
    if (at > 0) {
      if (slot === NONE) return;
      before = this.#partial(slot, at - 1);
      if (!before || cx.t - before.start > this.source.within) return;
      this.#drop(slot, at - 1);
    } else {
      if (slot !== NONE && cx.t - this.#barred(slot) <= this.source.within) return;
      if (slot === NONE) slot = this.#new(t);
    }
    table.touch(slot, cx.t);
    if (at === 0 && !this.#captures && this.#positive > 1) return this.#begin(slot);
    const made = this.#grown(t, before);
    if (at < this.#positive - 1) this.#put(slot, at, made);
    else if (this.#waits) {
      this.#put(slot, at, made);
      this.#timer(t.key, made.start);
    } else {
      const row = table.row(slot);
      if (this.#isEmpty(slot)) table.remove(slot);
      this.#fire(t.key, row, made);
    }
  }

  #timer(key: string, start: number): void {
    // A row at the very end of `within` is still inside.
    this.cx.timers.add({
      due: start + this.source.within + 0.5,
      rule: this.rule,
      stage: 0,
      key: keep(key),
    });
  }

  #join(t: Taken): void {
    let slot = this.#table.get(t.key);
    if (slot === NONE) slot = this.#new(t);
    this.#put(slot, this.#position[t.step], this.#grown(t, null));
    this.#table.touch(slot, this.cx.t);
  }

  /** `together`: what was gathered as one match. */
  #gathered(slot: number): Partial {
    const parts: Partial[] = [];
    for (let i = 0; i < this.#positive; i++) parts.push(this.#partial(slot, i)!);
    return merge(parts);
  }

  #isWithin({ start, refs }: Partial): boolean {
    return refs[refs.length - 3] - start <= this.source.within;
  }

  /** `together`: every step has a row, and all lie inside `within`. */
  #complete(key: string): void {
    const slot = this.#table.get(key);
    if (slot === NONE || !this.#isFull(slot)) return;
    const match = this.#gathered(slot);
    if (!this.#isWithin(match)) return;
    if (this.#waits) this.#timer(key, match.start);
    else {
      const row = this.#table.row(slot);
      this.#table.remove(slot);
      this.#fire(key, row, match);
    }
  }

  #fire(key: string, row: Row, match: Partial): void {
    const { cx } = this;
    const { refs } = match;
    const members = newRefs();
    let last = 0;
    for (let i = 0; i < refs.length; i += 3) {
      addRef(members, refs[i], refs[i + 1], refs[i + 2]);
      last = Math.max(last, refs[i]);
    }
    const outer = cx.members;
    cx.key = keep(key);
    cx.members = { count: refs.length / 3, refs: members, first: match.start, last };
    cx.made = null;
    this.code.next({ ...row, ...match.fields });
    cx.members = outer;
    cx.key = "";
  }

  fire(key: string, due: number): void {
    const { cx } = this;
    const table = this.#table;
    const slot = table.get(key);
    if (slot === NONE) return;
    const start = due - 0.5 - this.source.within;
    const row = table.row(slot);
    let match: Partial;
    if (this.source.kind === "sequence") {
      const at = this.#positive - 1;
      const last = this.#partial(slot, at);
      if (!last || last.start !== start) return;
      this.#drop(slot, at);
      match = last;
      if (this.#isEmpty(slot)) table.remove(slot);
      else table.touch(slot, table.touched(slot));
    } else {
      if (!this.#isFull(slot)) return;
      match = this.#gathered(slot);
      if (match.start !== start || !this.#isWithin(match)) return;
      table.remove(slot);
    }
    cx.t = due - 0.5;
    const n = match.refs.length;
    cx.atRef(match.refs[n - 2], match.refs[n - 1]);
    this.#fire(key, row, match);
  }

  save(_records: RecordSaver, since: number | null): SavedStage {
    const table = this.#table;
    const removed = table.takeRemoved();
    return {
      entries: table.slots(since).map((slot) => {
        const barred = this.#barred(slot);
        const partials: (Partial | null)[] = [];
        for (let i = 0; i < this.#kept; i++) partials.push(this.#partial(slot, i));
        return [
          table.key(slot),
          [
            table.touched(slot),
            table.values(slot),
            partials,
            barred === -Infinity ? null : barred,
          ],
        ];
      }),
      ...(since === null ? {} : { removed }),
      own: null,
    };
  }

  load(saved: SavedStage, _records: RecordLoader): void {
    const table = this.#table;
    for (const [key, state] of saved.entries) {
      const [touched, kv, partials, barred] = state as [
        number,
        (Value | null)[],
        (Partial | null)[],
        number | null,
      ];
      const slot = this.#empty(table.add(key, unnull(kv), touched));
      if (this.#bar >= 0) table.records[slot * table.width + this.#bar] = barred ?? -Infinity;
      partials.forEach((p, i) => p && this.#put(slot, i, p));
      if (!this.#waits) continue;
      if (this.source.kind === "sequence") {
        if (this.#has(slot, this.#positive - 1)) {
          this.#timer(key, this.#start(slot, this.#positive - 1));
        }
      } else if (this.#isFull(slot)) {
        const match = this.#gathered(slot);
        if (this.#isWithin(match)) this.#timer(key, match.start);
      }
    }
  }
}

/** The rows of several matches in order of time, each once. */
function merge(parts: readonly Partial[]): Partial {
  const rows: [number, number, number][] = [];
  for (const p of parts) {
    for (let i = 0; i < p.refs.length; i += 3) {
      const [t, offset, meta] = p.refs.slice(i, i + 3);
      const same = rows.some((r) => meta >= 0 && r[0] === t && r[1] === offset && r[2] === meta);
      if (!same) rows.push([t, offset, meta]);
    }
  }
  const slot = (meta: number) => Math.floor(meta / 65536);
  rows.sort((a, b) => a[0] - b[0] || slot(a[2]) - slot(b[2]) || a[1] - b[1]);
  return {
    start: Math.min(...parts.map((p) => p.start)),
    refs: rows.flat(),
    fields: Object.assign({}, ...parts.map((p) => p.fields)),
  };
}
