/**
 * The only place that puts the parts together: inputs are read, decoded, split, parsed and mapped,
 * rules look at them, and results go to the store and to whoever prints them.
 */
import type { Disorder, Engine } from "../engine/engine.ts";
import { InputError, openPipe } from "../sources/files.ts";
import type { Serialiser, Store, Writer } from "../store/mod.ts";
import { AlertReports } from "./alert_reports.ts";
import { Batcher } from "./batcher.ts";
import { Checkpointer } from "./checkpoint.ts";
import { Detection } from "./detection.ts";
import type { DeferredBatch, InputState } from "./input_state.ts";
import { Identities, prepareInputs } from "./inputs.ts";
import { idleNotes, LiveInputs, RunClock } from "./live.ts";
import { Merge, type Taken } from "./merge.ts";
import type { RunOptions } from "./options.ts";
import { rememberRisk } from "./past_risk.ts";
import { Pace } from "./pace.ts";
import { ActiveParsers, openReader } from "./reader.ts";
import { type Loaded, missing, takeOver } from "./reload.ts";
import { resume, type Resumed } from "./resume.ts";
import { SecondReading, SPOOL_LIMIT } from "./second_reading.ts";
import { KEPT_SHAPES, together } from "./shapes.ts";
import { ownsInput } from "./shard_work.ts";
import { addBatch, addCounters } from "./summary.ts";

export type { RunOptions } from "./options.ts";

/** Longest that the rest of live inputs is waited for after the end of a run was asked for, ms. */
const DRAIN_TIMEOUT = 30_000;
/** ms that lines of a pipe that goes on may be out of order. */
const LIVE_LATENESS = 5000;

/**
 * Runs to the end of all inputs or to the signal. Inputs are merged by event time, see merge.ts. An
 * input that cannot be read is reported and counted, and the others go on. Rejects with StoreError
 * when the store fails, and with InputError when a listener cannot start.
 */
export async function run(options: RunOptions): Promise<void> {
  const run = new Run(options);
  try {
    await run.prepare();
    await run.loop();
    await run.finish();
  } finally {
    run.dispose();
  }
}

interface Writing {
  readonly writer: Writer | null;
  readonly serialiser: Serialiser | null;
}

/** What writes to a store; loaded only with one. */
async function writingTo({ store, delivery }: RunOptions): Promise<Writing> {
  if (!store) return { writer: null, serialiser: null };
  const { createWriter, Serialiser } = await import("../store/mod.ts");
  const writer = createWriter(store, undefined, (written) => delivery?.written(written));
  return { writer, serialiser: new Serialiser() };
}

class Run {
  private readonly detection: Detection;
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
  private reports!: AlertReports;
  private readonly clock = new RunClock();
  private stopping = false;
  /** Of performance.now: when draining ends at the latest. */
  private drainDeadline = Infinity;
  /** No further input is announced. */
  private allAnnounced: boolean;
  /** Listeners have stopped. */
  private stopped: Promise<void> | null = null;
  /** Every input of the run. */
  private readonly inputs: InputState[] = [];
  private readonly second: SecondReading;

  constructor(private readonly options: RunOptions) {
    const { listeners = [], idle = 10_000, signal, found } = options;
    this.idle = idle;
    this.parsers = new ActiveParsers(options);
    this.ended = AbortSignal.any([signal, this.abort.signal]);
    this.second = new SecondReading({
      inputs: options,
      parsers: this.parsers,
      signal: this.ended,
      limit: options.spoolLimit ?? SPOOL_LIMIT,
      full: () => this.stopSorting(),
    });
    const open = (state: InputState) =>
      openReader(state, { options, active: this.parsers, signal: this.ended, pipe: this.pipe });
    this.merge = new Merge((state) => state.read(open));
    this.detection = new Detection(options, this.parsers, this.merge);
    if (this.engine) this.engine.sortable = listeners.length === 0;
    this.live = new LiveInputs(listeners, options, this.identities, this.interrupt);
    this.pace = new Pace(listeners.length === 0 && found.some((f) => f.path === null));
    this.allAnnounced = !this.live.active;
  }

