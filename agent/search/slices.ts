/** Reading events of a range in slices of about one length of time, between which writes go first. */
import {
  columnsDecide,
  columnsNarrow,
  type Cursor,
  type EventSpan,
  type SearchedRows,
  type SliceRequest,
  type Store,
  type StoredEvent,
  type TimeRange,
} from "../store/mod.ts";
import { Density } from "./density.ts";
import { partsOf } from "./parts.ts";

/** Events of the first look, which finds what is frequent: one by one by the index. */
const FIRST = 2000;
/**
 * Events of the stretches of time behind it, at first, at least and at most, and what one is to take, in
 * ms. Given both ends, a database reads the pages of a stretch in their order, and a server with helpers:
 * up to a number of rows it costs two to three times that, and ten times where few of them are of the
 * input that is sought. A server ends a statement that is stopped, the embedded database does not.
 */
const STRETCH = {
  postgresql: { ms: 100, first: 20_000, least: 2000, most: 1_000_000 },
  pglite: { ms: 50, first: 5000, least: 5000, most: 50_000 },
};
/** Events whose columns are looked at together: some 20 ms, and of the embedded database some 50. */
export const COLUMN_EVENTS = { postgresql: 250_000, pglite: 100_000 };
/** The same at first. */
const FIRST_WINDOW = 100_000;
/** Where one of so many events fits, rows are read in stretches rather than by their times. */
const MANY = 20;
/** Times whose rows are asked for at once. */
const TIMES = 500;
/** Rows that one slice gives, at most, and where a few are enough at least. */
const ROWS = 2000, FEW_ROWS = 50;

export interface SlicesRequest {
  readonly reads: SearchedRows;
  readonly range: TimeRange;
  readonly order: "newest" | "oldest";
  /** See SliceRequest. */
  readonly undecided?: readonly string[];
  /** Only rows of these times, epoch ms, in the order asked for. */
  readonly times?: readonly number[];
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
  request: SlicesRequest,
  signal?: AbortSignal,
): AsyncGenerator<ReadSlice> {
  const { reads, range, order, undecided, times, enough = ROWS } = request;
  const limit = Math.min(ROWS, Math.max(FEW_ROWS, enough));
  if (times !== undefined) {
    yield* ofTimes(store, { ...request, times, limit }, signal);
    return;
  }
  const size = new SliceSize(store.kind);
  const density = new Density(store, order);
  const columns = undecided === undefined && columnsNarrow(reads)
    ? new ColumnWindows(store, density, { ...request, limit })
    : null;
  let looked = false;
  for await (const part of partsOf(store, { reads, range, order }, signal)) {
    if (part.range === null) {
      yield { events: [], reached: part.reached, next: whole(part.reached, order) };
      continue;
    }
    let cursor: Cursor | undefined;
    do {
      signal?.throwIfAborted();
      const began = performance.now();
      const start = cursor?.time ?? (order === "newest" ? part.range.to : part.range.from);
      if (looked && columns !== null && start !== undefined) {
        const found = await columns.next(part.range, start, cursor, signal);
        if (found !== null) {
          const reached = found.next?.time ?? part.reached;
          const within = { reads, range: part.range, order, cursor, times: found.times, limit };
          yield* ofTimes(store, within, signal);
          yield { events: [], reached, next: found.next ?? whole(reached, order) };
          cursor = found.next ?? undefined;
          continue;
        }
      }
      const stretches = start !== undefined && (looked || part.range.ids);
      const edge = stretches ? await density.edge(start, size.stretch, part.range) : null;
      const request: SliceRequest = {
        ...reads,
        ...part.range,
        ...edge === null ? {} : order === "newest" ? { from: edge } : { to: edge },
        order,
        cursor,
        scan: stretches ? null : FIRST,
        limit,
        undecided,
      };
      const { events, next: behind } = await store.searchSlice(request, signal);
      looked = true;
      const full = events.length === limit;
      // What begins at the edge comes next, in either order.
      const next = behind ?? (edge === null ? null : { time: edge, id: FIRST_ID });
      const reached = next?.time ?? part.reached;
      yield { events, reached, next: next ?? whole(reached, order) };
      cursor = next ?? undefined;
      size.adapt(performance.now() - began, full);
    } while (cursor !== undefined);
  }
}

