/**
 * The only place that puts the parts together: inputs are read, decoded, split, parsed and mapped,
 * rules look at them, and results go to the store and to whoever prints them.
 */
import { Checkpointer } from "./checkpoint.ts";
import type { Engine } from "./engine.ts";
import type { AlertChange, EventBatch } from "./event.ts";
import {
  Identities,
  type InputOptions,
  type Open,
  openReader,
  prepareInputs,
  resume,
} from "./inputs.ts";
import { Pending } from "./pending.ts";
import type { Summary } from "./progress.ts";
import { InputError } from "./sources/files.ts";
import type { LineCounters, TextBatch } from "./stages/lines.ts";
import { createWriter, type Store } from "./store/mod.ts";

export interface PipelineOptions extends InputOptions {
  readonly engine: Engine | null;
  readonly store: Store | null;
  /** Names what is read, see `streamOf`: a run of it that was killed is gone on from. */
  readonly stream?: string;
  /** Rows in one transaction; 65,536 unless told. */
  readonly rowsPerWrite?: number;
  readonly summary: Summary;
  changes?(changes: readonly AlertChange[]): void;
  /** Every batch, before the rules see it. False stops the run. */
  batch?(batch: EventBatch): boolean;
  /** Every change of an alert is wanted, not only its end. */
  readonly updates: boolean;
  /** After every batch; `count` brings the summary's counts of alerts up to date. */
  tick?(count: () => void): void;
}

/**
 * Runs to the end of all inputs or to the signal. Inputs are merged by event time: the one that is
 * furthest behind is read next, so that rules see a chain that crosses files and nothing piles up.
 * An input that cannot be read is told and counted, and the others go on. Rejects with StoreError
 * when the store fails.
 */
export async function run(options: PipelineOptions): Promise<void> {
  const { engine, store, summary, signal } = options;
  const stop = new AbortController();
  const ended = AbortSignal.any([signal, stop.signal]);
  const identities = new Identities();
  const inputs = await prepareInputs(options, identities);
  const { run, gaps } = await resume(
    store,
    options.stream ?? null,
    inputs,
    engine,
    options.notice,
  );
  const live = new Set(inputs.filter((open) => open.state === "running"));
  for (const open of live) engine?.openInput(open.input);
  const again = inputs.every((open) => open.again);
  const pending = new Pending(
    store && createWriter(store),
    engine,
    run,
    store && options.stream ? new Checkpointer(options.stream, run, again ? engine : null) : null,
    options.rowsPerWrite,
  );
  pending.notes(gaps);
  // What a changed plan or a gap means is said before the first line is read.
  for (const note of engine?.takeHealth() ?? []) {
    options.notice(`warning: ${note.message}`);
    pending.notes([note]);
  }
  summary.inputs = inputs.length;

  const finish = (open: Open) => {
    engine?.closeInput(open.input);
    live.delete(open);
    addCounters(summary, open.counters);
  };

  while (live.size && !ended.aborted) {
    const open = furthestBehind(live);
    let batch: EventBatch | undefined;
    try {
      open.reader ??= await openReader(open, options, ended);
      batch = (await pending.whileReading(open.reader.read())).value;
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      options.notice(`error: ${error.message}`);
      open.state = "failed";
      open.error = error.message;
      summary.failed_inputs.push(open.found.name);
    }
    if (!batch) {
      if (open.state === "running") open.state = ended.aborted ? "stopped" : "done";
      finish(open);
      pending.touch(open);
      continue;
    }
    identities.settle(open);
    account(open, batch, summary);
    if (options.batch?.(batch) === false) stop.abort();
    engine?.detect(batch);
    pending.add(open, batch);
    if (engine) report(engine, options, pending, options.updates || pending.due);
    if (pending.due) await pending.write();
    options.tick?.(() => engine && count(engine, summary));
  }
  for (const open of live) {
    await open.reader?.cancel().catch(() => {});
    open.state = "stopped";
    addCounters(summary, open.counters);
    pending.touch(open);
  }
  if (signal.aborted) summary.interrupted = true;
  // Interrupted windows are not over: they are neither fired nor closed.
  if (engine && !signal.aborted) engine.end();
  if (engine) {
    report(engine, options, pending, true);
    count(engine, summary);
  }
  const written = await pending.flush(!signal.aborted);
  if (written) {
    summary.stored = written.events;
    summary.already_stored = written.duplicates;
  }
}

function furthestBehind(live: ReadonlySet<Open>): Open {
  let best: Open | undefined;
  for (const open of live) if (!best || open.time < best.time) best = open;
  return best!;
}

function account(open: Open, batch: EventBatch, summary: Summary): void {
  const { events, kinds, extractions } = batch;
  let errors = 0;
  const counts = new Map<number, number>();
  for (let i = 0; i < kinds.length; i++) counts.set(kinds[i], (counts.get(kinds[i]) ?? 0) + 1);
  for (const [kind, n] of counts) {
    const { sourcetype, parseError } = extractions[kind];
    summary.events_by_sourcetype[sourcetype] = (summary.events_by_sourcetype[sourcetype] ?? 0) + n;
    if (parseError) errors += n;
  }
  for (let i = 0; i < events.length; i++) {
    const { _time, _time_from } = events[i];
    if (_time > open.time && (_time_from === undefined || _time_from === "previous")) {
      open.time = _time;
    }
  }
  const read = batch.lines.lines.length;
  const text = batch.lines as TextBatch;
  open.offset = text.end;
  open.encoding = text.encoding;
  open.lines += read;
  open.events += events.length;
  open.parseErrors += errors;
  summary.lines += read;
  summary.events += events.length;
  summary.parse_errors += errors;
}

function addCounters(summary: Summary, counters: LineCounters): void {
  summary.bytes += counters.bytes;
  summary.truncated_lines += counters.truncated;
  summary.dropped_bytes += counters.droppedBytes;
  summary.unreadable_records += counters.unreadable;
  summary.damaged_chunks += counters.damagedChunks;
  for (const [reason, n] of Object.entries(counters.damage)) {
    summary.damage[reason] = (summary.damage[reason] ?? 0) + n;
  }
}

/** Hands on what changed. Changes of alerts that go on are made only when somebody is to have them. */
function report(engine: Engine, options: PipelineOptions, pending: Pending, all: boolean): void {
  const changes = all ? engine.takeChanges() : engine.takeEnded();
  if (changes.length === 0) return;
  pending.alerts(changes);
  options.changes?.(changes);
}

/** Brings the summary's counts of alerts up to date. */
function count(engine: Engine, summary: Summary): void {
  const counters = engine.counters();
  const hits = Object.entries(counters.hits).filter(([, n]) => n > 0);
  summary.alerts_by_rule = Object.fromEntries(hits);
  summary.alerts = hits.reduce((sum, [, n]) => sum + n, 0);
  summary.late = counters.late;
  summary.evicted = counters.evicted;
  summary.degraded = [...counters.degraded];
}
