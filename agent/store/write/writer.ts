/** Keeps the database busy while the next batch is read, with memory bounded. */
import type { StoreError } from "../types/error.ts";
import { releaseParts, serialise } from "./rows.ts";
import type { DeliveriesWritten, Store, Write, WriteSequence, Written } from "../types/types.ts";

export interface Writer {
  /** Whether nothing is under way: the database could do with something. */
  readonly idle: boolean;
  /** The database is not there yet: what is written waits. */
  readonly unopened?: boolean;
  /** What the store has spent on checkpoints so far, in ms. */
  readonly checkpointMs?: number;
  /**
   * Begins a write and resolves when there is room for another. Rejects with the error of an earlier
   * write that failed; nothing is written after that.
   */
  write(write: Write): Promise<void>;
  /** Waits for all writes. Resolves to what they added together. */
  flush(): Promise<Written>;
}

/**
 * @param inFlight writes that may be under way at once: one is finished, one sends its rows, and one
 * waits. An embedded database does one thing at a time.
 * @param delivering told of the deliveries of a write that is on disk
 */
export function createWriter(
  store: Store,
  inFlight = store.kind === "postgresql" ? 3 : 2,
  delivering?: (written: DeliveriesWritten) => void,
): Writer {
  const total = { events: 0, duplicates: 0, alerts: 0 };
  const waiting: Promise<void>[] = [];
  let failure: StoreError | undefined;
  let last: Promise<void> = Promise.resolve();
  let underway = 0;
  let checkpointMs = 0;
  const writer = crypto.randomUUID();
  let number = 0;

  async function one(write: Write, before: Promise<void>): Promise<void> {
    try {
      const turn = { writer, number: ++number, speculative: false };
      const ahead = underway > 1 ? await early(store, write, turn) : null;
      await before;
      if (failure) return;
      const written = ahead ?? await store.write(write, turn);
      releaseParts(write.rows?.parts ?? []);
      total.events += written.events;
      total.duplicates += written.duplicates;
      total.alerts += written.alerts;
      checkpointMs += written.checkpointMs ?? 0;
      if (written.deliveries) delivering?.(written.deliveries);
    } catch (error) {
      failure = error as StoreError;
    } finally {
      underway--;
    }
  }

  function check(): void {
    if (failure) throw failure;
  }

  return {
    get idle() {
      return underway === 0;
    },
    get unopened() {
      return store.unopened;
    },
    get checkpointMs() {
      return checkpointMs;
    },
    async write(write) {
      check();
      const rows = write.rows ?? serialise(write.batches ?? []);
      underway++;
      last = one({ ...write, batches: undefined, rows }, last);
      waiting.push(last);
      if (waiting.length >= inFlight) await waiting.shift();
      check();
    },
    async flush() {
      await Promise.all(waiting.splice(0));
      check();
      return { ...total };
    },
  };
}

/**
 * A write goes to the store's thread before the one before it is done, so that the database need not
 * wait until this thread has a moment. Where that one fails, this one is sent again in its turn.
 */
async function early(store: Store, write: Write, turn: WriteSequence): Promise<Written | null> {
  return await store.write(write, { ...turn, speculative: true }).catch(() => null);
}
