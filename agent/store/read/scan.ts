/** Looking through the newest events of a range. */
import type { Row, Statements } from "../types/database.ts";
import { Conditions, ms } from "./conditions.ts";
import { EVENT, NAMED, NEWEST } from "./event_rows.ts";
import { type Matching, matching } from "./matching.ts";
import type { Name } from "./names.ts";
import type { Cursor } from "../types/types.ts";

/** What is looked for, by how it can be found. */
export interface Search {
  readonly filter: Matching;
  /** Names that the rows sought have and that the index of digests finds. */
  readonly names: readonly Name[];
  /** Whether counts say when there were rows of the sort sought. */
  readonly counted: boolean;
  /** Whether every row is sought, the range apart. */
  readonly all: boolean;
}

/** Rows that were found, and how far was looked. */
export interface SearchResult {
  readonly rows: Row[];
  /** Where looking ended; null at the end of the range. */
  readonly reached: Cursor | null;
}

/** Looks through a number of events, newest first, and tells how far that was. */
export async function newest(
  db: Statements,
  search: Search,
  cursor: Cursor | undefined,
  want: number,
  scanned: number,
): Promise<SearchResult> {
  const rows = await look(db, search, cursor, want, scanned);
  if (rows.length === want || search.all) return { rows, reached: null };
  const inner = upTo(search, cursor);
  const [last] = await db.query<{ time: number; id: string }>(
    // Within, since the server works out what it selects for each row that it passes over.
    `SELECT ${ms("time", "e")}, replace(e.id::text, '-', '') AS id FROM (
       SELECT e.time, e.id FROM events e ${inner} ${NEWEST} OFFSET ${scanned - 1} LIMIT 1
     ) e`,
    inner.params,
  );
  const { from } = search.filter;
  const past = last === undefined || (from !== undefined && last.time < from);
  return { rows, reached: past ? null : last };
}

/** Those that fit among a number of events, newest first. */
function look(
  db: Statements,
  search: Search,
  cursor: Cursor | undefined,
  want: number,
  scanned: number,
): Promise<Row[]> {
  const inner = upTo(search, cursor);
  const outer = matching(search.filter, inner.params.slice());
  // The order of the inner rows is kept, so this stops as soon as there are enough.
  return db.query(
    `SELECT ${EVENT} FROM (
       SELECT * FROM (
         SELECT * FROM events e ${inner} ${NEWEST} LIMIT ${search.all ? want : scanned}
       ) e ${outer} ${NEWEST} LIMIT ${want}
     ) e ${NAMED} ${NEWEST}`,
    outer.params,
  );
}

/**
 * The end of the range, or what comes after the cursor. Its beginning is left to an outer query: given
 * both ends, a planner without statistics takes it for a small part of the table, and sorts all of it.
 */
function upTo({ filter: { to } }: Search, cursor: Cursor | undefined): Conditions {
  const where = new Conditions();
  where.range({ to }, "e.time");
  after(where, cursor);
  return where;
}

/** Rows that fulfil conditions, newest first. */
export function select(db: Statements, where: Conditions, limit: number): Promise<Row[]> {
  return db.query(
    `SELECT ${EVENT} FROM (
       SELECT * FROM events e ${where} ${NEWEST} LIMIT ${limit}
     ) e ${NAMED} ${NEWEST}`,
    where.params,
  );
}

export function after(where: Conditions, cursor: Cursor | undefined, time = "e.time"): void {
  if (!cursor) return;
  // The first condition is for the index, which orders by time alone.
  where.add(`${time} <= to_timestamp(?::float8 / 1000)`, cursor.time);
  where.add(
    "(e.time, e.id) < (to_timestamp(?::float8 / 1000), ?::uuid)",
    cursor.time,
    cursor.id,
  );
}
