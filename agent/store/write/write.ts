/** One write: events, alerts, checkpoints, jobs and health in one transaction. */
import type { Connection, Statements, Transaction } from "../types/database.ts";
import type { Alert } from "../../event.ts";
import { jsonText } from "../types/json.ts";
import { COLUMNS } from "./encoder.ts";
import type { RowBlock, Rows } from "../types/rows.ts";
import { addCounts } from "./counts.ts";
import { recount } from "./recount.ts";
import { writeDeliveries } from "./deliveries.ts";
import { checkLease } from "./leases.ts";
import { StoreError } from "../types/error.ts";
import { clearCheckpoint, writeCheckpoint } from "./checkpoint.ts";
import { actorKey } from "../../engine/alerts/incidents.ts";
import { addPlaces, addPlacesOf, idsBetween, overlap } from "./ids.ts";
import { lockAlerts, placeAlerts, retractAlerts, writeIncidents } from "./incidents.ts";
import { writeColumns } from "./columns.ts";
import { type StoredBlock, writeRawBlocks } from "./raw_index.ts";
import type { Rest, Written } from "../types/types.ts";

/** A write under way, as the one after it sees it. */
export interface PipelinedWrite {
  readonly rows: Rows;
  /**
   * What the index of the raw text gains, worked out when it is first asked for.
   * @param exact whether all of the rows are new
   */
  readonly rawBlocks: (exact: boolean) => readonly StoredBlock[];
  /** Settles when the server has its rows, or never will. */
  readonly sent: PromiseWithResolvers<void>;
  /** Whether it was carried out, once that is known. */
  readonly done: PromiseWithResolvers<boolean>;
  /** Set before it is committed: until then its inputs are surely locked. */
  ending: boolean;
}

/** A write that went ahead, and cannot be carried out as it is. */
export function outOfTurn(): StoreError {
  return new StoreError("out_of_turn", "The write before it is not done");
}

/**
 * Writes rows that are serialised and everything that belongs to them. Rows go straight into the
 * table when it has no id between the first and last of any part, otherwise through a staging table
 * that leaves out what is there. Nobody else writes rows of the same inputs meanwhile.
 * @param write its rows, and what it tells the next one
 * @param before the write before it, which is not done: see {@link canFollow}
 * @returns null, and nothing is written, when it was done before this one could follow it
 * @throws {StoreError} out_of_turn when that one failed, or some of these rows are there already
 */
export async function writeAll(
  db: Connection,
  write: PipelinedWrite,
  rest: Rest,
  before?: PipelinedWrite,
): Promise<Written | null> {
  const { parts, counts } = write.rows;
  return await db.transaction(async (tx) => {
    if (rest.lease) await checkLease(tx, rest.lease);
    await lockInputs(tx, parts, before !== undefined);
    if (before?.ending) return null;
    const alerts = alertsOf(rest);
    const fresh = apart(parts) && !await overlap(tx, parts);
    if (!fresh && before) throw outOfTurn();
    let events = 0;
    if (fresh) {
      for (const part of parts) {
        events += part.count;
        await Promise.all([
          tx.copy(`events (${COLUMNS.join(", ")})`, part.data),
          // While the server is busy with the rows, what follows them is put into words.
          Promise.resolve().then(() => {
            alerts.text();
            write.rawBlocks(true);
          }),
        ]);
      }
    } else for (const part of parts) events += await copyNew(tx, part);
    write.sent.resolve();
    if (before && !await before.done.promise) throw outOfTurn();
    // Where all is there already, its blocks are, too.
    if (events > 0) {
      const blocks = write.rawBlocks(fresh);
      await writeRawBlocks(tx, blocks);
      await writeColumns(tx, blocks);
    }
    if (fresh) {
      await addPlaces(tx, parts);
      await addCounts(tx, counts);
    }
    const duplicates = parts.reduce((n, part) => n + part.count, 0) - events;
    if (rest.retract?.length) await retractAlerts(tx, rest.retract);
    const added = await writeAlerts(tx, alerts);
    const deliveries = rest.deliveries && await writeDeliveries(tx, rest.deliveries);
    const start = performance.now();
    if (rest.checkpoint) await writeCheckpoint(tx, rest.checkpoint);
    const checkpointMs = performance.now() - start;
    if (rest.ended !== undefined) await clearCheckpoint(tx, rest.ended);
    await writeJobs(tx, rest);
    await writeHealth(tx, rest);
    write.ending = true;
    return {
      events,
      duplicates,
      alerts: added,
      ...(rest.checkpoint ? { checkpointMs } : {}),
      ...(deliveries ? { deliveries } : {}),
    };
  });
}

