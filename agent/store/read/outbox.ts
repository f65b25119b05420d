/**
 * The outbox as workers use it. Every statement is short and ends before anything is sent: PGlite has
 * one connection, and ingestion waits for no receiver.
 */
import type { Database } from "../types/database.ts";
import type {
  AlertEdited,
  ClaimedNotification,
  ClaimRequest,
  DeliveryBody,
  DeliveryEvent,
  EditsRequest,
  Outbox,
  Settlement,
  SinkState,
  StoredDelivery,
  TriageEdit,
} from "../types/delivery_types.ts";
import type { DeliveryFilter, Page } from "../types/filters.ts";
import { jsonText } from "../types/json.ts";
import { type SilencedAlert, silenceOf } from "../types/silences.ts";
import { bodyOf, CONTEXT } from "../schema/context.ts";
import { activeSilences, writeDeliveries } from "../write/deliveries.ts";
import { alertsById, engineAlert } from "./alerts.ts";
import { Conditions, hex, ms } from "./conditions.ts";

/** Alerts of a notification that come with it. */
const MOST_BODIES = 20;

const at = (n: number) => `to_timestamp($${n}::float8 / 1000)`;

export function outboxOn(db: Database): Outbox {
  return {
    async clock() {
      const [{ now }] = await db.query<{ now: number }>(
        "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now",
      );
      return now;
    },
    claim: (request) => claim(db, request),
    dropSilenced: (sink, now) => dropSilenced(db, sink, now),
    edits: (request) => edits(db, request),
    put: (deliveries) => db.transaction((tx) => writeDeliveries(tx, deliveries)),
    settle: (worker, now, settled) => settle(db, { worker, now }, settled),
    async nextDue(sink, now) {
      const [{ due }] = await db.query<{ due: number | null }>(
        `SELECT (extract(epoch FROM min(due)) * 1000)::float8 AS due FROM deliveries
         WHERE sink = $1 AND state = 'waiting' AND due > ${at(2)}`,
        [sink, now],
      );
      return due;
    },
    async expire(sink, { now, before, error }) {
      const [{ n }] = await db.query<{ n: number }>(
        `WITH gone AS (
           UPDATE deliveries SET state = 'dead', settled = ${at(2)}, error = $4
           WHERE state = 'waiting' AND due <= ${at(2)} AND notification IN (
             SELECT notification FROM deliveries WHERE sink = $1 AND state = 'waiting'
               AND id = notification AND due <= ${at(2)} AND created < ${at(3)}
           )
           RETURNING 1
         ) SELECT count(*)::float8 AS n FROM gone`,
        [sink, now, before, error],
      );
      return n;
    },
    repeat: (now) => repeat(db, now),
    async recover() {
      // Of several processes on one server none can tell whether another is alive: leases end by themselves.
      if (db.kind !== "pglite") return;
      await db.query(
        `UPDATE deliveries SET due = to_timestamp(0), worker = NULL
         WHERE state = 'waiting' AND worker IS NOT NULL`,
      );
    },
    async hasten(sink, now) {
      await db.query(
        `UPDATE deliveries SET due = ${at(2)}
         WHERE sink = $1 AND state = 'waiting' AND attempts > 0 AND worker IS NULL AND due > ${
          at(2)
        }`,
        [sink, now],
      );
    },
    async purge(before) {
      await db.query(`DELETE FROM deliveries WHERE settled < ${at(1)}`, [before]);
      // Nothing does it of itself there.
      if (db.kind === "pglite") await db.script("VACUUM deliveries");
    },
  };
}

interface ClaimedRow {
  readonly key: string;
  readonly lane: string;
  readonly event: DeliveryEvent;
  readonly attempt: number;
  readonly created: number;
  readonly count: number;
  readonly body: DeliveryBody | null;
}

/**
 * Only the first row of a notification is looked for and locked: one that another claim has locked is
 * passed over, and so is one that a writer is just adding to, which locks all of it first.
 */
