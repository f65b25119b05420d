/** Reading events of a range in slices of about one length of time, between which writes go first. */
import type { Cursor, SearchedRows, Slice, Store, TimeRange } from "../store/mod.ts";

/** Events of one slice at first, at least and at most. */
const FIRST = 2000, LEAST = 500, MOST = 50_000;
/** What a slice is to take, ms: a query of the embedded database cannot be stopped. */
const SLICE_MS = 50;
/** Rows that one slice gives. */
const ROWS = 2000;

export interface SlicesRequest {
  readonly reads: SearchedRows;
  readonly range: TimeRange;
  readonly order: "newest" | "oldest";
  /** See SliceRequest. */
  readonly undecided?: readonly string[];
}

/**
 * The slices of a range in order.
 * @throws {DOMException} AbortError when `signal` is aborted
 */
export async function* slices(
  store: Store,
  { reads, range, order, undecided }: SlicesRequest,
  signal?: AbortSignal,
): AsyncGenerator<Slice> {
  let cursor: Cursor | undefined;
  for (let scan = FIRST;;) {
    signal?.throwIfAborted();
    const began = performance.now();
    const slice = await store.searchSlice({
      ...reads,
      ...range,
      order,
      cursor,
      scan,
      limit: ROWS,
      undecided,
    });
    const took = performance.now() - began;
    yield slice;
    if (slice.next === null) return;
    cursor = slice.next;
    if (took < SLICE_MS / 2) scan = Math.min(scan * 2, MOST);
    else if (took > SLICE_MS) scan = Math.max(Math.floor(scan / 2), LEAST);
  }
}
