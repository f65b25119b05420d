/** Incidents, placed from sums for the actors of the alerts that a transaction changes. */
import type { Alert } from "../../event.ts";
import { actorKey, type IncidentAlert } from "../../engine/alerts/incidents.ts";
import type { Statements } from "../types/database.ts";
import { jsonText } from "../types/json.ts";
import { changedSum, incidentRow, type IncidentSum, joinSums, sumOf } from "./incident_sums.ts";

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

/** What alerts that are about to be written mean for incidents. */
export interface Placing {
  /** The incident of each of them, by id; none for those about nobody. */
  readonly incidents: ReadonlyMap<string, string>;
  /** Stored alerts that go to another incident; null for those about nobody now. */
  readonly moved: readonly { readonly id: string; readonly incident: string | null }[];
  /** Incidents all of whose alerts go to another one. */
  readonly joined: readonly { readonly from: string; readonly incident: string }[];
  /** Sums that are not there any more. */
  readonly gone: readonly string[];
  /** Ids of sums that are new or changed, and what they are. */
  readonly sums: ReadonlyMap<string, IncidentSum>;
}

/** An alert as it is stored. */
interface Stored extends IncidentAlert {
  readonly actor: string | null;
  readonly incident: string | null;
}

/** A sum as it is stored. */
interface StoredSum extends IncidentSum {
  readonly id: string;
}

/** A sum that may become part of another. */
interface Item extends IncidentSum {
  /** The sum that is stored, when it is one. */
  readonly id?: string;
  /** The one alert, when it is one. */
  readonly single?: string;
}

const NONE: Placing = { incidents: new Map(), moved: [], joined: [], gone: [], sums: new Map() };

/**
 * Places alerts that are about to be written. What comes out depends on the alerts alone, so the same
 * alerts give the same incidents in whatever portions they came. It takes the sums within a day of
 * them. All alerts of an incident are read only where its sum cannot tell what a change leaves: when
 * an alert goes to another actor, or begins at another time than before.
 */
export async function placeAlerts(tx: Statements, alerts: readonly Alert[]): Promise<Placing> {
  const coming = new Map(alerts.map((a) => [a.id, comingAlert(a)]));
  const stored = await storedAlerts(tx, "id = ANY ($1::uuid[])", [...coming.keys()]);
  const byId = new Map((await storedSums(tx, coming, stored)).map((s) => [s.id, s]));
  if (byId.size === 0 && [...coming.values()].every((a) => a.actor === null)) return NONE;
  const changed = new Map<string, IncidentSum>(), again = new Set<string>();
  for (const was of stored) {
    if (was.incident === null) continue;
    const sum = changed.get(was.incident) ?? byId.get(was.incident);
    const now = coming.get(was.id)!;
    const after = sum && now.actor === was.actor ? changedSum(sum, was, now) : null;
    if (after) changed.set(was.incident, after);
    else again.add(was.incident);
  }
  const kept = new Set(
    stored.flatMap((a) => a.incident !== null && !again.has(a.incident) ? [a.id] : []),
  );
  const before = new Map(stored.map((a) => [a.id, a.incident]));
  const items: Item[] = [];
  for (const [id, sum] of byId) {
    if (!again.has(id)) items.push({ ...changed.get(id) ?? sum, id });
  }
  const others = await storedAlerts(tx, "incident = ANY ($1::uuid[])", [...again]);
  for (const alert of others) {
    before.set(alert.id, alert.incident);
    if (coming.has(alert.id) || alert.actor === null) continue;
    items.push({ ...sumOf(alert, alert.actor), single: alert.id });
  }
  for (const alert of coming.values()) {
    if (alert.actor === null || kept.has(alert.id)) continue;
    items.push({ ...sumOf(alert, alert.actor), single: alert.id });
  }
  return placed(items, { before, changed, again, kept: stored.filter((a) => kept.has(a.id)) });
}

/** An alert as it will be read: the database cannot hold every text, nor parts of a microsecond. */
function comingAlert(alert: Alert): IncidentAlert & { readonly actor: string | null } {
  const entity = JSON.parse(jsonText(alert.entity)) as Alert["entity"];
  const mitre = JSON.parse(jsonText(alert.mitre)) as Alert["mitre"];
  const whole = (ms: number) => Math.round(ms * 1000) / 1000;
  return {
    ...alert,
    entity,
    mitre,
    time: whole(alert.time),
    first: whole(alert.first),
    last: whole(alert.last),
    actor: actorKey({ entity }),
  };
}

