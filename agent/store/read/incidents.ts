/** Incidents. */
import type { Row, Statements } from "../types/database.ts";
import { Conditions, hex, ms } from "./conditions.ts";
import { RISK_RULE } from "../../../compiler/ir/risk.ts";
import { ALERT, alert } from "./alerts.ts";
import type { IncidentFilter, Page, StoredAlert, StoredIncident } from "../types/types.ts";

/** Open while one of its alerts is, else acknowledged while one is. */
const INCIDENT_STATUS = `(SELECT CASE WHEN bool_or(a.status = 'open') THEN 'open'
    WHEN bool_or(a.status = 'acknowledged') THEN 'acknowledged' ELSE 'closed' END
  FROM alerts a WHERE a.incident = incidents.id)`;
/**
 * The alert that says most: the most severe, of those the one that took most events, so that a chain
 * stands before its links. A sum of points says what happened only where nothing else does.
 */
const HEADLINE =
  `(SELECT jsonb_build_object('alert', replace(a.id::text, '-', ''), 'message', a.message)
  FROM alerts a WHERE a.incident = incidents.id
  ORDER BY a.rule = '${RISK_RULE}',
    array_position('{critical,high,medium,low,informational}'::text[], a.severity),
    a.count DESC, a.time, a.id LIMIT 1)`;
const INCIDENT = `${hex("id")}, entity_field, entity_value, severity, ${INCIDENT_STATUS} AS status,
  ${ms("first")}, ${ms("last")}, rules, tactics, techniques, alerts::float8 AS alerts,
  ${ms("updated")}, ${HEADLINE} AS headline`;

export async function incidents(
  db: Statements,
  filter: IncidentFilter,
): Promise<Page<StoredIncident>> {
  const { from, to, cursor, entity, severities, status, limit } = filter;
  const where = new Conditions();
  if (from !== undefined) where.add("last >= to_timestamp(?::float8 / 1000)", from);
  if (to !== undefined) where.add("first < to_timestamp(?::float8 / 1000)", to);
  if (cursor) {
    where.add("(first, id) < (to_timestamp(?::float8 / 1000), ?::uuid)", cursor.time, cursor.id);
  }
  if (entity !== undefined) where.add("lower(entity_value) = lower(?)", entity);
  if (severities) where.add("severity = ANY (?::text[])", `{${severities.join(",")}}`);
  if (status !== undefined) where.add(`${INCIDENT_STATUS} = ?`, status);
  const rows = await db.query(
    `SELECT ${INCIDENT} FROM incidents ${where}
     ORDER BY incidents.first DESC, incidents.id DESC LIMIT ${Math.floor(limit) + 1}`,
    where.params,
  );
  const items = rows.slice(0, limit).map(incident);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last ? { time: last.first, id: last.id } : null };
}

export async function incidentById(db: Statements, id: string): Promise<StoredIncident | null> {
  const rows = await db.query(`SELECT ${INCIDENT} FROM incidents WHERE id = $1::uuid`, [id]);
  return rows.length === 0 ? null : incident(rows[0]);
}

export async function timeline(db: Statements, id: string, limit: number): Promise<StoredAlert[]> {
  const rows = await db.query(
    `SELECT ${ALERT} FROM alerts WHERE incident = $1::uuid
     ORDER BY alerts.time, alerts.id LIMIT $2`,
    [id, limit],
  );
  return rows.map(alert);
}

function incident(row: Row): StoredIncident {
  return {
    id: row.id as string,
    entity: { field: row.entity_field as string, value: row.entity_value as string },
    severity: row.severity as StoredIncident["severity"],
    status: row.status as StoredIncident["status"],
    first: row.first as number,
    last: row.last as number,
    rules: row.rules as string[],
    tactics: row.tactics as string[],
    techniques: row.techniques as string[],
    alerts: row.alerts as number,
    updated: row.updated as number,
    headline: row.headline as StoredIncident["headline"],
  };
}
