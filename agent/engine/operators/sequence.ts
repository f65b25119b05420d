/** `sequence` and `together`: partial matches by key. */
import type { IrSource } from "../../../compiler/ir/program.ts";
import type { Value } from "../../../compiler/schema/types.ts";
import { field } from "../../../compiler/plan/helpers.ts";
import { keepValue } from "../../../compiler/schema/keep.ts";
import { addRef, type AlertEmitter, newRefs } from "../alerts/emitter.ts";
import type { Row, RowContext, UncoveredRow } from "../memory/context.ts";
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
import { type Partial, Partials, partialsWidth } from "./partials.ts";
import { EMPTY_KEY, NO_KEY } from "../memory/key_pool.ts";
import { KeyTable, NONE } from "../memory/table.ts";

type Steps = Extract<IrSource, { kind: "sequence" | "together" }>;

interface Taken {
  readonly step: number;
  readonly row: Row;
  readonly key: number;
  /** Event time of the row: a late one may have made a signal of a later time. */
  readonly t: number;
}

export class SequenceOperator implements Operator {
  code!: StageCode;
  readonly #table: KeyTable;
  readonly #partials: Partials;
  /** For each step of the rule: its number among the positive ones, or for `!` that of the step before. */
  readonly #position: number[];
  readonly #positive: number;
  /** A `!` stands behind the last step; in `together`, any `!`. */
  readonly #waits: boolean;
  #taken: Taken[] = [];

  readonly cx: RowContext;
  readonly rule: number;
  readonly stage: number;
  readonly sink: AlertEmitter;