/** What is known when the items are there. */
interface Known {
  /** Where each stored alert that was read belongs now. */
  readonly before: ReadonlyMap<string, string | null>;
  readonly changed: ReadonlyMap<string, IncidentSum>;
  /** Sums that are made anew from their alerts. */
  readonly again: ReadonlySet<string>;
  /** Alerts of the transaction that stay in their sums. */
  readonly kept: readonly Stored[];
}

function placed(items: readonly Item[], { before, changed, again, kept }: Known): Placing {
  const incidents = new Map<string, string>(), target = new Map<string, string>();
  const moved: { id: string; incident: string | null }[] = [];
  const joined: { from: string; incident: string }[] = [];
  const gone = new Set(again), sums = new Map<string, IncidentSum>();
  const left = new Set([...before].flatMap(([id, incident]) => incident === null ? [] : [id]));
  for (const alert of kept) left.delete(alert.id);
  const byActor = Map.groupBy(items, (item) => item.actor);
  for (const { id, sum, of } of [...byActor.values()].flatMap(joinSums)) {
    for (const item of of) {
      if (item.id !== undefined) target.set(item.id, id);
      if (item.id !== undefined && item.id !== id) {
        joined.push({ from: item.id, incident: id });
        gone.add(item.id);
      }
      if (item.single === undefined) continue;
      incidents.set(item.single, id);
      left.delete(item.single);
      const was = before.get(item.single);
      if (was !== undefined && was !== id) moved.push({ id: item.single, incident: id });
    }
    const [{ id: alone }] = of;
    if (of.length > 1 || alone !== id || changed.has(id)) sums.set(id, sum);
  }
  // What is about nobody now is in no sum.
  for (const id of left) moved.push({ id, incident: null });
  for (const alert of kept) incidents.set(alert.id, target.get(alert.incident!)!);
  for (const id of target.values()) gone.delete(id);
  for (const id of sums.keys()) gone.delete(id);
  return { incidents, moved, joined, gone: [...gone], sums };
}

async function storedAlerts(
  tx: Statements,
  where: string,
  ids: readonly string[],
): Promise<Stored[]> {
  if (ids.length === 0) return [];
  return await tx.query<Stored>(
    `SELECT replace(id::text, '-', '') AS id, rule, severity, entity, mitre,
       '' AS title, '' AS message, 0 AS count,
       (extract(epoch FROM time) * 1000)::float8 AS time,
       (extract(epoch FROM first) * 1000)::float8 AS first,
       (extract(epoch FROM last) * 1000)::float8 AS last,
       replace(actor::text, '-', '') AS actor, replace(incident::text, '-', '') AS incident
     FROM alerts WHERE ${where}`,
    [`{${ids.join(",")}}`],
  );
}

/** Sums within a day of the alerts, and those that the stored ones of them belong to. */
async function storedSums(
  tx: Statements,
  coming: ReadonlyMap<string, IncidentAlert & { readonly actor: string | null }>,
  stored: readonly Stored[],
): Promise<StoredSum[]> {
  const touched = new Map<string, { actor: string; first: number; last: number }>();
  for (const { actor, first, last } of coming.values()) {
    if (actor === null) continue;
    const t = touched.get(actor);
    if (!t) touched.set(actor, { actor, first, last });
    else {
      t.first = Math.min(t.first, first);
      t.last = Math.max(t.last, last);
    }
  }
  const incidents = new Set(stored.flatMap((a) => a.incident ?? []));
  return await tx.query<StoredSum>(
    `SELECT replace(s.id::text, '-', '') AS id, replace(s.actor::text, '-', '') AS actor,
       (extract(epoch FROM s.first) * 1000)::float8 AS first,
       (extract(epoch FROM s.last) * 1000)::float8 AS last,
       replace(s.first_alert::text, '-', '') AS "firstAlert", s.field, s.value, s.parts
     FROM incident_sums s WHERE s.id IN (
       SELECT s.id FROM jsonb_to_recordset($1::text::jsonb)
         AS t(actor uuid, first numeric, last numeric)
       JOIN incident_sums s ON s.actor = t.actor
         AND s.last >= to_timestamp(t.first / 1000) - interval '24 hours'
         AND s.first <= to_timestamp(t.last / 1000) + interval '24 hours'
       UNION ALL SELECT unnest($2::uuid[])
     )`,
    [jsonText([...touched.values()]), `{${[...incidents].join(",")}}`],
  );
}

