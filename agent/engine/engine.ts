/**
 * The engine: events in, alerts out, in event time. Stateless rules see every event as it comes;
 * rows of the others are put in order of (time, input, offset) up to the watermark. What comes behind
 * it is late: windows that still cover it take it at its own time, see late_clocks.ts for the rest.
 */
import { createHash } from "node:crypto";
import { DIGEST_VERSION, digestVersion } from "../../compiler/ir/digest.ts";
import type { IrProgram } from "../../compiler/ir/program.ts";
import type { Catalogue } from "../../compiler/schema/types.ts";
import type { Plan } from "../../compiler/plan/plan.ts";
import type { AlertChange, Event, EventBatch, Input } from "../event.ts";
import { textCheck } from "../event.ts";
import { type Counters, stateCounters } from "./counters.ts";
import type { Technique } from "./alerts/emitter.ts";
import { type CompiledRules, compileRules } from "./operators/build.ts";
import { LIMITS, type Limits } from "./memory/context.ts";
import { takeExceeded } from "../../compiler/schema/bounds.ts";
import { type Health, HealthLog } from "./health.ts";
import { LateClocks, type LateKey } from "./late_clocks.ts";
import { ClockTracker } from "./ordering/clocks.ts";
import { type HeldRow, rowHeap } from "./ordering/held_rows.ts";
import type { RowSorter } from "./ordering/row_sorter.ts";
import {
  type InputWatermark,
  isNext,
  liveFloor,
  quietTime,
  watermarkOf,
  WatermarkTracker,
} from "./ordering/watermarks.ts";
import { type Dirty, restoreEngine, saveEngine, type Snapshot } from "./snapshot.ts";
import { Timeline } from "./timeline.ts";

export type { Limits } from "./memory/context.ts";
export type { Counters } from "./counters.ts";
export type { Health } from "./health.ts";
export type { Dirty, Snapshot } from "./snapshot.ts";
export type { Technique } from "./alerts/emitter.ts";

export interface EngineOptions {
  readonly limits?: Partial<Limits>;
  /** Name and tactics of an ATT&CK technique. */
  readonly technique?: (id: string) => Technique;
}

/** The first row of input that ends which stands behind one of a later time. */
export interface Disorder {
  readonly input: Input;
  /** ms between the two */
  readonly behind: number;
  /** The host of the line of the later time, where it is another one than this line's. */
  readonly ahead: string | null;
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
  return new Engine(compileRules(program, catalogue), catalogue, options);
}

export class Engine {
  readonly plan: Plan;
  readonly tracker = new WatermarkTracker();
  readonly clocks = new ClockTracker();
  readonly late: LateClocks;
  readonly heap = rowHeap();
  /** Lines of input that ends can be sorted: the first that is out of order is told as a {@link Disorder}. */
  sortable = false;
  disorder: Disorder | null = null;
  #main: Timeline;
  #sorter: RowSorter | null = null;
  #sorted: Iterator<HeldRow> | null = null;
  readonly #health = new HealthLog();
  /** Time of the earliest row in order while somebody waits for it. */
  #earliest = Infinity;
  #seen = -Infinity;
  #events = 0;
  #late = 0;
  #matched = new Uint8Array(0);
  /** Hits of rules without state before rows were sorted. */
  #hitsBefore: Record<string, number> = {};
  readonly #make: () => Timeline;
  readonly #stateful: ReadonlySet<string>;

