/** Writes what is to be delivered, in the transaction of the alerts that it is about. */
import type { Statements } from "../types/database.ts";
import type { DeliveriesWritten, NewDelivery } from "../types/delivery_types.ts";
import { jsonText, portions } from "../types/json.ts";
import { type SilencedAlert, silenceOf } from "../types/silences.ts";
import type { StoredSilence } from "../types/triage_types.ts";
import { admit, type Admitted, type OutboxState } from "./admission.ts";
import { lockAlerts } from "./incidents.ts";

/** Characters of one delivery, about: its alert names up to a hundred events. */
const LENGTH = 5000;

const NONE: DeliveriesWritten = { queued: 0, throttled: 0, silenced: 0 };

/** Those that are there already are left as they are. */
export async function writeDeliveries(
  tx: Statements,
  deliveries: readonly NewDelivery[],
): Promise<DeliveriesWritten> {
  if (deliveries.length === 0) return NONE;
  await lockAlerts(tx);
  const { heard, silenced } = await unsilenced(tx, deliveries);
  const { admitted, written } = admit(heard, await outboxState(tx, heard));
  for (const portion of portions(admitted, () => LENGTH)) await insert(tx, portion);
  return { ...written, silenced };
}

/** Without those of alerts that a person has silenced. */
async function unsilenced(
  tx: Statements,
  deliveries: readonly NewDelivery[],
): Promise<{ readonly heard: readonly NewDelivery[]; readonly silenced: number }> {
  const silences = await activeSilences(tx);
  if (silences.length === 0) return { heard: deliveries, silenced: 0 };
  const heard = deliveries.filter(({ body, created }) =>
    !("alert" in body) || silenceOf(silences, body.alert as SilencedAlert, created) === null
  );
  return { heard, silenced: deliveries.length - heard.length };
}

/** Those that nobody has ended; whether their time is over, `silenceOf` says. */
export function activeSilences(db: Pick<Statements, "query">): Promise<StoredSilence[]> {
  return db.query<StoredSilence>(
    `SELECT rule, fields, (extract(epoch FROM ends) * 1000)::float8 AS ends, NULL AS ended
     FROM silences WHERE ended IS NULL`,
  );
}

const uuids = (ids: Iterable<string>) => `{${[...new Set(ids)].join(",")}}`;

async function outboxState(
  tx: Statements,
  deliveries: readonly NewDelivery[],
): Promise<OutboxState> {
  const ids = deliveries.flatMap((d) => d.after === null ? [d.id] : [d.id, d.after]);
  const there = await tx.query<{ id: string }>(
    `SELECT replace(id::text, '-', '') AS id FROM deliveries WHERE id = ANY ($1::uuid[])`,
    [uuids(ids)],
  );
  const state: OutboxState = {
    ids: new Set(there.map((r) => r.id)),
    told: new Map(),
    pending: new Map(),
    notified: new Map(),
    sent: new Map(),
  };
  await throttles(tx, deliveries, state);
  await groups(tx, deliveries, state);
  await limits(tx, deliveries, state);
  return state;
}

async function throttles(
  tx: Statements,
  deliveries: readonly NewDelivery[],
  state: OutboxState,
): Promise<void> {
  const keys = new Map<string, { key: string; from: number; to: number }>();
  for (const { throttle, time } of deliveries) {
    if (throttle === null || throttle.ms === 0) continue;
    const k = keys.get(throttle.key);
    const from = time - throttle.ms, to = time + throttle.ms;
    if (!k) keys.set(throttle.key, { key: throttle.key, from, to });
    else {
      k.from = Math.min(k.from, from);
      k.to = Math.max(k.to, to);
    }
  }
  if (keys.size === 0) return;
  const rows = await tx.query<{ key: string; time: number }>(
    `SELECT replace(d.throttle_key::text, '-', '') AS key,
       (extract(epoch FROM d.time) * 1000)::float8 AS time
     FROM jsonb_to_recordset($1::text::jsonb) AS k(key uuid, "from" numeric, "to" numeric)
     JOIN deliveries d ON d.throttle_key = k.key AND d.time > to_timestamp(k."from" / 1000)
       AND d.time < to_timestamp(k."to" / 1000)`,
    [jsonText([...keys.values()])],
  );
  for (const { key, time } of rows) {
    const times = state.told.get(key);
    if (times) times.push(time);
    else state.told.set(key, [time]);
  }
}

