/** The inputs of a run: who they are, where reading of each stands, and how each is opened. */
import type { Engine } from "./engine.ts";
import type { EventBatch, Input } from "./event.ts";
import { snapshotOf } from "./checkpoint.ts";
import { type Found, InputError, openFile } from "./sources/files.ts";
import { ContentReader, lines } from "./stages/content.ts";
import { type LineCounters, newLineCounters, type TextBatch } from "./stages/lines.ts";
import { parse, type ParseOptions } from "./stages/parse.ts";
import { recognise } from "./stages/recognise.ts";
import type { HealthEvent, Job, Position, Store } from "./store/mod.ts";
import type { Parser } from "../compiler/sourcetype/mod.ts";

/** Which inputs a run has, and how they are read. */
export interface InputOptions {
  readonly found: readonly Found[];
  readonly stdin: () => ReadableStream<Uint8Array>;
  /** What the inputs are, for all; null to recognise each. */
  readonly sourcetype: string | null;
  readonly parse: ParseOptions;
  readonly lateness: number;
  readonly maxLine: number;
  readonly signal: AbortSignal;
  /** A sentence for the user about an input: what was recognised, what failed. */
  notice(text: string): void;
}

/** An input of a run. */
export interface Open {
  readonly input: Input;
  readonly found: Found;
  readonly counters: LineCounters;
  /** Id of its job. */
  id: string;
  readonly started: number;
  /** Whether it can be read again from a place, as no pipe can. */
  again: boolean;
  /** Whether its identity is known and its own. */
  settled: boolean;
  reader: ReadableStreamDefaultReader<EventBatch> | null;
  parser: Parser | null;
  /** What the parser remembered when the last batch was taken from it. */
  parserState: ReturnType<Parser["snapshot"]> | null;
  encoding: TextBatch["encoding"] | null;
  /** Largest event time seen: the input that is furthest behind is read next. */
  time: number;
  lines: number;
  /** Lines that an earlier run read. */
  linesBefore: number;
  events: number;
  parseErrors: number;
  offset: number;
  state: Job["state"];
  error: string | null;
}

const newId = () => crypto.randomUUID().replaceAll("-", "");

/** All inputs, none opened yet; files know their identity, so that it does not depend on who is first. */
export async function prepareInputs(
  options: InputOptions,
  identities: Identities,
): Promise<Open[]> {
  const inputs = options.found.map((found, index) => prepare(found, index, options));
  for (const open of inputs) {
    if (open.found.path === null) continue;
    const stat = await Deno.stat(open.found.path).catch(() => null);
    if (!stat) continue;
    open.again = stat.isFile;
    if (!stat.isFile) continue;
    if (stat.mtime) (open.input as { modified: number }).modified = stat.mtime.getTime();
    open.input.identity = await firstIdentity(open, options);
    identities.settle(open);
  }
  return inputs;
}

function prepare(found: Found, index: number, options: InputOptions): Open {
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
    id: newId(),
    started: Date.now(),
    again: found.path !== null,
    settled: false,
    reader: null,
    parser: null,
    parserState: null,
    encoding: null,
    time: -Infinity,
    lines: 0,
    linesBefore: 0,
    events: 0,
    parseErrors: 0,
    offset: 0,
    state: "running",
    error: null,
  };
}

/** From the first line; null when there is none, or when opening will say why it cannot be read. */
async function firstIdentity(open: Open, options: InputOptions): Promise<string | null> {
  const input: Input = { ...open.input };
  const stop = new AbortController();
  try {
    const bytes = await openFile(open.found, input, options.stdin, stop.signal);
    const reader = new ContentReader(input, { maxLine: options.maxLine });
    for await (const { data, arrival } of bytes) if (reader.push(data, arrival)) break;
    if (input.identity === null) reader.end();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
  }
  return input.identity;
}

/** Tells inputs apart that begin with the same line: their event ids must differ. */
export class Identities {
  private readonly seen = new Map<string, number>();

  settle(open: Open): void {
    const { input } = open;
    if (open.settled || input.identity === null) return;
    open.settled = true;
    const before = this.seen.get(input.identity) ?? 0;
    this.seen.set(input.identity, before + 1);
    if (before > 0) {
      const mixed = (BigInt(`0x${input.identity}`) + BigInt(before) * 0x9e3779b97f4a7c15n) &
        0xffff_ffff_ffff_ffffn;
      input.identity = mixed.toString(16).padStart(16, "0");
    }
  }
}

