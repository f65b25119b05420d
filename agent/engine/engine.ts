/**
 * The engine: events in, alerts out, in event time. Stateless rules see every event as it comes;
 * rows of the others are put in order of (time, input, offset) up to the watermark.
 */
import { DIGEST_VERSION, digestVersion } from "../../compiler/ir/digest.ts";
import type { IrProgram } from "../../compiler/ir/program.ts";
import type { Catalogue } from "../../compiler/schema/types.ts";
import type { Plan } from "../../compiler/plan/plan.ts";
import type { AlertChange, Event, EventBatch, Input } from "../event.ts";
import { type Counters, stateCounters } from "./counters.ts";
import { EventOrder } from "./event_order.ts";
import { AbsentOperator } from "./operators/absent.ts";
import type { Technique } from "./alerts/emitter.ts";
import { build, type Built } from "./operators/build.ts";
import { LIMITS, type Limits, RowContext } from "./memory/context.ts";
import { type Health, HealthLog } from "./health.ts";
import { type InputWatermark, watermarkOf, WatermarkTracker } from "./ordering/watermarks.ts";
import { RowRunner } from "./row_runner.ts";
import { type Dirty, restoreRules, saveRules, type Snapshot } from "./snapshot.ts";

export type { Limits } from "./memory/context.ts";
export type { Health } from "./health.ts";
export type { Counters } from "./counters.ts";
export type { Dirty, Snapshot } from "./snapshot.ts";
export type { Technique } from "./alerts/emitter.ts";

export interface EngineOptions {
  readonly limits?: Partial<Limits>;
  /** Name and tactics of an ATT&CK technique. */
  readonly technique?: (id: string) => Technique;
}

/** The event's time is its own or its neighbour's. Any other must not move the watermark: one garbled line would make all that follows late. */
const timed = (event: Event): boolean =>
  event._time_from === undefined || event._time_from === "previous";

/** Compiles the program and makes an engine without state. Throws when a function is not known. */
export function createEngine(
  program: IrProgram,
  catalogue: Catalogue,
  options: EngineOptions = {},
): Engine {
  return new Engine(program, catalogue, options);
}

export class Engine {
  readonly plan: Plan;
  readonly #catalogue: Catalogue;
  readonly #cx: RowContext;
  readonly #built: Built;
  readonly #watermarks = new WatermarkTracker();
  readonly #runner: RowRunner;
  readonly #order: EventOrder;
  readonly #health = new HealthLog();
  /** Some `absent` goes by the clock. */
  readonly #clocked: boolean;
  #events = 0;
  #late = 0;
  /** Result of {@link detect}. */
  #matched = new Uint8Array(0);

  constructor(program: IrProgram, catalogue: Catalogue, options: EngineOptions) {
    const technique = options.technique ?? ((id: string) => ({ id, name: id, tactics: [] }));
    const identity = (slot: number) => this.#watermarks.identity(slot);
    this.#catalogue = catalogue;
    this.#cx = new RowContext({ ...LIMITS, ...options.limits });
    this.#built = build(program, catalogue, this.#cx, identity, technique);
    this.plan = this.#built.plan;
    this.#runner = new RowRunner(this.#cx, this.#built.operators);
    this.#order = new EventOrder(this.#cx, this.#built, this.#runner, this.#watermarks);
    this.#clocked = this.#built.operators.flat()
      .some((o) => o instanceof AbsentOperator && o.command.clock);
  }

  /** Makes an input count for the watermark. Inputs not opened before are opened by their first batch. */
  openInput(input: Input): void {
    this.#watermarks.of(input).open = true;
  }

  /** The input has ended: it no longer holds the watermark back. */
  closeInput(input: Input): void {
    const s = this.#watermarks.of(input);
    if (!s.open) return;
    s.open = false;
    this.#order.release();
  }