  /** The rules of this thread; null without rules. */
  private get engine(): Engine | null {
    return this.detection.engine;
  }

  /** Finds and identifies inputs, starts listeners, and goes on from a checkpoint. */
  async prepare(): Promise<void> {
    const { options, identities, live, engine } = this;
    const { store, stream = null, follow } = options;
    const inputs = await prepareInputs(options, identities);
    inputs.push(...await live.start(inputs.length));
    const leased = options.share !== undefined;
    const of = { store, stream, inputs, engine, options, identities, follow, leased };
    const resumed = await resume(of);
    inputs.push(...resumed.rotated);
    live.count(inputs.length);
    this.allAnnounced ||= live.ends;
    const writing = await writingTo(options);
    this.batcher = this.makeBatcher(inputs, resumed, writing);
    this.reports = new AlertReports({
      options,
      detection: this.detection,
      second: this.second,
      batcher: this.batcher,
      giveUpSorting: this.giveUpSorting,
    });
    this.reports.resumed(resumed);
    this.batcher.retire(resumed.stopped, resumed.forget);
    if (store) await this.seedCounts(store, inputs);
    // With shards scores go on by the state that agents hand on.
    if (store && engine && !leased) await rememberRisk(store, engine);
    this.reports.engineHealth();
    options.summary.inputs = inputs.length;
    for (const state of inputs) {
      if (state.state === "running") this.open(state);
      else this.inputs.push(state);
    }
    this.second.resumed(resumed.provisional);
    if (resumed.unordered && engine) await this.sort(null);
    this.detection.plan(inputs);
    if (this.detection.splitDue) await this.split();
  }

  /** Inputs that go on are counted on from what is stored of them. */
  private async seedCounts(store: Store, inputs: readonly InputState[]): Promise<void> {
    for (const input of inputs) {
      const { state, offset, input: { identity } } = input;
      if (state !== "running" || offset === 0 || identity === null) continue;
      // Others count what is theirs: to look through a stretch of each input takes seconds.
      if (!ownsInput(this.options.share, input)) continue;
      this.batcher.seed(identity, offset, await store.counted(identity, offset));
    }
  }

  /** The bytes of a pipe, kept for a second reading where one may be needed. */
  private readonly pipe = (state: InputState): ReadableStream<Uint8Array> => {
    const { path } = state.found;
    const stream = path === null ? this.options.stdin() : openPipe(path);
    return this.engine?.sortable ? this.second.keep(state, stream) : stream;
  };

  private makeBatcher(
    inputs: readonly InputState[],
    { run, resumed, kept }: Resumed,
    writing: Writing,
  ): Batcher {
    const { options, engine, live } = this;
    const { store, stream, rowsPerWrite, keep } = options;
    const rereadable = inputs.every((state) => state.resumes !== "never");
    const checkpointer = store && stream
      ? new Checkpointer(stream, run, rereadable ? engine : null, kept)
      : null;
    if (checkpointer) checkpointer.provisional = () => this.second.saved();
    return new Batcher({
      ...writing,
      engine,
      run,
      checkpointer,
      rowsPerWrite,
      keep,
      share: options.share,
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
        await this.reload();
        await this.admit();
        await this.step();
      }
    } finally {
      this.ended.removeEventListener("abort", this.interrupt);
      // Also of a run whose output nobody reads any more.
      this.stopped ??= this.live.stop();
    }
  }

  /** One batch, or whatever is due while none comes. */
  private async step(): Promise<void> {
    const { merge, batcher, clock, live, pace, options } = this;
    const goesOn = live.active || pace.live;
    const turn = goesOn ? clock.next : Infinity;
    const until = Math.min(batcher.deadline, turn, this.drainDeadline, pace.deadline);
    const asked = performance.now();
    const taken = await merge.next(until);
    if (pace.add(performance.now() - asked)) await this.goLive();
    if (taken) await this.handle(taken);
    if (goesOn && await clock.due()) await this.turn();
    if (batcher.due) await this.commit();
    if (this.detection.splitDue) await this.split();
    if (this.detection.joinDue) await this.join();
    options.progress?.(() => this.detection.countAlerts());
  }

