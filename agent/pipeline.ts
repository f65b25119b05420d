/**
 * The only place that puts the parts together: inputs are read, decoded, split, parsed and mapped,
 * rules look at them, and results go to the store and to whoever prints them.
 */
import type { Engine } from "./engine.ts";
import type { AlertChange, EventBatch, Input } from "./event.ts";
import type { Summary } from "./progress.ts";
import { type Found, InputError, openFile } from "./sources/files.ts";
import { type LineCounters, lines, newLineCounters, type TextBatch } from "./stages/lines.ts";
import { parse, type ParseOptions } from "./stages/parse.ts";
import { recognise } from "./stages/recognise.ts";
import type { Checkpoint, Job, Store } from "./store/mod.ts";
import { createWriter, type Writer } from "./store/mod.ts";

/** Rows that go to the store in one transaction, unless a live input makes them wait too long. */
const ROWS_PER_WRITE = 8192;
/** Longest that a row waits for its transaction while the input is live, in ms. */
const WRITE_AFTER = 1000;

export interface PipelineOptions {
  readonly found: readonly Found[];
  readonly stdin: () => ReadableStream<Uint8Array>;
  /** What the inputs are, for all; null to recognise each. */
  readonly sourcetype: string | null;
  readonly parse: ParseOptions;
  readonly lateness: number;
  readonly maxLine: number;
  readonly engine: Engine | null;
  readonly store: Store | null;
  readonly signal: AbortSignal;
  readonly summary: Summary;
  /** A sentence for the user about an input: what was recognised, what failed. */
  notice(text: string): void;
  changes?(changes: readonly AlertChange[]): void;
  /** Every batch, before the rules see it. False stops the run. */
  batch?(batch: EventBatch): boolean;
  /** After every batch; `watermark` is the engine's event time. */
  tick?(watermark: number | null): void;
}

interface Open {
  readonly input: Input;
  readonly found: Found;
  readonly counters: LineCounters;
  readonly id: string;
  readonly started: number;
  reader: ReadableStreamDefaultReader<EventBatch> | null;
  /** Largest event time seen: the input that is furthest behind is read next. */
  time: number;
  lines: number;
  events: number;
  parseErrors: number;
  offset: number;
  state: Job["state"];
  error: string | null;
}

/**
 * Runs to the end of all inputs or to the signal. Inputs are merged by event time: the one that is
 * furthest behind is read next, so that rules see a chain that crosses files and nothing piles up.
 * An input that cannot be read is told and counted, and the others go on. Rejects with StoreError
 * when the store fails.
 */
export async function run(options: PipelineOptions): Promise<void> {
  const { engine, store, summary, signal } = options;
  const runId = crypto.randomUUID().replaceAll("-", "");
  const stop = new AbortController();
  const ended = AbortSignal.any([signal, stop.signal]);
  const inputs = options.found.map((found, index) => prepare(found, index, options));
  for (const open of inputs) engine?.openInput(open.input);
  const writer = store ? createWriter(store) : null;
  const pending = new Pending(writer, engine, runId);
  const identities = new Map<string, number>();
  const live = new Set(inputs);
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
    if (open.lines === 0) settle(open.input, identities);
    account(open, batch, summary);
    if (options.batch?.(batch) === false) stop.abort();
    if (engine) {
      engine.detect(batch);
      report(engine, options, pending);
    }
    await pending.add(open, batch);
    options.tick?.(engine?.watermark() ?? null);
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
  if (engine) report(engine, options, pending);
  if (engine) {
    const counters = engine.counters();
    summary.late = counters.late;
    summary.evicted = counters.evicted;
    summary.degraded = [...counters.degraded];
  }
  const written = await pending.flush();
  if (written) {
    summary.stored = written.events;
    summary.already_stored = written.duplicates;
  }
}

function prepare(found: Found, index: number, options: PipelineOptions): Open {
  return {
    input: {
      index,
      name: found.name,
      identity: null,
      sourcetype: options.sourcetype,
      lateness: options.lateness,
      modified: Date.now(),
    },
    found,
    counters: newLineCounters(),
    id: crypto.randomUUID().replaceAll("-", ""),
    started: Date.now(),
    reader: null,
    time: -Infinity,
    lines: 0,
    events: 0,
    parseErrors: 0,
    offset: 0,
    state: "running",
    error: null,
  };
}

