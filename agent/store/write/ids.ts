/**
 * Where events are found by their ids. An index on ids would cost a sixth of what COPY takes for a
 * row, so there is none: `event_places` says when the events of each stretch of an input were, and the
 * index of times and ids, which pages need anyway, has them there.
 */
import type { Statements } from "../types/database.ts";
import { BLOCK, LONGEST } from "./block_index.ts";
import type { RowBlock } from "../types/rows.ts";

/** What an id consists of. */
function parsed(id: string): { input: string; offset: number } {
  return {
    input: BigInt.asIntN(64, BigInt(`0x${id.slice(0, 16)}`)).toString(),
    offset: parseInt(id.slice(16, 28), 16),
  };
}

/** Where in its input an event was read. */
export function offsetOf(id: string): number {
  return parsed(id).offset;
}

/** Adds the places of rows that were written as they are. */
export async function addPlaces(tx: Statements, parts: readonly RowBlock[]): Promise<void> {
  if (parts.length === 0) return;
  const columns: (string | number)[][] = [[], [], [], [], [], []];
  for (const { firstId, places } of parts) {
    const { input } = parsed(firstId);
    for (let i = 0; i < places.length; i += 5) {
      columns[0].push(input);
      for (let k = 0; k < 5; k++) columns[k + 1].push(places[i + k]);
    }
  }
  await tx.query(
    `INSERT INTO event_places (input, block, first, last, earliest, latest)
     SELECT input, block, first, last, to_timestamp(earliest / 1000), to_timestamp(latest / 1000)
     FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::float8[], $6::float8[])
       AS p(input, block, first, last, earliest, latest)`,
    columns.map((values) => `{${values.join()}}`),
  );
}

/** Adds the places of the rows of a table, which are few. */
export async function addPlacesOf(tx: Statements, table: string): Promise<void> {
  await tx.script(`
INSERT INTO event_places (input, block, first, last, earliest, latest)
SELECT input, at / ${BLOCK}, min(at), max(at), min(time), max(time)
FROM (
  SELECT ('x' || left(hex, 16))::bit(64)::bigint AS input,
    ('x' || substr(hex, 17, 12))::bit(48)::bigint AS at, time
  FROM (SELECT replace(id::text, '-', '') AS hex, time FROM ${table}) e
) e
GROUP BY input, at / ${BLOCK}, floor(extract(epoch FROM time) * 1000 / ${LONGEST})`);
}

/** Condition for places that reach into a part. */
function inPart(input: string, first: string, last: string): string {
  return `p.input = ${input} AND p.block BETWEEN ${first} / ${BLOCK} AND ${last} / ${BLOCK}
    AND p.last >= ${first} AND p.first <= ${last}`;
}

function bounds({ firstId, lastId }: IdRange): unknown[] {
  const { input, offset } = parsed(firstId);
  return [input, offset, parsed(lastId).offset];
}

/** Whether there may be events between the first and the last of some part. */
export async function overlap(tx: Statements, parts: readonly RowBlock[]): Promise<boolean> {
  const all = parts.map(bounds);
  const column = (i: number) => `{${all.map((b) => b[i]).join()}}`;
  const [{ found }] = await tx.query<{ found: boolean }>(
    // One part after the other by the index, however few places a planner expects there to be.
    `SELECT coalesce(bool_or(EXISTS (
       SELECT FROM event_places p WHERE ${inPart("w.input", "w.first", "w.last")} OFFSET 0
     )), false) AS found
     FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS w(input, first, last)`,
    [column(0), column(1), column(2)],
  );
  return found;
}

/** First and last id of some events of an input, with the offsets between them. */
export type IdRange = Pick<RowBlock, "firstId" | "lastId">;

/** SQL of the ids that are there between the first and the last of a part, and its parameters. */
export function idsBetween(
  part: IdRange,
  column = "id",
): { readonly sql: string; readonly params: unknown[] } {
  return {
    // Places of one time are looked at once.
    sql: `SELECT e.* FROM (
        SELECT unnest(range_agg(tstzrange(p.earliest, p.latest, '[]'))) AS span
        FROM event_places p WHERE ${inPart("$1::bigint", "$2::bigint", "$3::bigint")}
      ) s CROSS JOIN LATERAL (
        SELECT ${column} FROM events WHERE time BETWEEN lower(s.span) AND upper(s.span)
          AND id BETWEEN $4::uuid AND $5::uuid OFFSET 0
      ) e`,
    params: [...bounds(part), part.firstId, part.lastId],
  };
}

/**
 * SQL of the rows of `events` with some ids.
 * @param column what is selected of `events`
 * @param param adds a parameter and gives its name
 */
export function eventsWith(
  ids: readonly string[],
  column: string,
  param: (value: unknown) => string,
): string {
  const all = ids.map(parsed);
  const list = (values: readonly (string | number)[]) => param(`{${values.join()}}`);
  return `SELECT DISTINCT ON (e.id) e.* FROM unnest(${list(ids)}::uuid[],
      ${list(all.map((a) => a.input))}::bigint[], ${list(all.map((a) => a.offset))}::bigint[]
    ) AS w(id, input, at)
    JOIN event_places p ON p.input = w.input AND p.block = w.at / ${BLOCK}
      AND w.at BETWEEN p.first AND p.last
    CROSS JOIN LATERAL (
      SELECT ${column} FROM events WHERE time BETWEEN p.earliest AND p.latest AND id = w.id OFFSET 0
    ) e`;
}
