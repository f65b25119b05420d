/**
 * The engine: events in, alerts out, in event time. Stateless rules see every event as it comes;
 * rows of the others are put in order of (time, input, offset) up to the watermark.
 */
import type { IrProgram } from "../../compiler/ir/program.ts";
import type { Catalogue } from "../../compiler/schema/types.ts";
import type { Plan } from "../../compiler/plan/plan.ts";
import type { AlertChange, Event, EventBatch, Input, LineBatch } from "../event.ts";
import { textCheck } from "../event.ts";
import { AbsentOperator } from "./operators/absent.ts";
import type { Technique } from "./alerts/emitter.ts";
import { build } from "./operators/build.ts";
import type { Operator } from "./operators/operator.ts";
import { LIMITS, type Limits, OperatorContext } from "./memory/context.ts";
import { type Health, HealthLog } from "./health.ts";
import { type HeldRow, loadRow, rowHeap, saveRow } from "./ordering/held_rows.ts";
import {
  type InputWatermark,
  isNext,
  watermarkOf,
  WatermarkTracker,
} from "./ordering/watermarks.ts";
import { type Dirty, restoreRules, saveRules, type Snapshot } from "./snapshot.ts";

export type { Limits } from "./memory/context.ts";
export type { Health } from "./health.ts";
export type { Dirty, Snapshot } from "./snapshot.ts";
export type { Technique } from "./alerts/emitter.ts";

export interface EngineOptions {
  readonly limits?: Partial<Limits>;
  /** Name and tactics of an ATT&CK technique. */
  readonly technique?: (id: string) => Technique;
}

export interface Counters {
  readonly events: number;
  /** Rows older than the watermark of their input, or without a time that can be believed: seen by stateless rules only. */
  readonly late: number;
  /** Keys driven out by a cap, and rows driven out of a key's window. */
  readonly evicted: number;
  readonly rowsEvicted: number;
  /** Rows left out because a field of their key was missing. */
  readonly nullKeys: number;
  /** Rows that wait for the watermark. */
  readonly buffered: number;
  /** Hits by rule; held-back ones are not among them. */
  readonly hits: Readonly<Record<string, number>>;
  /** Names of rules that lost state to a cap. */
  readonly degraded: readonly string[];
}

export interface Engine {
  readonly plan: Plan;
  /** Makes an input count for the watermark. Inputs not opened before are opened by their first batch. */
  openInput(input: Input): void;
  /** The input has ended: it no longer holds the watermark back. */
  closeInput(input: Input): void;
  /** An idle input does not hold the watermark back until a batch of it comes. */
  setIdle(input: Input, idle: boolean): void;
  /** @returns for each event of the batch whether a rule matched it or took it in, those apart that wait for silence; reused by the next call */
  detect(batch: EventBatch): Uint8Array;
  /** The clock, for `absent … clock`: silence counts up to `now` even when no event moves the watermark. */
  advanceProcessingTime(now: number): void;
  /**
   * Event time has reached `time` although no event says so: while every input is idle. Windows close
   * and sequences that waited are decided; only `absent` without `clock` goes by events alone.
   */
  advanceWatermark(time: number): void;
  /** The end of all input: passes everything that waits. */
  end(): void;
  /** Alerts that opened, changed or closed since the last call, by rule. */
  takeChanges(): AlertChange[];
  /** The same for alerts that closed; changes of the others wait for {@link Engine.takeChanges}. */
  takeEnded(): AlertChange[];
  takeHealth(): Health[];
  counters(): Counters;
  /** Event time up to which everything has been taken; null before the first event. */
  watermark(): number | null;
  snapshot(): Snapshot;
  /** Entries changed since the last checkpoint, and keys gone; the cost follows the change. */
  takeDirty(): Dirty;
  /** Takes up a snapshot; rules whose plan changed start fresh. Gives their names. Before any event. */
  restore(snapshot: Snapshot): string[];
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
  const cx = new OperatorContext({ ...LIMITS, ...options.limits });
  const sources = new WatermarkTracker();
  const technique = options.technique ?? ((id: string) => ({ id, name: id, tactics: [] }));
  const built = build(
    program,
    catalogue,
    cx,
    (slot) => sources.identity(slot),
    technique,
  );
  const { kinds, operators, sinks } = built;
  const timers = cx.timers;
  const heap = rowHeap();
  const health = new HealthLog();
  const absents = operators.flat().filter((o) => o instanceof AbsentOperator);
  const clocked = new Set(
    absents.filter((o) => o.command.clock).map((o) => o.rule),
  );
  let expecting = absents.some((o) => o.expecting);
  /** Time of the earliest row in order while somebody waits for it. */
  let earliest = Infinity;
  let passed = -Infinity;
  let seen = -Infinity;
  let events = 0, late = 0;
  let matched = new Uint8Array(0);

