/** The outbox of a run without a store: bounded, and gone with the process. */
import {
  admit,
  type AlertEdited,
  type ClaimedNotification,
  type ClaimRequest,
  type DeliveriesWritten,
  type EditsRequest,
  type NewDelivery,
  type Outbox,
  type OutboxState,
  type Settlement,
} from "../../store/mod.ts";

/** Rows that wait at most: with what an alert takes, some tens of megabytes. */
const MOST = 10_000;
/** Ids and times remembered of what is settled. */
const REMEMBERED = 50_000;
/** Alerts of a notification that come with it. */
const MOST_BODIES = 20;

interface Row {
  readonly delivery: NewDelivery;
  readonly notification: string;
  readonly lane: string;
  readonly groupKey: string | null;
  due: number;
  attempts: number;
  worker: string | null;
}

export class MemoryOutbox implements Outbox {
  /** Deliveries that found no room. */
  dropped = 0;
  throttled = 0;
  readonly #state: OutboxState = {
    ids: new Set(),
    told: new Map(),
    pending: new Map(),
    notified: new Map(),
    sent: new Map(),
  };
  /** By sink, in the order of writing. */
  readonly #rows = new Map<string, Row[]>();
  #count = 0;

  constructor(private readonly now: () => number, private readonly most = MOST) {}

  /** Adds what `admit` lets in; what finds no room is counted. */
  add(deliveries: readonly NewDelivery[]): void {
    const state = this.#state;
    this.#bound();
    const { admitted, written } = admit(deliveries, state);
    this.throttled += written.throttled;
    for (const { delivery, notification, lane, groupKey, due } of admitted) {
      if (this.#count >= this.most) {
        this.dropped++;
        // Nothing may join what is not there.
        if (groupKey !== null && notification === delivery.id) state.pending.delete(groupKey);
        continue;
      }
      const rows = this.#rows.get(delivery.sink) ?? [];
      this.#rows.set(delivery.sink, rows);
      rows.push({ delivery, notification, lane, groupKey, due, attempts: 0, worker: null });
      this.#count++;
    }
  }

  put(deliveries: readonly NewDelivery[]): Promise<DeliveriesWritten> {
    this.add(deliveries);
    return Promise.resolve({ queued: 0, throttled: 0, silenced: 0 });
  }

  /** What waits of a sink. */
  waiting(sink: string): number {
    return this.#rows.get(sink)?.length ?? 0;
  }

  /** Forgets the oldest of what keeps things from being told twice. */
  #bound(): void {
    const { ids, told, notified, sent } = this.#state;
    for (const kept of [ids, told, notified, sent]) {
      for (const key of kept.keys()) {
        if (kept.size <= REMEMBERED) break;
        kept.delete(key);
      }
    }
    for (const [key, times] of told) if (times.length > 100) told.set(key, times.slice(-50));
    for (const [key, times] of sent) if (times.length > 10_000) sent.set(key, times.slice(-5000));
  }

  clock(): Promise<number> {
    return Promise.resolve(this.now());
  }

  claim({ sink, worker, now, limit, lease }: ClaimRequest): Promise<ClaimedNotification[]> {
    const rows = this.#rows.get(sink) ?? [];
    const blocked = new Set<string>(), heads: Row[] = [];
    for (const row of rows) {
      if (heads.length >= limit) break;
      if (row.due > now) {
        if (row.attempts > 0) blocked.add(row.lane);
        continue;
      }
      if (row.delivery.id === row.notification && !blocked.has(row.lane)) heads.push(row);
    }
    const claimed = heads.map((head): ClaimedNotification => {
      const all = head.groupKey === null
        ? [head]
        : rows.filter((r) => r.notification === head.notification && r.due <= now);
      for (const row of all) {
        row.attempts++;
        row.due = now + lease;
        row.worker = worker;
      }
      if (head.groupKey !== null) this.#state.pending.delete(head.groupKey);
      return {
        key: head.notification,
        lane: head.lane,
        event: head.delivery.event,
        attempt: head.attempts,
        created: head.delivery.created,
        until: now + lease,
        bodies: all.slice(0, MOST_BODIES).map((r) => r.delivery.body),
        count: all.length,
      };
    });
    return Promise.resolve(claimed);
  }

  /** What people say of alerts is known to a store alone. */
  dropSilenced(): Promise<number> {
    return Promise.resolve(0);
  }

  edits(_request: EditsRequest): Promise<readonly AlertEdited[]> {
    return Promise.resolve([]);
  }

  settle(worker: string, _now: number, settled: readonly Settlement[]): Promise<void> {
    const by = new Map(settled.map((s) => [s.key, s]));
    this.#keep((row) => {
      const s = by.get(row.notification);
      if (!s || row.worker !== worker || row.attempts !== s.attempt) return true;
      row.due = s.due;
      row.worker = null;
      if (s.state === "released") row.attempts--;
      return s.state === "waiting" || s.state === "released";
    });
    return Promise.resolve();
  }

  nextDue(sink: string, now: number): Promise<number | null> {
    let next = Infinity;
    for (const { due } of this.#rows.get(sink) ?? []) if (due > now && due < next) next = due;
    return Promise.resolve(next === Infinity ? null : next);
  }

  expire(sink: string, { now, before }: { now: number; before: number }): Promise<number> {
    const count = this.#count;
    this.#keep((row) =>
      row.delivery.sink !== sink || row.due > now || row.delivery.created >= before
    );
    return Promise.resolve(count - this.#count);
  }

  #keep(stays: (row: Row) => boolean): void {
    this.#count = 0;
    for (const [sink, rows] of this.#rows) {
      const kept = rows.filter(stays);
      this.#rows.set(sink, kept);
      this.#count += kept.length;
    }
  }

  /** Who has taken an alert up is known to a store alone. */
  repeat(): Promise<number> {
    return Promise.resolve(0);
  }

  recover(): Promise<void> {
    return Promise.resolve();
  }

  hasten(): Promise<void> {
    return Promise.resolve();
  }

  purge(): Promise<void> {
    return Promise.resolve();
  }
}