  /** An idle input does not hold the watermark back until a batch of it comes. */
  setIdle(input: Input, idle: boolean): void {
    const s = this.#watermarks.of(input);
    if (s.idle === idle) return;
    s.idle = idle;
    if (idle) this.#order.release();
  }

  /** @returns for each event of the batch whether a rule matched it or took it in, those apart that wait for silence; reused by the next call */
  detect(batch: EventBatch): Uint8Array {
    const { input } = batch.lines;
    const s = this.#watermarks.of(input);
    s.open = true;
    s.idle = false;
    this.#cx.source = input.name;
    const n = batch.events.length;
    this.#events += n;
    if (this.#matched.length < n) this.#matched = new Uint8Array(n);
    else this.#matched.fill(0, 0, n);
    if (input.lateness === 0 && this.#order.size === 0 && !this.#watermarks.others(s)) {
      this.#detectInOrder(batch, s, n);
    } else this.#detectOutOfOrder(batch, s, n);
    this.#reportLost();
    return this.#matched.subarray(0, n);
  }

  /** One input without lateness: no row waits. The fast path. */
  #detectInOrder(batch: EventBatch, s: InputWatermark, n: number): void {
    const { lines, events, extractionIds } = batch;
    const { slot } = s;
    const cx = this.#cx, order = this.#order, runner = this.#runner, matched = this.#matched;
    const { kinds } = this.#built;
    const { timers } = runner;
    let mark = Math.max(s.seen, order.passed);
    for (let i = 0; i < n; i++) {
      const event = events[i];
      const t = event._time;
      const detector = kinds[extractionIds[i]];
      if (t < mark || !timed(event)) {
        this.#countLate(s.input, timed(event) ? mark - t : NaN);
        if (detector) {
          this.#place(batch, i, slot);
          matched[i] = detector(event, 1) >> 1;
        }
        continue;
      }
      mark = t;
      if (order.expecting) {
        if (t < order.earliest) order.earliest = t;
        order.startExpecting();
      }
      if (detector) {
        if (timers.next <= t) runner.fire(t);
        cx.at(slot, lines, batch.lineOf(i), event._raw);
        matched[i] = runner.run(event, detector, 3) >> 1;
      }
    }
    s.seen = mark;
    if (mark > order.seen) order.seen = mark;
    if (mark > order.passed) order.passed = mark;
    if (timers.next <= mark) runner.fire(mark);
  }

