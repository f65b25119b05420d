/** Incidents, worked out again for the actors of the alerts that a transaction changes. */
import type { Alert } from "../event.ts";
import { actorKey, clusters, type Part } from "../incidents.ts";
import type { Statements } from "./database.ts";
import { jsonText } from "./json.ts";

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

interface Stored extends Part {
  readonly incident: string | null;
}

/**
 * Reads the alerts within a day of the changed ones, with all that they are connected to already,
 * puts together what belongs together, and writes what that changes. The result depends on the
 * stored alerts alone, so the same alerts give the same incidents in whatever portions they came.
 * The cost follows the size of the incidents touched. Their texts are not read: the timeline is the
 * alerts themselves.
 */
export async function writeIncidents(tx: Statements, changed: readonly Alert[]): Promise<void> {
  const touched = new Map<string, { actor: string; first: number; last: number }>();
  for (const alert of changed) {
    const key = actorKey(alert);
    if (key === null) continue;
    const t = touched.get(key);
    if (!t) touched.set(key, { actor: key, first: alert.first, last: alert.last });
    else {
      t.first = Math.min(t.first, alert.first);
      t.last = Math.max(t.last, alert.last);
    }
  }
  if (touched.size === 0) return;
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
  const ids = new Set(changed.map((a) => a.id));
  const gone = new Set(before.values());
  const moved: { id: string; incident: string }[] = [];
  const upsert: unknown[] = [];
  for (const { id, alerts, incident } of clusters(stored)) {
    const other = alerts.filter((a) => before.get(a.id) !== id);
    for (const a of other) moved.push({ id: a.id, incident: id });
    if (!incident) continue;
    gone.delete(id);
    if (other.length === 0 && !alerts.some((a) => ids.has(a.id))) continue;
    const { timeline, entity, ...rest } = incident;
    upsert.push({ ...rest, ...entity, alerts: timeline.length });
  }
  gone.delete(null);
  if (moved.length > 0) {
    await tx.query(
      `UPDATE alerts SET incident = m.incident
       FROM jsonb_to_recordset($1::text::jsonb) AS m(id uuid, incident uuid)
       WHERE alerts.id = m.id`,
      [jsonText(moved)],
    );
  }
  if (gone.size > 0) {
    await tx.query("DELETE FROM incidents WHERE id = ANY ($1::uuid[])", [`{${[...gone].join()}}`]);
  }
  if (upsert.length === 0) return;
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
    [jsonText(upsert)],
  );
}
