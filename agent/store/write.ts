/** One write: events, alerts, checkpoints, jobs and health in one transaction. */
import type { Database, Statements, Transaction } from "./database.ts";
import { errorCode } from "./error.ts";
import { COLUMNS, jsonText, type Rows } from "./rows.ts";
import { clearCheckpoint, writeCheckpoint } from "./checkpoint.ts";
import { actorKey } from "../incidents.ts";
import { lockIncidents, writeIncidents } from "./incidents.ts";
import type { HealthEvent, Write, Written } from "./types.ts";

/** What a write holds beside its rows. Health has ids, so that it can be sent again. */
export interface Rest extends Omit<Write, "batches" | "health"> {
  readonly health?: readonly (HealthEvent & { readonly id: string })[];
}

const UNIQUE_VIOLATION = "23505";

/**
 * Writes rows that are serialised and everything that belongs to them.
 * Rows go straight into the table when it has no id between their first and last; otherwise, and when
 * another writer was faster, through a staging table that leaves out what is there.
 */
export async function writeAll(
  db: Database,
  rows: readonly Rows[],
  rest: Rest,
): Promise<Written> {
  try {
    return await db.transaction((tx) => writeIn(tx, rows, rest, false));
  } catch (error) {
    if (errorCode(error) !== UNIQUE_VIOLATION) throw error;
    return await db.transaction((tx) => writeIn(tx, rows, rest, true));
  }
}

async function writeIn(
  tx: Transaction,
  rows: readonly Rows[],
  rest: Rest,
  staged: boolean,
): Promise<Written> {
  let events = 0, duplicates = 0;
  for (const part of rows) {
    const added = staged || await overlaps(tx, part)
      ? await copyNew(tx, part)
      : await copyAll(tx, part);
    events += added;
    duplicates += part.count - added;
  }
  const alerts = await writeAlerts(tx, rest);
  if (rest.alerts?.length) await writeIncidents(tx, rest.alerts);
  if (rest.checkpoint) await writeCheckpoint(tx, rest.checkpoint);
  if (rest.ended !== undefined) await clearCheckpoint(tx, rest.ended);
  await writeJobs(tx, rest);
  await writeHealth(tx, rest);
  return { events, duplicates, alerts };
}

async function overlaps(tx: Statements, rows: Rows): Promise<boolean> {
  const [{ found }] = await tx.query<{ found: boolean }>(
    "SELECT EXISTS (SELECT FROM events WHERE id BETWEEN $1::uuid AND $2::uuid) AS found",
    [rows.firstId, rows.lastId],
  );
  return found;
}

async function copyAll(tx: Transaction, rows: Rows): Promise<number> {
  // The buffer is given away, and a second attempt needs it.
  await tx.copy(`events (${COLUMNS})`, rows.data.slice());
  await addCounts(tx, rows.counts);
  return rows.count;
}

async function copyNew(tx: Transaction, rows: Rows): Promise<number> {
  await tx.script(
    "CREATE TEMP TABLE IF NOT EXISTS events_staging (LIKE events) ON COMMIT DELETE ROWS",
  );
  await tx.script("TRUNCATE events_staging");
  await tx.copy(`events_staging (${COLUMNS})`, rows.data.slice());
  const added = await tx.query<{
    hour: number;
    sourcetype: string;
    parse_error: boolean;
    events: number;
  }>(`
WITH added AS (
  INSERT INTO events (${COLUMNS}) SELECT ${COLUMNS} FROM events_staging
  ON CONFLICT (id) DO NOTHING
  RETURNING time, sourcetype, parse_error
)
SELECT floor(extract(epoch FROM time) / 3600)::float8 AS hour, sourcetype,
  parse_error IS NOT NULL AS parse_error, count(*)::float8 AS events
FROM added GROUP BY 1, 2, 3`);
  await addCounts(
    tx,
    added.map((r) => ({
      hour: r.hour,
      sourcetype: r.sourcetype,
      parseError: r.parse_error,
      events: r.events,
    })),
  );
  return added.reduce((sum, r) => sum + r.events, 0);
}

