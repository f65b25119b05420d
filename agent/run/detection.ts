/**
 * The rules of a run: one engine, or one and parts of it in other threads once that pays. Whoever
 * asks need not know which.
 */
import type { ChangesTaken, Engine } from "../engine/engine.ts";
import type { Health } from "../engine/health.ts";
import type { AlertChange, EventBatch } from "../event.ts";
import type { Batcher } from "./batcher.ts";
import type { CoreShare } from "./core_share.ts";
import type { BatchCounts, DeferredBatch, InputState } from "./input_state.ts";
import type { Merge } from "./merge.ts";
import type { RunOptions } from "./options.ts";
import type { ActiveParsers } from "./reader.ts";
import type { RuleThreads } from "./rule_threads.ts";
import { countAlerts } from "./summary.ts";
import type { Measuring } from "./measuring.ts";
import { takeOver } from "./reload.ts";
import { NEVER, splitting, type ThreadsWanted } from "./threads_wanted.ts";

export class Detection {
  /** Of this thread; null without rules. */
  engine: Engine | null;
  /** Null while all rules run in this thread. */
  #threads: RuleThreads | null = null;
  #wanted: ThreadsWanted = NEVER;
  /** What threads get that nobody asked for. */
  #cores: CoreShare | null = null;
  /** Null unless it is measured what rules cost. */
  #measuring: Measuring | null = null;
  /** What engines that were replaced had to say. */
  readonly #untold: Health[] = [];
  /** Events by extraction id, until rules are parted. */
  readonly #seen = new Map<number, number>();
  readonly #options: RunOptions;
  readonly #parsers: ActiveParsers;
  readonly #merge: Merge;

  constructor(options: RunOptions, parsers: ActiveParsers, merge: Merge) {
    this.engine = options.engine;
    this.#options = options;
    this.#parsers = parsers;
    this.#merge = merge;
  }

  /** Decides from the inputs after how many events rules are parted, if at all. */
  plan(inputs: readonly InputState[]): void {
    this.#wanted = splitting(this.#options, inputs);
  }

  /** Whether rules are to be parted now. */
  get splitDue(): boolean {
    return this.#options.summary.events >= this.#wanted.after && this.#merge.size > 0;
  }

  /** Whether threads that nobody asked for get too little of the processor. */
  get joinDue(): boolean {
    return this.#threads !== null && this.#cores?.enough() === false;
  }

  /** Gives a part of the rules to other threads, where that is possible. */
  async split(batcher: Batcher, possible: boolean): Promise<void> {
    const { engine } = this;
    const options = this.#options, wanted = this.#wanted;
    this.#wanted = NEVER;
    if (!engine?.partable || !possible) return this.#measureNoMore(batcher);
    const { RuleThreads } = await import("./rule_threads.ts");
    const of = {
      engine,
      options,
      compiled: this.#parsers.compiled,
      inputs: [...this.#merge.inputs],
      seen: this.#seen,
      threads: wanted.threads,
      gain: wanted.gain,
      extra: wanted.extra,
      matched: options.keep === "matched",
    };
    const measured = this.#measuring?.result();
    if (wanted.measured > 0 && RuleThreads.split(of) !== null) {
      this.#wanted = { ...wanted, after: wanted.after + wanted.measured, measured: 0 };
      return await this.#measure(engine, batcher);
    }
    // What kinds of operators do not promise need not be measured.
    const threads = wanted.measured > 0 ? null : await RuleThreads.start({ ...of, measured });
    if (threads === null) {
      this.#measureNoMore(batcher);
      if (wanted.gain === 0) options.notice("warning: --threads: these rules cannot be parted");
      return;
    }
    if (wanted.gain > 0) {
      const { CoreShare } = await import("./core_share.ts");
      this.#cores = new CoreShare();
    }
    this.#measuring = null;
    this.#untold.push(...this.takeHealth());
    this.#threads = threads;
    this.engine = threads.own;
    batcher.splitEngine(threads.own, () => threads.checkpoint());
  }

  /** Rules tell what they cost from here on. */
  async #measure(engine: Engine, batcher: Batcher): Promise<void> {
    const { Measuring } = await import("./measuring.ts");
    this.#measuring = new Measuring(engine);
    this.#goOnWith(this.#measuring.engine, batcher);
  }