  function flush(): void {
    while (cx.waiting.length > 0) {
      // By rule: a sequence that reads another's signal comes after it.
      if (cx.waiting.length > 1) {
        (cx.waiting as unknown as { rule: number }[]).sort((a, b) => a.rule - b.rule);
      }
      cx.waiting.shift()!.flush();
    }
  }

  /** Fires timers that are due at or before a time, in order. */
  function fire(until: number): void {
    while (timers.next <= until) {
      const timer = timers.take()!;
      cx.t = timer.due;
      cx.seq++;
      cx.key = "";
      cx.contributing = null;
      operators[timer.rule][timer.stage].fire(timer.key, timer.due);
      if (cx.waiting.length > 0) flush();
    }
  }

  /** Fires some of the timers that are due; the others stay. */
  function fireThose(until: number, which: (o: Operator) => boolean): void {
    const rest = [];
    while (timers.next <= until) {
      const timer = timers.take()!;
      const o = operators[timer.rule][timer.stage];
      if (!which(o)) rest.push(timer);
      else {
        cx.t = timer.due;
        cx.seq++;
        cx.key = "";
        cx.contributing = null;
        o.fire(timer.key, timer.due);
        flush();
      }
    }
    for (const timer of rest) timers.add(timer);
  }

  /** One row in order. Its place was set on the context before. */
  function ordered(
    event: Event,
    detector: (e: unknown, m: number) => number,
    mode: number,
  ): number {
    const t = event._time;
    if (timers.next <= t) fire(t);
    cx.t = t;
    cx.seq++;
    cx.key = "";
    cx.contributing = null;
    const hit = detector(event, mode);
    if (cx.waiting.length > 0) flush();
    return hit;
  }

  /** Nothing earlier than the earliest row can come any more. */
  function begin(): void {
    expecting = false;
    for (const o of absents) o.begin(earliest);
  }

  /** Takes rows that nothing can come before any more, then the timers up to the watermark. */
  function release(): void {
    let least = Infinity;
    const holding = sources.holding();
    for (const s of holding) least = Math.min(least, watermarkOf(s));
    if (holding.length === 0) least = seen;
    if (expecting && earliest <= least) begin();
    for (let row = heap.peek(); row !== undefined; row = heap.peek()) {
      const r: HeldRow = row;
      if (r.time > least) break;
      if (r.time === least && !isNext(r, holding)) break;
      heap.take();
      take(r);
    }
    if (least > passed) passed = least;
    if (timers.next <= least && least < Infinity) fire(least);
  }

  function take(r: HeldRow): void {
    fire(r.time);
    cx.source = r.source;
    cx.at(r.slot, null, 0, "");
    cx.atRef(r.offset, r.slot * 65536 + r.check);
    const detector = kinds[r.extractionId];
    if (detector) ordered(r.event, detector, 2);
  }

  function detect(batch: EventBatch): Uint8Array {
    const input = batch.lines.input;
    const s = sources.of(input);
    s.open = true;
    s.idle = false;
    cx.source = input.name;
    const list = batch.events;
    const n = list.length;
    events += n;
    if (matched.length < n) matched = new Uint8Array(n);
    else matched.fill(0, 0, n);
    if (input.lateness === 0 && heap.size === 0 && !sources.others(s)) {
      straight(batch, s, n);
    } else {
      for (let i = 0; i < n; i++) {
        const event = list[i];
        const t = event._time;
        const detector = kinds[batch.extractionIds[i]];
        const known = timed(event);
        const mark = Math.max(watermarkOf(s), passed);
        const isLate = !known || t < mark;
        if (known && t > s.seen) s.seen = t;
        if (known && t > seen) seen = t;
        if (isLate) tellLate(input, known ? mark - t : NaN);
        else if (t < earliest) earliest = t;
        if (!detector) continue;
        place(batch.lines, batch, i, s.slot, event);
        const hit = detector(event, 1);
        matched[i] = hit >> 1;
        if ((hit & 1) === 1 && !isLate) {
          heap.add(hold(batch, i, s, event));
        }
      }
      release();
    }
    report();
    return matched.subarray(0, n);
  }

  function tellLate(input: Input, behind: number): void {
    late++;
    health.late(input.name, behind);
  }

  function place(lines: LineBatch, batch: EventBatch, i: number, slot: number, event: Event): void {
    cx.t = event._time;
    cx.key = "";
    cx.contributing = null;
    cx.at(slot, lines, batch.lineOf(i), event._raw);
  }

  function hold(batch: EventBatch, i: number, s: InputWatermark, event: Event): HeldRow {
    return {
      time: event._time,
      index: s.input.index,
      offset: batch.lines.offset(batch.lineOf(i)),
      slot: s.slot,
      check: textCheck(event._raw),
      source: s.input.name,
      extractionId: batch.extractionIds[i],
      event,
    };
  }