/** Locks what waits, so that no worker claims it before this row joins it; see `claim`. */
async function groups(
  tx: Statements,
  deliveries: readonly NewDelivery[],
  state: OutboxState,
): Promise<void> {
  const keys = deliveries.flatMap((d) => [d.group?.key ?? [], d.limit?.key ?? []].flat());
  if (keys.length === 0) return;
  const pending = await tx.query<{ key: string; notification: string; due: number }>(
    `SELECT replace(group_key::text, '-', '') AS key,
       replace(notification::text, '-', '') AS notification,
       (extract(epoch FROM due) * 1000)::float8 AS due
     FROM deliveries
     WHERE group_key = ANY ($1::uuid[]) AND state = 'waiting' AND attempts = 0
     ORDER BY seq FOR UPDATE`,
    [uuids(keys)],
  );
  for (const { key, notification, due } of pending) state.pending.set(key, { notification, due });
  const notified = await tx.query<{ key: string; at: number }>(
    `SELECT replace(k.key::text, '-', '') AS key,
       (SELECT (extract(epoch FROM d.scheduled) * 1000)::float8 FROM deliveries d
        WHERE d.group_key = k.key ORDER BY d.scheduled DESC LIMIT 1) AS at
     FROM unnest($1::uuid[]) AS k(key)`,
    [uuids(keys)],
  );
  for (const { key, at } of notified) if (at !== null) state.notified.set(key, at);
}

async function limits(
  tx: Statements,
  deliveries: readonly NewDelivery[],
  state: OutboxState,
): Promise<void> {
  const limited = new Map<string, { sink: string; from: number }>();
  for (const { limit, sink, due } of deliveries) {
    if (limit === null) continue;
    const from = Math.min(due - limit.per, limited.get(limit.key)?.from ?? Infinity);
    limited.set(limit.key, { sink, from });
  }
  for (const [key, { sink, from }] of limited) {
    const rows = await tx.query<{ at: number }>(
      `SELECT (extract(epoch FROM scheduled) * 1000)::float8 AS at FROM deliveries
       WHERE sink = $1 AND counted AND scheduled > to_timestamp($2::float8 / 1000)
       ORDER BY scheduled`,
      [sink, from],
    );
    state.sent.set(key, rows.map((r) => r.at));
  }
}

async function insert(tx: Statements, rows: readonly Admitted[]): Promise<void> {
  await tx.query(
    `INSERT INTO deliveries (id, notification, sink, lane, group_key, throttle_key, event, alert,
       subject, title, severity, time, created, scheduled, counted, due, repeat_every, body)
     SELECT d.id, d.notification, d.sink, d.lane, d."groupKey", d."throttleKey", d.event, d.alert,
       d.subject, d.title, d.severity, to_timestamp(d.time / 1000), to_timestamp(d.created / 1000),
       to_timestamp(d.due / 1000), d.counted, to_timestamp(d.due / 1000), d."repeat", d.body
     FROM jsonb_to_recordset($1::text::jsonb) AS d(ord integer, id uuid, notification uuid, sink text,
       lane uuid, "groupKey" uuid, "throttleKey" uuid, event text, alert uuid, subject text,
       title text, severity text, time numeric, created numeric, counted boolean, due numeric,
       "repeat" bigint, body jsonb)
     ORDER BY d.ord
     ON CONFLICT (id) DO NOTHING`,
    [
      jsonText(rows.map(({ delivery: d, ...placed }, ord) => ({
        ...d,
        ...placed,
        ord,
        throttleKey: d.throttle?.key ?? null,
      }))),
    ],
  );
}
