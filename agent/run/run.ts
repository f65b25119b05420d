/**
 * The only place that puts the parts together: inputs are read, decoded, split, parsed and mapped,
 * rules look at them, and results go to the store and to whoever prints them.
 */
import type { ChangesTaken, Disorder, Engine } from "../engine/engine.ts";
import type { AlertChange } from "../event.ts";
import { InputError } from "../sources/files.ts";
import type { Serialiser, Store, Writer } from "../store/mod.ts";
import { Batcher } from "./batcher.ts";
import { Checkpointer } from "./checkpoint.ts";
import { byTime, DeferredAlerts } from "./deferred_alerts.ts";
import type { DeferredBatch, InputState } from "./input_state.ts";
import { Identities, prepareInputs } from "./inputs.ts";
import { HealthNotes } from "./health_notes.ts";
import { idleNotes, LiveInputs, RunClock } from "./live.ts";
import { Merge, type Taken } from "./merge.ts";
import type { RunOptions } from "./options.ts";
import { Outlet } from "./outlet.ts";
import { Pace } from "./pace.ts";
import { ActiveParsers, openReader } from "./reader.ts";
import { type Loaded, missing, takeOver } from "./reload.ts";
import { resume, type Resumed } from "./resume.ts";
import { openPipe } from "../sources/files.ts";
import { SpoolFull } from "../engine/ordering/row_sorter.ts";
import { SecondReading, SPOOL_LIMIT } from "./second_reading.ts";
import { KEPT_SHAPES, together } from "./shapes.ts";
import { addBatch, addCounters, countAlerts } from "./summary.ts";

export type { RunOptions } from "./options.ts";