/**
 * Whether a write can send its rows while the one before it is under way, whose rows it does not see:
 * they are of inputs that it has locked, and lie elsewhere in them.
 */
export function canFollow(parts: readonly RowBlock[], before: PipelinedWrite): boolean {
  if (before.ending) return false;
  const locked = new Set(before.rows.parts.map(inputOf));
  return parts.every((p) =>
    p.rising && locked.has(inputOf(p)) &&
    before.rows.parts.every((b) => p.lastId < b.firstId || b.lastId < p.firstId)
  );
}

/** Whether ids rise in each part and parts of one input lie apart, so that no id is there twice. */
function apart(parts: readonly RowBlock[]): boolean {
  const reached = new Map<string, string>();
  for (const part of [...parts].sort((a, b) => a.firstId < b.firstId ? -1 : 1)) {
    const input = inputOf(part);
    if (!part.rising || part.firstId <= (reached.get(input) ?? "")) return false;
    reached.set(input, part.lastId);
  }
  return true;
}

/** The 64 bits that ids of an input begin with, in hex. */
function inputOf(part: RowBlock): string {
  return part.firstId.slice(0, 16);
}

/**
 * A lock that the writes of one process share. Who takes it anew waits until nobody has it; the next
 * write takes it beside the one before it, so that it is not free in between. In order, so that no two
 * wait for each other.
 */
async function lockInputs(
  tx: Statements,
  parts: readonly RowBlock[],
  beside: boolean,
): Promise<void> {
  const inputs = new Set(parts.map((p) => BigInt.asIntN(64, BigInt(`0x${inputOf(p)}`))));
  if (inputs.size === 0) return;
  const shared = "pg_advisory_xact_lock_shared(input)";
  // From the left to the right: alone, then shared too, then no more alone.
  const anew = `pg_advisory_lock(input), ${shared}, pg_advisory_unlock(input)`;
  await tx.query(
    `SELECT ${beside ? shared : anew}
     FROM (SELECT unnest($1::bigint[]) AS input ORDER BY 1 OFFSET 0) i`,
    [`{${[...inputs].join(",")}}`],
  );
}

async function copyNew(tx: Transaction, part: RowBlock): Promise<number> {
  for (const table of ["events_staging", "events_added"]) {
    await tx.script(
      `CREATE TEMP TABLE IF NOT EXISTS ${table} (LIKE events) ON COMMIT DELETE ROWS;
       TRUNCATE ${table}`,
    );
  }
  await tx.copy(`events_staging (${COLUMNS.join(", ")})`, part.data);
  const there = idsBetween(part);
  const [{ events }] = await tx.query<{ events: number }>(
    `WITH there AS MATERIALIZED (${there.sql}), fresh AS (
       SELECT DISTINCT ON (id) * FROM events_staging s
       WHERE NOT EXISTS (SELECT FROM there t WHERE t.id = s.id)
       ORDER BY id
     ), added AS (INSERT INTO events SELECT * FROM fresh
     ), kept AS (INSERT INTO events_added SELECT * FROM fresh)
     SELECT count(*)::float8 AS events FROM fresh`,
    there.params,
  );
  if (events > 0) {
    await addPlacesOf(tx, "events_added");
    await recount(tx, part);
  }
  return events;
}

/** The alerts of a write, the last state of each. */
interface Alerts {
  readonly all: readonly Alert[];
  /** As JSON, worked out once. */
  text(): string;
}

function alertsOf({ alerts = [] }: Rest): Alerts {
  const all = [...new Map(alerts.map((a) => [a.id, a])).values()].sort((a, b) =>
    a.id < b.id ? -1 : 1
  );
  let text: string | undefined;
  return { all, text: () => text ??= jsonText(all.map((a) => ({ ...a, actor: actorKey(a) }))) };
}

