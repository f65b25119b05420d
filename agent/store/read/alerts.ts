/** Alerts, what people did to them, and what changed since. */
import type { Alert } from "../../event.ts";
import type { Database, Row, Statements } from "../types/database.ts";
import { Conditions, hex, ms, page, touched } from "./conditions.ts";
import { CONTEXT } from "../schema/context.ts";
import { eventsWith } from "../write/ids.ts";
import { lockAlerts } from "../write/incidents.ts";
import type {
  AlertChanges,
  AlertEdit,
  AlertFilter,
  Degraded,
  Page,
  RuleHits,
  StatusEntry,
  StoredAlert,
  TimeRange,
  Verdict,
  VerdictCounts,
} from "../types/types.ts";

export const ALERT = `${hex("id")}, rule, plan_hash, title, severity, status, ${ms("time")},
  ${ms("first")}, ${ms("last")}, count::float8 AS count, suppressed::float8 AS suppressed, entity,
  fields, mitre, metadata, ${CONTEXT}, message, replace(event_ids::text, '-', '') AS event_ids, ${
  ms("updated")
},
  status_by, ${ms("status_at")}, comment, verdict, verdict_by, ${ms("verdict_at")}, assignee`;

export function alerts(db: Statements, filter: AlertFilter): Promise<Page<StoredAlert>> {
  const where = new Conditions();
  where.range(filter);
  where.after(filter);
  if (filter.rule !== undefined) where.add("rule = ?", filter.rule);
  if (filter.severities) {
    where.add("severity = ANY (?::text[])", `{${filter.severities.join(",")}}`);
  }
  if (filter.status !== undefined) where.add("status = ?", filter.status);
  if (filter.verdict === "none") where.add("verdict IS NULL");
  else if (filter.verdict !== undefined) where.add("verdict = ?", filter.verdict);
  if (filter.assignee === "") where.add("assignee IS NULL");
  else if (filter.assignee !== undefined) where.add("assignee = ?", filter.assignee);
  if (filter.entity !== undefined) {
    where.add("EXISTS (SELECT FROM jsonb_each_text(entity) WHERE value = ?)", filter.entity);
  }
  for (const [name, value] of Object.entries(filter.fields ?? {})) {
    where.add("coalesce(entity ->> ?::text, fields ->> ?::text) = ?", name, name, value);
  }
  return page(db, { table: "alerts", columns: ALERT, shape: alert }, where, filter.limit);
}

export async function alertById(db: Statements, id: string): Promise<StoredAlert | null> {
  const rows = await db.query(`SELECT ${ALERT} FROM alerts WHERE id = $1::uuid`, [id]);
  return rows.length === 0 ? null : alert(rows[0]);
}

export async function alertsById(
  db: Statements,
  ids: readonly string[],
): Promise<StoredAlert[]> {
  const rows = await db.query(
    `SELECT ${ALERT} FROM alerts WHERE id = ANY ($1::uuid[]) ORDER BY alerts.time, alerts.id`,
    [`{${ids.join(",")}}`],
  );
  return rows.map(alert);
}

export async function alertsOfEvent(db: Statements, id: string): Promise<StoredAlert[]> {
  const where = new Conditions([id]);
  const event = eventsWith([id], "id, time", (value) => where.param(value));
  const rows = await db.query(
    // An index on event_ids would cost every write more than this scan of what was going on then.
    `SELECT ${ALERT} FROM alerts, (SELECT max(time) AS at FROM (${event}) e) e
     WHERE (e.at IS NULL OR (alerts.first <= e.at AND alerts.last >= e.at))
       AND event_ids @> ARRAY[$1::uuid]
     ORDER BY alerts.time DESC, alerts.id DESC`,
    where.params,
  );
  return rows.map(alert);
}

/** At most 1000 at once. */
export async function editAlerts(
  db: Database,
  ids: readonly string[],
  { status, verdict, assignee, comment, who }: AlertEdit,
): Promise<StoredAlert[]> {
  return await db.transaction(async (tx) => {
    await lockAlerts(tx);
    const rows = await tx.query(
      `WITH before AS (
         SELECT id AS old_id, status AS old_status FROM alerts WHERE id = ANY ($1::uuid[])
       ), noted AS (
         INSERT INTO alert_history
           (alert, at, who, from_status, to_status, comment, verdict, assignee)
         SELECT old_id, now(), $4, old_status, coalesce($2::text, old_status), $3, $5::text,
           $6::text FROM before ORDER BY old_id
       ), audited AS (
         INSERT INTO audit (id, time, who, action, subject, detail)
         SELECT gen_random_uuid(), clock_timestamp(), $4, 'alert.edit', replace(old_id::text, '-', ''),
           jsonb_strip_nulls(jsonb_build_object('from', old_status, 'status', $2::text,
             'verdict', $5::text, 'assignee', $6::text, 'comment', $3::text))
         FROM before
       )
       UPDATE alerts SET status = coalesce($2::text, status),
         comment = CASE WHEN $2::text IS NULL THEN comment ELSE coalesce($3::text, comment) END,
         status_by = CASE WHEN $2::text IS NULL THEN status_by ELSE $4::text END,
         status_at = CASE WHEN $2::text IS NULL THEN status_at ELSE now() END,
         verdict = CASE WHEN $5::text IS NULL THEN verdict ELSE nullif($5::text, 'none') END,
         verdict_by = CASE $5::text WHEN 'none' THEN NULL ELSE
           CASE WHEN $5::text IS NULL THEN verdict_by ELSE $4::text END END,
         verdict_at = CASE $5::text WHEN 'none' THEN NULL ELSE
           CASE WHEN $5::text IS NULL THEN verdict_at ELSE now() END END,
         assignee = CASE WHEN $6::text IS NULL THEN assignee ELSE nullif($6::text, '') END,
         updated = now(), change = nextval('alert_changes')
       FROM before WHERE id = old_id RETURNING ${ALERT}`,
      [
        `{${ids.join(",")}}`,
        status ?? null,
        comment,
        who,
        verdict === undefined ? null : verdict ?? "none",
        assignee === undefined ? null : assignee ?? "",
      ],
    );
    return rows.map(alert);
  });
}

