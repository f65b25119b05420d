/** The inputs of a run: who they are, where reading of each stands, and how each is opened. */
import type { EventBatch } from "../event.ts";
import type { Live } from "../sources/listener.ts";
import { blockSize } from "../sources/blocks.ts";
import { InputError, type InputPath, openFile } from "../sources/files.ts";
import { ContentReader, lines } from "../stages/content.ts";
import { type LineCounters, newLineCounters, type TextBatch } from "../stages/lines.ts";
import type { ParseOptions, Parsers } from "../stages/parse.ts";
import { recognise } from "../stages/recognise.ts";
import type { Job, Position } from "../store/mod.ts";
import type { ParserState } from "../../compiler/sourcetype/mod.ts";
import { InputHandle } from "../input.ts";

/** Which inputs a run has, and how they are read. */
export interface InputOptions {
  readonly found: readonly InputPath[];
  readonly stdin: () => ReadableStream<Uint8Array>;
  /** What the inputs are, for all; null to recognise each. */
  readonly sourcetype: string | null;
  readonly parse: ParseOptions;
  /** ms, of inputs that do not say their own. */
  readonly lateness: number;
  readonly maxLine: number;
  readonly signal: AbortSignal;
  /** A sentence for the user about an input: what was recognised, what failed. */
  notice(text: string): void;
}

/** A batch that waits to be taken; it becomes events then, by the parser of that time. */
export type DeferredBatch = () => EventBatch;