  private async handle({ state, ready, error }: Taken): Promise<void> {
    if (error) this.fail(state, error);
    else if (ready) {
      await this.take(state, ready);
      const disorder = this.engine?.disorder;
      if (disorder) await this.sort(disorder);
      if (this.engine?.sorterFull) await this.stopSorting();
    } else this.close(state, state.error !== null ? "failed" : this.stopping ? "stopped" : "done");
  }

  private async take(state: InputState, ready: DeferredBatch): Promise<void> {
    const { options, batcher, identities, detection, reports } = this;
    identities.makeUnique(state);
    await this.checkSpool();
    await detection.announce(state, ready, batcher);
    const began = performance.now();
    const batch = ready();
    const parsing = performance.now() - began;
    const counts = state.took(batch);
    const own = ownsInput(options.share, state);
    if (own) addBatch(options.summary, counts);
    detection.note(counts, parsing);
    if (options.batch?.(batch) === false) this.abort.abort();
    const caughtUp = state.live ? state.live.caughtUp(state.offset) : this.pace.live;
    const matched = await detection.detect(batch, caughtUp);
    const notStored = batcher.add(state, batch, matched);
    if (own) options.summary.not_stored += notStored;
    await detection.settled(batch);
    if (batcher.due) await reports.report(reports.due);
    else await reports.report(options.updates ? "all" : caughtUp ? "opened" : "ended");
  }

  /** Gives a part of the rules to other threads. */
  private split(): Promise<void> {
    const possible = !this.second.active && !this.pace.live && !this.stopping;
    return this.detection.split(this.batcher, possible);
  }

  /** All rules run in this thread again. */
  private join(): Promise<void> {
    return this.detection.join(this.batcher);
  }

  /** Nothing goes on, of a run that failed either. */
  dispose(): void {
    this.detection.dispose();
    (this.stopped ??= this.live.stop()).catch(() => {});
  }

  /** Lines cannot be sorted from here on. */
  private readonly giveUpSorting = async () => {
    await this.join();
    this.engine!.sortable = false;
  };

  /** Once a pipe is not kept any more its lines cannot be sorted: windows take them as they come. */
  private async checkSpool(): Promise<void> {
    const { engine } = this;
    if (!engine?.sortable || engine.sorting || this.second.possible) return;
    await this.giveUpSorting();
    this.options.notice(`warning: ${this.second.impossible}`);
    this.reports.handOnDeferred();
  }

  /** Lines of input that ends are in no order of time: windows take them sorted, at the end. */
  private async sort(disorder: Disorder | null): Promise<void> {
    await this.join();
    const engine = this.engine!;
    this.reports.beforeSorting();
    await this.second.begin(engine, this.inputs, disorder);
    this.batcher.replaceEngine(engine);
  }

  /** Temporary files are full: windows take what is sorted, and what follows as it comes. */
  private async stopSorting(): Promise<void> {
    const engine = this.engine!;
    this.options.notice(
      `error: Lines are in no order of time and cannot all be sorted: ${engine.sorterFull}; ` +
        "windows take those before this sorted and what follows as it comes, so that alerts may " +
        "be missing (see --spool-limit)",
    );
    engine.sortable = false;
    await this.sorted();
  }

  /** Windows take the rows that were sorted. */
  private async sorted(): Promise<void> {
    if (!this.engine || !this.second.active) return;
    // What was read is judged after an interrupt too, where no later run can do it.
    const signal = this.batcher.resumable ? this.options.signal : new AbortController().signal;
    const gone = await this.second.end(this.engine, (found) => this.reports.final(found), signal);
    this.batcher.retract(gone);
  }

  /** Stdin is a log that goes on: what was read is decided, and lines are taken as they come from now on. */
  private async goLive(): Promise<void> {
    await this.join();
    await this.sorted();
    if (this.engine) {
      this.engine.sortable = false;
      for (const { input } of this.merge.inputs) {
        input.unordered(LIVE_LATENESS);
        this.engine.openInput(input, { live: true });
      }
    }
    this.second.close();
    this.reports.handOnDeferred();
    this.options.wentLive?.();
    await this.reports.report("all");
  }