/** Returns how many were new. A status that a person gave stays; one that is as it was is no change. */
async function writeAlerts(tx: Statements, alerts: Alerts): Promise<number> {
  if (alerts.all.length === 0) return 0;
  await lockAlerts(tx);
  const placing = await placeAlerts(tx, alerts.all);
  const rows = await tx.query<{ fresh: boolean }>(
    `INSERT INTO alerts (id, rule, plan_hash, title, severity, status, time, first, last, count,
       suppressed, entity, fields, mitre, metadata, context, message, event_ids, updated, actor,
       incident)
     SELECT a.id, a.rule, a."planHash", a.title, a.severity, a.status,
       to_timestamp(a.time / 1000), to_timestamp(a.first / 1000), to_timestamp(a.last / 1000),
       a.count, a.suppressed, a.entity, a.fields, a.mitre, a.metadata, a.context, a.message,
       a."eventIds", now(), a.actor, ($2::text::jsonb ->> replace(a.id::text, '-', ''))::uuid
     FROM jsonb_to_recordset($1::text::jsonb) AS a(id uuid, rule text, "planHash" text, title text,
       severity text, status text, time numeric, first numeric, last numeric, count bigint,
       suppressed bigint, entity jsonb, fields jsonb, mitre jsonb, metadata jsonb, context jsonb,
       message text, "eventIds" uuid[], actor uuid)
     ON CONFLICT (id) DO UPDATE SET
       ${ALERT_COLUMNS.map((c) => `${c} = excluded.${c}`).join(", ")}, updated = excluded.updated,
       status = ${STATUS}, change = excluded.change
     WHERE (${ALERT_COLUMNS.map((c) => `alerts.${c}`).join(", ")}, alerts.status)
       IS DISTINCT FROM (${ALERT_COLUMNS.map((c) => `excluded.${c}`).join(", ")}, ${STATUS})
     RETURNING xmax = 0 AS fresh`,
    [alerts.text(), jsonText(Object.fromEntries(placing.incidents))],
  );
  await writeIncidents(tx, placing);
  return rows.filter((r) => r.fresh).length;
}

/** What the engine says of an alert, its status apart. */
const ALERT_COLUMNS = [
  "rule",
  "plan_hash",
  "title",
  "severity",
  "time",
  "first",
  "last",
  "count",
  "suppressed",
  "entity",
  "fields",
  "mitre",
  "metadata",
  "context",
  "message",
  "event_ids",
  "actor",
];
const STATUS = "CASE WHEN alerts.status_by IS NULL THEN excluded.status ELSE alerts.status END";

async function writeJobs(tx: Statements, { jobs, stoppedRun }: Rest): Promise<void> {
  if (stoppedRun !== undefined) {
    await tx.query(
      "UPDATE jobs SET state = 'stopped', updated = now() WHERE run = $1::uuid AND state = 'running'",
      [stoppedRun],
    );
  }
  if (!jobs?.length) return;
  await tx.query(
    `INSERT INTO jobs (id, run, source, sourcetype, state, lines, events, parse_errors, understood,
       unread, rate, lag, error, started, updated)
     SELECT j.id, j.run, j.source, j.sourcetype, j.state, j.lines, j.events, j."parseErrors",
       j.understood, j.unread, j.rate, j.lag, j.error, to_timestamp(j.started / 1000), now()
     FROM jsonb_to_recordset($1::text::jsonb) AS j(id uuid, run uuid, source text, sourcetype text,
       state text, lines bigint, events bigint, "parseErrors" bigint, understood bigint, unread jsonb, rate float8, lag bigint,
       error text, started numeric)
     ORDER BY 1
     ON CONFLICT (id) DO UPDATE SET sourcetype = excluded.sourcetype, state = excluded.state,
       lines = excluded.lines, events = excluded.events, parse_errors = excluded.parse_errors,
       understood = excluded.understood, unread = excluded.unread,
       rate = excluded.rate, lag = excluded.lag, error = excluded.error, updated = excluded.updated`,
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