/** In the order of the key, so that two writers wait for each other instead of for ever. */
async function addCounts(tx: Statements, counts: Rows["counts"]): Promise<void> {
  if (counts.length === 0) return;
  await tx.query(
    `INSERT INTO event_counts (hour, sourcetype, parse_error, events)
     SELECT to_timestamp(c.hour * 3600), c.sourcetype, c."parseError", c.events
     FROM jsonb_to_recordset($1::text::jsonb)
       AS c(hour float8, sourcetype text, "parseError" boolean, events bigint)
     ORDER BY 1, 2, 3
     ON CONFLICT (hour, sourcetype, parse_error)
       DO UPDATE SET events = event_counts.events + excluded.events`,
    [jsonText(counts)],
  );
}

/** Returns how many were new. A status that a person gave stays. */
async function writeAlerts(tx: Statements, { alerts }: Rest): Promise<number> {
  if (!alerts?.length) return 0;
  const last = [...new Map(alerts.map((a) => [a.id, a])).values()].sort((a, b) =>
    a.id < b.id ? -1 : 1
  );
  await lockIncidents(tx);
  const rows = await tx.query<{ fresh: boolean }>(
    `INSERT INTO alerts (id, rule, plan_hash, title, severity, status, time, first, last, count,
       suppressed, entity, fields, mitre, message, event_ids, updated, actor)
     SELECT a.id, a.rule, a."planHash", a.title, a.severity, a.status,
       to_timestamp(a.time / 1000), to_timestamp(a.first / 1000), to_timestamp(a.last / 1000),
       a.count, a.suppressed, a.entity, a.fields, a.mitre, a.message, a."eventIds", now(),
       a.actor
     FROM jsonb_to_recordset($1::text::jsonb) AS a(id uuid, rule text, "planHash" text, title text,
       severity text, status text, time numeric, first numeric, last numeric, count bigint,
       suppressed bigint, entity jsonb, fields jsonb, mitre jsonb, message text, "eventIds" uuid[],
       actor uuid)
     ON CONFLICT (id) DO UPDATE SET
       rule = excluded.rule, plan_hash = excluded.plan_hash, title = excluded.title,
       severity = excluded.severity, time = excluded.time, first = excluded.first,
       last = excluded.last, count = excluded.count, suppressed = excluded.suppressed,
       entity = excluded.entity, fields = excluded.fields, mitre = excluded.mitre,
       message = excluded.message, event_ids = excluded.event_ids, updated = excluded.updated,
       actor = excluded.actor,
       status = CASE WHEN alerts.status_by IS NULL THEN excluded.status ELSE alerts.status END
     RETURNING xmax = 0 AS fresh`,
    [jsonText(last.map((a) => ({ ...a, actor: actorKey(a) })))],
  );
  return rows.filter((r) => r.fresh).length;
}

async function writeJobs(tx: Statements, { jobs }: Rest): Promise<void> {
  if (!jobs?.length) return;
  await tx.query(
    `INSERT INTO jobs (id, run, source, sourcetype, state, lines, events, parse_errors, rate, error,
       started, updated)
     SELECT j.id, j.run, j.source, j.sourcetype, j.state, j.lines, j.events, j."parseErrors", j.rate,
       j.error, to_timestamp(j.started / 1000), now()
     FROM jsonb_to_recordset($1::text::jsonb) AS j(id uuid, run uuid, source text, sourcetype text,
       state text, lines bigint, events bigint, "parseErrors" bigint, rate float8, error text,
       started numeric)
     ORDER BY 1
     ON CONFLICT (id) DO UPDATE SET sourcetype = excluded.sourcetype, state = excluded.state,
       lines = excluded.lines, events = excluded.events, parse_errors = excluded.parse_errors,
       rate = excluded.rate, error = excluded.error, updated = excluded.updated`,
    [jsonText(jobs)],
  );
}

async function writeHealth(tx: Statements, { health }: Rest): Promise<void> {
  if (!health?.length) return;
  await tx.query(
    `INSERT INTO health (id, time, kind, subject, message, detail)
     SELECT h.id, to_timestamp(h.time / 1000), h.kind, h.subject, h.message, h.detail
     FROM jsonb_to_recordset($1::text::jsonb)
       AS h(id uuid, time numeric, kind text, subject text, message text, detail jsonb)
     ON CONFLICT (id) DO NOTHING`,
    [jsonText(health)],
  );
}
