/**
 * One course of event time: the operators of all rules and their timers, and the rows that are handed
 * to them in order. The engine has one for all that comes in order, and one for each clock whose rows
 * come too late for it.
 */
import type { Event, LineBatch } from "../event.ts";
import { AbsentOperator } from "./operators/absent.ts";
import { type Built, type CompiledRules, type Detector, instantiate } from "./operators/build.ts";
import type { Technique } from "./alerts/emitter.ts";
import { type Limits, RowContext } from "./memory/context.ts";
import type { Operator } from "./operators/operator.ts";
import type { HeldRow } from "./ordering/held_rows.ts";

export interface TimelineOptions {
  readonly limits: Limits;
  /** Names an input's content, by slot. */
  readonly identity: (slot: number) => string;
  readonly technique: (id: string) => Technique;
}

export class Timeline {
  readonly cx: RowContext;
  readonly built: Built;
  readonly absents: readonly AbsentOperator[];
  /** Some rule counts silence by the clock. */
  readonly clocked: boolean;
  /** Somebody waits for the first row of all. */
  expecting: boolean;

  constructor(compiled: CompiledRules, { limits, identity, technique }: TimelineOptions) {
    this.cx = new RowContext(limits);
    this.built = instantiate(compiled, this.cx, identity, technique);
    this.absents = this.built.operators.flat().filter((o) => o instanceof AbsentOperator);
    this.clocked = this.absents.some((o) => o.command.clock);
    this.expecting = this.absents.some((o) => o.expecting);
  }

  /** Event time up to which rows have been taken. */
  get passed(): number {
    return this.cx.passed;
  }
  set passed(t: number) {
    this.cx.passed = t;
  }

  /** Sequences take the steps that the row at hand was. */
  flush(): void {
    const { waiting } = this.cx;
    while (waiting.length > 0) {
      // By rule: a sequence that reads another's signal comes after it.
      if (waiting.length > 1) {
        (waiting as unknown as { rule: number }[]).sort((a, b) => a.rule - b.rule);
      }
      waiting.shift()!.flush();
    }
  }

  /** Fires timers that are due at or before a time, in order. */
  fire(until: number): void {
    const { timers } = this.cx;
    while (timers.next <= until) {
      const timer = timers.take()!;
      this.#fire(this.built.operators[timer.rule][timer.stage], timer.key, timer.due);
    }
  }

  /** Fires some of the timers that are due; the others stay. */
  fireThose(until: number, which: (o: Operator) => boolean): void {
    const { timers } = this.cx;
    const rest = [];
    while (timers.next <= until) {
      const timer = timers.take()!;
      const o = this.built.operators[timer.rule][timer.stage];
      if (which(o)) this.#fire(o, timer.key, timer.due);
      else rest.push(timer);
    }
    for (const timer of rest) timers.add(timer);
  }

  #fire(o: Operator, key: string, due: number): void {
    const { cx } = this;
    cx.t = due;
    cx.seq++;
    cx.key = "";
    cx.contributing = null;
    o.fire(key, due);
    if (cx.waiting.length > 0) this.flush();
  }

  /** One row in order, by a time that is its own as a rule. Its place was set on the context before. */
  ordered(event: Event, t: number, detector: Detector, mode: number): number {
    const { cx } = this;
    if (cx.timers.next <= t) this.fire(t);
    cx.t = t;
    cx.seq++;
    cx.key = "";
    cx.contributing = null;
    const hit = detector(event, mode);
    if (cx.waiting.length > 0) this.flush();
    return hit;
  }

  /** A row that waited for its turn. */
  take(r: HeldRow): void {
    const { cx } = this;
    this.fire(r.time);
    this.#locate(r);
    const detector = this.built.kinds[r.extractionId];
    if (detector) this.ordered(r.event, r.time, detector, 2);
    if (r.time > cx.passed) cx.passed = r.time;
  }

  /**
   * A row behind what has been passed, at its own time. Gives the rules whose windows no longer cover
   * it; reused by the next call.
   * @param only rules that take it; null for all
   */
  takeLate(r: HeldRow, only: ReadonlySet<number> | null): ReadonlySet<number> {
    const { cx } = this;
    cx.late = cx.guarded = true;
    cx.only = only;
    cx.uncovered.clear();
    this.#locate(r);
    const detector = this.built.kinds[r.extractionId];
    if (detector) {
      cx.t = r.time;
      cx.seq++;
      cx.key = "";
      cx.contributing = null;
      detector(r.event, 2);
      if (cx.waiting.length > 0) this.flush();
    }
    cx.late = cx.guarded = false;
    cx.only = null;
    return cx.uncovered;
  }

  /** A row in order for some rules alone. */
  takeFor(r: HeldRow, only: ReadonlySet<number>): void {
    const { cx } = this;
    this.fire(r.time);
    cx.guarded = true;
    cx.only = only;
    this.take(r);
    cx.guarded = false;
    cx.only = null;
  }

  #locate(r: HeldRow): void {
    this.cx.source = r.source;
    this.cx.at(r.slot, null, 0, "");
    this.cx.atRef(r.offset, r.slot * 65536 + r.check);
  }

  /** Where a row of a batch stands, for rules that take it before its turn. */
  place(lines: LineBatch, line: number, slot: number, t: number, raw: string): void {
    const { cx } = this;
    cx.t = t;
    cx.key = "";
    cx.contributing = null;
    cx.at(slot, lines, line, raw);
  }

  /** Nothing earlier than this row can come any more. */
  begin(earliest: number): void {
    this.expecting = false;
    for (const o of this.absents) o.begin(earliest);
  }

  /** Processing time is known to have come to `now`: silence that goes by the clock counts. */
  fireClocked(now: number): void {
    if (this.clocked) this.fireThose(now, (o) => o instanceof AbsentOperator && o.command.clock);
  }

  /** Event time is known to have come to `time` without a row: silence of keys goes by events alone. */
  fireQuiet(time: number): void {
    this.fireThose(time, (o) => !(o instanceof AbsentOperator) || o.command.clock);
  }

  /** The end of all input. @param seen largest event time: silence after it is the input's end */
  end(seen: number): void {
    for (const o of this.absents) o.ended = seen;
    this.fire(Number.MAX_VALUE);
    if (seen > this.cx.passed) this.cx.passed = seen;
  }
}