  /** Stateless rules act at once; rows that others take wait for the watermark. */
  #detectOutOfOrder(batch: EventBatch, s: InputWatermark, n: number): void {
    const { events, extractionIds } = batch;
    const order = this.#order, matched = this.#matched;
    const { kinds } = this.#built;
    for (let i = 0; i < n; i++) {
      const event = events[i];
      const t = event._time;
      const detector = kinds[extractionIds[i]];
      const known = timed(event);
      const mark = Math.max(watermarkOf(s), order.passed);
      const isLate = !known || t < mark;
      if (known && t > s.seen) s.seen = t;
      if (known && t > order.seen) order.seen = t;
      if (isLate) this.#countLate(s.input, known ? mark - t : NaN);
      else if (t < order.earliest) order.earliest = t;
      if (!detector) continue;
      this.#place(batch, i, s.slot);
      const result = detector(event, 1);
      matched[i] = result >> 1;
      if ((result & 1) === 1 && !isLate) order.hold(batch, i, s);
    }
    order.release();
  }

  /** Sets the context to a row that stateless rules see out of order. */
  #place(batch: EventBatch, i: number, slot: number): void {
    const cx = this.#cx;
    const event = batch.events[i];
    cx.t = event._time;
    cx.key = "";
    cx.contributing = null;
    cx.at(slot, batch.lines, batch.lineOf(i), event._raw);
  }

  /** @param behind ms behind the watermark, NaN without a time that can be believed */
  #countLate(input: Input, behind: number): void {
    this.#late++;
    this.#health.late(input.name, behind);
  }

  #reportLost(): void {
    const { evicted, rowsEvicted } = this.#cx;
    const { rules } = this.plan;
    for (let r = 0; r < rules.length; r++) {
      const lost = (evicted[r] ?? 0) + (rowsEvicted[r] ?? 0);
      if (lost > 0) this.#health.lost(rules[r].rule.name, lost, finite(this.#order.seen) ?? 0);
    }
  }

  /** The clock, for `absent … clock`: silence counts up to `now` even when no event moves the watermark. */
  advanceProcessingTime(now: number): void {
    if (!this.#clocked) return;
    this.#runner.fireOnly(now, (o) => o instanceof AbsentOperator && o.command.clock);
  }

  /**
   * Event time has reached `time` although no event says so: while every input is idle. Windows close
   * and sequences that waited are decided; only `absent` without `clock` goes by events alone.
   */
  advanceWatermark(time: number): void {
    const order = this.#order;
    if (this.#watermarks.holding().length > 0) return;
    if (!(time > order.passed)) return;
    order.release();
    this.#runner.fireOnly(time, (o) => !(o instanceof AbsentOperator) || o.command.clock);
    order.passed = time;
    this.#reportLost();
  }

  /** The end of all input: passes everything that waits. */
  end(): void {
    this.#order.end();
    this.#reportLost();
  }

  /** Alerts that opened, changed or closed since the last call, by rule. */
  takeChanges(): AlertChange[] {
    return this.#changes(false);
  }

  /** The same for alerts that closed; changes of the others wait for {@link Engine.takeChanges}. */
  takeEnded(): AlertChange[] {
    return this.#changes(true);
  }

  #changes(ended: boolean): AlertChange[] {
    const out: AlertChange[] = [];
    for (const sink of this.#built.sinks) if (sink.changed.length > 0) sink.take(out, ended);
    return out;
  }

  takeHealth(): Health[] {
    return this.#health.take(finite(this.#order.seen) ?? 0);
  }

  counters(): Counters {
    return {
      events: this.#events,
      late: this.#late,
      buffered: this.#order.size,
      ...stateCounters(this.#cx, this.#built.sinks),
    };
  }

  /** Event time up to which everything has been taken; null before the first event. */
  watermark(): number | null {
    const { passed } = this.#order;
    return passed === -Infinity ? null : passed;
  }

  snapshot(): Snapshot {
    return this.#save(null);
  }

  /** Entries changed since the last checkpoint, and keys gone; the cost follows the change. */
  takeDirty(): Dirty {
    return this.#save(this.#cx.epoch);
  }

  #save(since: number | null): Snapshot {
    const { passed, seen, earliest } = this.#order;
    const rules = saveRules(this.#built, since);
    this.#cx.epoch++;
    return {
      version: 1,
      slots: this.#watermarks.save(),
      passed: finite(passed),
      seen: finite(seen),
      earliest: finite(earliest),
      counts: { events: this.#events, late: this.#late },
      rows: this.#order.save(this.#catalogue),
      rules,
    };
  }

  /** Takes up a snapshot; rules whose plan changed start fresh. Gives their names. Before any event. */
  restore(snapshot: Snapshot): string[] {
    this.#watermarks.load(snapshot.slots);
    this.#events = snapshot.counts.events;
    this.#late = snapshot.counts.late;
    this.#order.load(snapshot, this.#catalogue);
    const fresh = restoreRules(this.#built, snapshot.rules);
    this.#order.restored();
    const time = finite(this.#order.seen) ?? 0;
    if (fresh.length > 1 && snapshot.rules.every((r) => outdated(r.planHash))) {
      this.#health.digestsChanged(fresh.length, time);
    } else for (const rule of fresh) this.#health.planChanged(rule, time);
    return fresh;
  }
}

/** Digests made in an earlier way are none of the rules that are loaded, changed or not. */
const outdated = (planHash: string) => digestVersion(planHash) < DIGEST_VERSION;
const finite = (n: number) => Number.isFinite(n) ? n : null;