  /** Processing time went on: finds idle inputs, losses and alerts that have opened. */
  private async turn(): Promise<void> {
    const { merge, live, engine, idle, options } = this;
    const silent = merge.silent(RunClock.turns(idle));
    for (const state of silent) engine?.setIdle(state.input, true);
    const names = silent.filter((s) => s.becameIdle()).map((s) => s.input.name);
    this.reports.health(idleNotes(names, idle));
    this.reports.health(await live.losses(options.summary));
    // Inputs that were stopped have more to read: their windows wait for the next run.
    if (!this.stopping && merge.quiet) engine?.advanceQuiet(Date.now());
    this.reports.engineHealth();
    await this.reports.report(options.updates ? "all" : "opened");
  }

  private async commit(): Promise<void> {
    await this.reports.report(this.reports.due);
    this.reports.engineHealth();
    await this.batcher.write();
  }

  private async admit(): Promise<void> {
    for (const state of await this.live.admit()) {
      if (state.state === "running") this.options.summary.inputs++;
      state.running();
      this.open(state);
    }
  }

  private open(state: InputState): void {
    this.inputs.push(state);
    this.detection.open(state);
    this.merge.add(state);
    // Where it begins is noted although nothing of it may come for long.
    if (state.live?.rereads) this.batcher.touch(state);
  }

  private close(state: InputState, as: "done" | "failed" | "stopped"): void {
    if (as === "failed") this.options.summary.failed_inputs.push(state.found.name);
    this.detection.closeInput(state);
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
    const { summary } = this.options;
    if (ownsInput(this.options.share, state)) {
      addCounters(summary, state.counters);
      summary.unread = together([summary.unread, state.unread(KEPT_SHAPES)], KEPT_SHAPES);
    }
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
  private async reload(): Promise<void> {
    const { options, merge } = this;
    // Rows that are being sorted are those of the rules that they were sorted for.
    const loaded = this.second.active ? null : options.reload?.take();
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
    await this.join();
    this.parsers.replace(loaded.compiled);
    if (this.engine && loaded.engine) await this.replaceEngine(this.engine, loaded.engine);
    options.reload!.took();
    options.notice("Rules and sourcetypes were loaded anew");
  }

  private async replaceEngine(from: Engine, to: NonNullable<Loaded["engine"]>): Promise<void> {
    await this.reports.report("all");
    takeOver(from, to, this.merge.inputs);
    this.detection.engine = to;
    this.batcher.replaceEngine(to);
    this.reports.engineHealth();
  }

  private readonly interrupt = () => this.merge.interrupt();

  /** Stops what is still read, closes windows of a run that came to its end, and writes the rest. */
  async finish(): Promise<void> {
    const { batcher, live, options } = this;
    const { summary, signal } = options;
    for (const state of this.merge.inputs) this.interruptInput(state);
    await this.stopped;
    if (live.active) this.reports.health(await live.losses(summary));
    for (const listener of options.listeners ?? []) {
      for (const [name, records] of listener.lags?.() ?? []) {
        if (records > 0) summary.lag[name] = records;
      }
    }
    if (signal.aborted) summary.interrupted = true;
    if (!signal.aborted || !batcher.resumable) await this.sorted();
    // Windows of an interrupted run are neither fired nor closed.
    const { engine } = this;
    if (!signal.aborted) await this.detection.end();
    // A later run goes on with this one and may find its lines out of order: what it takes back must
    // not have been sent to anyone.
    const continues = signal.aborted && batcher.resumable;
    if (engine && !continues) engine.sortable = false;
    await this.reports.end(continues);
    this.second.close();
    summary.sorted = this.second.began;
    summary.spool_peak_bytes = this.second.peak;
    this.detection.countAlerts();
    const written = await batcher.flush(!signal.aborted);
    if (written) {
      summary.stored = written.events;
      summary.already_stored = written.duplicates;
    }
  }
}
