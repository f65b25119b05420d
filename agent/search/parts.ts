/** Parts of a range that are worth reading, one after the other. */
import {
  type EventSpan,
  hasRawText,
  type SearchedRows,
  type Store,
  type TimeRange,
} from "../store/mod.ts";

export interface PartsRequest {
  readonly reads: SearchedRows;
  readonly range: TimeRange;
  readonly order: "newest" | "oldest";
  /** Events of a part about, at most; without it parts are as long as they come. */
  readonly most?: number;
}

export interface Part {
  /** What is to be read; null where only `reached` is told. */
  readonly range: EventSpan | null;
  /** Up to where all is done once this part is, epoch ms; null at the end of the range. */
  readonly reached: number | null;
}

/** Events of which the index of texts is asked at once, the first time and at most. */
const FIRST = 100_000, MOST = { pglite: 400_000, postgresql: 2_000_000 };

/**
 * The parts of a range in the order asked for. Where the search is for texts, the index says for some
 * hundred thousand events at a time which stretches may have them, so that what is found first comes
 * first.
 * @throws {DOMException} AbortError when `signal` is aborted
 */
export async function* partsOf(
  store: Store,
  { reads, range, order, most }: PartsRequest,
  signal?: AbortSignal,
): AsyncGenerator<Part> {
  const texts = hasRawText(reads);
  if (!texts && most === undefined) {
    yield { range, reached: null };
    return;
  }
  const newest = order === "newest";
  const sizes = texts ? growing(MOST[store.kind]) : () => most!;
  for (const window of await windows(store, range, newest, sizes)) {
    signal?.throwIfAborted();
    const end = newest ? window.from : window.to;
    const reached = end === (newest ? range.from : range.to) ? null : end ?? null;
    if (!texts) {
      yield { range: window, reached };
      continue;
    }
    const found = [...await store.rawRanges({ ...reads, ...window }, signal)];
    if (newest) found.reverse();
    for (const part of most === undefined ? found : await cut(store, found, most)) {
      signal?.throwIfAborted();
      yield { range: part, reached: (newest ? part.from : part.to) ?? null };
    }
    yield { range: null, reached };
  }
}

/** Sizes that double up to `most`. */
function growing(most: number): () => number {
  let size = FIRST / 2;
  return () => size = Math.min(2 * size, most);
}

/** A range cut at hours, so that each window has about as many events as `size` says. */
async function windows(
  store: Store,
  range: TimeRange,
  newest: boolean,
  size: () => number,
): Promise<TimeRange[]> {
  const hours = [...await store.eventsByHour(range)];
  if (newest) hours.reverse();
  const cuts: number[] = [];
  let most = size(), events = 0;
  for (const [i, hour] of hours.entries()) {
    if (events > 0 && events + hour.events > most) {
      // Before the first of these hours in the order of reading.
      const at = newest ? hours[i - 1].bucket : hour.bucket;
      if (at > (range.from ?? -Infinity) && at < (range.to ?? Infinity)) {
        cuts.push(at);
        events = 0;
        most = size();
      }
    }
    events += hour.events;
  }
  const all = newest ? [range.to, ...cuts, range.from] : [range.from, ...cuts, range.to];
  return all.slice(1).map((end, i) =>
    newest ? { from: end, to: all[i] } : { from: all[i], to: end }
  );
}

const HOUR = 3_600_000;

/** Cuts what is too long at hours. */
async function cut(
  store: Store,
  ranges: readonly EventSpan[],
  most: number,
): Promise<EventSpan[]> {
  const out: EventSpan[] = [];
  for (const range of ranges) {
    const { from = -Infinity, to = Infinity, ids } = range;
    if (to - from <= HOUR) out.push(range);
    else {
      const cuts = await windows(store, range, false, () => most);
      out.push(...cuts.map((c) => ({ ...c, ids })));
    }
  }
  return out;
}