  constructor(
    context: OperatorContext,
    readonly source: Steps,
    /** Per step, the fields of its row that are read later. */
    readonly captured: readonly (readonly string[])[],
  ) {
    const { cx, rule, stage, sink } = context;
    this.cx = cx;
    this.rule = rule;
    this.stage = stage;
    this.sink = sink;
    let n = 0;
    this.#position = source.steps.map((s) => s.negated ? n - 1 : n++);
    this.#positive = n;
    this.#waits = source.kind === "together"
      ? source.steps.some((s) => s.negated)
      : source.steps[source.steps.length - 1]?.negated === true;
    const ordered = source.kind === "sequence";
    const kept = this.#waits || !ordered ? n : n - 1;
    const bars = ordered && source.steps[0].negated;
    this.#table = new KeyTable({
      ...context,
      by: source.by,
      width: partialsWidth(kept, bars),
      onRemove: (slot) => this.#partials.release(slot),
      onEvict: () => sink.degraded = true,
    });
    const captures = captured.some((names) => names.length > 0);
    this.#partials = new Partials(this.#table, { positive: n, kept, ordered, bars, captures });
  }

  /** A row of a step (-1: `until`). Taken when the row has been through every rule. */
  step(step: number, row: Row, key: number): void {
    if (key === NO_KEY) {
      this.cx.nullKeys[this.rule] = (this.cx.nullKeys[this.rule] ?? 0) + 1;
      return;
    }
    const { cx } = this;
    if (cx.late && cx.t + this.source.within <= cx.passed) {
      return cx.uncover(this.rule, 0, { row, arg: cx.keys.text(key), step, args: [] });
    }
    if (this.#taken.length === 0) cx.waiting.push(this);
    this.#taken.push({ step, row, key, t: cx.t });
  }

  take({ step, row, arg }: UncoveredRow): void {
    this.step(step, row, this.#table.read(arg as string));
  }

  /** `until` first, then `!`, then the steps from the last: a row never follows itself. */
  flush(): void {
    const taken = this.#taken;
    if (taken.length === 1 && this.source.kind === "sequence") {
      const only = taken.pop()!;
      return this.#takeStep(only);
    }
    this.#taken = [];
    const steps = this.source.steps;
    const rank = (s: number) => s < 0 ? -2 : steps[s].negated ? -1 : steps.length - s;
    if (taken.length > 1) taken.sort((a, b) => rank(a.step) - rank(b.step));
    for (const t of taken) this.#takeStep(t);
    if (this.source.kind === "together") {
      const keys = new Map<number, number>();
      for (const t of taken) if (t.step >= 0 && !steps[t.step].negated) keys.set(t.key, t.t);
      for (const [key, t] of keys) {
        this.cx.t = t;
        this.#complete(key);
      }
    }
  }

  #takeStep(t: Taken): void {
    this.cx.t = t.t;
    if (t.step < 0) this.#clear(t.key);
    else if (this.source.steps[t.step].negated) this.#deny(t);
    else if (this.source.kind === "sequence") this.#advance(t);
    else this.#join(t);
  }

  #clear(key: number): void {
    const slot = this.#table.get(key);
    if (slot !== NONE) this.#dropAll(slot, true);
  }

  /** Lets everything go that is not after the row at hand. @param bars what bars a start too */
  #dropAll(slot: number, bars: boolean): void {
    const { cx } = this;
    const partials = this.#partials;
    if (!cx.late) return this.#table.remove(slot);
    for (let i = 0; i < partials.kept; i++) {
      if (partials.last(slot, i) <= cx.t) partials.drop(slot, i);
    }
    if (bars && partials.barred(slot) <= cx.t) partials.unbar(slot);
    if (partials.isEmpty(slot)) this.#table.remove(slot);
    else this.#touch(slot);
  }

  #touch(slot: number): void {
    const { cx } = this;
    this.#table.touch(slot, cx.late ? Math.max(this.#table.touched(slot), cx.t) : cx.t);
  }

  #deny(t: Taken): void {
    const table = this.#table;
    let slot = table.get(t.key);
    const at = this.#position[t.step];
    if (this.source.kind === "together") {
      if (slot !== NONE) this.#dropAll(slot, false);
    } else if (at >= 0) {
      if (
        slot !== NONE && this.#partials.has(slot, at) &&
        !(this.cx.late && this.#partials.last(slot, at) > this.cx.t)
      ) {
        this.#partials.drop(slot, at);
        this.#touch(slot);
      }
    } else {
      if (slot === NONE) slot = this.#new(t);
      this.#partials.bar(slot, Math.max(this.#partials.barred(slot), this.cx.t));
      this.#touch(slot);
    }
  }

  #new(t: Taken): number {
    const { cx } = this;
    const table = this.#table;
    for (let i = 0; i < 3; i++) {
      const old = table.oldest;
      // A late row of the last `within` may follow on one of the `within` before.
      const kept = 2 * this.source.within;
      if (old === NONE || cx.t - table.touched(old) <= kept || this.#holds(old)) {
        break;
      }
      table.remove(old);
    }
    return this.#partials.empty(table.addRow(t.key, t.row, cx.t));
  }

  /** A complete match that waits for its deadline is not forgotten before it. */
  #holds(slot: number): boolean {
    return this.#waits && this.source.kind === "sequence" &&
      this.#partials.has(slot, this.#positive - 1);
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

  /** Whether a row of a `!` before the first step keeps a match from beginning. */
  #bars(slot: number): boolean {
    const after = this.cx.t - this.#partials.barred(slot);
    return after >= 0 && after <= this.source.within;
  }

  #advance(t: Taken): void {
    const { cx } = this;
    const table = this.#table;
    const at = this.#position[t.step];
    let slot = table.get(t.key);
    let before: Partial | null = null;
    if (at > 0) {
      if (slot === NONE) return;
      before = this.#partials.partial(slot, at - 1);
      if (!before || cx.t - before.start > this.source.within) return;
      // A row never stands behind one that is after it.
      if (cx.late && this.#partials.last(slot, at - 1) > cx.t) return;
      this.#partials.drop(slot, at - 1);
    } else {
      if (slot !== NONE && this.#bars(slot)) return;
      if (slot === NONE) slot = this.#new(t);
    }
    this.#touch(slot);
    // The newest match of a step waits.
    if (cx.late && at < this.#partials.kept && this.#partials.last(slot, at) > cx.t) return;
    if (at === 0 && this.captured[t.step].length === 0 && this.#positive > 1) {
      return this.#partials.begin(slot);
    }
    const made = this.#grown(t, before);
    if (at < this.#positive - 1) this.#partials.put(slot, at, made);
    else if (this.#waits) {
      this.#partials.put(slot, at, made);
      this.#timer(t.key, made.start);
    } else {
      const row = table.row(slot);
      if (this.#partials.isEmpty(slot)) table.remove(slot);
      this.#fire(t.key, row, made);
    }
  }

  #timer(key: number, start: number): void {
    // A row at the very end of `within` is still inside.
    this.cx.timers.add({
      due: start + this.source.within + 0.5,
      rule: this.rule,
      stage: 0,
      key: this.cx.keys.text(key),
    });
  }

  #join(t: Taken): void {
    let slot = this.#table.get(t.key);
    if (slot === NONE) slot = this.#new(t);
    this.#touch(slot);
    const at = this.#position[t.step];
    if (this.cx.late && this.#partials.last(slot, at) > this.cx.t) return;
    this.#partials.put(slot, at, this.#grown(t, null));
  }

  #isWithin({ start, refs }: Partial): boolean {
    return refs[refs.length - 3] - start <= this.source.within;
  }

  /** `together`: every step has a row, and all lie inside `within`. */
  #complete(key: number): void {
    const slot = this.#table.get(key);
    if (slot === NONE || !this.#partials.isFull(slot)) return;
    const match = this.#partials.gathered(slot);
    if (!this.#isWithin(match)) return;
    if (this.#waits) this.#timer(key, match.start);
    else {
      const row = this.#table.row(slot);
      this.#table.remove(slot);
      this.#fire(key, row, match);
    }
  }

  #fire(key: number, row: Row, match: Partial): void {
    const { cx } = this;
    const { refs } = match;
    const members = newRefs();
    let last = 0;
    for (let i = 0; i < refs.length; i += 3) {
      addRef(members, refs[i], refs[i + 1], refs[i + 2]);
      last = Math.max(last, refs[i]);
    }
    const outer = cx.contributing;
    cx.key = key;
    cx.contributing = { count: refs.length / 3, refs: members, first: match.start, last };
    cx.made = null;
    this.code.next({ ...row, ...match.fields });
    cx.contributing = outer;
    cx.key = EMPTY_KEY;
  }

  fire(text: string, due: number): void {
    const { cx } = this;
    const table = this.#table;
    const key = table.read(text);
    const slot = table.get(key);
    if (slot === NONE) return;
    const start = due - 0.5 - this.source.within;
    const row = table.row(slot);
    let match: Partial;
    if (this.source.kind === "sequence") {
      const at = this.#positive - 1;
      const last = this.#partials.partial(slot, at);
      if (!last || last.start !== start) return;
      this.#partials.drop(slot, at);
      match = last;
      if (this.#partials.isEmpty(slot)) table.remove(slot);
      else table.touch(slot, table.touched(slot));
    } else {
      if (!this.#partials.isFull(slot)) return;
      match = this.#partials.gathered(slot);
      if (match.start !== start || !this.#isWithin(match)) return;
      table.remove(slot);
    }
    cx.t = due - 0.5;
    const n = match.refs.length;
    cx.atRef(match.refs[n - 2], match.refs[n - 1]);
    this.#fire(key, row, match);
  }

  save(_records: RecordSaver, { since }: SaveScope): SavedStage {
    const table = this.#table;
    const removed = table.takeRemoved();
    return {
      entries: table.slots(since).map((slot) => {
        const barred = this.#partials.barred(slot);
        const partials: (Partial | null)[] = [];
        for (let i = 0; i < this.#partials.kept; i++) {
          partials.push(this.#partials.partial(slot, i));
        }
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
    for (const [text, state] of saved.entries) {
      const key = table.read(text);
      const [touched, kv, partials, barred] = state as [
        number,
        (Value | null)[],
        (Partial | null)[],
        number | null,
      ];
      const slot = this.#partials.empty(table.add(key, unnull(kv), touched));
      if (barred !== null) this.#partials.bar(slot, barred);
      partials.forEach((p, i) => p && this.#partials.put(slot, i, p));
      if (!this.#waits) continue;
      if (this.source.kind === "sequence") {
        if (this.#partials.has(slot, this.#positive - 1)) {
          this.#timer(key, this.#partials.start(slot, this.#positive - 1));
        }
      } else if (this.#partials.isFull(slot)) {
        const match = this.#partials.gathered(slot);
        if (this.#isWithin(match)) this.#timer(key, match.start);
      }
    }
  }
}