/** Longest that the rest of live inputs is waited for after the end of a run was asked for, ms. */
const DRAIN_TIMEOUT = 30_000;
/** Changed alerts that are stored with the next transaction, however often they change. */
const CHANGES_AT_ONCE = 100;
/** ms after which the changes of more open alerts than that are stored; those that open or end are at once. */
const CHANGES_AFTER = 5000;
/** ms in which a note about one subject is not said again. */
const SAME_NOTE = 60_000;
/** Notes on stderr within that time. */
const SAID_A_MINUTE = 100;
/** ms that lines of a pipe that goes on may be out of order. */
const LIVE_LATENESS = 5000;

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
  private outlet!: Outlet;
  /** Alerts of windows that a run before wrote and told nobody of; sorting tells some of them anew. */
  private untold: { left: readonly string[]; provisional: readonly string[] } = {
    left: [],
    provisional: [],
  };
  private readonly clock = new RunClock();
  private stopping = false;
  /** Of performance.now: when draining ends at the latest. */
  private drainDeadline = Infinity;
  /** No further input is announced. */
  private allAnnounced: boolean;
  /** Listeners have stopped. */
  private stopped: Promise<void> | null = null;
  private readonly notes = new HealthNotes();
  /** Until when notes are not said again, of performance.now, by kind and subject. */
  private readonly silentUntil = new Map<string, number>();
  /** When all changes of alerts were last taken, of performance.now. */
  private reportedAll = -Infinity;
  /** Every input of the run. */
  private readonly inputs: InputState[] = [];
  private readonly second: SecondReading;
  /** Alerts of windows wait for the end of input, since its lines may be in no order. */
  private readonly deferred: DeferredAlerts;

  constructor(private readonly options: RunOptions) {
    const { listeners = [], idle = 10_000, signal, found } = options;
    this.engine = options.engine;
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
    this.deferred = new DeferredAlerts(this.second.makeSpool);
    if (this.engine) this.engine.sortable = listeners.length === 0;
    const open = (state: InputState) =>
      openReader(state, { options, active: this.parsers, signal: this.ended, pipe: this.pipe });
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
    const writing = await writingTo(options);
    this.batcher = this.makeBatcher(inputs, resumed, writing);
    this.outlet = new Outlet(options, this.batcher);
    this.untold = resumed;
    this.outlet.health(resumed.gaps);
    this.batcher.retire(resumed.stopped, resumed.forget);
    if (store) await this.seedCounts(store, inputs);
    this.reportHealth();
    options.summary.inputs = inputs.length;
    for (const state of inputs) {
      if (state.state === "running") this.open(state);
      else this.inputs.push(state);
    }
    this.second.resumed(resumed.provisional);
    if (resumed.unordered && engine) await this.sort(null);
  }

  /** Inputs that go on are counted on from what is stored of them. */
  private async seedCounts(store: Store, inputs: readonly InputState[]): Promise<void> {
    for (const { state, offset, input: { identity } } of inputs) {
      if (state !== "running" || offset === 0 || identity === null) continue;
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
    { run, resumed }: Resumed,
    writing: Writing,
  ): Batcher {
    const { options, engine, live } = this;
    const { store, stream, rowsPerWrite, keep } = options;
    const rereadable = inputs.every((state) => state.resumes !== "never");
    const checkpointer = store && stream
      ? new Checkpointer(stream, run, rereadable ? engine : null)
      : null;
    if (checkpointer) checkpointer.provisional = () => this.second.saved();
    return new Batcher({
      ...writing,
      engine,
      run,
      checkpointer,
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
    const goesOn = live.active || pace.live;
    const turn = goesOn ? clock.next : Infinity;
    const until = Math.min(batcher.deadline, turn, this.drainDeadline, pace.deadline);
    const asked = performance.now();
    const taken = await merge.next(until);
    if (pace.add(performance.now() - asked)) await this.goLive();
    if (taken) await this.handle(taken);
    if (goesOn && await clock.due()) await this.turn();
    if (batcher.due) await this.commit();
    options.progress?.(() => this.engine && countAlerts(this.engine, options.summary));
  }

  private async handle({ state, ready, error }: Taken): Promise<void> {
    if (error) this.fail(state, error);
    else if (ready) {
      this.take(state, ready);
      const disorder = this.engine?.disorder;
      if (disorder) await this.sort(disorder);
      if (this.engine?.sorterFull) await this.stopSorting();
    } else this.close(state, state.error !== null ? "failed" : this.stopping ? "stopped" : "done");
  }

  private take(state: InputState, ready: DeferredBatch): void {
    const { options, batcher, engine, identities } = this;
    const batch = ready();
    identities.makeUnique(state);
    addBatch(options.summary, state.took(batch));
    if (options.batch?.(batch) === false) this.abort.abort();
    const caughtUp = state.live ? state.live.caughtUp(state.offset) : this.pace.live;
    if (engine) this.checkSpool(engine);
    const matched = engine ? engine.detect(batch, caughtUp) : null;
    options.summary.not_stored += batcher.add(state, batch, matched);
    if (batcher.due) this.report(this.changesDue());
    else this.report(options.updates ? "all" : caughtUp ? "opened" : "ended");
  }

  /** Once a pipe is not kept any more its lines cannot be sorted: windows take them as they come. */
  private checkSpool(engine: Engine): void {
    if (!engine.sortable || engine.sorting || this.second.possible) return;
    engine.sortable = false;
    this.options.notice(`warning: ${this.second.impossible}`);
    this.handOnDeferred();
  }

  /** Lines of input that ends are in no order of time: windows take them sorted, at the end. */
  private async sort(disorder: Disorder | null): Promise<void> {
    const engine = this.engine!;
    // Rules without windows stand by what they found.
    const changes = engine.takeChanges().filter(({ alert }) => !engine.isStateful(alert.rule));
    if (changes.length > 0) {
      this.batcher.addAlerts(changes);
      this.outlet.handOn(changes);
    }
    this.deferred.clear();
    this.untold = { ...this.untold, provisional: [] };
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
    const gone = await this.second.end(this.engine, (changes) => {
      this.batcher.addAlerts(changes);
      this.outlet.handOn(byTime(changes));
    }, signal);
    this.batcher.retract(gone);
  }

  /** Stdin is a log that goes on: what was read is decided, and lines are taken as they come from now on. */
  private async goLive(): Promise<void> {
    await this.sorted();
    if (this.engine) {
      this.engine.sortable = false;
      for (const { input } of this.merge.inputs) {
        input.unordered(LIVE_LATENESS);
        this.engine.openInput(input, { live: true });
      }
    }
    this.second.close();
    this.handOnDeferred();
    this.options.wentLive?.();
    this.report("all");
  }

  /** Processing time went on: finds idle inputs, losses and alerts that have opened. */
  private async turn(): Promise<void> {
    const { merge, live, engine, idle, options } = this;
    const silent = merge.silent(RunClock.turns(idle));
    for (const state of silent) engine?.setIdle(state.input, true);
    const names = silent.filter((s) => s.becameIdle()).map((s) => s.input.name);
    this.outlet.health(idleNotes(names, idle));
    this.outlet.health(await live.losses(options.summary));
    if (merge.quiet) engine?.advanceQuiet(Date.now());
    this.reportHealth();
    this.report(options.updates ? "all" : "opened");
  }

  private async commit(): Promise<void> {
    this.report(this.changesDue());
    this.reportHealth();
    await this.batcher.write();
  }

  /** Which changes of alerts a transaction takes. What waits is in the engine's state, and so in a checkpoint. */
  private changesDue(): ChangesTaken {
    const few = (this.engine?.changedAlerts ?? 0) <= CHANGES_AT_ONCE;
    const late = performance.now() - this.reportedAll >= CHANGES_AFTER;
    return few || late || this.options.updates ? "all" : "opened";
  }

  /** Hands on alerts that changed. */
  private report(which: ChangesTaken): void {
    if (which === "all") this.reportedAll = performance.now();
    const changes = this.engine?.takeChanges(which) ?? [];
    if (changes.length === 0) return;
    this.batcher.addAlerts(changes);
    const { engine, options, outlet } = this;
    if (!engine!.sortable) return outlet.handOn(changes);
    const stateful: AlertChange[] = [], others: AlertChange[] = [];
    for (const c of changes) (engine!.isStateful(c.alert.rule) ? stateful : others).push(c);
    if (options.store && !this.second.remember(stateful)) {
      // What was written could not all be taken back: it stays, and so does the order of lines.
      engine!.sortable = false;
      this.reportOnce(
        "provisional",
        "warning: Too many alerts are provisional; lines that turn out to be out of order from here " +
          "on are late for windows",
      );
      this.handOnDeferred();
      return outlet.handOn(changes);
    }
    if (options.updates) {
      // Whoever wants every change gets what is provisional, too; people elsewhere do not.
      outlet.print(changes);
      outlet.deliver(others);
      if (!options.delivery) return;
    } else outlet.handOn(others);
    try {
      this.deferred.add(stateful);
    } catch (error) {
      if (!(error instanceof SpoolFull)) throw error;
      this.reportOnce(
        "deferred",
        `warning: Alerts of windows cannot wait for the end of the input: ${error.message}; ` +
          "they are printed as they come (see --spool-limit)",
      );
      this.handOnDeferred();
    }
  }

  /** Alerts that waited are final. */
  private handOnDeferred(): void {
    this.deferred.take((changes) => {
      if (this.options.updates) this.outlet.deliver(changes);
      else this.outlet.handOn(changes);
    });
  }

  /** Says what the engine has to say as soon as it is known; of one subject at most once a minute. */
  private reportHealth(now = performance.now()): void {
    for (const note of this.notes.take(this.engine?.takeHealth() ?? [], now)) {
      this.outlet.health([note]);
      this.options.health?.([note]);
      this.reportOnce(`${note.kind} ${note.subject}`, `warning: ${note.message}`);
    }
  }

  private reportOnce(about: string, text: string): void {
    const now = performance.now();
    if (now < (this.silentUntil.get(about) ?? -Infinity)) return;
    for (const [text, until] of this.silentUntil) if (until <= now) this.silentUntil.delete(text);
    // Hosts can be invented: so many subjects a minute are named, the rest is in the store's health.
    if (this.silentUntil.size >= SAID_A_MINUTE) return;
    this.silentUntil.set(about, now + SAME_NOTE);
    this.options.notice(text);
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
    this.engine?.openInput(state.input, { live: state.live !== null });
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
    const { summary } = this.options;
    addCounters(summary, state.counters);
    summary.unread = together([summary.unread, state.unread(KEPT_SHAPES)], KEPT_SHAPES);
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
    this.parsers.replace(loaded.compiled);
    if (this.engine && loaded.engine) this.replaceEngine(this.engine, loaded.engine);
    options.reload!.took();
    options.notice("Rules and sourcetypes were loaded anew");
  }

  private replaceEngine(from: Engine, to: NonNullable<Loaded["engine"]>): void {
    this.report("all");
    takeOver(from, to, this.merge.inputs);
    this.engine = to;
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
    if (live.active) this.outlet.health(await live.losses(summary));
    if (signal.aborted) summary.interrupted = true;
    if (!signal.aborted || !batcher.resumable) await this.sorted();
    // Windows of an interrupted run are neither fired nor closed.
    if (engine && !signal.aborted) engine.end();
    // A later run goes on with this one and may find its lines out of order: what it takes back must
    // not have been sent to anyone.
    const continues = signal.aborted && batcher.resumable;
    if (engine && !continues) engine.sortable = false;
    this.reportHealth(Infinity);
    this.report("all");
    if (!continues) {
      this.handOnDeferred();
      const untold = [...this.untold.left, ...this.untold.provisional];
      if (options.store) await this.outlet.deliverStored(options.store, untold);
    } else if (!options.updates) this.deferred.take((changes) => this.outlet.print(changes));
    this.second.close();
    summary.sorted = this.second.began;
    summary.spool_peak_bytes = this.second.peak;
    if (engine) countAlerts(engine, summary);
    const written = await batcher.flush(!signal.aborted);
    if (written) {
      summary.stored = written.events;
      summary.already_stored = written.duplicates;
    }
  }
}