/** Opens an input at its offset and puts the stages behind it. Throws InputError. */
export async function openReader(
  open: Open,
  options: InputOptions,
  signal: AbortSignal,
): Promise<ReadableStreamDefaultReader<EventBatch>> {
  const { offset, encoding, counters } = open;
  const bytes = await openFile(open.found, open.input, options.stdin, signal, offset);
  return bytes
    .pipeThrough(lines({
      maxLine: options.maxLine,
      counters,
      ...(offset > 0 ? { offset, encoding: encoding ?? "utf-8" } : {}),
    }))
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
    .pipeThrough(parse({
      ...options.parse,
      mixed: options.sourcetype === null,
      onOther: (input, sourcetype) =>
        options.notice(`${input.name}: holds lines of ${sourcetype} too`),
      onParser(_, parser) {
        open.parser = parser;
        if (open.parserState) parser.restore(open.parserState);
      },
    }))
    .getReader();
}

/** Where reading of an input stands; null before its first line. */
export function positionOf(open: Open): Position | null {
  if (open.input.identity === null) return null;
  return {
    input: open.input.identity,
    source: open.input.name,
    job: open.id,
    offset: open.offset,
    lines: open.lines,
    encoding: open.encoding,
    sourcetype: open.input.sourcetype,
    time: open.time === -Infinity ? null : open.time,
    parser: open.parserState && JSON.stringify(open.parserState),
    done: open.state === "done",
  };
}

/** The input of a job as it stands now. */
export function jobOf(open: Open, run: string, now: number): Job {
  return {
    id: open.id,
    run,
    source: open.input.name,
    sourcetype: open.input.sourcetype,
    state: open.state,
    lines: open.lines,
    events: open.events,
    parseErrors: open.parseErrors,
    rate: Math.round(
      (open.lines - open.linesBefore) / Math.max(1e-3, (now - open.started) / 1000),
    ),
    error: open.error,
    started: open.started,
  };
}

export interface Resumed {
  /** The run that goes on, or a new one's id. */
  readonly run: string;
  readonly gaps: HealthEvent[];
}

/**
 * Goes on from the checkpoint of a run of the same stream that did not end. Files are known by their
 * content, not by their names, and only when they are at least as long as what was read of them.
 * Input that cannot be read again leaves a gap, which is told and recorded, and then no window is
 * taken up: what a pipe brings may be another log, or the same one from its beginning.
 */
export async function resume(
  store: Store | null,
  stream: string | null,
  inputs: readonly Open[],
  engine: Engine | null,
  notice: (text: string) => void,
): Promise<Resumed> {
  const saved = store && stream ? await store.checkpoint(stream) : null;
  if (!saved) return { run: newId(), gaps: [] };
  const gaps: HealthEvent[] = [];
  const gap = (p: Position, message: string) => {
    notice(`warning: ${message}`);
    gaps.push({
      time: p.time ?? Date.now(),
      kind: "gap",
      subject: p.source,
      message,
      detail: { lines: p.lines, offset: p.offset },
    });
  };
  const snapshot = snapshotOf(saved);
  if (!snapshot || !inputs.every((o) => o.again)) {
    for (const p of saved.positions) {
      if (!p.done) {
        gap(
          p,
          `${p.source} cannot be read again: the last run stopped after line ${p.lines}, what came ` +
            `after it and was not read is not known, and windows start empty`,
        );
      }
    }
    return { run: newId(), gaps };
  }
  let taken = 0;
  const byIdentity = new Map(inputs.map((o) => [o.input.identity, o]));
  for (const p of saved.positions) {
    const open = byIdentity.get(p.input);
    if (!open) {
      if (!p.done) {
        gap(p, `${p.source} of the last run is not there any more: it was read to line ${p.lines}`);
      }
      continue;
    }
    const size = await sizeOf(open);
    if (size !== null && size < p.offset) {
      gap(
        p,
        `${open.found.name} begins as it did but is shorter than what was read of it: ` +
          `it is read from its beginning`,
      );
      continue;
    }
    takeUp(open, p, size);
    taken++;
    if (open.state === "done") continue;
    notice(`Going on from line ${p.lines + 1} of ${open.found.name}`);
  }
  // With nothing to go on in, what is there now may be of any time: windows start empty.
  if (taken === 0) return { run: newId(), gaps };
  engine?.restore(snapshot);
  return { run: saved.run, gaps };
}

function takeUp(open: Open, p: Position, size: number | null): void {
  open.id = p.job;
  open.offset = p.offset;
  open.lines = open.linesBefore = p.lines;
  open.encoding = p.encoding as Open["encoding"];
  open.time = p.time ?? -Infinity;
  open.parserState = p.parser === null ? null : JSON.parse(p.parser);
  open.input.sourcetype ??= p.sourcetype;
  if (p.done && size === p.offset) open.state = "done";
}

/** Bytes, null when they are packed and so not known. */
async function sizeOf({ found }: Open): Promise<number | null> {
  if (/\.gz$/i.test(found.path!)) return null;
  return (await Deno.stat(found.path!).catch(() => null))?.size ?? null;
}