/**
 * Takes back alerts that were written as provisional: those that no person has touched go, and their
 * incidents are made anew of what is left.
 */
export async function retractAlerts(tx: Statements, ids: readonly string[]): Promise<void> {
  await lockAlerts(tx);
  const gone = await tx.query<{ incident: string | null }>(
    `DELETE FROM alerts WHERE id = ANY ($1::uuid[])
       AND NOT EXISTS (SELECT FROM alert_history h WHERE h.alert = alerts.id)
     RETURNING replace(incident::text, '-', '') AS incident`,
    [`{${ids.join(",")}}`],
  );
  const again = new Set(gone.flatMap((a) => a.incident ?? []));
  if (again.size === 0) return;
  const left = await storedAlerts(tx, "incident = ANY ($1::uuid[])", [...again]);
  const items = left.flatMap((alert) =>
    alert.actor === null ? [] : [{ ...sumOf(alert, alert.actor), single: alert.id }]
  );
  const before = new Map(left.map((a) => [a.id, a.incident]));
  await writeIncidents(tx, placed(items, { before, changed: new Map(), again, kept: [] }));
}

/** Writes what that changes beside the alerts themselves. */
export async function writeIncidents(tx: Statements, placing: Placing): Promise<void> {
  const { moved, joined, gone, sums } = placing;
  if (moved.length > 0) {
    await tx.query(
      `UPDATE alerts SET incident = m.incident
       FROM jsonb_to_recordset($1::text::jsonb) AS m(id uuid, incident uuid)
       WHERE alerts.id = m.id`,
      [jsonText(moved)],
    );
  }
  if (joined.length > 0) {
    await tx.query(
      `UPDATE alerts SET incident = j.incident
       FROM jsonb_to_recordset($1::text::jsonb) AS j("from" uuid, incident uuid)
       WHERE alerts.incident = j."from"`,
      [jsonText(joined)],
    );
  }
  const rows = [...sums].map(([id, sum]) => incidentRow(id, sum));
  const changed = rows.filter((row) => row !== null);
  // A sum of one rule is no incident, whether or not it was one.
  const none = [...gone, ...[...sums.keys()].filter((_, i) => rows[i] === null)];
  if (none.length > 0) {
    await tx.query("DELETE FROM incidents WHERE id = ANY ($1::uuid[])", [`{${none.join()}}`]);
  }
  if (gone.length > 0) {
    await tx.query("DELETE FROM incident_sums WHERE id = ANY ($1::uuid[])", [`{${gone.join()}}`]);
  }
  if (sums.size > 0) await writeSums(tx, sums);
  if (changed.length > 0) await writeRows(tx, changed);
}

async function writeSums(tx: Statements, sums: ReadonlyMap<string, IncidentSum>): Promise<void> {
  await tx.query(
    `INSERT INTO incident_sums (id, actor, first, last, first_alert, field, value, parts)
     SELECT s.id, s.actor, to_timestamp(s.first / 1000), to_timestamp(s.last / 1000),
       s."firstAlert", s.field, s.value, s.parts
     FROM jsonb_to_recordset($1::text::jsonb) AS s(id uuid, actor uuid, first numeric, last numeric,
       "firstAlert" uuid, field text, value text, parts jsonb)
     ON CONFLICT (id) DO UPDATE SET first = excluded.first, last = excluded.last,
       first_alert = excluded.first_alert, field = excluded.field, value = excluded.value,
       parts = excluded.parts`,
    [jsonText([...sums].map(([id, sum]) => ({ id, ...sum })))],
  );
}

async function writeRows(tx: Statements, rows: readonly unknown[]): Promise<void> {
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
    [jsonText(rows)],
  );
}
