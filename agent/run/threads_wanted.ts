/** Whether a run gives a part of its rules to other threads. */
import type { RunOptions } from "./options.ts";
import type { InputState } from "./input_state.ts";

/** Bytes that are to be read for a second thread's start to pay by itself. */
const ENOUGH_BYTES = 64 * 1024 * 1024;
/**
 * Estimated gain from which on it pays. The estimate knows nothing of a second heap, of copies of lines
 * and of waiting: access logs, for which it is 1.34, took 1.1 of one thread's time; see docs/performance.md.
 */
const ENOUGH_GAIN = 1.8;
/** Events by which it is known what rules are fed with; over twice as many rules are measured then. */
const AFTER = 10_000;
/** ns that the thread that reads has more than the others with an event, and those of making rows of it. */
const READING = 300, STORING = 2500;

export interface ThreadsWanted {
  /** Events that come before. */
  readonly after: number;
  /** Events over which it is measured what each rule costs; 0: that is estimated. */
  readonly measured: number;
  readonly threads: number;
  /** Estimated gain that is asked for. */
  readonly gain: number;
  /** ns that this thread has more with an event. */
  readonly extra: number;
}

export const NEVER: ThreadsWanted = {
  after: Infinity,
  measured: 0,
  threads: 1,
  gain: Infinity,
  extra: 0,
};

/** What is known of the inputs before the first line. @param cores of this machine */
export function splitting(
  options: RunOptions,
  inputs: readonly InputState[],
  cores = navigator.hardwareConcurrency,
): ThreadsWanted {
  const { engine, threads, store, keep, splitAfter = AFTER } = options;
  if (!engine || threads === 1 || options.listeners?.length) return NEVER;
  // Whoever shares its work, or knows what other threads do not, runs all of it itself.
  if (options.share || options.marker) return NEVER;
  if (inputs.some((state) => state.live !== null)) return NEVER;
  // Rows that wait for other inputs would stand in the checkpoint of each part.
  const waits = inputs.length > 1 || inputs.some((state) => state.input.lateness > 0);
  if (waits && store && options.stream) return NEVER;
  const stores = store !== null && keep !== "none";
  const of = {
    after: splitAfter,
    measured: 2 * splitAfter,
    extra: stores ? STORING : READING,
  };
  if (threads !== undefined) return { ...of, threads, gain: 0 };
  // A database has a thread of its own already.
  if (cores < (stores ? 3 : 2) || bytesOf(inputs) < ENOUGH_BYTES) return NEVER;
  return { ...of, threads: 2, gain: ENOUGH_GAIN };
}

/** Bytes of files that are not read yet; what is packed has more, and a pipe is not counted. */
function bytesOf(inputs: readonly InputState[]): number {
  return inputs.reduce((sum, state) => sum + (state.state === "running" ? state.bytesLeft : 0), 0);
}
