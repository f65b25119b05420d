/**
 * The only place that puts the parts together: inputs are read, decoded, split, parsed and mapped,
 * rules look at them, and results go to the store and to whoever prints them.
 */
import { account, addCounters, countAlerts } from "./account.ts";
import { Checkpointer } from "./checkpoint.ts";
import type { Engine } from "../engine/engine.ts";
import type { AlertChange, EventBatch } from "../event.ts";
import {
  type Current,
  type DeferredBatch,
  Identities,
  type InputOptions,
  type InputState,
  openReader,
  prepareInputs,
} from "./inputs.ts";
import { idleNotes, LiveInputs, RunClock } from "./live.ts";
import { Merge, QUIET_TURNS } from "./merge.ts";
import { Pace } from "./pace.ts";
import { type Keep, Pending } from "./pending.ts";
import type { Summary } from "./progress.ts";
import { missing, type Reload, takeOver } from "./reload.ts";
import { Parsers } from "../stages/parse.ts";
import { resume } from "./resume.ts";
import type { Listener } from "../sources/listener.ts";
import { InputError } from "../sources/files.ts";
import { createWriter, type Store } from "../store/mod.ts";

export interface RunOptions extends InputOptions {
  readonly engine: Engine | null;
  readonly store: Store | null;
  /** What brings inputs while the run goes on, which then ends by the signal alone. */
  readonly feeds?: readonly Listener[];
  /** How long a live input is waited for that gives nothing, in ms; 10 s unless told. */
  readonly idle?: number;
  /** Names what is read, see `streamOf`: a run of it that was killed is gone on from. */
  readonly stream?: string;
  /** Files of the checkpoint that rotation has moved are looked for. */
  readonly follow?: boolean;
  /** Rules and sourcetypes that are loaded anew. */
  readonly reload?: Reload;
  /** Rows in one transaction; 65,536 unless told. */
  readonly rowsPerWrite?: number;
  /** Longest time between two checkpoints, in ms; with feeds every transaction has one unless told. */
  readonly checkpointEvery?: number;
  /** Which events the store gets; all unless told. */
  readonly keep?: Keep;
  readonly summary: Summary;
  changes?(changes: readonly AlertChange[]): void;
  /** Told once when a pipe turns out to be a log that goes on; alerts that have opened follow. */
  streams?(): void;
  /** Every batch, before the rules see it. False stops the run. */
  batch?(batch: EventBatch): boolean;
  /** Every change of an alert is wanted, not only its end. */
  readonly updates: boolean;
  /** After every batch; `count` brings the summary's counts of alerts up to date. */
  tick?(count: () => void): void;
}

/** How long what was taken in before the end of a live run may take, in ms. */
const LAST_WORDS = 30_000;

/**
 * Runs to the end of all inputs or to the signal. Inputs are merged by event time, see merge.ts. An
 * input that cannot be read is told and counted, and the others go on. Rejects with StoreError when
 * the store fails, and with InputError when a feed cannot begin.
 */
