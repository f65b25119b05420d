/** The inputs of a run: how they are found, identified and told apart. */
import { InputHandle } from "../input.ts";
import { InputError, type InputPath, openFile, statOf } from "../sources/files.ts";
import { ContentReader } from "../stages/content.ts";
import type { ParseOptions } from "../stages/parse.ts";
import { InputState, type InputStateOptions } from "./input_state.ts";

/** Which inputs a run has, and how their lines are read. */
export interface ReadOptions {
  readonly found: readonly InputPath[];
  readonly stdin: () => ReadableStream<Uint8Array>;
  /** What the inputs are, for all; null to recognise each. */
  readonly sourcetype: string | null;
  /** ms, of inputs that do not say their own. */
  readonly lateness: number;
  readonly maxLine: number;
  readonly signal: AbortSignal;
  /** A sentence for the user about an input: what was recognised, what failed. */
  notice(text: string): void;
}

/** And how events are made of them. */
export interface InputOptions extends ReadOptions {
  readonly parse: ParseOptions;
}

/** All inputs, none opened yet; files know their identity, so that it does not depend on who is first. */
export async function prepareInputs(
  options: ReadOptions,
  identities: Identities,
): Promise<InputState[]> {
  const inputs = options.found.map((found, index) => prepare({ found, index }, options));
  for (const state of inputs) await identify(state, options, identities);
  return inputs;
}

/** Takes the identity from a file's content. */
export async function identify(
  state: InputState,
  options: ReadOptions,
  identities: Identities,
): Promise<void> {
  const { path } = state.found;
  if (path === null) return;
  const stat = await statOf(path).catch(() => null);
  if (!stat) return;
  state.opened(stat);
  if (!stat.isFile) return;
  if (state.input.identity === null) {
    // What is still being written may end in the middle of its first line.
    const identity = await firstIdentity(path, options.maxLine, state.live === null);
    if (identity !== null) state.input.identify(identity);
  }
  identities.makeUnique(state);
}

/** An input that is not opened yet; what it does not say itself is as for every input. */
export function prepare(
  of: Partial<InputStateOptions> & Pick<InputStateOptions, "found" | "index">,
  options: ReadOptions,
): InputState {
  return new InputState({
    ...of,
    sourcetype: of.sourcetype ?? options.sourcetype,
    lateness: of.lateness ?? options.lateness,
  });
}

/** Bytes that are certain to hold a first line's first 1024 characters. */
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
  const input = new InputHandle({ name: path });
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

  makeUnique(state: InputState): void {
    state.makeUnique((identity) => {
      const earlier = this.seen.get(identity) ?? 0;
      this.seen.set(identity, earlier + 1);
      return earlier;
    });
  }
}
