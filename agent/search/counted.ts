/** Groups that the kept counts know: events are read only where the counts do not reach. */
import {
  columnsDecide,
  type GroupRequest,
  type SearchedGroup,
  type Store,
  type TimeRange,
} from "../store/mod.ts";

type Request = Omit<GroupRequest, "limit"> & { readonly limit: number };
type Counted = NonNullable<Awaited<ReturnType<Store["countedGroups"]>>>["groups"][number];

/** Stretches that are read to know when the last event of a group was; with more, all is read. */
const LASTS = 16;
const FIVE_MINUTES = 300_000, HOUR = 3_600_000;

/**
 * The groups of a search that counts its events; null where the counts do not know them. What begins
 * and ends the range is counted over the events, and so is the last of what was counted of a group
 * that has no windows: its time is that of its last event.
 */
export async function groupsByCounts(
  store: Store,
  request: Request,
  signal?: AbortSignal,
): Promise<SearchedGroup[] | null> {
  const { from, to, by, bucket, distinct, numbers, present } = request;
  if (distinct !== null || numbers.length > 0 || present.length > 0) return null;
  const { rows, where } = request;
  const ask = (range: TimeRange) => store.countedGroups({ rows, where, by, bucket, ...range });
  const known = await ask({ from, to });
  if (known === null) return null;
  const columns = columnsDecide(request);
  const read = async (range: { from: number; to: number }) => {
    if (range.from >= range.to) return [];
    const asked = { ...request, ...range };
    const known = columns ? await store.columnGroups(asked, signal) : null;
    if (known?.undecided.length === 0) return known.groups;
    return await store.searchGroups(asked, signal);
  };
  const first = await read({ from: from!, to: known.from });
  const last = await read({ from: known.to, to: to! });
  if (bucket !== null) return [...first, ...last, ...known.groups.map(grouped)];

  const sums = new Map(known.groups.map((g) => [nameOf(g), { ...g }]));
  const late = new Set(last.map(nameOf));
  const ends = new Set([...sums].flatMap(([name, { end }]) => late.has(name) ? [] : [end]));
  if (ends.size > LASTS) return null;
  const out = [...first, ...last];
  let before = known.to;
  for (const end of [...ends].sort((a, b) => b - a)) {
    // Of the five minutes at the ends of the range, else of the hours between.
    const narrow = end % HOUR !== 0 || end > Math.floor(known.to / HOUR) * HOUR;
    const begin = Math.max(end - (narrow ? FIVE_MINUTES : HOUR), known.from);
    const range = { from: begin, to: Math.min(end, before) };
    if (range.from >= range.to) continue;
    before = begin;
    const inside = await ask(range);
    if (inside === null || inside.from !== range.from || inside.to !== range.to) return null;
    for (const g of inside.groups) {
      const sum = sums.get(nameOf(g));
      if (sum !== undefined) sum.count -= g.count;
    }
    out.push(...await read(range));
  }
  return [...out, ...[...sums.values()].filter((g) => g.count > 0).map(grouped)];
}

const nameOf = ({ key }: { readonly key: SearchedGroup["key"] }) => JSON.stringify(key);

/** As if it had been counted over the events; when the first and last of them were is not known. */
const grouped = ({ key, bucket, count }: Counted): SearchedGroup => ({
  odd: false,
  key,
  bucket,
  distinct: undefined,
  count,
  numbers: [],
  present: [],
  first: Infinity,
  last: -Infinity,
});