/** An input of a run. */
export interface InputState {
  readonly input: InputHandle;
  found: InputPath;
  /** Null for what is read to its end. */
  live: Live | null;
  counters: LineCounters;
  /** Id of its job. */
  id: string;
  readonly started: number;
  /**
   * What a later run can do: read again from a `place` in a file; go `on` with what comes after a gap,
   * as a listener does; or, of a pipe, know nothing of what comes.
   */
  resumes: "place" | "on" | "never";
  /** Whether its identity is known and its own. */
  settled: boolean;
  reader: ReadableStreamDefaultReader<DeferredBatch> | null;
  /** It is silent and does not hold the others back. */
  idle: boolean;
  /** It gave something since it was silent last. */
  heard: boolean;
  /** What the parser remembered when the last batch was taken from it. */
  parserState: ParserState | null;
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

export const newId = () => crypto.randomUUID().replaceAll("-", "");

/** All inputs, none opened yet; files know their identity, so that it does not depend on who is first. */
export async function prepareInputs(
  options: InputOptions,
  identities: Identities,
): Promise<InputState[]> {
  const inputs = options.found.map((found, index) => prepare({ found, index }, options));
  for (const open of inputs) await identify(open, options, identities);
  return inputs;
}

/** Tells from a file's content who it is. */
export async function identify(
  open: InputState,
  options: InputOptions,
  identities: Identities,
): Promise<void> {
  const { path } = open.found;
  if (path === null) return;
  const stat = await Deno.stat(path).catch(() => null);
  if (!stat) return;
  open.resumes = stat.isFile ? "place" : "never";
  if (!stat.isFile) return;
  if (stat.mtime) open.input.modifiedAt(stat.mtime.getTime());
  // What is still being written may end in the middle of its first line.
  if (open.input.identity === null) {
    const identity = await firstIdentity(path, options.maxLine, open.live === null);
    if (identity !== null) open.input.identify(identity);
  }
  identities.settle(open);
}

/** What is known of an input before it is read. */
export interface Preparing {
  readonly found: InputPath;
  readonly index: number;
  readonly live?: Live;
  readonly identity?: string;
  readonly sourcetype?: string | null;
  /** ms */
  readonly lateness?: number;
}

export function prepare(of: Preparing, options: InputOptions): InputState {
  const { found, index, live = null, identity = null } = of;
  return {
    input: new InputHandle({
      index,
      name: found.name,
      identity,
      sourcetype: of.sourcetype ?? options.sourcetype,
      lateness: of.lateness ?? options.lateness,
      modified: Date.now(),
    }),
    found,
    live,
    counters: newLineCounters(),
    id: newId(),
    started: Date.now(),
    resumes: found.path !== null ? "place" : identity !== null ? "on" : "never",
    settled: false,
    reader: null,
    idle: false,
    heard: false,
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

/** Bytes of which there is certain to be a first line's first 1024 characters. */
const ENOUGH = 8192;

/**
 * A file's identity, from its first line; null when there is none, or when opening will say why it
 * cannot be read. @param ended what has no line feed yet is a line
 */
export async function firstIdentity(
  path: string,
  maxLine: number,
  ended: boolean,
): Promise<string | null> {
  const input = new InputHandle({
    name: path,
  });
  let failed = false;
  try {
    const bytes = await openFile({ name: path, path }, input, () => new ReadableStream(), NEVER, {
      block: ENOUGH,
      failed: () => failed = true,
    });
    const reader = new ContentReader(input, { maxLine });
    for await (const { data, arrival } of bytes) if (reader.push(data, arrival)) break;
    if (input.identity === null && (ended || reader.counters.bytes > ENOUGH) && !failed) {
      reader.end();
    }
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
  }
  return input.identity;
}

const NEVER = new AbortController().signal;

/** Tells inputs apart that begin with the same line: their event ids must differ. */
export class Identities {
  private readonly seen = new Map<string, number>();

  settle(open: InputState): void {
    const { input } = open;
    if (open.settled || input.identity === null) return;
    open.settled = true;
    const before = this.seen.get(input.identity) ?? 0;
    this.seen.set(input.identity, before + 1);
    input.distinguish(before);
  }
}

/** How lines become events now: rules and sourcetypes may be loaded anew while a run goes on. */
export interface Current {
  compiled: ParseOptions["compiled"];
  parsers: Parsers;
}

/**
 * Opens an input at its offset and puts the stages behind it. A batch becomes events when it is
 * taken, so that reading ahead never runs ahead of what a checkpoint or a reload sees. Throws
 * InputError.
 */
export async function openReader(
  open: InputState,
  options: InputOptions,
  current: Current,
  signal: AbortSignal,
): Promise<ReadableStreamDefaultReader<DeferredBatch>> {
  const text = await openLines(open, options, signal);
  return text.pipeThrough(recognise({
    compiled: () => current.compiled,
    onRecognised(input, found) {
      options.notice(
        found.sourcetype === null
          ? `warning: ${input.name}: no sourcetype fits its first lines; read as ${input.sourcetype}. Name it with --sourcetype`
          : `${input.name}: read as ${input.sourcetype} (${found.reason})`,
      );
    },
  })).pipeThrough(
    new TransformStream<TextBatch, DeferredBatch>({
      transform: (batch, controller) =>
        controller.enqueue(() => {
          const { events, state } = current.parsers.parse(batch, open.parserState);
          open.parserState = state;
          return events;
        }),
    }),
  ).getReader();
}

async function openLines(
  open: InputState,
  options: InputOptions,
  signal: AbortSignal,
): Promise<ReadableStream<TextBatch>> {
  const { offset, encoding, counters, live, input } = open;
  const opened = live?.open(input, offset);
  if (opened && "lines" in opened) return opened.lines;
  const bytes = opened?.bytes ?? await openFile(open.found, input, options.stdin, signal, {
    offset,
    block: blockSize(options.found.length),
    failed: (error) => {
      options.notice(`error: ${error.message}`);
      open.error = error.message;
    },
  });
  return bytes.pipeThrough(lines({
    maxLine: options.maxLine,
    signal,
    counters,
    ...(offset > 0 ? { offset, encoding: encoding ?? "utf-8" } : {}),
  }));
}

/** Where reading of an input stands; null before its first line. */
export function positionOf(open: InputState): Position | null {
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
    parser: open.parserState && JSON.stringify({ ...open.parserState, since: undefined }),
    done: open.state === "done",
  };
}

/** The input of a job as it stands now. */
export function jobOf(open: InputState, run: string, now: number): Job {
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
