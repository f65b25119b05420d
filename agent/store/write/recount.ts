/**
 * Counts from events that are stored: where a run goes on in the middle of a stretch, and for rows of
 * which some were there already, so that what their transaction counted is not what it adds.
 */
import type { Statements } from "../types/database.ts";
import { eventId } from "../../event.ts";
import { fieldSql } from "../types/fields.ts";
import {
  type CountedEvents,
  LABEL_LENGTH,
  SERIES_WIDTHS,
  VALUE_FIELDS,
  VALUE_LENGTH,
  VALUE_WIDTHS,
} from "../types/counts.ts";
import type { Count } from "./capped_counts.ts";
import { addCounts } from "./counts.ts";
import { countTexts } from "./count_texts.ts";
import { type IdRange, idsBetween, offsetOf } from "./ids.ts";
import { type Counted, seriesHeading } from "./rollup.ts";
import { CountChanges, STRETCH, Stretch } from "./stretches.ts";

/** What is stored of an input's stretch before an offset. */
export async function storedCounts(
  db: Statements,
  identity: string,
  offset: number,
): Promise<CountedEvents[]> {
  const begin = Math.floor(offset / STRETCH) * STRETCH;
  if (begin === offset) return [];
  const range = { firstId: eventId(identity, begin, 0), lastId: eventId(identity, offset - 1, -1) };
  return (await countsOf(db, range, "false")).map(counted);
}

/**
 * Adds what rows of a part changed that went through staging: `events_added` has those of them that
 * were not there before. They are in `events` already, and so are their places.
 */
export async function recount(tx: Statements, part: IdRange): Promise<void> {
  const identity = part.firstId.slice(0, 16);
  const last = Math.floor(offsetOf(part.lastId) / STRETCH);
  for (let no = Math.floor(offsetOf(part.firstId) / STRETCH); no <= last; no++) {
    const rows = await countsOf(tx, {
      firstId: eventId(identity, no * STRETCH, 0),
      lastId: eventId(identity, (no + 1) * STRETCH - 1, -1),
    }, "EXISTS (SELECT FROM events_added a WHERE a.id = e.id)");
    const stretch = new Stretch();
    stretch.seed(rows.map((row) => ({ ...counted(row), events: row.events - row.added })));
    const changes = new CountChanges();
    stretch.add(addedOf(rows.filter((row) => row.added > 0)), changes);
    await addCounts(tx, countTexts(changes.counts([])));
  }
}

interface CountedRow {
  readonly field: number | null;
  /** Of a series. */
  readonly sourcetype: string;
  readonly bad: boolean;
  /** With commas. */
  readonly datasets: string;
  readonly severity: string;
  readonly bucket: number;
  /** The value, or the action. */
  readonly name: string;
  readonly events: number;
  readonly added: number;
}

function counted(
  { field, sourcetype, bad, datasets, severity, bucket, name, events }: CountedRow,
): CountedEvents {
  return {
    heading: field === null ? seriesHeading(sourcetype, bad, datasets) : "",
    field,
    bucket,
    name: field === null ? `${name}\0${severity}` : name,
    events,
  };
}

/** @param fresh condition over `events e` for those that are `added` */
async function countsOf(db: Statements, range: IdRange, fresh: string): Promise<CountedRow[]> {
  const there = idsBetween(range, "*");
  const second = (width: number) =>
    `floor(extract(epoch FROM e.time) / ${width})::float8 * ${width}`;
  const label = (name: string) =>
    `left(coalesce(${fieldSql(name)}, ''), ${LABEL_LENGTH}) COLLATE "C" AS ${name}`;
  const values = VALUE_FIELDS.map((f, i) =>
    `(${i}, ${f === "source" ? "s.name" : f === "host" ? "e.host" : fieldSql(f)})`
  );
  const counts = "count(*)::float8 AS events, (count(*) FILTER (WHERE e.fresh))::float8 AS added";
  return await db.query<CountedRow>(
    `WITH e AS MATERIALIZED (SELECT e.*, ${fresh} AS fresh FROM (${there.sql}) e)
     SELECT NULL::integer AS field, sourcetype, bad, datasets, severity, bucket, action AS name, events, added
     FROM (
       SELECT k.sourcetype, k.bad, array_to_string(k.datasets, ',') AS datasets, ${
      second(SERIES_WIDTHS[0])
    } AS bucket, ${label("action")},
         ${label("severity")}, ${counts}
       FROM e JOIN event_kinds k ON k.id = e.kind GROUP BY 1, 2, 3, 4, 5, 6
     ) series
     UNION ALL
     SELECT field, '', false, '', '', bucket, value, events, added
     FROM (
       SELECT v.field, ${second(VALUE_WIDTHS[0])} AS bucket,
         left(v.value, ${VALUE_LENGTH}) COLLATE "C" AS value, ${counts}
       FROM e JOIN event_kinds k ON k.id = e.kind JOIN event_sources s ON s.id = e.source
         CROSS JOIN LATERAL (VALUES ${values.join(", ")}) AS v(field, value)
       WHERE v.value <> '' GROUP BY 1, 2, 3
     ) vals`,
    there.params,
  );
}

/** Rows as what a transaction counted. */
function addedOf(rows: readonly CountedRow[]): Counted {
  const series = new Map<string, Map<number, Map<string, Count>>>();
  const values = VALUE_FIELDS.map(() => new Map<number, Map<string, Count>>());
  for (const row of rows) {
    const { heading, field, bucket, name } = counted(row);
    let buckets = field === null ? series.get(heading) : values[field];
    if (buckets === undefined) series.set(heading, buckets = new Map());
    const counts = buckets.get(bucket) ?? new Map<string, Count>();
    buckets.set(bucket, counts);
    counts.set(name, { events: row.added });
  }
  return { hours: [], series, values };
}
