/**
 * One course of event time: the operators of all rules and their timers, and the rows that are handed
 * to them in order. The engine has one for all that comes in order, and one for each clock whose rows
 * come too late for it.
 */
import type { Event, LineBatch } from "../event.ts";
import { AbsentOperator } from "./operators/absent.ts";
import { type Built, type CompiledRules, type Detector, instantiate } from "./operators/build.ts";
import type { PastAlerts } from "./alerts/past_alerts.ts";
import type { AlertRecord, Technique } from "./alerts/emitter.ts";
import { holders } from "./alerts/rule_end.ts";
import { EMPTY_KEY } from "./memory/key_pool.ts";
import { type Limits, RowContext, type UncoveredRow } from "./memory/context.ts";
import type { Operator } from "./operators/operator.ts";
import type { HeldRow } from "./ordering/held_rows.ts";
import type { Shard } from "./operators/shard.ts";
import { before, type Timer } from "./ordering/timers.ts";
import type { RuleCosts } from "./operators/rule_costs.ts";
import { type Signal, type SignalLog, SignalQueue } from "./operators/signals.ts";

export interface TimelineOptions {
  readonly limits: Limits;
  /** Names an input's content, by slot. */
  readonly identity: (slot: number) => string;
  readonly technique: (id: string) => Technique;
  /** Whether an input, by its slot, would have told of a time; each does when left out. */
  readonly covers?: (slot: number, t: number) => boolean;
  /** What it takes of the rules where several agents share them; null for all. */
  readonly shard?: Shard | null;
  /** Takes the signals of rules here for rules elsewhere. */
  readonly signals?: SignalLog;
  /** Alerts of earlier runs, for the rule that adds up risk. */
  readonly past?: PastAlerts;
  /** Takes what each rule costs. Default: nobody asks */
  readonly costs?: RuleCosts;
}

const NO_SIGNALS = new SignalQueue([]);

export class Timeline {
  readonly cx: RowContext;
  readonly built: Built;
  readonly absents: readonly AbsentOperator[];
  /** Some rule counts silence by the clock. */
  readonly clocked: boolean;
  /** Somebody waits for the first row of all. */
  expecting: boolean;
  /** Event time up to which events have moved the timers: silence of keys goes by no other. */
  #reached = -Infinity;
  readonly #costs: RuleCosts | null;

  constructor(compiled: CompiledRules, { limits, covers, ...sinks }: TimelineOptions) {
    this.cx = new RowContext(limits, covers);
    this.#costs = sinks.costs ?? null;
    this.built = instantiate(compiled, this.cx, sinks);
    this.absents = this.built.operators.filter((_, rule) => this.built.here(rule)).flat()
      .filter((o) => o instanceof AbsentOperator);
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

  /** Sequences take the steps that the row at hand was. @param below only those of rules before this one */
  flush(below = Infinity): void {
    const { waiting } = this.cx;
    while (waiting.length > 0) {
      // By rule: a sequence that reads another's signal comes after it.
      if (waiting.length > 1) waiting.sort((a, b) => a.rule - b.rule);
      if (waiting[0].rule >= below) return;
      const first = waiting.shift()!;
      this.#costs?.begin();
      first.flush();
      this.#costs?.end(first.rule);
    }
  }

  /** Fires timers that are due at or before a time, in order. */
  fire(until: number): void {
    const { timers } = this.cx;
    if (until > this.#reached) this.#reached = until;
    this.cx.keys.settle();
    while (timers.next <= until) {
      const timer = timers.take()!;
      this.#fireTimer(timer);
    }
  }

  #fireTimer(timer: Timer): void {
    this.cx.firing = timer;
    this.#costs?.begin();
    this.#fire(this.built.operators[timer.rule][timer.stage], timer.key, timer.due);
    this.#costs?.end(timer.rule);
    this.cx.firing = null;
  }

  /** As {@link fire}, with the signals that timers of other parts made up to that time. */
  fireWith(until: number, queue: SignalQueue): void {
    const { cx } = this;
    for (;;) {
      const theirs = queue.timer, own = cx.timers.peek();
      if (theirs === null || theirs.due > until) return this.fire(until);
      if (own !== undefined && before(own, theirs)) this.#fireTimer(cx.timers.take()!);
      else {
        cx.keys.settle();
        cx.firing = theirs;
        this.takeSignals(queue.takeTimer());
        if (cx.waiting.length > 0) this.flush();
        cx.firing = null;
      }
    }
  }

  /** Signals of one row, or of one timer, of other parts. */
  takeSignals(signals: readonly Signal[]): void {
    const { cx, built } = this;
    for (const s of signals) {
      cx.t = s.t;
      cx.key = cx.keys.of(s.key);
      cx.derived = s.derived;
      cx.made = null;
      cx.atRef(s.offset, s.meta);
      if (s.kind === "signal") built.read(s.rule, s.row);
      else built.told.add(s.rule, s.row);
    }
    cx.key = EMPTY_KEY;
    cx.contributing = null;
    cx.derived = null;
  }

  /** Fires some of the timers that are due; the others stay. */
  fireThose(until: number, which: (o: Operator, due: number) => boolean): void {
    const { timers } = this.cx;
    const rest = [];
    while (timers.next <= until) {
      const timer = timers.take()!;
      const o = this.built.operators[timer.rule][timer.stage];
      if (which(o, timer.due)) this.#fire(o, timer.key, timer.due);
      else rest.push(timer);
    }
    for (const timer of rest) timers.add(timer);
  }

  #fire(o: Operator, key: string, due: number): void {
    const { cx } = this;
    cx.t = due;
    cx.seq++;
    cx.key = EMPTY_KEY;
    cx.contributing = null;
    o.fire(key, due);
    if (cx.waiting.length > 0) this.flush();
  }