  constructor(
    readonly rules: CompiledRules,
    readonly catalogue: Catalogue,
    options: EngineOptions,
  ) {
    this.plan = rules.plan;
    this.#stateful = new Set(rules.plan.rules.flatMap((p) => p.ordered ? [p.rule.name] : []));
    const technique = options.technique ?? ((id: string) => ({ id, name: id, tactics: [] }));
    const limits = { ...LIMITS, ...options.limits };
    const identity = (slot: number) => this.tracker.identity(slot);
    this.#make = () => new Timeline(rules, { limits, identity, technique });
    this.#main = this.#make();
    this.late = new LateClocks(this.#make);
  }

  get main(): Timeline {
    return this.#main;
  }
  get sorting(): boolean {
    return this.#sorter !== null;
  }
  /** Why no more rows can be sorted, so that {@link takeSorted} has to be called; null while they can. */
  get sorterFull(): string | null {
    return this.#sorter?.full ?? null;
  }

  /** Whether alerts of a rule depend on the order of rows. */
  isStateful(rule: string): boolean {
    return this.#stateful.has(rule);
  }

  /**
   * Makes an input count for the watermark. Inputs not opened before are opened by their first batch.
   * @param live its lines come as they are written, so that their arrival says what time it is
   */
  openInput(input: Input, live = false): void {
    const s = this.tracker.of(input);
    s.open = true;
    if (live) s.live = true;
  }

  isLive(input: Input): boolean {
    return this.tracker.of(input).live;
  }

  /** The input has ended: it no longer holds the watermark back. */
  closeInput(input: Input): void {
    const s = this.tracker.of(input);
    if (!s.open) return;
    s.open = false;
    this.#release();
  }

  /** An idle input does not hold the watermark back until a batch of it comes. */
  setIdle(input: Input, idle: boolean): void {
    const s = this.tracker.of(input);
    if (s.idle === idle) return;
    s.idle = idle;
    if (idle) this.#release();
  }

  /**
   * @param caughtUp nothing of the batch's input is unread behind it
   * @returns for each event of the batch whether a rule matched it or took it in, those apart that wait for silence; reused by the next call
   */
  detect(batch: EventBatch, caughtUp = false): Uint8Array {
    const { input } = batch.lines;
    const s = this.tracker.of(input);
    s.open = true;
    s.idle = false;
    this.#main.cx.source = input.name;
    const n = batch.events.length;
    this.#events += n;
    if (this.#matched.length < n) this.#matched = new Uint8Array(n);
    else this.#matched.fill(0, 0, n);
    if (this.#sorter !== null) this.#sort(batch, s);
    else if (s.live) this.#takeLive(batch, s, caughtUp);
    else if (input.lateness === 0 && this.heap.size === 0 && !this.tracker.others(s)) {
      this.#takeStraight(batch, s);
    } else this.#takeBuffered(batch, s);
    this.#report();
    return this.#matched.subarray(0, n);
  }

  /** One input in order: nothing waits. */
  #takeStraight(batch: EventBatch, s: InputWatermark): void {
    const main = this.#main;
    const { cx } = main;
    const { kinds } = main.built;
    const { timers } = cx;
    const list = batch.events, lines = batch.lines, ids = batch.extractionIds;
    const matched = this.#matched;
    const n = list.length;
    let mark = Math.max(s.seen, main.passed);
    for (let i = 0; i < n; i++) {
      const event = list[i];
      const t = event._time;
      if (t < mark || !timed(event)) {
        cx.passed = mark;
        main.fire(mark);
        if (this.#takeBehind(batch, i, s, mark)) {
          this.#statelessRest(batch, i + 1, s);
          return;
        }
        continue;
      }
      mark = t;
      if (main.expecting) {
        if (t < this.#earliest) this.#earliest = t;
        main.begin(this.#earliest);
      }
      const detector = kinds[ids[i]];
      if (detector) {
        cx.at(s.slot, lines, batch.lineOf(i), event._raw);
        if (timers.next <= t) {
          main.fire(t);
          cx.at(s.slot, lines, batch.lineOf(i), event._raw);
        }
        matched[i] = main.ordered(event, t, detector, 3) >> 1;
      }
    }
    s.seen = mark;
    if (mark > this.#seen) this.#seen = mark;
    if (mark > cx.passed) cx.passed = mark;
    if (timers.next <= mark) main.fire(mark);
  }

  /** Several inputs, or one whose rows may be out of order: rows wait for the watermark. */
  #takeBuffered(batch: EventBatch, s: InputWatermark): void {
    const list = batch.events;
    for (let i = 0; i < list.length; i++) {
      const event = list[i];
      const t = event._time;
      const known = timed(event);
      const mark = Math.max(watermarkOf(s), this.#main.passed);
      if (known && t > s.seen) s.seen = t;
      if (known && t > this.#seen) this.#seen = t;
      if (!known || t < mark) {
        if (this.#takeBehind(batch, i, s, mark)) {
          this.#statelessRest(batch, i + 1, s);
          break;
        }
        continue;
      }
      if (t < this.#earliest) this.#earliest = t;
      if (this.#takeStateless(batch, i, s, t)) this.heap.add(hold(batch, i, s, t));
    }
    this.#release();
  }

  /** Lines that come as they are written: no line moves time further than its arrival. */
  #takeLive(batch: EventBatch, s: InputWatermark, caughtUp: boolean): void {
    const { lines, events } = batch;
    const { arrival, input } = lines;
    for (let i = 0; i < events.length; i++) {
      const event = events[i];
      let t = arrival;
      if (timed(event)) {
        const of = {
          slot: s.slot,
          input: input.name,
          peer: peerOf(batch, i),
          host: event.host ?? "",
        };
        t = this.clocks.order(of, event._time, arrival, caughtUp);
      }
      if (t !== event._time) mark(event, t);
      if (t < this.#main.passed) {
        this.#takeBehind(batch, i, s, this.#main.passed, t);
        continue;
      }
      const reached = Math.min(t, arrival);
      if (reached > s.seen) {
        s.seen = reached;
        s.seenAt = arrival;
        s.lag = arrival - reached;
      }
      if (reached > this.#seen) this.#seen = reached;
      if (t < this.#earliest) this.#earliest = t;
      if (this.#takeStateless(batch, i, s, t)) this.heap.add(hold(batch, i, s, t));
    }
    s.caughtUp = caughtUp;
    s.arrival = arrival;
    this.#release();
    // Lines that come without end, whatever their times, do not keep the clock from going on.
    const live = this.tracker.live();
    if (live.every((o) => o.caughtUp)) this.advanceWatermark(quietTime(live, arrival));
  }

  /** Rows go to the sorter; rules without state see them at once. */
  #sort(batch: EventBatch, s: InputWatermark): void {
    const list = batch.events;
    for (let i = 0; i < list.length; i++) {
      const event = list[i];
      const known = timed(event);
      if (known) this.#notice(event._time, s.input.index);
      else this.#countLate(s.input, event, NaN);
      if (this.#takeStateless(batch, i, s, event._time) && known) {
        this.#sorter!.add(hold(batch, i, s, event._time));
      }
    }
  }

  #notice(t: number, index: number): void {
    this.#sorter?.step(index, t);
    if (t > this.#seen) this.#seen = t;
    if (t < this.#earliest) this.#earliest = t;
  }

  /** The rest of a batch whose stateful rows are read again. */
  #statelessRest(batch: EventBatch, from: number, s: InputWatermark): void {
    for (let i = from; i < batch.events.length; i++) {
      this.#takeStateless(batch, i, s, batch.events[i]._time);
    }
  }

  /** Rules without state see a row; gives whether one with state takes it. */
  #takeStateless(batch: EventBatch, i: number, s: InputWatermark, t: number): boolean {
    const main = this.#main;
    const detector = main.built.kinds[batch.extractionIds[i]];
    if (!detector) return false;
    const event = batch.events[i];
    main.place(batch.lines, batch.lineOf(i), s.slot, t, event._raw);
    const hit = detector(event, 1);
    this.#matched[i] = hit >> 1;
    return (hit & 1) === 1;
  }

  /**
   * A row behind the mark, or without a time. Gives whether it shows that input that ends is in
   * disorder.
   */
  #takeBehind(
    batch: EventBatch,
    i: number,
    s: InputWatermark,
    mark: number,
    t = batch.events[i]._time,
  ): boolean {
    const event = batch.events[i];
    const known = s.live || timed(event);
    const stateful = this.#takeStateless(batch, i, s, t);
    if (known && this.sortable && !s.live) {
      this.disorder ??= {
        input: s.input,
        behind: mark - t,
        ahead: hostOfMark(batch, i, t),
      };
      return true;
    }
    this.#countLate(s.input, event, known ? mark - t : NaN);
    if (stateful && known) {
      this.#takeLate(hold(batch, i, s, t), peerOf(batch, i), batch.lines.arrival);
    }
    return false;
  }

  #takeLate(row: HeldRow, peer: string, arrival: number): void {
    const uncovered = this.#main.takeLate(row);
    if (uncovered.length > 0) this.late.take(lateKey(row, peer), uncovered, arrival);
  }

  #countLate(input: Input, event: Event, behind: number): void {
    this.#late++;
    this.#health.late(input.name, event.host, behind);
  }

  /** Takes rows that nothing can come before any more, then the timers up to the watermark. */
  #release(): void {
    const main = this.#main;
    const holding = this.tracker.holding();
    let least = Infinity;
    for (const s of holding) least = Math.min(least, watermarkOf(s));
    least = Math.max(least, liveFloor(holding));
    if (holding.length === 0) least = this.#seen;
    if (main.expecting && this.#earliest <= least) main.begin(this.#earliest);
    for (let row = this.heap.peek(); row !== undefined; row = this.heap.peek()) {
      const r: HeldRow = row;
      if (r.time > least) break;
      if (r.time === least && !isNext(r, holding)) break;
      this.heap.take();
      main.take(r);
    }
    if (least > main.passed) main.passed = least;
    if (main.cx.timers.next <= least && least < Infinity) main.fire(least);
  }

  /** The clock, for `absent … clock`: silence counts up to `now` even when no event moves the watermark. */
  advanceProcessingTime(now: number): void {
    this.#main.fireClocked(now);
  }

  /**
   * Event time has reached `time` although no event says so. Windows close and sequences that waited
   * are decided; only `absent` without `clock` goes by events alone.
   */
  advanceWatermark(time: number): void {
    const main = this.#main;
    if (!(time > main.passed)) return;
    for (
      let row = this.heap.peek();
      row !== undefined && row.time <= time;
      row = this.heap.peek()
    ) {
      this.heap.take();
      main.take(row);
    }
    main.fireQuiet(time);
    main.passed = time;
    this.#report();
  }

  /** Nothing of any input is unread: time goes on by the clock. @param now epoch milliseconds */
  advanceQuiet(now: number): void {
    const live = this.tracker.live();
    const time = quietTime(live, now);
    if (Number.isNaN(time)) return;
    this.late.advance(now, Math.max(...live.map((s) => s.input.lateness)));
    this.advanceWatermark(time);
    this.advanceProcessingTime(time);
  }

  /**
   * Windows start anew, and rows that they take go to the sorter until {@link takeSorted}. Changes of
   * alerts that were not taken are lost.
   */
  startSorting(sorter: RowSorter): void {
    for (const sink of this.#main.built.sinks) {
      if (!this.isStateful(sink.rule.name)) this.#hitsBefore[sink.rule.name] = sink.hits;
    }
    this.#main = this.#make();
    while (this.heap.take() !== undefined);
    this.disorder = null;
    this.#sorter = sorter;
  }

  /** Rows of a second reading that windows take, up to an offset; no rule is run on them. */
  collect(batch: EventBatch, until: number): void {
    const s = this.tracker.of(batch.lines.input);
    const { kinds } = this.#main.built;
    this.#main.cx.source = batch.lines.input.name;
    for (let i = 0; i < batch.events.length; i++) {
      const event = batch.events[i];
      if (!timed(event)) continue;
      if (batch.lines.offset(batch.lineOf(i)) >= until) return;
      this.#notice(event._time, s.input.index);
      const detector = kinds[batch.extractionIds[i]];
      if (detector && (detector(event, 0) & 1) === 1) {
        this.#collectRow(hold(batch, i, s, event._time), s, batch.lines.arrival);
      }
    }
  }

  /** For the sorter, or when that was full, for windows as it comes. */
  #collectRow(row: HeldRow, s: InputWatermark, arrival: number): void {
    const main = this.#main;
    if (this.#sorter !== null) this.#sorter.add(row);
    else if (row.time >= main.passed) main.take(row);
    else {
      this.#countLate(s.input, row.event, main.passed - row.time);
      this.#takeLate(row, "", arrival);
    }
  }

  /** Hands so many sorted rows to the windows. Gives whether there are more. */
  takeSorted(rows: number): boolean {
    const main = this.#main;
    if (this.#sorter === null) return false;
    this.#sorted ??= this.#sorter.sorted();
    if (main.expecting && this.#earliest < Infinity) main.begin(this.#earliest);
    for (let n = 0; n < rows; n++) {
      const next = this.#sorted.next();
      if (next.done) {
        this.#sorter = this.#sorted = null;
        if (this.#seen > main.passed) main.passed = this.#seen;
        main.fire(main.passed);
        return false;
      }
      main.take(next.value);
    }
    return true;
  }

  /** The end of all input: passes everything that waits. */
  end(): void {
    const main = this.#main;
    this.tracker.closeAll();
    while (this.takeSorted(1_000_000));
    if (main.expecting && this.#earliest < Infinity) main.begin(this.#earliest);
    for (let row = this.heap.take(); row !== undefined; row = this.heap.take()) main.take(row);
    // Nothing is known of the time after the last event: silence there is the input's end.
    main.end(this.#seen);
    this.late.end();
    this.#report();
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
    for (const sink of this.#main.built.sinks) {
      if (sink.changed.length > 0) sink.take(out, ended);
    }
    this.late.takeChanges(out, ended);
    return out;
  }

  takeHealth(): Health[] {
    for (const note of this.clocks.takeNotes()) this.#health.clock(note, this.#time());
    return this.#health.take(this.#time());
  }

  #time(): number {
    return finite(this.#seen) ?? 0;
  }

  counters(): Counters {
    const { cx, built } = this.#main;
    const state = stateCounters(cx, built.sinks);
    const hits: Record<string, number> = { ...state.hits };
    for (const [rule, n] of Object.entries(this.#hitsBefore)) hits[rule] += n;
    this.late.addHits(hits);
    return {
      ...state,
      events: this.#events,
      late: this.#late,
      buffered: this.heap.size,
      hits,
    };
  }

  #report(): void {
    const { cx, built } = this.#main;
    for (let r = 0; r < built.sinks.length; r++) {
      const lost = (cx.evicted[r] ?? 0) + (cx.rowsEvicted[r] ?? 0);
      if (lost > 0) this.#health.lost(this.plan.rules[r].rule.name, lost, this.#time());
    }
    const exceeded = takeExceeded();
    if (exceeded !== null) this.#health.tooLong(exceeded, this.#time());
  }

  /** Event time up to which everything has been taken; null before the first event. */
  watermark(): number | null {
    return finite(this.#main.passed);
  }

  snapshot(): Snapshot {
    return this.#save(true);
  }

  /** Entries changed since the last checkpoint, and keys gone; the cost follows the change. */
  takeDirty(): Dirty {
    return this.#save(false);
  }

  #save(whole: boolean): Snapshot {
    return saveEngine(this, whole, {
      seen: finite(this.#seen),
      earliest: finite(this.#earliest),
      counts: { events: this.#events, late: this.#late },
    });
  }

  /** Takes up a snapshot; rules whose plan changed start fresh. Gives their names. Before any event. */
  restore(snapshot: Snapshot): string[] {
    this.#seen = snapshot.seen ?? -Infinity;
    this.#events = snapshot.counts.events;
    this.#late = snapshot.counts.late;
    this.#earliest = snapshot.earliest ?? Infinity;
    const fresh = restoreEngine(this, snapshot);
    this.#main.expecting = this.#main.absents.some((o) => o.expecting);
    if (fresh.length > 1 && snapshot.rules.every((r) => outdated(r.planHash))) {
      this.#health.digestsChanged(fresh.length, this.#time());
    } else for (const rule of fresh) this.#health.planChanged(rule, this.#time());
    return fresh;
  }
}

/** The address that sent a line; empty where it came from a file. */
const peerOf = (batch: EventBatch, i: number): string =>
  (batch.lines as { peers?: readonly string[] }).peers?.[batch.lineOf(i)] ?? "";

/** Names a clock whose rows are late. A host's name may be any text: its digest stands for it. */
function lateKey({ slot, event }: HeldRow, peer: string): LateKey {
  const digest = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 16);
  const sender = `${slot}.${digest(peer)}`;
  return { sender, key: `${sender}.${digest(event.host ?? "")}` };
}

function hold(batch: EventBatch, i: number, s: InputWatermark, time: number): HeldRow {
  const event = batch.events[i];
  return {
    time,
    index: s.input.index,
    offset: batch.lines.offset(batch.lineOf(i)),
    slot: s.slot,
    check: textCheck(event._raw),
    source: s.input.name,
    extractionId: batch.extractionIds[i],
    event,
  };
}

/** The event says by which time it was ordered, so that it is ordered so again when it is read from the store. */
function mark(event: Event, t: number): void {
  const open = event as { more: Event["more"] };
  open.more = { ...open.more, _order_time: t };
}

/** The host of the line of the latest time before a line, when it is another host's. */
function hostOfMark(batch: EventBatch, i: number, t: number): string | null {
  for (let k = i - 1; k >= 0; k--) {
    const event = batch.events[k];
    if (event._time <= t || !timed(event)) continue;
    return event.host !== undefined && event.host !== batch.events[i].host ? event.host : null;
  }
  return null;
}

/** Digests made in an earlier way are none of the rules that are loaded, changed or not. */
const outdated = (planHash: string) => digestVersion(planHash) < DIGEST_VERSION;
const finite = (n: number) => Number.isFinite(n) ? n : null;
