/** Adds to the counts of events, as they came with the rows or, for rows that went through staging, from those. */
import { SERIES_COLUMNS, VALUE_COLUMNS } from "./count_texts.ts";
import type { Statements } from "../types/database.ts";
import { fieldSql } from "../types/fields.ts";
import {
  type CountTexts,
  LABEL_LENGTH,
  SERIES_WIDTHS,
  VALUE_FIELDS,
  VALUE_LENGTH,
  VALUE_WIDTHS,
} from "../types/counts.ts";

// Sorted by the key, so that two writers wait for each other instead of for ever. Grouped, since
// texts that differ in what the database cannot hold are one text in it.
const ADD_SERIES = `
INSERT INTO event_series AS s (width, bucket, sourcetype, parse_error, action, severity, events)
SELECT width, to_timestamp(bucket), sourcetype, "parseError", action, severity, sum(events)
FROM source GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6
ON CONFLICT (width, bucket, sourcetype, parse_error, action, severity)
  DO UPDATE SET events = s.events + excluded.events`;
const ADD_VALUES = `
INSERT INTO event_values AS v (width, field, bucket, value, events)
SELECT width, field, to_timestamp(bucket), value, sum(events)
FROM source GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
ON CONFLICT (width, field, bucket, value) DO UPDATE SET events = v.events + excluded.events`;

export async function addCounts(tx: Statements, counts: CountTexts): Promise<void> {
  for (const arrays of counts.series) {
    await tx.query(
      `WITH source AS (SELECT width, bucket, sourcetype COLLATE "C", "parseError",
         action COLLATE "C", severity COLLATE "C", events
       FROM unnest($1::integer[], $2::float8[], $3::text[], $4::boolean[], $5::text[], $6::text[],
         $7::bigint[]) AS c(${named(SERIES_COLUMNS)}))${ADD_SERIES}`,
      arrays,
    );
  }
  for (const arrays of counts.values) {
    await tx.query(
      `WITH source AS (SELECT width, field COLLATE "C", bucket, value COLLATE "C", events
       FROM unnest($1::integer[], $2::text[], $3::float8[], $4::text[], $5::bigint[])
         AS c(${named(VALUE_COLUMNS)}))${ADD_VALUES}`,
      arrays,
    );
  }
}

function named(columns: readonly string[]): string {
  return columns.map((name) => `"${name}"`).join(", ");
}

/** SQL of the same counts in buckets of all widths, from those in buckets of the narrowest. */
function inAll(widths: readonly number[], columns: string, narrow: string): string {
  return `SELECT w.width, ${columns},
    floor(second / w.width)::float8 * w.width AS bucket, sum(events) AS events
  FROM (${narrow}) n CROSS JOIN (VALUES ${widths.map((w) => `(${w})`).join(", ")}) AS w(width)
  GROUP BY w.width, ${columns}, bucket`;
}

const second = (width: number) => `floor(extract(epoch FROM time) / ${width}) * ${width} AS second`;

/**
 * Counts the rows of a table with the columns of `events`, which stands for the few lines that are
 * read again after a crash: no value is left out.
 */
export async function addCountsOf(tx: Statements, table: string): Promise<void> {
  const from = `${table} e JOIN event_kinds k ON k.id = e.kind`;
  const label = (name: string) =>
    `left(coalesce(${fieldSql(name)}, ''), ${LABEL_LENGTH}) COLLATE "C" AS ${name}`;
  const series = `SELECT ${second(SERIES_WIDTHS[0])}, k.sourcetype COLLATE "C" AS sourcetype,
      k.bad AS "parseError", ${label("action")}, ${label("severity")}, count(*) AS events
    FROM ${from} GROUP BY 1, 2, 3, 4, 5`;
  await tx.script(
    `WITH source AS (${
      inAll(SERIES_WIDTHS, 'sourcetype, "parseError", action, severity', series)
    })${ADD_SERIES}`,
  );
  const columns = VALUE_FIELDS.map((f) =>
    `('${f}', ${f === "source" ? "s.name" : f === "host" ? "e.host" : fieldSql(f)})`
  );
  const values = `SELECT ${second(VALUE_WIDTHS[0])}, v.field COLLATE "C" AS field,
      left(v.value, ${VALUE_LENGTH}) COLLATE "C" AS value, count(*) AS events
    FROM ${from} JOIN event_sources s ON s.id = e.source
      CROSS JOIN LATERAL (VALUES ${columns.join(", ")}) AS v(field, value)
    WHERE v.value <> '' GROUP BY 1, 2, 3`;
  await tx.script(
    `WITH source AS (${inAll(VALUE_WIDTHS, "field, value", values)})${ADD_VALUES}`,
  );
}
