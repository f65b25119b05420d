/** Opens an input and puts the stages behind it: bytes, lines, sourcetype, events. */
import type { Compiled, ParserState } from "../../compiler/sourcetype/mod.ts";
import { blockSize } from "../sources/blocks.ts";
import { openFile } from "../sources/files.ts";
import { lines } from "../stages/content.ts";
import type { EventBatch } from "../event.ts";
import { newLineCounters, type TextBatch } from "../stages/lines.ts";
import { firstState, Parsers } from "../stages/parse.ts";
import { recognise } from "../stages/recognise.ts";
import type { DeferredBatch, InputReader, InputState } from "./input_state.ts";
import type { InputOptions, ReadOptions } from "./inputs.ts";

/** The sourcetypes in force and their parsers; a reload replaces both. */
export class ActiveParsers {
  #compiled: Compiled;
  #parsers: Parsers;

  constructor(private readonly options: InputOptions) {
    this.#compiled = options.parse.compiled;
    this.#parsers = this.#make();
  }

  get compiled(): Compiled {
    return this.#compiled;
  }
  get parsers(): Parsers {
    return this.#parsers;
  }

  /** Batches that are taken from now on are read by these. */
  replace(compiled: Compiled): void {
    this.#compiled = compiled;
    this.#parsers = this.#make();
  }

  #make(): Parsers {
    const { parse, sourcetype, notice } = this.options;
    return new Parsers({
      ...parse,
      compiled: this.#compiled,
      mixed: sourcetype === null,
      onOther: (input, other) => notice(`${input.name}: holds lines of ${other} too`),
    });
  }
}

/** What inputs are opened with. */
export interface Reading {
  readonly options: InputOptions;
  readonly active: ActiveParsers;
  readonly signal: AbortSignal;
  /** The bytes of stdin, or of a pipe that has a path. */
  readonly pipe: (state: InputState) => ReadableStream<Uint8Array>;
}

/**
 * Opens an input at its offset and puts the stages behind it. A batch becomes events when it is
 * taken, so that reading ahead never runs ahead of what a checkpoint or a reload sees. Throws
 * InputError.
 */
export async function openReader(state: InputState, of: Reading): Promise<InputReader> {
  const { options, active } = of;
  const text = await openLines(state, of);
  return text.pipeThrough(recognise({
    compiled: () => active.compiled,
    onRecognised(input, found) {
      options.notice(
        found.sourcetype === null
          ? `warning: ${input.name}: no sourcetype fits its first lines; read as ${input.sourcetype}. Name it with --sourcetype`
          : `${input.name}: read as ${input.sourcetype} (${found.reason})`,
      );
    },
    onUnknown: (input, name) =>
      options.notice(
        `warning: ${input.name}: its records name a sourcetype ${
          JSON.stringify(name)
        } that there is not; they are recognised by their lines`,
      ),
  })).pipeThrough(
    new TransformStream<TextBatch, DeferredBatch>({
      transform: (batch, controller) =>
        controller.enqueue(
          Object.assign(() => state.parse(batch, active.parsers), { text: batch }),
        ),
    }),
  ).getReader();
}

/** What a second reading opens an input with. */
export interface Rereading {
  readonly options: InputOptions;
  readonly compiled: Compiled;
  /** The bytes of a pipe again; null for a file. */
  readonly pipe: (() => ReadableStream<Uint8Array>) | null;
  readonly signal: AbortSignal;
}

/**
 * Reads an input again from its beginning, as lines in no order of time. Ends early, without an error,
 * where it cannot be read any more. Throws InputError when it cannot be opened.
 */
export async function* readAgain(
  state: InputState,
  { options, compiled, pipe, signal }: Rereading,
): AsyncGenerator<EventBatch> {
  const parse = { ...options.parse, compiled, mixed: options.sourcetype === null };
  const parsers = new Parsers({ ...parse, onOther: undefined, onZone: undefined });
  const bytes = await openFile(
    pipe ? { ...state.found, path: null } : state.found,
    state.input,
    pipe ?? options.stdin,
    signal,
    {
      block: blockSize(options.found.length),
      failed: () => {},
    },
  );
  let remembered: ParserState = { ...firstState(parse, state.input), unordered: true };
  for await (
    const batch of bytes.pipeThrough(
      lines({ maxLine: options.maxLine, signal, counters: newLineCounters() }),
    )
  ) {
    const { events, state: after } = parsers.parse(batch, remembered);
    remembered = after;
    yield events;
  }
}

/** Opens an input at its offset, as lines. Throws InputError. */
export async function openLines(
  state: InputState,
  { options, signal, pipe }: Pick<Reading, "signal" | "pipe"> & { readonly options: ReadOptions },
): Promise<ReadableStream<TextBatch>> {
  const { offset, encoding, counters, live, input } = state;
  const opened = live?.open(input, offset, counters);
  if (opened && "lines" in opened) return opened.lines;
  const bytes = opened?.bytes ?? await openFile(
    state.resumes === "never" ? { ...state.found, path: null } : state.found,
    input,
    () => pipe(state),
    signal,
    {
      offset,
      block: blockSize(options.found.length),
      failed: (error) => {
        options.notice(`error: ${error.message}`);
        state.broke(error.message);
      },
    },
  );
  return bytes.pipeThrough(lines({
    maxLine: options.maxLine,
    signal,
    counters,
    ...(offset > 0 ? { offset, encoding: encoding ?? "utf-8" } : {}),
  }));
}
