/**
 * Events, by filters and by id.
 *
 * No filter can make a query scan the whole table. A page first looks at the newest events of its
 * range, which is all it takes for what is frequent. For what is rare, an index of digests finds
 * names (src, dest, user, host), and the counts say when there were events of a sourcetype, an action,
 * a severity, or with a value that is counted. Anything else is searched a portion at a time: a page may then hold
 * less than its limit and still have a next one.
 */
import type { Reader, Statements } from "../types/database.ts";
import { byCounts, valuesOf } from "./by_counts.ts";
import { byNames } from "./by_names.ts";
import { Conditions } from "./conditions.ts";
import { EVENT, event, NAMED } from "./event_rows.ts";
import { asked, type Matching, scannedFor } from "./matching.ts";
import { namesOf } from "./names.ts";
import { newest, type Search, type SearchResult } from "./scan.ts";
import { eventsWith } from "../write/ids.ts";
import type { Cursor, EventFilter, ExportFilter, Page, StoredEvent } from "../types/types.ts";

async function searchOf(db: Statements, filter: Matching): Promise<Search> {
  const { fields = {} } = filter;
  return {
    filter,
    names: await namesOf(db, filter),
    counted: filter.sourcetype !== undefined || filter.parseError !== undefined ||
      fields.action !== undefined || fields.severity !== undefined || valuesOf(filter).length > 0,
    all: asked(filter).length === 0,
  };
}

export async function events(db: Reader, filter: EventFilter): Promise<Page<StoredEvent>> {
  const { patience = 0, ...rest } = filter;
  const until = performance.now() + patience;
  const found = await portion(db, rest);
  const items = [...found.items];
  let next = found.next;
  while (next && items.length < filter.limit && performance.now() < until) {
    const more = await portion(db, { ...rest, cursor: next, limit: filter.limit - items.length });
    items.push(...more.items);
    next = more.next;
  }
  return { items, next };
}

async function portion(
  db: Reader,
  filter: Omit<EventFilter, "patience">,
): Promise<Page<StoredEvent>> {
  const { limit, cursor, ...where } = filter;
  const want = Math.floor(limit) + 1;
  const search = await searchOf(db, where);
  const { rows, reached } = search.names.length > 0
    ? await byNames(db, search, cursor, want)
    : await byTime(db, search, cursor, want);
  const items = rows.slice(0, want - 1).map(event);
  const last = items.at(-1);
  if (rows.length === want) return { items, next: last ? { time: last.time, id: last.id } : null };
  return { items, next: reached };
}

/** Through the newest, and then where the counts say that there is something. */
async function byTime(
  db: Statements,
  search: Search,
  cursor: Cursor | undefined,
  want: number,
): Promise<SearchResult> {
  const scanned = scannedFor(search.filter);
  const { rows, reached } = await newest(db, search, cursor, want, scanned);
  if (rows.length === want || reached === null || !search.counted) return { rows, reached };
  const rest = await byCounts(db, search, reached, want - rows.length);
  return { rows: [...rows, ...rest.rows], reached: rest.reached };
}

/** Events in pages, until the filter's limit. */
export async function* exportEvents(
  db: Reader,
  { limit = Infinity, ...filter }: ExportFilter,
): AsyncGenerator<readonly StoredEvent[]> {
  let cursor: EventFilter["cursor"];
  for (let left = limit; left > 0;) {
    const { items, next } = await events(db, { ...filter, cursor, limit: Math.min(1000, left) });
    if (items.length > 0) yield items;
    if (!next) return;
    left -= items.length;
    cursor = next;
  }
}

/** Those that are stored, by time; events that alerts name outlast the others. */
export async function eventsById(db: Statements, ids: readonly string[]): Promise<StoredEvent[]> {
  const from = async (table: string, params: readonly unknown[]) => {
    const rows = await db.query(`SELECT ${EVENT} FROM (${table}) e ${NAMED}`, params);
    return rows.map(event);
  };
  if (ids.length === 0) return [];
  const where = new Conditions();
  const found = await from(eventsWith(ids, "*", (value) => where.param(value)), where.params);
  const there = new Set(found.map((e) => e.id));
  const left = ids.filter((id) => !there.has(id));
  const kept = left.length === 0 ? [] : await from(
    "SELECT * FROM evidence WHERE id = ANY ($1::uuid[])",
    [`{${left.join(",")}}`],
  );
  return [...found, ...kept].sort((a, b) => a.time - b.time || (a.id < b.id ? -1 : 1));
}