async function openReader(
  open: Open,
  options: PipelineOptions,
  signal: AbortSignal,
): Promise<ReadableStreamDefaultReader<EventBatch>> {
  if (open.found.path !== null) {
    const mtime = (await Deno.stat(open.found.path).catch(() => null))?.mtime;
    if (mtime) (open.input as { modified: number }).modified = mtime.getTime();
  }
  const bytes = await openFile(open.found, open.input, options.stdin, signal);
  return bytes
    .pipeThrough(lines({ maxLine: options.maxLine, counters: open.counters }))
    .pipeThrough(recognise({
      compiled: options.parse.compiled,
      onRecognised(input, found) {
        options.notice(
          found.sourcetype === null
            ? `warning: ${input.name}: no sourcetype fits its first lines; read as ${input.sourcetype}. Name it with --sourcetype`
            : `${input.name}: read as ${input.sourcetype} (${found.reason})`,
        );
      },
    }))
    .pipeThrough(parse(options.parse))
    .getReader();
}

function furthestBehind(live: ReadonlySet<Open>): Open {
  let best: Open | undefined;
  for (const open of live) if (!best || open.time < best.time) best = open;
  return best!;
}

/** Tells inputs apart that begin with the same line: their event ids must differ. */
function settle(input: Input, identities: Map<string, number>): void {
  if (input.identity === null) return;
  const before = identities.get(input.identity) ?? 0;
  identities.set(input.identity, before + 1);
  if (before > 0) {
    const mixed = (BigInt(`0x${input.identity}`) + BigInt(before) * 0x9e3779b97f4a7c15n) &
      0xffff_ffff_ffff_ffffn;
    input.identity = mixed.toString(16).padStart(16, "0");
  }
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
    if (events[i]._time > open.time) open.time = events[i]._time;
  }
  const read = batch.lines.lines.length;
  open.offset = (batch.lines as TextBatch).end;
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
}

function report(engine: Engine, options: PipelineOptions, pending: Pending): void {
  const changes = engine.takeChanges();
  if (changes.length === 0) return;
  for (const { change, alert } of changes) {
    if (change !== "open") continue;
    options.summary.alerts++;
    const byRule = options.summary.alerts_by_rule;
    byRule[alert.rule] = (byRule[alert.rule] ?? 0) + 1;
  }
  pending.alerts(changes);
  options.changes?.(changes);
}

/** What waits for the next transaction: whole batches, the alerts they changed, and where reading stands. */
class Pending {
  private batches: EventBatch[] = [];
  private changed = new Map<string, AlertChange>();
  private inputs = new Set<Open>();
  private rows = 0;
  private since = performance.now();

  constructor(
    private readonly writer: Writer | null,
    private readonly engine: Engine | null,
    private readonly run: string,
  ) {}

  alerts(changes: readonly AlertChange[]): void {
    if (this.writer) { for (const change of changes) this.changed.set(change.alert.id, change); }
  }

  touch(open: Open): void {
    if (this.writer) this.inputs.add(open);
  }

  async add(open: Open, batch: EventBatch): Promise<void> {
    if (!this.writer) return;
    this.batches.push(batch);
    this.rows += batch.events.length;
    this.inputs.add(open);
    if (this.rows >= ROWS_PER_WRITE || performance.now() - this.since > WRITE_AFTER) {
      await this.write();
    }
  }

  /** Waits for a read; rows that have waited long enough are written meanwhile. */
  async whileReading<T>(reading: Promise<T>): Promise<T> {
    if (!this.rows) return await reading;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<"late">((done) => {
      const wait = WRITE_AFTER - (performance.now() - this.since);
      timer = setTimeout(() => done("late"), Math.max(0, wait));
    });
    const first = await Promise.race([reading, late]);
    clearTimeout(timer);
    if (first !== "late") return first;
    await this.write();
    return await reading;
  }

  private async write(): Promise<void> {
    const now = Date.now();
    await this.writer!.write({
      batches: this.batches,
      alerts: [...this.changed.values()].map((c) => c.alert),
      checkpoints: [...this.inputs].map(checkpoint).filter((c) => c !== null),
      jobs: [...this.inputs].map((open) => job(open, this.run, now)),
      health: this.engine?.takeHealth() ?? [],
    });
    this.batches = [];
    this.changed = new Map();
    this.inputs = new Set();
    this.rows = 0;
    this.since = performance.now();
  }

  async flush() {
    if (!this.writer) return null;
    if (this.batches.length || this.changed.size || this.inputs.size) await this.write();
    return await this.writer.flush();
  }
}

function checkpoint(open: Open): Checkpoint | null {
  if (open.input.identity === null) return null;
  return {
    input: open.input.identity,
    source: open.input.name,
    offset: open.offset,
    lines: open.lines,
    watermark: open.time === -Infinity ? null : open.time - open.input.lateness,
  };
}

function job(open: Open, run: string, now: number): Job {
  return {
    id: open.id,
    run,
    source: open.input.name,
    sourcetype: open.input.sourcetype,
    state: open.state,
    lines: open.lines,
    events: open.events,
    parseErrors: open.parseErrors,
    rate: Math.round(open.lines / Math.max(1e-3, (now - open.started) / 1000)),
    error: open.error,
    started: open.started,
  };
}
