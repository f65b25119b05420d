/** Opens an input and puts the stages behind it: bytes, lines, sourcetype, events. */
import type { Compiled } from "../../compiler/sourcetype/mod.ts";
import { blockSize } from "../sources/blocks.ts";
import { openFile } from "../sources/files.ts";
import { lines } from "../stages/content.ts";
import type { TextBatch } from "../stages/lines.ts";
import { Parsers } from "../stages/parse.ts";
import { recognise } from "../stages/recognise.ts";
import type { DeferredBatch, InputReader, InputState } from "./input_state.ts";
import type { InputOptions } from "./inputs.ts";

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

/**
 * Opens an input at its offset and puts the stages behind it. A batch becomes events when it is
 * taken, so that reading ahead never runs ahead of what a checkpoint or a reload sees. Throws
 * InputError.
 */
export async function openReader(
  state: InputState,
  options: InputOptions,
  active: ActiveParsers,
  signal: AbortSignal,
): Promise<InputReader> {
  const text = await openLines(state, options, signal);
  return text.pipeThrough(recognise({
    compiled: () => active.compiled,
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
        controller.enqueue(() => state.parse(batch, active.parsers)),
    }),
  ).getReader();
}

async function openLines(
  state: InputState,
  options: InputOptions,
  signal: AbortSignal,
): Promise<ReadableStream<TextBatch>> {
  const { offset, encoding, counters, live, input } = state;
  const opened = live?.open(input, offset);
  if (opened && "lines" in opened) return opened.lines;
  const bytes = opened?.bytes ?? await openFile(state.found, input, options.stdin, signal, {
    offset,
    block: blockSize(options.found.length),
    failed: (error) => {
      options.notice(`error: ${error.message}`);
      state.broke(error.message);
    },
  });
  return bytes.pipeThrough(lines({
    maxLine: options.maxLine,
    signal,
    counters,
    ...(offset > 0 ? { offset, encoding: encoding ?? "utf-8" } : {}),
  }));
}