  /** One row in order, by a time that is its own as a rule. Its place was set on the context before. */
  ordered(event: Event, t: number, detector: Detector, mode: number): number {
    const { cx } = this;
    this.#begin(t);
    const hit = detector(event, mode);
    if (cx.waiting.length > 0) this.flush();
    return hit;
  }

  /**
   * One row in order with what other parts made of it. Its place was set on the context before.
   * @param at sets it again
   */
  orderedWith(
    event: Event,
    t: number,
    detector: Detector | null,
    signals: readonly Signal[],
    at: () => void,
  ): number {
    const { cx } = this;
    cx.keys.settle();
    cx.t = t;
    cx.seq++;
    cx.key = EMPTY_KEY;
    cx.contributing = null;
    if (signals.length > 0) {
      this.takeSignals(signals);
      cx.t = t;
      at();
    }
    const hit = detector === null ? 0 : detector(event, 3);
    if (cx.waiting.length > 0) this.flush();
    return hit;
  }

  /** A row that waited for its turn. */
  take(r: HeldRow): void {
    const { cx } = this;
    this.fire(r.time);
    this.#locate(r);
    const detector = this.built.kinds[r.extractionId];
    if (detector) this.#inOrder(r, detector);
    if (r.time > cx.passed) cx.passed = r.time;
  }

  #inOrder({ event, time, entries }: HeldRow, detector: Detector): void {
    if (entries === null || detector.only === undefined) {
      this.ordered(event, time, detector, 2);
      return;
    }
    this.#begin(time);
    detector.only(event, entries);
    if (this.cx.waiting.length > 0) this.flush();
  }

  /** The context as a row in order finds it. */
  #begin(t: number): void {
    const { cx } = this;
    if (cx.timers.next <= t) this.fire(t);
    cx.keys.settle();
    cx.t = t;
    cx.seq++;
    cx.key = EMPTY_KEY;
    cx.contributing = null;
  }

  /**
   * A row behind what has been passed, at its own time. Gives what operators no longer cover of it, in
   * order of time, rule and stage.
   */
  takeLate(r: HeldRow): readonly UncoveredRow[] {
    const { cx } = this;
    const detector = this.built.kinds[r.extractionId];
    if (!detector) return [];
    cx.late = true;
    cx.uncovered = [];
    cx.keys.settle();
    this.#locate(r);
    cx.t = r.time;
    cx.seq++;
    cx.key = EMPTY_KEY;
    cx.contributing = null;
    detector(r.event, 2);
    if (cx.waiting.length > 0) this.flush();
    this.#fireOverdue();
    cx.late = false;
    return cx.uncovered.sort((a, b) => a.t - b.t || a.rule - b.rule || a.stage - b.stage);
  }

  /** Rows that another course of time no longer covers, each handed to the operator that it had reached there. */
  takeUncovered(rows: readonly UncoveredRow[]): void {
    const { cx } = this;
    for (let i = 0; i < rows.length; i++) {
      const r = rows[i];
      if (i === 0 || r.t !== rows[i - 1].t) {
        cx.late = r.t < cx.passed;
        if (!cx.late) {
          this.fire(r.t);
          cx.passed = r.t;
        }
        cx.uncovered = [];
        cx.seq++;
      }
      if (cx.waiting.length > 0) this.flush(r.rule);
      this.#deliver(r);
      if (i + 1 < rows.length && rows[i + 1].t === r.t) continue;
      if (cx.waiting.length > 0) this.flush();
      if (cx.late) this.#fireOverdue();
      cx.late = false;
    }
  }

  #deliver(r: UncoveredRow): void {
    const { cx, built } = this;
    cx.source = r.source;
    cx.at(0, null, 0, "");
    cx.atRef(r.offset, r.meta);
    cx.t = r.t;
    cx.key = cx.keys.of(r.key);
    cx.contributing = r.contributing;
    cx.derived = r.derived;
    cx.made = null;
    built.operators[r.rule][r.stage].take(r);
    cx.contributing = null;
    cx.key = EMPTY_KEY;
    const made = cx.made as AlertRecord | null;
    if (made === null) return;
    // Operators in front of this one are in the other course, and hold nothing of this one open.
    const { rule, stages } = built.plan.rules[r.rule];
    for (let n = holders(rule, stages[r.stage].at); n > 0; n--) built.sinks[r.rule].close(made);
    cx.made = null;
  }

  /** Deadlines that a late row set behind what has been passed. */
  #fireOverdue(): void {
    const { cx } = this;
    if (cx.timers.next > cx.passed) return;
    const counts = (o: Operator, due: number) =>
      !(o instanceof AbsentOperator) || o.command.clock || due <= this.#reached;
    this.fireThose(cx.passed, counts);
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
    cx.key = EMPTY_KEY;
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

  /**
   * The end of all input.
   * @param seen largest event time: silence after it is the input's end
   * @param queue signals of other parts at their end
   */
  end(seen: number, queue = NO_SIGNALS): void {
    for (const o of this.absents) o.ended = seen;
    this.fireWith(Number.MAX_VALUE, queue);
    if (seen > this.cx.passed) this.cx.passed = seen;
  }
}