export async function run(options: RunOptions): Promise<void> {
  const { store, summary, signal, feeds = [], idle = 10_000, reload } = options;
  let { engine } = options;
  const currently = (compiled: Current["compiled"]): Current => ({
    compiled,
    parsers: new Parsers({
      ...options.parse,
      compiled,
      mixed: options.sourcetype === null,
      onOther: (input, sourcetype) =>
        options.notice(`${input.name}: holds lines of ${sourcetype} too`),
    }),
  });
  const current = currently(options.parse.compiled);
  /** Stops files at once; live inputs give what they have first. */
  const stop = new AbortController();
  const ended = AbortSignal.any([signal, stop.signal]);
  const identities = new Identities();
  const merge = new Merge(async (open): Promise<DeferredBatch | null> => {
    open.reader ??= await openReader(open, options, current, ended);
    return (await open.reader.read()).value ?? null;
  });
  const live = new LiveInputs(feeds, options, identities, () => merge.interrupt());
  const inputs = await prepareInputs(options, identities);
  inputs.push(...await live.start(inputs.length));
  const resumed = await resume(
    store,
    options.stream ?? null,
    inputs,
    engine,
    options,
    identities,
    options.follow,
  );
  inputs.push(...resumed.rotated);
  live.count(inputs.length);
  const again = inputs.every((open) => open.resumes !== "never");
  const pending = new Pending(
    store && createWriter(store),
    engine,
    resumed.run,
    store && options.stream
      ? new Checkpointer(options.stream, resumed.run, again ? engine : null)
      : null,
    options.rowsPerWrite,
    options.keep,
    options.checkpointEvery ?? (feeds.length > 0 ? 0 : undefined),
    resumed.resumed,
  );
  pending.notes(resumed.gaps);
  pending.over(resumed.stopped, resumed.forget);
  /** What a changed plan or a gap means is said when it is known. */
  const tellHealth = () => {
    for (const note of engine?.takeHealth() ?? []) {
      options.notice(`warning: ${note.message}`);
      pending.notes([note]);
    }
  };
  tellHealth();
  summary.inputs = inputs.length;
  for (const open of inputs.filter((o) => o.state === "running")) {
    engine?.openInput(open.input);
    merge.add(open);
  }

  const report = (all: boolean) => {
    const changes = (all ? engine?.takeChanges() : engine?.takeEnded()) ?? [];
    if (changes.length === 0) return;
    pending.alerts(changes);
    options.changes?.(changes);
  };
  const finish = (open: InputState, state: InputState["state"]) => {
    open.state = state;
    if (state === "failed") summary.failed_inputs.push(open.found.name);
    engine?.closeInput(open.input);
    merge.delete(open);
    addCounters(summary, open.counters);
    pending.touch(open);
  };
  const fail = (open: InputState, error: unknown) => {
    if (!(error instanceof InputError)) throw error;
    options.notice(`error: ${error.message}`);
    open.error = error.message;
    finish(open, "failed");
  };
  const take = (open: InputState, ready: DeferredBatch) => {
    const batch = ready();
    identities.settle(open);
    open.idle = false;
    open.heard = true;
    account(open, batch, summary);
    clock.reached(open.time, batch.lines.arrival);
    if (options.batch?.(batch) === false) stop.abort();
    const matched = engine?.detect(batch) ?? null;
    summary.not_stored += pending.add(open, batch, matched);
    report(options.updates || pending.due || pace.live);
  };
  const commit = async () => {
    report(true);
    await pending.write();
  };

  const pace = new Pace(feeds.length === 0 && inputs.some((open) => open.found.path === null));
  const clock = new RunClock(engine, idle / QUIET_TURNS);
  /** A turn of the clock: who is silent, what was lost, which alerts have opened. */
  const turn = async () => {
    const silent = merge.silent();
    for (const open of silent) {
      open.idle = true;
      engine?.setIdle(open.input, true);
    }
    pending.notes(idleNotes(silent, idle));
    pending.notes(await live.losses(summary));
    clock.advance(merge.opens, idle);
    report(true);
  };

  const stopReading = (open: InputState) => {
    // A read under way ends with the signal; its batch, if it has one, is left to the next run.
    open.reader?.cancel().catch(() => {});
    open.state = "stopped";
    merge.delete(open);
    addCounters(summary, open.counters);
    pending.touch(open);
  };
  let stopping = false;
  /** Whether feeds have given all that they will. */
  let allIn = !live.active;
  let stopped: Promise<void> | null = null;
  let patience = Infinity;
  /** Files stop where they stand; what came to a listener, and without a checkpoint a file's last half line, is taken. */
  const begin = () => {
    stopping = true;
    patience = performance.now() + LAST_WORDS;
    stopped = live.stop();
    // Inputs that came with the last words are met, too.
    stopped.then(() => {
      allIn = true;
      merge.interrupt();
    });
    for (const open of merge.opens) {
      const drains = open.live && !stop.signal.aborted &&
        (open.resumes === "on" || !pending.resumable);
      if (!drains) stopReading(open);
    }
  };
  const renew = () => {
    const loaded = reload?.take();
    if (!loaded) return;
    const used = missing(loaded, merge.opens);
    if (used) {
      const { name, sourcetype } = used.input;
      options.notice(
        `error: ${name} is read as "${sourcetype}", which is not there any more; the old rules and sourcetypes stay`,
      );
      return;
    }
    // What was read of each input's lines stays remembered; the lines after are read by new parsers.
    Object.assign(current, currently(loaded.compiled));
    if (engine && loaded.engine) {
      report(true);
      takeOver(engine, loaded.engine, merge.opens);
      engine = clock.engine = loaded.engine;
      pending.adopt(engine);
      tellHealth();
    }
    reload!.took();
    options.notice("Rules and sourcetypes were loaded anew");
  };
  const onStop = () => merge.interrupt();
  ended.addEventListener("abort", onStop);
  reload?.listen(() => merge.interrupt());

  try {
    while (merge.size > 0 || !allIn) {
      if (ended.aborted && !stopping) begin();
      if (performance.now() > patience) break;
      renew();
      for (const open of await live.admit()) {
        if (open.state === "running") summary.inputs++;
        open.state = "running";
        engine?.openInput(open.input);
        merge.add(open);
      }
      const asked = performance.now();
      const taken = await merge.next(
        Math.min(pending.deadline, live.active ? clock.next : Infinity, patience, pace.deadline),
      );
      if (pace.add(performance.now() - asked)) {
        options.streams?.();
        report(true);
      }
      if (taken?.error) fail(taken.open, taken.error);
      else if (taken?.ready) take(taken.open, taken.ready);
      else if (taken) {
        const { open } = taken;
        finish(open, open.error !== null ? "failed" : stopping ? "stopped" : "done");
      }
      if (live.active && await clock.due()) await turn();
      if (pending.due) await commit();
      options.tick?.(() => engine && countAlerts(engine, summary));
    }
  } finally {
    ended.removeEventListener("abort", onStop);
    // Also of a run that failed, or whose output nobody reads any more.
    stopped ??= live.stop();
  }
  for (const open of merge.opens) stopReading(open);
  await stopped;
  if (live.active) pending.notes(await live.losses(summary));
  if (signal.aborted) summary.interrupted = true;
  // Interrupted windows are not over: they are neither fired nor closed.
  if (engine && !signal.aborted) engine.end();
  report(true);
  if (engine) countAlerts(engine, summary);
  const written = await pending.flush(!signal.aborted);
  if (written) {
    summary.stored = written.events;
    summary.already_stored = written.duplicates;
  }
}