async function claim(
  db: Database,
  { sink, worker, now, limit, lease }: ClaimRequest,
): Promise<ClaimedNotification[]> {
  const rows = await db.query<ClaimedRow>(
    `WITH heads AS MATERIALIZED (
       SELECT d.notification FROM deliveries d
       WHERE d.sink = $1 AND d.state = 'waiting' AND d.due <= ${at(2)} AND d.id = d.notification
         AND NOT EXISTS (
         SELECT FROM deliveries e
         WHERE e.lane = d.lane AND e.state = 'waiting' AND e.attempts > 0 AND e.seq < d.seq
           AND e.due > ${at(2)} AND e.sink = d.sink
       )
       ORDER BY d.seq LIMIT $3 FOR UPDATE OF d SKIP LOCKED
     ), claimed AS (
       UPDATE deliveries SET attempts = attempts + 1, worker = $4::uuid,
         due = ${at(2)} + $5::float8 * interval '1 millisecond'
       WHERE state = 'waiting' AND due <= ${
      at(2)
    } AND notification IN (SELECT notification FROM heads)
       RETURNING seq, notification, lane, event, attempts, created, alert, body
     ), numbered AS (
       SELECT *, row_number() OVER w AS n, count(*) OVER (PARTITION BY notification) AS all_of
       FROM claimed WINDOW w AS (PARTITION BY notification ORDER BY seq)
     )
     SELECT ${hex("notification").replace("AS notification", "AS key")}, ${hex("lane")}, event,
       attempts AS attempt, ${ms("created")}, all_of::float8 AS count,
       ${bodyOf("numbered")} AS body
     FROM numbered WHERE n <= ${MOST_BODIES}
     ORDER BY min(seq) OVER (PARTITION BY notification), seq`,
    [sink, now, limit, worker, lease],
  );
  const out = new Map<string, ClaimedNotification & { readonly bodies: DeliveryBody[] }>();
  for (const { key, lane, event, attempt, created, count, body } of rows) {
    let one = out.get(key);
    if (!one) {
      one = { key, lane, event, attempt, created, count, until: now + lease, bodies: [] };
      out.set(key, one);
    }
    if (body !== null) one.bodies.push(body);
  }
  return [...out.values()];
}

async function settle(
  db: Database,
  { worker, now }: { worker: string; now: number },
  settled: readonly Settlement[],
): Promise<void> {
  if (settled.length === 0) return;
  // What was delivered is, whoever has it in hand now; for all else one must still have it.
  await db.query(
    `UPDATE deliveries d SET
       state = CASE WHEN s.state IN ('delivered', 'dead') THEN s.state ELSE 'waiting' END,
       settled = CASE WHEN s.state IN ('delivered', 'dead') THEN ${at(2)} END,
       due = to_timestamp(s.due / 1000),
       attempts = d.attempts - CASE WHEN s.state = 'released' THEN 1 ELSE 0 END,
       error = CASE WHEN s.state IN ('delivered', 'released') THEN d.error ELSE s.error END,
       worker = NULL,
       repeat_at = CASE WHEN s.state = 'delivered' AND d.repeat_every IS NOT NULL
         THEN ${at(2)} + d.repeat_every * interval '1 millisecond' END,
       body = CASE WHEN s.state = 'delivered' THEN NULL ELSE d.body END
     FROM jsonb_to_recordset($1::text::jsonb)
       AS s(key uuid, attempt integer, state text, due numeric, error text)
     WHERE d.notification = s.key AND d.state = 'waiting'
       AND (s.state = 'delivered' OR (d.worker = $3::uuid AND d.attempts = s.attempt))`,
    [jsonText(settled), now, worker],
  );
}

/** Rows that are looked at in one go. */
const MOST_JUDGED = 1000;

