/** Reading events of a range in slices of about one length of time, between which writes go first. */
import type {
  Cursor,
  SearchedRows,
  SliceRequest,
  Store,
  StoredEvent,
  TimeRange,
} from "../store/mod.ts";
import { Density } from "./density.ts";
import { partsOf } from "./parts.ts";

/** Events of one slice at first, at least and at most. */
const FIRST = 2000, LEAST = 500, MOST = 50_000;
/** What a slice is to take, ms: a query of the embedded database cannot be stopped. */
const SLICE_MS = 50;
/**
 * The same of stretches of time of a server, which ends a statement that is stopped. Given both ends of
 * a stretch it reads its pages in their order, and with helpers; up to a number of rows, one by one by
 * the index, at two to three times the cost. Its first look at what is frequent is that.
 */
const STRETCH = { ms: 100, first: 20_000, least: 2000, most: 1_000_000 };
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
  const size = new SliceSize(store.kind);
  const density = store.kind === "pglite" ? null : new Density(store, order);
  const limit = Math.min(ROWS, Math.max(FEW_ROWS, enough));
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
      const stretches = density !== null && start !== undefined && (looked || part.range.ids);
      const edge = stretches ? await density.edge(start, size.stretch, part.range) : null;
      const request: SliceRequest = {
        ...reads,
        ...part.range,
        ...edge === null ? {} : order === "newest" ? { from: edge } : { to: edge },
        order,
        cursor,
        scan: stretches ? null : size.scan,
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

/** How much is read at a time, by how long it took before. */
class SliceSize {
  /** Events looked at one by one. */
  scan = FIRST;
  /** Events of a stretch of time, about. */
  stretch = STRETCH.first;

  constructor(readonly kind: Store["kind"]) {}

  /** @param full there were as many rows as are taken at once, before the end was reached */
  adapt(ms: number, full: boolean): void {
    if (this.kind === "pglite") this.scan = sized(this.scan, ms / SLICE_MS, LEAST, MOST);
    // Where rows are frequent, much of a stretch would be read again for the next of them.
    const taken = full ? 2 : ms / STRETCH.ms;
    this.stretch = sized(this.stretch, taken, STRETCH.least, STRETCH.most);
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
