/** Groups of a search that are counted without a look at each row: by the kept counts, by columns, or by SQL. */
import {
  columnsDecide,
  columnsGroup,
  type EventSpan,
  type SearchedRows,
  type Store,
  type TimeRange,
} from "../store/mod.ts";
import { groupsByCounts } from "./counted.ts";
import type { GroupPlan } from "./groups.ts";
import { partsOf } from "./parts.ts";
import { COLUMN_EVENTS } from "./slices.ts";
import type { Stage } from "./stage.ts";

/** Events whose groups the database counts at once, about: nothing can stop the embedded one. */
const MOST = { pglite: 20_000, postgresql: 1_000_000 };

/** What is read of the rows that no group has. */
export interface ReadOnly {
  readonly range: EventSpan;
  readonly undecided?: readonly string[];
  readonly times?: readonly number[];
}

export interface CountingRun {
  readonly store: Store;
  readonly groups: GroupPlan;
  readonly reads: SearchedRows;
  readonly range: TimeRange;
  /** In which rows are read. */
  readonly order: "newest" | "oldest";
  readonly signal?: AbortSignal;
  /** Groups, at most. */
  readonly limit: number;
  /** Called after each part with how far it reached; true ends it there. */
  readonly ends: (reached: number | null) => boolean;
  /** Reads rows one by one; false when no more are taken. */
  readonly read: (only: ReadOnly) => Promise<boolean>;
}

/** Adds groups to a `stats`, and the rows beside them of which they do not tell. */
export async function countGroups(run: CountingRun, chain: Stage): Promise<void> {
  const { store, groups, reads, range: whole, signal } = run;
  if (groups.plainKeys) {
    const known = await groupsByCounts(store, requestOf(run, whole), signal);
    if (known !== null) {
      groups.take(chain, known);
      return;
    }
  }
  const columns = columnsDecide(reads) && columnsGroup(groups.request);
  const most = columns ? COLUMN_EVENTS[store.kind] : MOST[store.kind];
  const request = { reads, range: whole, order: "oldest", most } as const;
  const rest: EventSpan[] = [], small = most <= MOST[store.kind];
  for await (const { range, reached } of partsOf(store, request, signal)) {
    if (range === null) {
      if (run.ends(reached)) return;
      continue;
    }
    const known = columns ? await byColumns(run, range, chain) : null;
    const more = known ?? await bySql(run, { range, reached }, chain, { small, rest });
    if (!more || run.ends(reached)) return;
  }
  for (const range of rest) {
    if (!await run.read({ range, undecided: groups.plain })) return;
  }
}

const requestOf = ({ reads, groups, limit }: CountingRun, range: EventSpan) => ({
  ...reads,
  ...range,
  ...groups.request,
  bucket: groups.buckets(range)!,
  limit,
});

/** By columns, with the events that those do not tell; false to end, null where they do not know. */
async function byColumns(
  run: CountingRun,
  range: EventSpan,
  chain: Stage,
): Promise<boolean | null> {
  const found = await run.store.columnGroups(requestOf(run, range), run.signal);
  if (found === null) return null;
  if (run.groups.take(chain, found.groups).full) return false;
  if (found.undecided.length === 0) return true;
  const times = run.order === "newest" ? found.undecided.toReversed() : found.undecided;
  return await run.read({ range, times });
}

/**
 * By SQL, in pieces that do not take long; false to end.
 * @param small whether the part is such a piece
 * @param rest gets what has rows to be read
 */
async function bySql(
  run: CountingRun,
  part: { readonly range: EventSpan; readonly reached: number | null },
  chain: Stage,
  { small, rest }: { readonly small: boolean; readonly rest: EventSpan[] },
): Promise<boolean> {
  const { store, reads, signal } = run;
  const request = { reads, range: part.range, order: "oldest", most: MOST[store.kind] } as const;
  // Columns are asked of more at once.
  const pieces = small ? [part] : partsOf(store, request, signal);
  for await (const { range, reached } of pieces) {
    if (range === null) continue;
    const found = await store.searchGroups(requestOf(run, range), signal);
    const { full, odd } = run.groups.take(chain, found);
    if (odd) rest.push(range);
    if (full || reached !== null && reached !== part.reached && run.ends(reached)) return false;
  }
  return true;
}
