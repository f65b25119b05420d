/** Waiting for a database that does not answer. */
import { StoreError } from "./error.ts";

export interface Retry {
  /** Told once when the database goes away; `error.message` is ready for the user. */
  away(error: StoreError): void;
  /** Told once when it answers again. */
  back(): void;
  /** Gives up: the error of the last attempt is thrown. */
  readonly signal?: AbortSignal;
  /** First and longest pause, in ms; 500 and 30,000 unless told. */
  readonly pauses?: readonly [number, number];
}

/** How long opening waits for a database, in ms: an address with a mistake in it never answers. */
const OPENING = 15_000;

/**
 * Does `work`, again and again with growing pauses while it fails with a StoreError that says a later
 * attempt may succeed. Any other error, and the last one when the signal stops it or `patience` ms have
 * passed in which nothing answered, is thrown.
 */
export async function retrying<T>(
  work: () => Promise<T>,
  retry: Retry | undefined,
  patience: number = OPENING,
): Promise<T> {
  const [first, longest] = retry?.pauses ?? [500, 30_000];
  let waited = 0, told = false;
  for (let pause = first;; pause = Math.min(pause * 2, longest)) {
    try {
      const result = await work();
      if (told) retry!.back();
      return result;
    } catch (error) {
      if (!retry || !(error instanceof StoreError) || !error.retryable) throw error;
      if (waited >= patience || retry.signal?.aborted) throw error;
      if (!told) retry.away(error);
      told = true;
      await sleep(pause, retry.signal);
      // Where a server says that it is coming up, its address is right.
      if (!error.starting) waited += pause;
    }
  }
}

function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((done) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      done();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener("abort", end);
  });
}
