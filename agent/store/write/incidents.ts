/** Incidents, worked out again for the actors of the alerts that a transaction changes. */
import type { Alert } from "../../event.ts";
import { actorKey, clusters, type IncidentAlert } from "../../engine/alerts/incidents.ts";
import type { Statements } from "../types/database.ts";
import { jsonText } from "../types/json.ts";

/** Any constant, other than that of the migrations. */
const LOCK = 0x7069636c;

/**
 * To be taken before alerts are written: two writers who each see only their own new alerts of one
 * actor would make two incidents of them, and numbers of changes would not appear in their order.
 * Held until the transaction ends.
 */
export async function lockAlerts(tx: Statements): Promise<void> {
  await tx.query("SELECT pg_advisory_xact_lock($1)", [LOCK]);
}

interface Stored extends IncidentAlert {
  readonly incident: string | null;
}

/** What alerts that are about to be written mean for incidents. */
export interface Placing {
  /** The incident of each of them, by id; null for those about nobody. */
  readonly incidents: ReadonlyMap<string, string>;
  /** Stored alerts that go to another incident. */
  readonly moved: readonly { readonly id: string; readonly incident: string }[];
  /** Incidents that are none any more. */
  readonly gone: readonly string[];
  /** Rows of incidents that are new or changed. */
  readonly changed: readonly unknown[];
}

/**
 * Reads the stored alerts within a day of alerts that are about to be written, with all that they are
 * connected to already, and puts together what will belong together. The result depends on the alerts
 * alone, so the same alerts give the same incidents in whatever portions they came. The cost follows
 * the size of the incidents touched. Their texts are not read: the timeline is the alerts themselves.
 */
export async function placeAlerts(tx: Statements, alerts: readonly Alert[]): Promise<Placing> {
  const touched = new Map<string, { actor: string; first: number; last: number }>();
  const coming = new Map<string, IncidentAlert>();
  for (const alert of alerts) {
    // As it will be read: the database cannot hold every text.
    const entity = JSON.parse(jsonText(alert.entity)) as Alert["entity"];
    const key = actorKey({ entity });
    if (key === null) continue;
    coming.set(alert.id, { ...alert, entity });
    const t = touched.get(key);
    if (!t) touched.set(key, { actor: key, first: alert.first, last: alert.last });
    else {
      t.first = Math.min(t.first, alert.first);
      t.last = Math.max(t.last, alert.last);
    }
  }
  if (touched.size === 0) return { incidents: new Map(), moved: [], gone: [], changed: [] };
  const stored = await tx.query<Stored>(
    `WITH near AS (
       SELECT a.id, a.incident
       FROM jsonb_to_recordset($1::text::jsonb) AS t(actor uuid, first numeric, last numeric)
       JOIN alerts a ON a.actor = t.actor
         AND a.last >= to_timestamp(t.first / 1000) - interval '24 hours'
         AND a.first <= to_timestamp(t.last / 1000) + interval '24 hours'
     ), those AS (
       SELECT id FROM near
       UNION
       SELECT a.id FROM alerts a WHERE a.incident IN (SELECT incident FROM near)
     )
     SELECT replace(a.id::text, '-', '') AS id, rule, severity, entity, mitre,
       '' AS title, '' AS message, 0 AS count,
       (extract(epoch FROM time) * 1000)::float8 AS time,
       (extract(epoch FROM first) * 1000)::float8 AS first,
       (extract(epoch FROM last) * 1000)::float8 AS last,
       replace(incident::text, '-', '') AS incident
     FROM those JOIN alerts a ON a.id = those.id`,
    [jsonText([...touched.values()])],
  );
  const before = new Map(stored.map((a) => [a.id, a.incident]));
  const all = new Map<string, IncidentAlert>(stored.map((a) => [a.id, a]));
  for (const [id, alert] of coming) all.set(id, alert);
  const gone = new Set(before.values());
  const incidents = new Map<string, string>();
  const moved: { id: string; incident: string }[] = [];
  const changed: unknown[] = [];
  for (const { id, alerts, incident } of clusters(all.values())) {
    let other = false;
    for (const alert of alerts) {
      if (coming.has(alert.id)) incidents.set(alert.id, id);
      if (before.get(alert.id) === id) continue;
      other = true;
      if (before.has(alert.id)) moved.push({ id: alert.id, incident: id });
    }
    if (!incident) continue;
    gone.delete(id);
    if (!other && !alerts.some((a) => coming.has(a.id))) continue;
    const { timeline, entity, ...rest } = incident;
    changed.push({ ...rest, ...entity, alerts: timeline.length });
  }
  gone.delete(null);
  return { incidents, moved, gone: [...gone] as string[], changed };
}

/** Writes what that changes beside the alerts themselves. */
export async function writeIncidents(
  tx: Statements,
  { moved, gone, changed }: Placing,
): Promise<void> {
  if (moved.length > 0) {
    await tx.query(
      `UPDATE alerts SET incident = m.incident
       FROM jsonb_to_recordset($1::text::jsonb) AS m(id uuid, incident uuid)
       WHERE alerts.id = m.id`,
      [jsonText(moved)],
    );
  }
  if (gone.length > 0) {
    await tx.query("DELETE FROM incidents WHERE id = ANY ($1::uuid[])", [`{${gone.join()}}`]);
  }
  if (changed.length === 0) return;
  await tx.query(
    `INSERT INTO incidents (id, entity_field, entity_value, severity, first, last, rules, tactics,
       techniques, alerts, updated)
     SELECT i.id, i.field, i.value, i.severity, to_timestamp(i.first / 1000),
       to_timestamp(i.last / 1000), i.rules, i.tactics, i.techniques, i.alerts, now()
     FROM jsonb_to_recordset($1::text::jsonb) AS i(id uuid, field text, value text, severity text,
       first numeric, last numeric, rules text[], tactics text[], techniques text[], alerts bigint)
     ON CONFLICT (id) DO UPDATE SET entity_field = excluded.entity_field,
       entity_value = excluded.entity_value, severity = excluded.severity, first = excluded.first,
       last = excluded.last, rules = excluded.rules, tactics = excluded.tactics,
       techniques = excluded.techniques, alerts = excluded.alerts, updated = excluded.updated`,
    [jsonText(changed)],
  );
}
