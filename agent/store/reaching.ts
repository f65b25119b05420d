/** How far back in time so many events reach, by the counts. */
import { Conditions } from "./conditions.ts";
import type { Statements } from "./database.ts";

const DAY = 86_400_000;
/** No time that is stored lies before it. */
const FIRST = Date.UTC(1, 0, 1);

/**
 * The time, in ms, down to which there are about so many events before another; null when it is all.
 * @param from where the range begins
 */
export async function reaching(
  db: Statements,
  before: number,
  from: number | undefined,
  events: number,
): Promise<number | null> {
  if (!Number.isFinite(events)) return null;
  let first = Math.max(from ?? FIRST, FIRST);
  // Most often a day is enough: the counts of years are not added up for it.
  for (let back = DAY;; back *= 8) {
    if (back === 8 * DAY) first = Math.max(first, await oldest(db) ?? first);
    const lowest = Math.max(before - back, first);
    const where = new Conditions();
    where.add("width = 3600");
    where.range({ from: lowest, to: before }, "bucket");
    const [row] = await db.query<{ bucket: number }>(
      `SELECT (extract(epoch FROM bucket) * 1000)::float8 AS bucket FROM (
         SELECT bucket, sum(sum(events)) OVER (ORDER BY bucket DESC) AS so_far
         FROM event_series ${where} GROUP BY bucket
       ) b WHERE so_far >= ${where.param(events)}::float8 ORDER BY b.bucket DESC LIMIT 1`,
      where.params,
    );
    if (row) return row.bucket > first ? row.bucket : null;
    if (lowest <= first) return null;
  }
}

/** Beginning of the oldest hour in which there are events. */
async function oldest(db: Statements): Promise<number | null> {
  const [{ at }] = await db.query<{ at: number | null }>(
    "SELECT (extract(epoch FROM min(bucket)) * 1000)::float8 AS at FROM event_series WHERE width = 3600",
  );
  return at;
}
