/**
 * Rows by src, dest, user or host. An index of digests finds them however rare they are, and the
 * counts by hour and day say how far back so many of them reach, so that no more are fetched than
 * are wanted. Counts are lower bounds: what a transaction did not keep apart is not in them.
 */
import { isAddress, isNetwork } from "../write/address.ts";
import type { Conditions } from "./conditions.ts";
import type { Reader, Row, Statements } from "../types/database.ts";
import { EARLIEST, LATEST } from "../write/rows.ts";
import { VALUE_LENGTH } from "../types/counts.ts";
import type { EventFilter } from "../types/types.ts";

/** A name that the rows sought have. */
export interface Name {
  readonly field: "src" | "dest" | "user" | "host";
  readonly value: string;
  /** SQL of its digest. */
  readonly digest: string;
}

type Named = Pick<EventFilter, "host" | "fields">;

/** The names of a filter that the index of digests finds; a user that a pattern fixes is in no row. */
export async function namesOf(db: Statements, filter: Named): Promise<Name[]> {
  const { host, fields = {} } = filter;
  const text = "hashtext(?)";
  const names: Name[] = host === undefined ? [] : [{ field: "host", value: host, digest: text }];
  for (const field of ["src", "dest", "user"] as const) {
    const value = fields[field];
    if (value === undefined) continue;
    if (field === "user") {
      if (!await userFixed(db, value)) names.push({ field, value, digest: text });
      continue;
    }
    // A network has many names.
    if (isNetwork(value)) continue;
    names.push({ field, value, digest: isAddress(value) ? "hashinet(?::inet)" : text });
  }
  return names;
}

async function userFixed(db: Statements, user: string): Promise<boolean> {
  const [{ found }] = await db.query<{ found: boolean }>(
    "SELECT EXISTS (SELECT FROM event_kinds WHERE constants ->> 'user' = $1) AS found",
    [user],
  );
  return found;
}

/** As in the schema: the planner knows an index by its expression. */
const DIGESTS =
  `(array_remove(ARRAY[coalesce(hashinet(e.src_ip), hashtext(e.src)), hashtext(e."user"),
  hashtext(e.host), coalesce(hashinet(e.dest_ip), hashtext(e.dest))], NULL))`;

/** Conditions by which the index finds the rows; others must check them, since digests collide. */
export function byDigest(where: Conditions, names: readonly Name[]): void {
  for (const { digest, value } of names) where.add(`${DIGESTS} @> ARRAY[${digest}]`, value);
}

const HOUR = 3600, DAY = 86_400;

/** Which buckets are read. */
interface Buckets {
  /** In seconds. */
  readonly width: number;
  /** How many at most. */
  readonly limit: number;
  /** Ends after the bucket with which so many events are together. */
  readonly enough?: number;
}

/** A bucket of the counts. */
interface Counted {
  /** Its beginning in ms. */
  readonly bucket: number;
  readonly events: number;
}

/**
 * How often a name occurs in the newest hours or days in which its field occurs at all.
 * @param range ms; without `before` from the newest
 */
async function counted(
  db: Statements,
  { field, value }: Name,
  { width, limit, enough = Infinity }: Buckets,
  { from, before }: { readonly from?: number; readonly before?: number },
): Promise<Counted[]> {
  // From bucket to bucket by the index: there may be thousands of values between two.
  const next = (bound: string) =>
    `(SELECT max(v.bucket) AS bucket FROM event_values v WHERE v.width = $1::integer AND v.field = $2
      AND ${bound} AND v.bucket > to_timestamp($4::float8 / 1000 - $1::integer)) m`;
  // A subquery, since a planner without statistics would join by less than all of the index.
  const here = `LATERAL (SELECT coalesce((
      SELECT v.events FROM event_values v WHERE v.width = $1::integer AND v.field = $2
        AND v.bucket = m.bucket AND v.value = left($3, ${VALUE_LENGTH})
    ), 0) AS events OFFSET 0) v`;
  return await db.query<Row & Counted>(
    `WITH RECURSIVE b AS (
       SELECT m.bucket, v.events, v.events AS total, 1 AS n
       FROM ${next("v.bucket <= to_timestamp($5::float8 / 1000)")} CROSS JOIN ${here}
       WHERE m.bucket IS NOT NULL
       UNION ALL
       SELECT m.bucket, v.events, b.total + v.events, n + 1
       FROM b CROSS JOIN LATERAL ${next("v.bucket < b.bucket")} CROSS JOIN ${here}
       WHERE b.total < $6::float8 AND n < ${limit} AND m.bucket IS NOT NULL
     )
     SELECT (extract(epoch FROM bucket) * 1000)::float8 AS bucket, events::float8 AS events FROM b`,
    [width, field, value, from ?? EARLIEST, before ?? LATEST, Math.min(enough, 1e15)],
  );
}

/** Buckets looked at in one question. */
const HOURS = 48, DAYS = 64;

/** A stretch of time that ends where looking begins. */
export interface Stretch {
  /** Its beginning in ms; null when all that the range holds may be needed. */
  readonly lower: number | null;
  /** Rows with the name in it, at least. */
  readonly events: number;
}

