/** Rare events, found by the counts that say when there were some. */
import type { Row, Statements } from "../types/database.ts";
import { Conditions, touched } from "./conditions.ts";
import { matching } from "./matching.ts";
import { after, type Search, type SearchResult, select } from "./scan.ts";
import { LABEL_LENGTH, OTHER, VALUE_FIELDS, VALUE_LENGTH } from "../types/counts.ts";
import type { Cursor } from "../types/types.ts";

/** Buckets that one query looks into, and events in them. */
const BUCKETS = 200, IN_BUCKETS = 50_000;

/** Only in the five minutes, or hours, that by the counts hold rows of this sort. */
export async function byCounts(
  db: Statements,
  search: Search,
  from: Cursor,
  want: number,
): Promise<SearchResult> {
  const { table, width, conditions } = bucketsOf(search.filter);
  const counted = new Conditions();
  counted.add("width = ?::integer", width);
  counted.range(touched({ from: search.filter.from }, width * 1000), "bucket");
  counted.add("bucket <= to_timestamp(?::float8 / 1000)", from.time);
  for (const [sql, value] of conditions) counted.add(sql, value);
  const buckets = await db.query<{ bucket: number; n: number; all: number }>(
    `SELECT (extract(epoch FROM b.bucket) * 1000)::float8 AS bucket, b.n, (
         SELECT sum(s.events) FROM event_series s WHERE s.width = $1::integer AND s.bucket = b.bucket
       )::float8 AS all
     FROM (
       SELECT bucket, sum(events)::float8 AS n
       FROM ${table} ${counted} GROUP BY bucket ORDER BY bucket DESC LIMIT ${BUCKETS}
     ) b ORDER BY b.bucket DESC`,
    counted.params,
  );
  const rows: Row[] = [];
  // Buckets that follow each other are one stretch, up to as many rows as are wanted.
  for (let i = 0, seen = 0; i < buckets.length;) {
    let n = 0, to = i;
    do {
      n += buckets[to].n;
      seen += buckets[to++].all;
    } while (
      to < buckets.length && n < want && seen < IN_BUCKETS &&
      buckets[to].bucket === buckets[to - 1].bucket - width * 1000
    );
    const where = matching(search.filter);
    after(where, from);
    where.range({ from: buckets[to - 1].bucket, to: buckets[i].bucket + width * 1000 }, "e.time");
    rows.push(...await select(db, where, want - rows.length));
    i = to;
    if (rows.length >= want) break;
    if (seen >= IN_BUCKETS && i < buckets.length || i === BUCKETS) {
      return { rows, reached: { time: buckets[i - 1].bucket, id: "0".repeat(32) } };
    }
  }
  return { rows, reached: null };
}

interface Buckets {
  readonly table: string;
  /** Seconds. */
  readonly width: number;
  readonly conditions: readonly (readonly [string, string | boolean])[];
}

/** The narrow counts when they know the sort sought, else those of the first field that is counted. */
function bucketsOf({ sourcetype, parseError, source, fields = {} }: Search["filter"]): Buckets {
  const conditions: [string, string | boolean][] = [];
  if (sourcetype !== undefined) conditions.push(["sourcetype = ?", sourcetype]);
  if (parseError !== undefined) conditions.push(["parse_error = ?", parseError]);
  for (const name of ["action", "severity"] as const) {
    const value = fields[name];
    if (value !== undefined) {
      conditions.push([`${name} IN (left(?, ${LABEL_LENGTH}), '${OTHER}')`, value]);
    }
  }
  if (conditions.length > 0) return { table: "event_series", width: 300, conditions };
  const [field, value] = valuesOf({ source, fields })[0];
  conditions.push(["field = ?", field], [`value IN (left(?, ${VALUE_LENGTH}), '')`, value]);
  return { table: "event_values", width: 3600, conditions };
}

/** Fields of a filter whose values are counted by hour. */
export function valuesOf({ source, fields = {} }: Search["filter"]): [string, string][] {
  return Object.entries(source === undefined ? fields : { source, ...fields }).filter(([name, v]) =>
    name !== "src" && name !== "dest" && v !== "" &&
    (VALUE_FIELDS as readonly string[]).includes(name)
  );
}
