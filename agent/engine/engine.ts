/**
 * The engine: events in, alerts out, in event time. Stateless rules see every event as it comes;
 * rows of the others are put in order of (time, input, offset) up to the watermark. What comes behind
 * it is late: windows that still cover it take it at its own time, see late_clocks.ts for the rest.
 */
import { DIGEST_VERSION, digestVersion } from "../../compiler/ir/digest.ts";
import type { IrProgram } from "../../compiler/ir/program.ts";
import type { Catalogue } from "../../compiler/schema/types.ts";
import type { Plan } from "../../compiler/plan/plan.ts";
import type { AlertChange, EventBatch, Input } from "../event.ts";
import { type Counters, exceptedCounts, stateCounters } from "./counters.ts";
import type { ChangesTaken } from "./memory/changed.ts";
import type { Technique } from "./alerts/emitter.ts";
import { PastAlerts } from "./alerts/past_alerts.ts";
import { type CompiledRules, compileRules } from "./operators/build.ts";
import { LIMITS, type Limits } from "./memory/context.ts";
import { takeExceeded } from "../../compiler/schema/bounds.ts";
import { type Disorder, EventOrder, type OpenedAs } from "./event_order.ts";
import { type Health, HealthLog } from "./health.ts";
import { type HeldRow, type PackedRows, packRows } from "./ordering/held_rows.ts";
import type { RowSorter } from "./ordering/row_sorter.ts";
import {
  type Dirty,
  type EngineParts,
  goOnStored,
  restoreEngine,
  saveDirty,
  saveEngine,
  type SeenEvents,
  type Snapshot,
} from "./snapshot.ts";
import { type Signal, SignalLog, SignalQueue } from "./operators/signals.ts";
import { Timeline } from "./timeline.ts";
import type { RuleCosts } from "./operators/rule_costs.ts";
import type { Shard } from "./operators/shard.ts";

export type { Limits } from "./memory/context.ts";
export type { Counters } from "./counters.ts";
export type { Disorder } from "./event_order.ts";
export type { Health } from "./health.ts";
export type { Dirty, Snapshot } from "./snapshot.ts";
export type { ChangesTaken } from "./memory/changed.ts";
export type { Technique } from "./alerts/emitter.ts";

export interface EngineOptions {
  readonly limits?: Partial<Limits>;
  /** Name and tactics of an ATT&CK technique. */
  readonly technique?: (id: string) => Technique;
  /** What it takes of the rules where several agents share them; all unless told. */
  readonly shard?: Shard | null;
  /** Indexes of the rules that run here, where others run elsewhere. Default: all */
  readonly here?: ReadonlySet<number>;
  /** Alerts of earlier runs, for the rule that adds up risk. Default: none */
  readonly past?: PastAlerts;
  /** Takes what each rule costs, which makes all of them slower. Default: nobody asks */
  readonly costs?: RuleCosts;
}

/** Compiles the program and makes an engine without state. Throws when a function is not known. */
export function createEngine(
  program: IrProgram,
  catalogue: Catalogue,
  options: EngineOptions = {},
): Engine {
  return new Engine(compileRules(program, catalogue, options.here), catalogue, options);
}

/** Rows that wait for the watermark, as a checkpoint takes them. */
export interface HeldSince {
  /** Numbers of all that wait: first and last of each range, one after the other. */
  readonly ranges: readonly number[];
  /** Those with the number asked for or a later one, by number. */
  readonly rows: readonly HeldRow[];
  /** Number of the next row. */
  readonly next: number;
  /** Some of the rows as data for JSON. */
  readonly pack: (rows: readonly HeldRow[]) => PackedRows;
}

export class Engine {
  readonly plan: Plan;
  readonly order: EventOrder;
  readonly #health = new HealthLog();
  #events = 0;
  /** Alerts of earlier runs, for the rule that adds up risk; parts of this engine share them. */
  readonly past: PastAlerts;
  readonly #stateful: ReadonlySet<string>;
  readonly #options: Omit<EngineOptions, "costs">;
  /** Of rules here, for rules elsewhere. */
  readonly #signals = new SignalLog();

