/** Reading events of a range in slices of about one length of time, between which writes go first. */
import type { Cursor, SearchedRows, Store, StoredEvent, TimeRange } from "../store/mod.ts";
import { partsOf } from "./parts.ts";

/** Events of one slice at first, at least and at most. */
const FIRST = 2000, LEAST = 500, MOST = 50_000;
/** What a slice is to take, ms: a query of the embedded database cannot be stopped. */
const SLICE_MS = 50;
/** Rows that one slice gives, at most, and where a few are enough at least. */
const ROWS = 2000, FEW_ROWS = 50;

export interface SlicesRequest {
  readonly reads: SearchedRows;
  readonly range: TimeRange;
  readonly order: "newest" | "oldest";
  /** See SliceRequest. */
  readonly undecided?: readonly string[];
  /** Rows after which the caller has enough if all of them fit; any number when left out. */
  readonly enough?: number;
}

export interface ReadSlice {
  /** In the order asked for. Some may not fit: the condition is to be asked of each. */
  readonly events: readonly StoredEvent[];
  /** Event time up to which all was looked at; null at the end of the range. */
  readonly reached: number | null;
  /** Behind which event reading goes on; null at the end of the range. */
  readonly next: Cursor | null;
}

/**
 * The slices of a range in order, without what the index of texts tells to be of no use.
 * @throws {DOMException} AbortError when `signal` is aborted
 */
export async function* slices(
  store: Store,
  { reads, range, order, undecided, enough = ROWS }: SlicesRequest,
  signal?: AbortSignal,
): AsyncGenerator<ReadSlice> {
  let scan = FIRST;
  const limit = Math.min(ROWS, Math.max(FEW_ROWS, enough));
  for await (const part of partsOf(store, { reads, range, order }, signal)) {
    if (part.range === null) {
      yield { events: [], reached: part.reached, next: whole(part.reached, order) };
      continue;
    }
    let cursor: Cursor | undefined;
    do {
      signal?.throwIfAborted();
      const began = performance.now();
      const request = { ...reads, ...part.range, order, cursor, scan, limit, undecided };
      const { events, next } = await store.searchSlice(request, signal);
      const took = performance.now() - began;
      const reached = next?.time ?? part.reached;
      yield { events, reached, next: next ?? whole(reached, order) };
      cursor = next ?? undefined;
      if (took < SLICE_MS / 4) scan = Math.min(scan * 4, MOST);
      else if (took < SLICE_MS / 2) scan = Math.min(scan * 2, MOST);
      else if (took > SLICE_MS) scan = Math.max(Math.floor(scan / 2), LEAST);
    } while (cursor !== undefined);
  }
}

/** Behind all events of a time. */
const whole = (time: number | null, order: "newest" | "oldest"): Cursor | null =>
  time === null ? null : { time, id: (order === "newest" ? "0" : "f").repeat(32) };
