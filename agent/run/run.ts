/**
 * The only place that puts the parts together: inputs are read, decoded, split, parsed and mapped,
 * rules look at them, and results go to the store and to whoever prints them.
 */
import type { Engine } from "../engine/engine.ts";
import { InputError } from "../sources/files.ts";
import { createWriter } from "../store/mod.ts";
import { Batcher } from "./batcher.ts";
import { Checkpointer } from "./checkpoint.ts";
import type { DeferredBatch, InputState } from "./input_state.ts";
import { Identities, prepareInputs } from "./inputs.ts";
import { idleNotes, LiveInputs, RunClock } from "./live.ts";
import { Merge, QUIET_TURNS, type Taken } from "./merge.ts";
import type { RunOptions } from "./options.ts";
import { Pace } from "./pace.ts";
import { ActiveParsers, openReader } from "./reader.ts";
import { type Loaded, missing, takeOver } from "./reload.ts";
import { resume, type Resumed } from "./resume.ts";
import { addBatch, addCounters, countAlerts } from "./summary.ts";

export type { RunOptions } from "./options.ts";

/** Longest that the rest of live inputs is waited for after the end of a run was asked for, ms. */
const DRAIN_TIMEOUT = 30_000;

/**
 * Runs to the end of all inputs or to the signal. Inputs are merged by event time, see merge.ts. An
 * input that cannot be read is reported and counted, and the others go on. Rejects with StoreError
 * when the store fails, and with InputError when a listener cannot start.
 */
export async function run(options: RunOptions): Promise<void> {
  const run = new Run(options);
  await run.prepare();
  await run.loop();
  await run.finish();
}

class Run {
  private engine: Engine | null;
  private readonly idle: number;
  private readonly parsers: ActiveParsers;
  /** Aborted when nobody reads the output any more. Files stop at once, live inputs are drained. */
  private readonly abort = new AbortController();
  private readonly ended: AbortSignal;
  private readonly identities = new Identities();
  private readonly merge: Merge;
  private readonly live: LiveInputs;
  private readonly pace: Pace;
  private batcher!: Batcher;
  private clock!: RunClock;
  private stopping = false;
  /** Of performance.now: when draining ends at the latest. */
  private drainDeadline = Infinity;
  /** No further input is announced. */
  private allAnnounced: boolean;
  /** Listeners have stopped. */
  private stopped: Promise<void> | null = null;

  constructor(private readonly options: RunOptions) {
    const { listeners = [], idle = 10_000, signal, found } = options;
    this.engine = options.engine;
    this.idle = idle;
    this.parsers = new ActiveParsers(options);
    this.ended = AbortSignal.any([signal, this.abort.signal]);
    const open = (state: InputState) => openReader(state, options, this.parsers, this.ended);
    this.merge = new Merge((state) => state.read(open));
    this.live = new LiveInputs(listeners, options, this.identities, this.interrupt);
    this.pace = new Pace(listeners.length === 0 && found.some((f) => f.path === null));
    this.allAnnounced = !this.live.active;
  }

  /** Finds and identifies inputs, starts listeners, and goes on from a checkpoint. */
  async prepare(): Promise<void> {
    const { options, identities, live, engine } = this;
    const { store, stream = null, follow } = options;
    const inputs = await prepareInputs(options, identities);
    inputs.push(...await live.start(inputs.length));
    const resumed = await resume({ store, stream, inputs, engine, options, identities, follow });
    inputs.push(...resumed.rotated);
    live.count(inputs.length);
    this.batcher = this.makeBatcher(inputs, resumed);
    this.batcher.addHealth(resumed.gaps);
    this.batcher.retire(resumed.stopped, resumed.forget);
    this.reportHealth();
    options.summary.inputs = inputs.length;
    for (const state of inputs) if (state.state === "running") this.open(state);
    this.clock = new RunClock(engine, this.idle / QUIET_TURNS);
  }

  private makeBatcher(inputs: readonly InputState[], { run, resumed }: Resumed): Batcher {
    const { options, engine, live } = this;
    const { store, stream, rowsPerWrite, keep } = options;
    const rereadable = inputs.every((state) => state.resumes !== "never");
    return new Batcher({
      writer: store && createWriter(store),
      engine,
      run,
      checkpointer: store && stream
        ? new Checkpointer(stream, run, rereadable ? engine : null)
        : null,
      rowsPerWrite,
      keep,
      checkpointEvery: options.checkpointEvery ?? (live.active ? 0 : undefined),
      resumed,
    });
  }

  /** Reads until every input has ended, or the run is stopped and drained. */
  async loop(): Promise<void> {
    this.ended.addEventListener("abort", this.interrupt);
    this.options.reload?.listen(this.interrupt);
    try {
      while (this.merge.size > 0 || !this.allAnnounced) {
        if (this.ended.aborted && !this.stopping) this.stop();
        if (performance.now() > this.drainDeadline) break;
        this.reload();
        await this.admit();
        await this.step();
      }
    } finally {
      this.ended.removeEventListener("abort", this.interrupt);
      // Also of a run that failed, or whose output nobody reads any more.
      this.stopped ??= this.live.stop();
    }
  }

  /** One batch, or whatever is due while none comes. */
  private async step(): Promise<void> {
    const { merge, batcher, clock, live, pace, options } = this;
    const turn = live.active ? clock.next : Infinity;
    const until = Math.min(batcher.deadline, turn, this.drainDeadline, pace.deadline);
    const asked = performance.now();
    const taken = await merge.next(until);
    if (pace.add(performance.now() - asked)) {
      options.wentLive?.();
      this.report(true);
    }
    if (taken) this.handle(taken);
    if (live.active && await clock.due()) await this.turn();
    if (batcher.due) await this.commit();
    options.progress?.(() => this.engine && countAlerts(this.engine, options.summary));
  }

