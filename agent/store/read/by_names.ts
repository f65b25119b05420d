/** Events with a src, user, host or dest, found by the index of digests. */
import type { Reader, Row, Statements } from "../types/database.ts";
import { LATEST } from "../write/rows.ts";
import { matching, SCANNED } from "./matching.ts";
import { byDigest, eventsIn, rarest, reach, timeOf } from "./names.ts";
import { EVENT, NAMED, NEWEST } from "./event_rows.ts";
import { after, newest, type Search, type SearchResult } from "./scan.ts";
import type { Cursor } from "../types/types.ts";

/** Rows with a name of which the index finds so many in a stretch are looked through as they come. */
const MANY = 20_000;
/** So are those that are as frequent as to be found among so many events. */
const AS_THEY_COME = 6000;

/** Portions of what is frequent that one page looks through. */
const PORTIONS = 4;

/** What is frequent is looked for among the newest; the rest comes by the index of digests. */
export async function byNames(
  db: Reader,
  search: Search,
  from: Cursor | undefined,
  want: number,
): Promise<SearchResult> {
  const { filter, names } = search;
  const rows: Row[] = [];
  let cursor = from, before = from?.time ?? filter.to, portions = 0;
  const name = await rarest(db, names, { from: filter.from, before });
  // Few rows of one name have the other too, and the index knows which.
  let wanted = names.length > 1 ? 40 * want : want, many = MANY;
  for (;;) {
    const { lower, events } = await reach(db, name, { from: filter.from, before }, wanted);
    const scanned = events > many
      ? SCANNED
      : await asTheyCome(db, { lower, before }, events, wanted);
    if (scanned > 0) {
      const found = await newest(db, search, cursor, want - rows.length, scanned);
      rows.push(...found.rows);
      if (rows.length >= want || !found.reached) return { rows, reached: null };
      cursor = found.reached;
      before = cursor.time;
      wanted = want - rows.length;
      if (++portions === PORTIONS) return { rows, reached: cursor };
      continue;
    }
    const time = lower === null ? await timeOf(db, name) : undefined;
    const where = matching(filter, [], time);
    after(where, cursor, time);
    if (lower !== null) {
      where.add("e.time >= to_timestamp(?::float8 / 1000)", lower);
      // Given one end alone, a planner without statistics takes the stretch for a third of the table,
      // and fetches all rows with the name.
      if (before === undefined) where.add(`e.time <= to_timestamp(${LATEST / 1000})`);
    }
    byDigest(where, names);
    // A fence: the rows are fetched by the index of digests, then put in order.
    const found = await db.query(
      `WITH found AS MATERIALIZED (SELECT * FROM events e ${where})
       SELECT ${EVENT} FROM (
         SELECT * FROM found e ${NEWEST} LIMIT ${want - rows.length}
       ) e ${NAMED} ${NEWEST}`,
      where.params,
    );
    rows.push(...found);
    if (rows.length >= want || lower === null) return { rows, reached: null };
    // All at this time were seen.
    cursor = { time: lower, id: "0".repeat(32) };
    before = lower - 1;
    // As many as it took until now, and some more: hours are counted whole, and conditions take few.
    wanted = (want - rows.length) * Math.max(1, events / Math.max(found.length, 1));
    if (names.length > 1) many = 10 * MANY;
    wanted = Math.min(Math.ceil(1.5 * wanted) + 16, many / 2);
  }
}

/** How many of the newest to look through for rows with a name; 0 when the index does better. */
async function asTheyCome(
  db: Statements,
  { lower, before }: { readonly lower: number | null; readonly before?: number },
  events: number,
  wanted: number,
): Promise<number> {
  if (lower === null || events < wanted) return 0;
  const expected = await eventsIn(db, { lower, before }) * wanted / events;
  return expected <= AS_THEY_COME ? Math.ceil(1.5 * expected) + 500 : 0;
}