  /** Rules go on at their full speed. */
  #measureNoMore(batcher: Batcher): void {
    if (this.#measuring === null) return;
    this.#measuring = null;
    this.#goOnWith(this.engine!.fresh(), batcher);
  }

  /** The same rules in another engine. */
  #goOnWith(engine: Engine, batcher: Batcher): void {
    takeOver(this.engine!, engine, this.#merge.inputs);
    this.#untold.push(...this.takeHealth());
    this.engine = engine;
    batcher.replaceEngine(engine);
  }

  /** All rules run in this thread from here on. */
  async join(batcher: Batcher): Promise<void> {
    this.#wanted = NEVER;
    this.#measureNoMore(batcher);
    if (this.#threads === null) return;
    const whole = await this.#threads.join(this.#merge.inputs);
    this.#untold.push(...this.takeHealth());
    this.engine = whole;
    this.#threads = null;
    batcher.replaceEngine(this.engine);
  }

  /** Hands a batch to the other threads before it is parsed here. */
  async announce(state: InputState, ready: DeferredBatch, batcher: Batcher): Promise<void> {
    if (this.#threads && !this.#threads.takes(ready.text)) await this.join(batcher);
    this.#threads?.take(state, ready.text);
  }

  /** Counts what rules are fed with, while that decides how they are parted. */
  note({ extractions }: BatchCounts, parsingMs: number): void {
    if (this.#wanted === NEVER) return;
    let events = 0;
    for (const [id, n] of extractions) {
      this.#seen.set(id, (this.#seen.get(id) ?? 0) + n);
      events += n;
    }
    this.#measuring?.parsed(events, parsingMs);
  }

  /**
   * What rules match of a batch, by row; null without rules. With `keep: "matched"` the rules of
   * all threads have looked at it by then.
   */
  async detect(batch: EventBatch, caughtUp: boolean): Promise<Uint8Array | null> {
    const runs = this.#measuring ?? this.engine;
    const matched = runs ? runs.detect(batch, caughtUp) : null;
    if (this.#threads && this.#options.keep === "matched") {
      addMatched(matched!, await this.#threads.taken(batch));
    }
    return matched;
  }

  /** Resolves when all threads have looked at a batch. */
  async settled(batch: EventBatch): Promise<void> {
    await this.#threads?.taken(batch);
  }

  /** Alerts that changed since they were last taken. */
  get changedAlerts(): number {
    return this.#all?.changedAlerts ?? 0;
  }

  async takeChanges(which: ChangesTaken): Promise<readonly AlertChange[]> {
    return await this.#all?.takeChanges(which) ?? [];
  }

  /** Whether a rule has windows, whose alerts depend on the order of lines. */
  isStateful(rule: string): boolean {
    return this.#all?.isStateful(rule) ?? false;
  }

  takeHealth(): Health[] {
    return [
      ...this.#untold.splice(0),
      ...this.engine?.takeHealth() ?? [],
      ...this.#threads?.takeHealth() ?? [],
    ];
  }

  /** Brings the summary's counts of alerts up to date. */
  countAlerts(): void {
    const counters = this.#all?.counters();
    if (counters) countAlerts(counters, this.#options.summary);
  }

  open(state: InputState): void {
    const { live } = state;
    this.engine?.openInput(
      state.input,
      live === null ? {} : { live: true, caughtUp: !live.unread?.(state.offset) },
    );
    this.#threads?.open(state);
  }

  /** An input came to its end: windows wait for it no more. */
  closeInput(state: InputState): void {
    this.engine?.closeInput(state.input);
    this.#threads?.closeInput(state);
  }

  /** Closes all windows. */
  async end(): Promise<void> {
    await this.#all?.end();
  }

  /** Ends the other threads. */
  dispose(): void {
    this.#threads?.close();
  }

  get #all(): RuleThreads | Engine | null {
    return this.#threads ?? this.engine;
  }
}

/** Adds what rules of other threads matched of a batch. */
function addMatched(matched: Uint8Array, others: readonly (Uint8Array | null)[]): void {
  for (const other of others) {
    for (let i = 0; i < matched.length; i++) matched[i] |= other?.[i] ?? 0;
  }
}