async function dropSilenced(db: Database, sink: string, now: number): Promise<number> {
  const silences = await activeSilences(db);
  if (silences.length === 0) return 0;
  return await db.transaction(async (tx) => {
    const rows = await tx.query<{ id: string; alert: SilencedAlert }>(
      `SELECT ${hex("id")}, jsonb_build_object('rule', body -> 'alert' -> 'rule',
         'entity', body -> 'alert' -> 'entity', 'fields', body -> 'alert' -> 'fields') AS alert
       FROM deliveries
       WHERE sink = $1 AND state = 'waiting' AND worker IS NULL AND due <= ${at(2)}
         AND body ? 'alert'
       ORDER BY seq LIMIT ${MOST_JUDGED} FOR UPDATE SKIP LOCKED`,
      [sink, now],
    );
    const ids = rows.filter((r) => silenceOf(silences, r.alert, now) !== null).map((r) => r.id);
    if (ids.length === 0) return 0;
    const gone = await tx.query<{ notification: string }>(
      `DELETE FROM deliveries WHERE id = ANY ($1::uuid[]) AND state = 'waiting' AND worker IS NULL
       RETURNING ${hex("notification")}`,
      [`{${ids.join(",")}}`],
    );
    // The rest of a group has a new first one.
    await tx.query(
      `UPDATE deliveries d SET notification = h.head FROM (
         SELECT notification, (array_agg(id ORDER BY seq))[1] AS head FROM deliveries
         WHERE state = 'waiting' AND notification = ANY ($1::uuid[]) GROUP BY notification
       ) h WHERE d.notification = h.notification AND d.state = 'waiting'`,
      [`{${[...new Set(gone.map((g) => g.notification))].join(",")}}`],
    );
    return gone.length;
  });
}

async function edits(
  db: Database,
  { after, since, limit }: EditsRequest,
): Promise<AlertEdited[]> {
  const rows = await db.query<TriageEdit & { number: number; alert: string }>(
    `SELECT id::float8 AS number, ${hex("alert")}, ${ms("at")}, who, from_status AS "from",
       to_status AS "to", comment, verdict, assignee
     FROM alert_history WHERE id > $1::float8::bigint AND at > ${at(2)} ORDER BY id LIMIT $3`,
    [after, since, limit],
  );
  if (rows.length === 0) return [];
  const alerts = new Map(
    (await alertsById(db, [...new Set(rows.map((r) => r.alert))])).map((a) => [a.id, a]),
  );
  return rows.flatMap(({ number, alert, ...edit }) => {
    const found = alerts.get(alert);
    return found === undefined ? [] : [{ number, edit, alert: engineAlert(found) }];
  });
}

/** What is told again has a new id: it is to arrive although the first did. */
async function repeat(db: Database, now: number): Promise<number> {
  const [{ n }] = await db.query<{ n: number }>(
    `WITH again AS (
       UPDATE deliveries SET repeat_at = NULL WHERE repeat_at <= ${at(1)}
       RETURNING id, sink, lane, group_key, event, alert, subject, title, severity, time,
         repeat_every, attempts
     ), open AS (
       SELECT g.*, to_jsonb(x) - CASE WHEN x.context IS NULL THEN 'context' ELSE '' END
         AS alert_now FROM again g JOIN (
         SELECT id, rule, plan_hash AS "planHash", title, severity, status,
           (extract(epoch FROM time) * 1000)::float8 AS time,
           (extract(epoch FROM first) * 1000)::float8 AS first,
           (extract(epoch FROM last) * 1000)::float8 AS last, count::float8 AS count,
           suppressed::float8 AS suppressed, entity, fields, mitre, metadata, ${CONTEXT},
           message,
           string_to_array(replace(trim(event_ids::text, '{}'), '-', ''), ',') AS "eventIds"
         FROM alerts
       ) x ON x.id = g.alert WHERE x.status = 'open' AND g.event = 'opened'
     ), added AS (
       INSERT INTO deliveries (id, notification, sink, lane, group_key, event, alert, subject, title,
         severity, time, created, scheduled, counted, due, repeat_every, body)
       SELECT m.id, CASE WHEN o.group_key IS NULL THEN m.id
           ELSE first_value(m.id) OVER (PARTITION BY o.group_key ORDER BY o.id) END,
         o.sink, o.lane, o.group_key, o.event, o.alert, o.subject, o.title, o.severity, o.time,
         ${at(1)}, ${at(1)}, true, ${at(1)}, o.repeat_every,
         jsonb_build_object('alert', o.alert_now || jsonb_build_object('id', replace(o.alert::text, '-', '')))
       FROM open o CROSS JOIN LATERAL (SELECT md5('again ' || o.id)::uuid AS id) m
       ON CONFLICT (id) DO NOTHING RETURNING 1
     ) SELECT count(*)::float8 AS n FROM added`,
    [now],
  );
  return n;
}