  /** One input in order: nothing waits. */
  function straight(batch: EventBatch, s: InputWatermark, n: number): void {
    const list = batch.events;
    const lines = batch.lines;
    let mark = Math.max(s.seen, passed);
    for (let i = 0; i < n; i++) {
      const event = list[i];
      const t = event._time;
      const detector = kinds[batch.extractionIds[i]];
      if (t < mark || !timed(event)) {
        tellLate(s.input, timed(event) ? mark - t : NaN);
        if (detector) {
          place(lines, batch, i, s.slot, event);
          matched[i] = detector(event, 1) >> 1;
        }
        continue;
      }
      mark = t;
      if (expecting) {
        if (t < earliest) earliest = t;
        begin();
      }
      if (detector) {
        cx.at(s.slot, lines, batch.lineOf(i), event._raw);
        if (timers.next <= t) {
          fire(t);
          cx.at(s.slot, lines, batch.lineOf(i), event._raw);
        }
        matched[i] = ordered(event, detector, 3) >> 1;
      }
    }
    s.seen = mark;
    if (mark > seen) seen = mark;
    if (mark > passed) passed = mark;
    if (timers.next <= mark) fire(mark);
  }

  function changes(ended: boolean): AlertChange[] {
    const out: AlertChange[] = [];
    for (const sink of sinks) if (sink.changed.length > 0) sink.take(out, ended);
    return out;
  }

  function report(): void {
    for (let r = 0; r < sinks.length; r++) {
      const lost = (cx.evicted[r] ?? 0) + (cx.rowsEvicted[r] ?? 0);
      if (lost > 0) health.lost(built.plan.rules[r].rule.name, lost, finite(seen) ?? 0);
    }
  }

  function save(since: number | null): Snapshot {
    const rules = saveRules(built, since);
    cx.epoch++;
    return {
      version: 1,
      slots: sources.save(),
      passed: finite(passed),
      seen: finite(seen),
      earliest: finite(earliest),
      counts: { events, late },
      rows: heap.sorted().map((r) => saveRow(r, catalogue.extractions[r.extractionId])),
      rules,
    };
  }

  return {
    plan: built.plan,
    openInput(input) {
      sources.of(input).open = true;
    },
    closeInput(input) {
      const s = sources.of(input);
      if (!s.open) return;
      s.open = false;
      release();
    },
    setIdle(input, idle) {
      const s = sources.of(input);
      if (s.idle === idle) return;
      s.idle = idle;
      if (idle) release();
    },
    detect,
    advanceProcessingTime(now) {
      if (clocked.size > 0) fireThose(now, (o) => o instanceof AbsentOperator && o.command.clock);
    },
    advanceWatermark(time) {
      if (sources.holding().length > 0) return;
      if (!(time > passed)) return;
      release();
      fireThose(time, (o) => !(o instanceof AbsentOperator) || o.command.clock);
      passed = time;
      report();
    },
    end() {
      sources.closeAll();
      if (expecting && earliest < Infinity) begin();
      for (let row = heap.take(); row !== undefined; row = heap.take()) take(row);
      // Nothing is known of the time after the last event: silence there is the input's end.
      for (const o of absents) o.ended = seen;
      fire(Number.MAX_VALUE);
      if (seen > passed) passed = seen;
      report();
    },
    takeChanges: () => changes(false),
    takeEnded: () => changes(true),
    takeHealth: () => health.take(finite(seen) ?? 0),
    counters() {
      const sum = (list: readonly number[]) => list.reduce((a, b) => a + (b ?? 0), 0);
      const hits: Record<string, number> = {};
      for (const s of sinks) hits[s.rule.name] = s.hits;
      return {
        events,
        late,
        evicted: sum(cx.evicted),
        rowsEvicted: sum(cx.rowsEvicted),
        nullKeys: sum(cx.nullKeys),
        buffered: heap.size,
        hits,
        degraded: sinks.filter((s) => s.degraded).map((s) => s.rule.name),
      };
    },
    watermark: () => passed === -Infinity ? null : passed,
    snapshot: () => save(null),
    takeDirty: () => save(cx.epoch),
    restore(snapshot) {
      sources.load(snapshot.slots);
      passed = snapshot.passed ?? -Infinity;
      seen = snapshot.seen ?? -Infinity;
      ({ events, late } = snapshot.counts);
      earliest = snapshot.earliest ?? Infinity;
      for (const row of snapshot.rows) {
        const kind = catalogue.extractions.find((x) =>
          x.sourcetype === row.sourcetype && x.pattern === row.pattern
        );
        if (kind) heap.add(loadRow(row, kind));
      }
      const fresh = restoreRules(built, snapshot.rules);
      expecting = absents.some((o) => o.expecting);
      for (const rule of fresh) health.planChanged(rule, finite(seen) ?? 0);
      return fresh;
    },
  };
}

const finite = (n: number) => Number.isFinite(n) ? n : null;