interface TimesRequest {
  readonly reads: SearchedRows;
  readonly range: EventSpan;
  readonly order: "newest" | "oldest";
  /** Behind which rows are wanted. */
  readonly cursor?: Cursor;
  readonly times: readonly number[];
  readonly limit: number;
}

/** The rows of some times, a slice after the other. */
async function* ofTimes(
  store: Store,
  { reads, range, order, cursor, times, limit }: TimesRequest,
  signal?: AbortSignal,
): AsyncGenerator<ReadSlice> {
  let left = times;
  while (left.length > 0) {
    signal?.throwIfAborted();
    const now = left.slice(0, TIMES);
    const { events, next } = await store.searchSlice(
      { ...reads, ...range, order, cursor, scan: null, limit, times: now },
      signal,
    );
    const reached = next?.time ?? now.at(-1)!;
    cursor = next ?? whole(reached, order)!;
    yield { events, reached, next: cursor };
    left = next === null
      ? left.slice(now.length)
      : left.filter((t) => order === "newest" ? t <= reached : t >= reached);
  }
}

/** Times of a range whose rows may fit, by what is kept by columns, a window after the other. */
class ColumnWindows {
  #size = FIRST_WINDOW;
  /** Up to this time, in the order of reading, rows are found otherwise; null for all that is left. */
  #otherwise: number | null | undefined;

  constructor(
    readonly store: Store,
    readonly density: Density,
    readonly request: SlicesRequest & { readonly limit: number },
  ) {}

  /** Null where columns do not tell, or of so many rows that those are better read one after the other. */
  async next(
    range: TimeRange,
    start: number,
    cursor: Cursor | undefined,
    signal?: AbortSignal,
  ): Promise<{ readonly times: readonly number[]; readonly next: Cursor | null } | null> {
    const { reads, order, limit } = this.request;
    const newest = order === "newest";
    const until = this.#otherwise;
    if (until === null) return null;
    if (until !== undefined && (newest ? start > until : start < until)) return null;
    const edge = await this.density.edge(start, this.#size, range);
    const span = newest
      ? { from: edge ?? range.from, to: cursor === undefined ? start : start + 1 }
      : { from: start, to: edge ?? range.to };
    const most = columnsDecide(reads) ? limit : ROWS;
    const found = await this.store.columnTimes({ ...reads, ...span, order, limit: most }, signal);
    if (found === null || most === ROWS && found.events > this.#size / MANY) {
      this.#otherwise = edge;
      return null;
    }
    this.#size = COLUMN_EVENTS[this.store.kind];
    const last = found.times.at(-1);
    const next = found.all
      ? edge === null ? null : { time: edge, id: FIRST_ID }
      : whole(last!, order);
    return { times: found.times, next };
  }
}

/** About how many events a stretch has, by how long it took before. */
class SliceSize {
  stretch: number;

  constructor(readonly kind: Store["kind"]) {
    this.stretch = STRETCH[kind].first;
  }

  /** @param full there were as many rows as are taken at once, before the end was reached */
  adapt(took: number, full: boolean): void {
    const { ms, least, most } = STRETCH[this.kind];
    // Where rows are frequent, much of a stretch would be read again for the next of them.
    this.stretch = sized(this.stretch, full ? 2 : took / ms, least, most);
  }
}

/** @param taken share of the time that one slice may take */
function sized(size: number, taken: number, least: number, most: number): number {
  if (taken < 1 / 4) return Math.min(size * 4, most);
  if (taken < 1 / 2) return Math.min(size * 2, most);
  return taken > 1 ? Math.max(Math.floor(size / 2), least) : size;
}

const FIRST_ID = "0".repeat(32);

/** Behind all events of a time. */
const whole = (time: number | null, order: "newest" | "oldest"): Cursor | null =>
  time === null ? null : { time, id: (order === "newest" ? "0" : "f").repeat(32) };