export async function sinkStates(db: { query: Database["query"] }): Promise<SinkState[]> {
  return await db.query<SinkState>(
    `SELECT sink,
       count(*) FILTER (WHERE state = 'waiting')::float8 AS waiting,
       count(*) FILTER (WHERE state = 'dead')::float8 AS dead,
       count(*) FILTER (WHERE state = 'delivered')::float8 AS delivered,
       (extract(epoch FROM min(created) FILTER (WHERE state = 'waiting')) * 1000)::float8 AS oldest,
       (extract(epoch FROM max(settled) FILTER (WHERE state = 'delivered')) * 1000)::float8
         AS "lastDelivered",
       (array_agg(error ORDER BY seq DESC)
         FILTER (WHERE state <> 'delivered' AND error IS NOT NULL))[1] AS "lastError"
     FROM deliveries GROUP BY sink ORDER BY sink`,
  );
}

export async function deliveries(
  db: { query: Database["query"] },
  { sink, state, cursor, limit }: DeliveryFilter,
): Promise<Page<StoredDelivery>> {
  const where = new Conditions();
  if (cursor) {
    where.add("(created, id) < (to_timestamp(?::float8 / 1000), ?::uuid)", cursor.time, cursor.id);
  }
  if (sink !== undefined) where.add("sink = ?", sink);
  if (state !== undefined) where.add("state = ?", state);
  const rows = await db.query<StoredDelivery>(
    `SELECT ${hex("id")}, ${ms("created").replace(/AS created$/, "AS time")}, sink, event, state,
       ${hex("alert")}, subject, title, severity, attempts,
       (extract(epoch FROM coalesce(settled, due)) * 1000)::float8 AS due, error
     FROM deliveries ${where}
     ORDER BY deliveries.created DESC, deliveries.id DESC LIMIT ${Math.floor(limit) + 1}`,
    where.params,
  );
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: rows.length > limit && last ? { time: last.time, id: last.id } : null };
}

/**
 * Dead letters wait again with their whole time before them, and with them all of their notifications:
 * what was told together is told together. Gives how many alerts.
 */
export async function retryDeliveries(
  db: Database,
  which: { readonly sink?: string; readonly ids?: readonly string[] },
): Promise<number> {
  const where = new Conditions();
  if (which.sink !== undefined) where.add("sink = ?", which.sink);
  if (which.ids !== undefined) where.add("id = ANY (?::uuid[])", `{${which.ids.join(",")}}`);
  const [{ n }] = await db.query<{ n: number }>(
    `WITH chosen AS (
       SELECT DISTINCT notification FROM deliveries
       WHERE state = 'dead' AND body IS NOT NULL AND ${where.test}
     ), headed AS (
       SELECT id, first_value(id) OVER (PARTITION BY notification ORDER BY seq) AS head
       FROM deliveries JOIN chosen USING (notification)
       WHERE state = 'dead' AND body IS NOT NULL
     ), again AS (
       UPDATE deliveries d SET state = 'waiting', settled = NULL, attempts = 0, worker = NULL,
         due = now(), created = now(), notification = h.head, group_key = NULL
       FROM headed h WHERE d.id = h.id RETURNING 1
     ) SELECT count(*)::float8 AS n FROM again`,
    where.params,
  );
  return n;
}