/** Verdicts of the alerts of each rule that has one. */
export async function verdicts(db: Statements): Promise<Map<string, VerdictCounts>> {
  const rows = await db.query<{ rule: string; verdict: Verdict; n: number }>(
    `SELECT rule, verdict, count(*)::float8 AS n FROM alerts WHERE verdict IS NOT NULL
     GROUP BY rule, verdict`,
  );
  const out = new Map<string, Record<Verdict, number>>();
  for (const { rule, verdict, n } of rows) {
    const counts = out.get(rule) ?? { true_positive: 0, false_positive: 0, benign: 0 };
    counts[verdict] = n;
    out.set(rule, counts);
  }
  return out;
}

export async function alertHistory(db: Statements, id: string): Promise<StatusEntry[]> {
  return await db.query<StatusEntry>(
    `SELECT ${hex("alert")}, ${ms("at")}, who, from_status AS "from", to_status AS "to", comment,
       verdict, assignee FROM alert_history WHERE alert_history.alert = $1::uuid ORDER BY id`,
    [id],
  );
}

export async function changesSince(
  db: Statements,
  last: number,
  limit: number,
): Promise<AlertChanges> {
  const rows = await db.query(
    `SELECT ${ALERT}, change::float8 AS change_number FROM alerts WHERE change > $1::float8::bigint
     ORDER BY change LIMIT $2`,
    [last, limit],
  );
  return {
    alerts: rows.map(alert),
    last: rows.length === 0 ? last : rows.at(-1)!.change_number as number,
  };
}

export async function lastChange(db: Statements): Promise<number> {
  const [{ last }] = await db.query<{ last: number }>(
    "SELECT coalesce(max(change), 0)::float8 AS last FROM alerts",
  );
  return last;
}

/** From the counts; the newest alert of each rule from an index. */
export async function ruleHits(db: Statements, range: TimeRange = {}): Promise<RuleHits[]> {
  const where = new Conditions();
  where.range(touched(range), "bucket");
  const newest = new Conditions(where.params);
  newest.range(range, "a.time");
  newest.add("a.rule = r.rule");
  return await db.query<RuleHits>(
    `SELECT r.*, (extract(epoch FROM (
         SELECT a.time FROM alerts a ${newest} ORDER BY a.time DESC LIMIT 1
       )) * 1000)::float8 AS last
     FROM (
       SELECT rule, sum(alerts)::float8 AS alerts,
         coalesce(sum(alerts) FILTER (WHERE status = 'open'), 0)::float8 AS open,
         sum(events)::float8 AS events, sum(suppressed)::float8 AS suppressed
       FROM alert_counts ${where} GROUP BY rule HAVING sum(alerts) > 0
     ) r ORDER BY r.alerts DESC, r.rule`,
    where.params,
  );
}

export async function degraded(db: Statements, range: TimeRange = {}): Promise<Degraded[]> {
  const where = new Conditions();
  where.range(range);
  where.add("kind = 'state_evicted'");
  return await db.query<Degraded>(
    `SELECT subject AS rule, (extract(epoch FROM min(time)) * 1000)::float8 AS first,
       (extract(epoch FROM max(time)) * 1000)::float8 AS last,
       (array_agg(message ORDER BY time DESC))[1] AS message
     FROM health ${where} GROUP BY subject ORDER BY max(time) DESC, subject`,
    where.params,
  );
}

/** The part of a stored alert that the engine gave, with the status that people gave it. */
export function engineAlert(alert: StoredAlert): Alert {
  const own = [
    "updated",
    "statusBy",
    "statusAt",
    "comment",
    "verdict",
    "verdictBy",
    "verdictAt",
    "assignee",
  ];
  return Object.fromEntries(
    Object.entries(alert).filter(([name]) => !own.includes(name)),
  ) as unknown as Alert;
}

export function alert(row: Row): StoredAlert {
  const ids = (row.event_ids as string).slice(1, -1);
  return {
    id: row.id as string,
    rule: row.rule as string,
    planHash: row.plan_hash as string,
    title: row.title as string,
    severity: row.severity as StoredAlert["severity"],
    status: row.status as StoredAlert["status"],
    time: row.time as number,
    first: row.first as number,
    last: row.last as number,
    count: row.count as number,
    suppressed: row.suppressed as number,
    entity: row.entity as StoredAlert["entity"],
    fields: row.fields as StoredAlert["fields"],
    mitre: row.mitre as StoredAlert["mitre"],
    metadata: row.metadata as StoredAlert["metadata"],
    ...(row.context ? { context: row.context as StoredAlert["context"] } : {}),
    message: row.message as string,
    eventIds: ids === "" ? [] : ids.split(","),
    updated: row.updated as number,
    statusBy: row.status_by as string | null,
    statusAt: row.status_at as number | null,
    comment: row.comment as string | null,
    verdict: row.verdict as StoredAlert["verdict"],
    verdictBy: row.verdict_by as string | null,
    verdictAt: row.verdict_at as number | null,
    assignee: row.assignee as string | null,
  };
}