  private handle({ state, ready, error }: Taken): void {
    if (error) this.fail(state, error);
    else if (ready) this.take(state, ready);
    else this.close(state, state.error !== null ? "failed" : this.stopping ? "stopped" : "done");
  }

  private take(state: InputState, ready: DeferredBatch): void {
    const { options, batcher, clock, engine, identities } = this;
    const batch = ready();
    identities.makeUnique(state);
    addBatch(options.summary, state.took(batch));
    clock.reached(state.time, batch.lines.arrival);
    if (options.batch?.(batch) === false) this.abort.abort();
    const matched = engine?.detect(batch) ?? null;
    options.summary.not_stored += batcher.add(state, batch, matched);
    this.report(options.updates || batcher.due || this.pace.live);
  }

  /** Processing time went on: finds idle inputs, losses and alerts that have opened. */
  private async turn(): Promise<void> {
    const { merge, batcher, clock, live, engine, idle, options } = this;
    const silent = merge.silent();
    for (const state of silent) engine?.setIdle(state.input, true);
    const names = silent.filter((s) => s.becameIdle()).map((s) => s.input.name);
    batcher.addHealth(idleNotes(names, idle));
    batcher.addHealth(await live.losses(options.summary));
    clock.advance(merge.inputs, idle);
    this.report(true);
  }

  private async commit(): Promise<void> {
    this.report(true);
    await this.batcher.write();
  }

  /** Hands on alerts that changed. @param all those that are still open, too */
  private report(all: boolean): void {
    const changes = (all ? this.engine?.takeChanges() : this.engine?.takeEnded()) ?? [];
    if (changes.length === 0) return;
    this.batcher.addAlerts(changes);
    this.options.changes?.(changes);
  }

  /** Says what a changed plan or a gap means as soon as it is known. */
  private reportHealth(): void {
    for (const note of this.engine?.takeHealth() ?? []) {
      this.options.notice(`warning: ${note.message}`);
      this.batcher.addHealth([note]);
      this.options.health?.([note]);
    }
  }

  private async admit(): Promise<void> {
    for (const state of await this.live.admit()) {
      if (state.state === "running") this.options.summary.inputs++;
      state.running();
      this.open(state);
    }
  }

  private open(state: InputState): void {
    this.engine?.openInput(state.input);
    this.merge.add(state);
  }

  private close(state: InputState, as: "done" | "failed" | "stopped"): void {
    if (as === "failed") this.options.summary.failed_inputs.push(state.found.name);
    this.engine?.closeInput(state.input);
    this.remove(state, as);
  }

  private fail(state: InputState, error: unknown): void {
    if (!(error instanceof InputError)) throw error;
    this.options.notice(`error: ${error.message}`);
    state.broke(error.message);
    this.close(state, "failed");
  }

  /** Stops reading an input in the middle; its windows stay open for the next run. */
  private interruptInput(state: InputState): void {
    state.cancel();
    this.remove(state, "stopped");
  }

  private remove(state: InputState, as: "done" | "failed" | "stopped"): void {
    state.finished(as);
    this.merge.delete(state);
    addCounters(this.options.summary, state.counters);
    this.batcher.touch(state);
  }

  /** Files stop at their position. Listeners are drained, and so are followed files without a checkpoint. */
  private stop(): void {
    this.stopping = true;
    this.drainDeadline = performance.now() + DRAIN_TIMEOUT;
    this.stopped = this.live.stop();
    this.stopped.then(() => {
      // Inputs that were announced last are read, too.
      this.allAnnounced = true;
      this.interrupt();
    });
    for (const state of this.merge.inputs) {
      const drains = state.live && !this.abort.signal.aborted &&
        (state.resumes === "continue" || !this.batcher.resumable);
      if (!drains) this.interruptInput(state);
    }
  }

  /** Replaces rules and sourcetypes when new ones are loaded, between two batches. */
  private reload(): void {
    const { options, merge } = this;
    const loaded = options.reload?.take();
    if (!loaded) return;
    const used = missing(loaded, merge.inputs);
    if (used) {
      const { name, sourcetype } = used.input;
      options.notice(
        `error: ${name} is read as "${sourcetype}", which is not there any more; the old rules and sourcetypes stay`,
      );
      return;
    }
    // What was read of each input's lines stays remembered; the lines after are read by new parsers.
    this.parsers.replace(loaded.compiled);
    if (this.engine && loaded.engine) this.replaceEngine(this.engine, loaded.engine);
    options.reload!.took();
    options.notice("Rules and sourcetypes were loaded anew");
  }

  private replaceEngine(from: Engine, to: NonNullable<Loaded["engine"]>): void {
    this.report(true);
    takeOver(from, to, this.merge.inputs);
    this.engine = this.clock.engine = to;
    this.batcher.replaceEngine(to);
    this.reportHealth();
  }

  private readonly interrupt = () => this.merge.interrupt();

  /** Stops what is still read, closes windows of a run that came to its end, and writes the rest. */
  async finish(): Promise<void> {
    const { engine, batcher, live, options } = this;
    const { summary, signal } = options;
    for (const state of this.merge.inputs) this.interruptInput(state);
    await this.stopped;
    if (live.active) batcher.addHealth(await live.losses(summary));
    if (signal.aborted) summary.interrupted = true;
    // Windows of an interrupted run are neither fired nor closed.
    if (engine && !signal.aborted) engine.end();
    this.report(true);
    if (engine) countAlerts(engine, summary);
    const written = await batcher.flush(!signal.aborted);
    if (written) {
      summary.stored = written.events;
      summary.already_stored = written.duplicates;
    }
  }
}
