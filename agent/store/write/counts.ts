/** Adds to the counts of events, as they came with the rows. */
import { SERIES_COLUMNS, VALUE_COLUMNS } from "./count_texts.ts";
import type { Statements } from "../types/database.ts";
import type { CountTexts } from "../types/counts.ts";

// Sorted by the key, so that two writers wait for each other instead of for ever. Grouped, since
// texts that differ in what the database cannot hold are one text in it.
const ADD_SERIES = `
INSERT INTO event_series AS s (width, bucket, sourcetype, parse_error, datasets, action, severity,
  events)
SELECT width, to_timestamp(bucket), sourcetype, "parseError", datasets, action, severity, sum(events)
FROM source GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 1, 2, 3, 4, 5, 6, 7
ON CONFLICT (width, bucket, sourcetype, parse_error, datasets, action, severity)
  DO UPDATE SET events = s.events + excluded.events`;
const ADD_VALUES = `
INSERT INTO event_values AS v (width, field, bucket, value, events)
SELECT width, field, to_timestamp(bucket), value, sum(events)
FROM source GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
ON CONFLICT (width, field, bucket, value) DO UPDATE SET events = v.events + excluded.events`;

/** A row that has nothing left of what it counted goes. */
const REMOVE_SERIES = `
DELETE FROM event_series s USING source c
WHERE c.events < 0 AND s.width = c.width AND s.bucket = to_timestamp(c.bucket)
  AND s.sourcetype = c.sourcetype AND s.parse_error = c."parseError" AND s.datasets = c.datasets AND s.action = c.action
  AND s.severity = c.severity AND s.events <= 0`;
const REMOVE_VALUES = `
DELETE FROM event_values v USING source c
WHERE c.events < 0 AND v.width = c.width AND v.field = c.field AND v.bucket = to_timestamp(c.bucket)
  AND v.value = c.value AND v.events <= 0`;

export async function addCounts(tx: Statements, counts: CountTexts): Promise<void> {
  for (const arrays of counts.series) {
    const source = `WITH source AS (SELECT width, bucket, sourcetype COLLATE "C", "parseError",
        datasets COLLATE "C", action COLLATE "C", severity COLLATE "C", events
      FROM unnest($1::integer[], $2::float8[], $3::text[], $4::boolean[], $5::text[], $6::text[],
        $7::text[], $8::bigint[]) AS c(${named(SERIES_COLUMNS)}))`;
    await tx.query(source + ADD_SERIES, arrays);
    if (counts.lessens) await tx.query(source + REMOVE_SERIES, arrays);
  }
  for (const arrays of counts.values) {
    const source =
      `WITH source AS (SELECT width, field COLLATE "C", bucket, value COLLATE "C", events
      FROM unnest($1::integer[], $2::text[], $3::float8[], $4::text[], $5::bigint[])
        AS c(${named(VALUE_COLUMNS)}))`;
    await tx.query(source + ADD_VALUES, arrays);
    if (counts.lessens) await tx.query(source + REMOVE_VALUES, arrays);
  }
}

function named(columns: readonly string[]): string {
  return columns.map((name) => `"${name}"`).join(", ");
}