/** About how many events there are, with the name or without, in the hours that a stretch touches. */
export async function eventsIn(
  db: Statements,
  { lower, before = LATEST }: { readonly lower: number; readonly before?: number },
): Promise<number> {
  const [{ events }] = await db.query<{ events: number }>(
    `SELECT coalesce(sum(events), 0)::float8 AS events FROM event_series
     WHERE width = 3600 AND bucket BETWEEN to_timestamp($1::float8 / 1000)
       AND to_timestamp($2::float8 / 1000)`,
    [lower, before],
  );
  return events;
}

/** The shortest stretch that surely holds so many rows; far back it stops at some day with fewer. */
export async function reach(
  db: Statements,
  name: Name,
  range: { readonly from?: number; readonly before?: number },
  wanted: number,
): Promise<Stretch> {
  const { from = -Infinity } = range;
  const stretch = (bucket: number, events: number) => ({
    lower: bucket > from ? bucket : null,
    events,
  });
  const hours = await counted(db, name, { width: HOUR, limit: HOURS, enough: wanted }, range);
  const inHours = sum(hours);
  if (inHours >= wanted) return stretch(hours.at(-1)!.bucket, inHours);
  if (hours.length < HOURS) return { lower: null, events: inHours };
  const days = await counted(db, name, { width: DAY, limit: DAYS, enough: wanted }, range);
  const inDays = sum(days);
  if (inDays < wanted && days.length < DAYS) return { lower: null, events: inDays };
  const { bucket, events } = days.at(-1)!;
  if (inDays < wanted) return stretch(bucket, inDays);
  // A day may hold far more than it takes.
  const day = { from: bucket, before: bucket + DAY * 1000 - 1 };
  const later = inDays - events;
  const inDay = await counted(db, name, { width: HOUR, limit: 24, enough: wanted - later }, day);
  if (sum(inDay) < wanted - later) return stretch(bucket, inDays);
  return stretch(inDay.at(-1)!.bucket, later + sum(inDay));
}

function sum(buckets: readonly Counted[]): number {
  return buckets.reduce((n, b) => n + b.events, 0);
}

/** How many rows of a range have the name, at least; Infinity when the range has very many days. */
export async function rowsOf(
  db: Statements,
  name: Name,
  range: { readonly from?: number; readonly to?: number },
): Promise<number> {
  const days = await counted(db, name, { width: DAY, limit: 10 * DAYS }, {
    from: range.from,
    before: range.to,
  });
  return days.length === 10 * DAYS ? Infinity : sum(days);
}

/**
 * Rows with a name by hour or day, whole buckets, by the counts.
 * @returns `exact` false when the counts of some bucket leave values out
 */
export async function seriesOf(
  db: Statements,
  { field, value }: Name,
  { from, to }: { readonly from: number; readonly to: number },
  width: 3600 | 86_400,
): Promise<{ readonly counts: readonly Counted[]; readonly exact: boolean }> {
  const count = (value: string) =>
    `(SELECT v.events FROM event_values v WHERE v.width = $3::integer AND v.field = $4
       AND v.bucket = to_timestamp(s.second) AND v.value = ${value})`;
  const buckets = `generate_series(floor($1::float8 / 1000 / $3::integer)::bigint * $3::integer,
    ceil($2::float8 / 1000)::bigint - 1, $3::integer::bigint) s(second)`;
  // Whether some values were left out is asked until it is found, which it is soon where there are many.
  const rows = await db.query<Row & { bucket: number | null; events: number; rest: boolean }>(
    `SELECT r.rest, b.second::float8 * 1000 AS bucket, b.events::float8 AS events
     FROM (SELECT EXISTS (
       SELECT FROM (SELECT ${count("''")} AS events FROM ${buckets} OFFSET 0) b
       WHERE b.events IS NOT NULL
     ) AS rest) r
     LEFT JOIN (
       SELECT s.second, ${count(`left($5, ${VALUE_LENGTH})`)} AS events FROM ${buckets} OFFSET 0
     ) b ON b.events > 0`,
    [from, to, width, field, value],
  );
  const counts = rows.flatMap(({ bucket, events }) => bucket === null ? [] : [{ bucket, events }]);
  return { counts, exact: !rows[0].rest };
}

/** Rows with a name that are all fetched, for the part of them that lies in a range. */
const ALL_OF = 2000;

/**
 * How to compare times beside a name: a planner without statistics would read the times of the whole
 * range by their index, unless it cannot be used.
 */
export async function timeOf(db: Reader, name: Name): Promise<string> {
  const hidden = !db.partitioned && await rowsOf(db, name, {}) <= ALL_OF;
  return hidden ? "(e.time + interval '0')" : "e.time";
}

/** The name with the fewest rows among the newest: it is the one to go by. */
export async function rarest(
  db: Statements,
  names: readonly Name[],
  range: { readonly from?: number; readonly before?: number },
): Promise<Name> {
  if (names.length === 1) return names[0];
  let best = names[0], least = Infinity;
  for (const name of names) {
    const days = await counted(db, name, { width: DAY, limit: 8 }, range);
    // By the day of the range, since a field may occur on few days.
    const [first, last] = [days.at(-1)?.bucket ?? 0, days[0]?.bucket ?? 0];
    const rate = sum(days) / (last - first + 1);
    if (rate < least) [best, least] = [name, rate];
  }
  return best;
}
