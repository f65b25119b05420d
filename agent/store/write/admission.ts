/**
 * Which deliveries are written to an outbox, when they are due, and what they are told together with:
 * throttles, groups and limits. All of it follows from what is in the outbox, so that a restart tells
 * nothing twice and two processes agree.
 */
import type { DeliveriesWritten, NewDelivery } from "../types/delivery_types.ts";

/** What is in the outbox of the rows that are to be written. */
export interface OutboxState {
  /** Ids that are there, of those to be written and of those that they come after. */
  readonly ids: Set<string>;
  /** Event times told, by throttle key. */
  readonly told: Map<string, number[]>;
  /** Notifications that nobody has claimed yet, by group key. */
  readonly pending: Map<string, { readonly notification: string; readonly due: number }>;
  /** When a notification about a group was last to be sent. */
  readonly notified: Map<string, number>;
  /** When notifications of a sink were to be sent, by limit key, in order, within the limit's time. */
  readonly sent: Map<string, number[]>;
}

/** A row as it is written. */
export interface Admitted {
  readonly delivery: NewDelivery;
  readonly notification: string;
  readonly lane: string;
  readonly groupKey: string | null;
  readonly due: number;
  /** The first of its notification. */
  readonly counted: boolean;
}

/** Decides in the given order. `state` is brought up to date. */
export function admit(
  deliveries: readonly NewDelivery[],
  state: OutboxState,
): { readonly admitted: Admitted[]; readonly written: Omit<DeliveriesWritten, "silenced"> } {
  const admitted: Admitted[] = [];
  let throttled = 0;
  for (const delivery of deliveries) {
    const { id, after, throttle, time } = delivery;
    if (state.ids.has(id)) continue;
    if (after !== null && !state.ids.has(after)) continue;
    if (throttle !== null && throttle.ms > 0) {
      const times = state.told.get(throttle.key) ?? [];
      if (times.some((t) => Math.abs(t - time) < throttle.ms)) {
        throttled++;
        continue;
      }
      state.told.set(throttle.key, [...times, time]);
    }
    state.ids.add(id);
    admitted.push(place(delivery, state));
  }
  return { admitted, written: { queued: admitted.length, throttled } };
}

/** When it is due and with what. */
function place(delivery: NewDelivery, state: OutboxState): Admitted {
  const { group, limit, id } = delivery;
  let due = delivery.due;
  if (group !== null) {
    const joined = join(delivery, group.key, state);
    if (joined) return joined;
    const before = state.notified.get(group.key);
    due = Math.max(
      due,
      delivery.created + group.wait,
      before === undefined ? 0 : before + group.interval,
    );
  }
  if (limit !== null) {
    const sent = (state.sent.get(limit.key) ?? []).filter((t) => t > due - limit.per);
    if (sent.length >= limit.count) {
      const joined = join(delivery, limit.key, state);
      if (joined) return joined;
      const over = Math.max(due, sent[sent.length - limit.count] + limit.per);
      return first(delivery, state, { due: over, key: limit.key });
    }
    return first(delivery, state, { due, key: group?.key ?? null });
  }
  return group === null
    ? { delivery, notification: id, lane: delivery.lane, groupKey: null, due, counted: true }
    : first(delivery, state, { due, key: group.key });
}

function join(delivery: NewDelivery, key: string, state: OutboxState): Admitted | null {
  const pending = state.pending.get(key);
  if (!pending) return null;
  const { notification, due } = pending;
  return { delivery, notification, lane: key, groupKey: key, due, counted: false };
}

function first(
  delivery: NewDelivery,
  state: OutboxState,
  { due, key }: { due: number; key: string | null },
): Admitted {
  const { id: notification, limit, lane } = delivery;
  if (key !== null) {
    state.pending.set(key, { notification, due });
    state.notified.set(key, due);
  }
  if (limit !== null) {
    state.sent.set(limit.key, [...state.sent.get(limit.key) ?? [], due].sort((a, b) => a - b));
  }
  return { delivery, notification, lane: key ?? lane, groupKey: key, due, counted: true };
}