  constructor(
    readonly rules: CompiledRules,
    readonly catalogue: Catalogue,
    options: EngineOptions,
  ) {
    const past = this.past = options.past ?? new PastAlerts();
    const { costs, ...kept } = options;
    this.#options = { ...kept, past };
    this.plan = rules.plan;
    this.#stateful = new Set(rules.plan.rules.flatMap((p) => p.ordered ? [p.rule.name] : []));
    const technique = options.technique ?? ((id: string) => ({ id, name: id, tactics: [] }));
    const limits = { ...LIMITS, ...options.limits };
    const identity = (slot: number) => this.order.tracker.identity(slot);
    const signals = rules.here && this.#signals;
    const { shard } = options;
    const covers = (slot: number, t: number) => this.order.tracker.covers(slot, t);
    const make = () =>
      new Timeline(rules, { limits, identity, covers, technique, shard, signals, past, costs });
    this.order = new EventOrder(make, this.#health);
  }

  /** The same rules, without state. */
  fresh(): Engine {
    return new Engine(this.rules, this.catalogue, this.#options);
  }

  /** The same rules, without state, of which each tells what it costs; those made of it do not. */
  measured(costs: RuleCosts): Engine {
    return new Engine(this.rules, this.catalogue, { ...this.#options, costs });
  }

  /** A part of its rules, one of so many, without state. @param here indexes of its rules */
  part(here: ReadonlySet<number>, parts: number): Engine {
    const options = { ...this.#options, limits: this.limitsOf(parts), here };
    return createEngine(this.rules.program, this.catalogue, options);
  }

  /** Signals for rules that run elsewhere, since the last call. */
  takeSignals(): readonly Signal[] {
    return this.#signals.take();
  }

  /** As {@link detect}, for a part whose rules read signals of other parts. */
  detectWith(batch: EventBatch, signals: readonly Signal[]): Uint8Array {
    const matched = this.order.takeWith(batch, new SignalQueue(signals));
    this.#report();
    return matched;
  }

  #isHere = ({ rule }: { readonly rule: string }): boolean => this.#here(rule);

  /** Whether a rule runs here, by its name. */
  #here(rule: string): boolean {
    const { here, plan } = this.rules;
    if (here === undefined) return true;
    this.#names ??= new Set(plan.rules.flatMap((r) => here.has(r.index) ? [r.rule.name] : []));
    return this.#names.has(rule);
  }
  #names: ReadonlySet<string> | null = null;

  /** Whether parts of its rules can go on from where it stands: nothing is late, and nothing waits to be sorted. */
  get partable(): boolean {
    return !this.sorting && this.disorder === null && this.order.late.size === 0;
  }

  /** The limits of one of so many parts, which have no more keys than all rules together. */
  limitsOf(parts: number): Limits {
    const limits = { ...LIMITS, ...this.#options.limits };
    return { ...limits, keysInAll: Math.floor(limits.keysInAll / parts) };
  }

  /** See {@link EventOrder.sortable}. */
  get sortable(): boolean {
    return this.order.sortable;
  }
  set sortable(can: boolean) {
    this.order.sortable = can;
  }
  get disorder(): Disorder | null {
    return this.order.disorder;
  }
  set disorder(none: null) {
    this.order.disorder = none;
  }
  get sorting(): boolean {
    return this.order.sorting;
  }
  /** Why no more rows can be sorted, so that {@link takeSorted} has to be called; null while they can. */
  get sorterFull(): string | null {
    return this.order.sorterFull;
  }

  /** Whether alerts of a rule depend on the order of rows. */
  isStateful(rule: string): boolean {
    return this.#stateful.has(rule);
  }

  /**
   * Makes an input count for the watermark. Inputs not opened before are opened by their first batch.
   */
  openInput(input: Input, how: OpenedAs = {}): void {
    this.order.openInput(input, how);
  }

  /** How it stands, for an engine that takes this one's place. */
  openedAs(input: Input): OpenedAs {
    return this.order.openedAs(input);
  }

  /** The input has ended: it no longer holds the watermark back. */
  closeInput(input: Input): void {
    this.order.closeInput(input);
  }

  /** An idle input does not hold the watermark back until a batch of it comes. */
  setIdle(input: Input, idle: boolean): void {
    this.order.setIdle(input, idle);
  }

  /**
   * @param caughtUp nothing of the batch's input is unread behind it
   * @returns for each event of the batch whether a rule matched it or took it in, those apart that wait for silence; reused by the next call
   */
  detect(batch: EventBatch, caughtUp = false): Uint8Array {
    this.#events += batch.events.length;
    const matched = this.order.take(batch, caughtUp);
    this.#report();
    return matched;
  }

  /** The clock, for `absent … clock`: silence counts up to `now` even when no event moves the watermark. */
  advanceProcessingTime(now: number): void {
    this.order.advanceProcessingTime(now);
  }

  /** Event time has reached `time` although no event says so. */
  advanceWatermark(time: number): void {
    this.order.advanceWatermark(time);
    this.#report();
  }

  /** Nothing of any input is unread: time goes on by the clock. @param now epoch milliseconds */
  advanceQuiet(now: number): void {
    this.order.advanceQuiet(now);
    this.#report();
  }

  /**
   * Windows start anew, and rows that they take go to the sorter until {@link takeSorted}. Changes of
   * alerts that were not taken are lost.
   */
  startSorting(sorter: RowSorter): void {
    const before = this.order.main.built.sinks;
    this.order.startSorting(sorter);
    this.order.main.built.sinks.forEach((sink, r) => {
      if (!this.isStateful(sink.rule.name)) sink.countFrom(before[r]);
    });
  }

  /** Rows of a second reading that windows take, up to an offset; no rule is run on them. */
  collect(batch: EventBatch, until: number): void {
    this.order.collect(batch, until);
  }

  /** Hands so many sorted rows to the windows. Gives whether there are more. */
  takeSorted(rows: number): boolean {
    return this.order.takeSorted(rows);
  }

  /** The end of all input: passes everything that waits. @param signals of other parts at their end */
  end(signals: readonly Signal[] = []): void {
    this.order.end(new SignalQueue(signals));
    this.#report();
  }

  /**
   * Alerts that opened, changed or closed since the last call, by rule. What is not asked for waits for
   * a later call: an alert says all of itself, which for one that changes at each event costs more
   * than the event.
   */
  takeChanges(which: ChangesTaken = "all"): AlertChange[] {
    const out: AlertChange[] = [];
    const { built, cx } = this.order.main;
    if (cx.changes.has(which)) {
      for (const sink of built.sinks) if (sink.changed.size > 0) sink.take(out, which);
    }
    this.order.late.takeChanges(out, which);
    return out;
  }

  /** How many alerts have changes that were not taken, those of late clocks apart. */
  get changedAlerts(): number {
    return this.order.main.cx.changes.changed;
  }

  takeHealth(): Health[] {
    for (const note of this.order.clocks.takeNotes()) this.#health.clock(note, this.#time());
    return this.#health.take(this.#time());
  }

  #time(): number {
    return finite(this.order.seen) ?? 0;
  }

  counters(): Counters {
    const { cx, built } = this.order.main;
    const state = stateCounters(cx, built.sinks);
    const hits: Record<string, number> = { ...state.hits };
    const suppressed: Record<string, number> = { ...state.suppressed };
    this.order.late.addCounts(hits, suppressed);
    return {
      ...state,
      events: this.#events,
      late: this.order.lateRows,
      buffered: this.order.heap.size,
      hits,
      suppressed,
      excepted: exceptedCounts([...built.sinks, ...this.order.late.excepted()]),
    };
  }

  #report(): void {
    const { cx, built } = this.order.main;
    for (let r = 0; r < built.sinks.length; r++) {
      const lost = (cx.evicted[r] ?? 0) + (cx.rowsEvicted[r] ?? 0);
      if (lost > 0) this.#health.lost(this.plan.rules[r].rule.name, lost, this.#time());
    }
    const exceeded = takeExceeded();
    if (exceeded !== null) this.#health.tooLong(exceeded, this.#time());
  }

  /** Event time up to which everything has been taken; null before the first event. */
  watermark(): number | null {
    return finite(this.order.main.passed);
  }

  snapshot(): Snapshot {
    const saved = saveEngine(this.#parts(), this.#seen());
    return { ...saved, rules: saved.rules.filter(this.#isHere) };
  }

  /**
   * Entries changed since the last checkpoint, and keys gone; the cost follows the change. To be read
   * before the engine goes on.
   * @param whole all entries, as in a snapshot
   */
  takeDirty(whole = false): Dirty {
    const saved = saveDirty(this.#parts(), whole, this.#seen());
    return { ...saved, rules: saved.rules.filter(this.#isHere) };
  }

  /** Rows that wait for the watermark. @param no number of the first that is asked for */
  heldSince(no: number): HeldSince {
    const { heap } = this.order;
    const rows = heap.since(no);
    return {
      ranges: heap.ranges(),
      rows,
      next: heap.next,
      pack: (some) => packRows(some, this.catalogue.extractions),
    };
  }

  #parts(): EngineParts {
    const { main, late, tracker, clocks, heap, sorting } = this.order;
    return { main, late, tracker, clocks, heap, sorting, catalogue: this.catalogue };
  }

  #seen(): SeenEvents {
    return {
      seen: finite(this.order.seen),
      earliest: finite(this.order.earliest),
      counts: { events: this.#events, late: this.order.lateRows },
    };
  }

  /** See {@link goOnStored}; after {@link restore}. */
  goOnStored(): boolean {
    return goOnStored(this.#parts());
  }

  /**
   * Takes up a snapshot; rules whose plan changed start fresh. Gives their names. Before any event.
   * @param given nobody else holds what is in the snapshot: it need not be copied
   */
  restore(snapshot: Snapshot, given = false): string[] {
    this.order.seen = snapshot.seen ?? -Infinity;
    this.#events = snapshot.counts.events;
    this.order.lateRows = snapshot.counts.late;
    this.order.earliest = snapshot.earliest ?? Infinity;
    const rules = snapshot.rules.filter(this.#isHere);
    const fresh = restoreEngine(this.#parts(), { ...snapshot, rules }, given);
    this.order.main.expecting = this.order.main.absents.some((o) => o.expecting);
    if (fresh.length > 1 && snapshot.rules.every((r) => outdated(r.planHash))) {
      this.#health.digestsChanged(fresh.length, this.#time());
    } else for (const rule of fresh) this.#health.planChanged(rule, this.#time());
    return fresh;
  }
}

/** Digests made in an earlier way are none of the rules that are loaded, changed or not. */
const outdated = (planHash: string) => digestVersion(planHash) < DIGEST_VERSION;
const finite = (n: number) => Number.isFinite(n) ? n : null;
