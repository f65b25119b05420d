/** The store of events and alerts: PGlite in a folder, or a PostgreSQL server. See README.md. */
import { Claims } from "./write/claim.ts";
import { createHash } from "node:crypto";
import type { Database } from "./types/database.ts";
import { DEADLOCK, errorCode, StoreError, storeError } from "./types/error.ts";
import { migrate } from "./schema/migrate.ts";
import { retain } from "./schema/partitions.ts";
import { outboxOn } from "./read/outbox.ts";
import { leasesOn } from "./write/leases.ts";
import { reputationsOn } from "./read/reputation.ts";
import { queriesOn } from "./read/queries.ts";
import { serialise } from "./write/rows.ts";
import type {
  HealthEvent,
  Leases,
  Outbox,
  Reputations,
  Store,
  Write,
  WriteSequence,
  Written,
} from "./types/types.ts";
import { readCheckpoint } from "./write/checkpoint.ts";
import { storedCounts } from "./write/recount.ts";
import { type Retry, retrying } from "./types/retry.ts";

export * from "./types/types.ts";
export { VALUE_FIELDS } from "./types/counts.ts";
export { StoreError, type StoreErrorCode } from "./types/error.ts";
export { type Retry, retrying } from "./types/retry.ts";
export { createWriter, type Writer } from "./write/writer.ts";
export { admit, type Admitted, type OutboxState } from "./write/admission.ts";
export type { Rows } from "./types/rows.ts";
export { serialise, Serialiser } from "./write/rows.ts";
export { isAddress, isNetwork } from "./write/address.ts";
export { sessionName } from "./write/leases.ts";
export { type SilencedAlert, silenceOf } from "./types/silences.ts";
export { columnsGroup } from "./read/column_groups.ts";
export { columnsDecide, columnsNarrow } from "./read/column_tests.ts";
export { numberOf } from "./read/numbers.ts";
export { decides, plainFields } from "./read/search.ts";
export { hasRawText } from "./read/raw_index.ts";
export { conditionSql, isFrom, isGrouped, NUMBERS, SqlValues } from "./read/search_condition.ts";
export { asked } from "./read/matching.ts";

/** Exactly one of the two. */
export interface StoreOptions {
  /** Folder of the embedded database; made when it is not there. */
  readonly data?: string;
  /** `postgres://user:password@host:port/database`. */
  readonly database?: string;
  /** Waits for a database that does not answer; without it that is an error at once. */
  readonly retry?: Retry;
  /**
   * Does not wait for a data folder that has to be made: writes and questions do, and a checkpoint is
   * known not to be there. An error in making it is one of the first write.
   */
  readonly early?: boolean;
}

/**
 * Opens a store and brings its schema up to date.
 * @throws {StoreError} see StoreErrorCode; the message is ready for the user
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  if ((options.data === undefined) === (options.database === undefined)) {
    throw new StoreError("failed", "Name either a data folder or a database, not both");
  }
  return storeOn(await retrying(() => openDatabase(options), options.retry), options.retry);
}

async function openDatabase(options: StoreOptions): Promise<Database> {
  // Each is a client of its own size: the other one is not loaded.
  if (options.database === undefined) {
    const { openPglite } = await import("./drivers/pglite.ts");
    return await openPglite(options.data!, { prepare: migrate, early: options.early });
  }
  const db = await (await import("./drivers/postgres.ts")).openPostgres(options.database);
  try {
    await migrate(db);
  } catch (error) {
    await db.close().catch(() => {});
    throw storeError(error, db.place);
  }
  return db;
}

/** From its content: what is told again after a kill is one note. */
function noteId({ time, kind, subject, message, detail }: HealthEvent): string {
  return createHash("sha256").update(JSON.stringify([time, kind, subject, message, detail]))
    .digest("hex").slice(0, 32);
}

/** How often a write is sent that the server ends because it and another's wait for each other. */
const ATTEMPTS = 5;

async function again<T>(work: () => Promise<T>, attempts: number): Promise<T> {
  for (let left = attempts - 1;; left--) {
    try {
      return await work();
    } catch (error) {
      if (left <= 0 || errorCode(error) !== DEADLOCK) throw error;
    }
  }
}

function storeOn(db: Database, retry: Retry | undefined): Store {
  let closing: Promise<void> | undefined;
  const claims = new Claims(db);
  const listeners = new Set<() => void>();
  const told = (written: Written): Written => {
    if (written.alerts > 0) { for (const tell of [...listeners]) tell(); }
    return written;
  };
  const said = async <T>(work: () => Promise<T>): Promise<T> => {
    if (closing) throw new StoreError("closed", `The store "${db.place}" is closed`);
    try {
      return await work();
    } catch (error) {
      throw storeError(error, db.place);
    }
  };
  return {
    kind: db.kind,
    place: db.place,
    get unopened() {
      return db.unopened;
    },
    write({ batches = [], rows, health = [], ...rest }: Write, turn?: WriteSequence) {
      const work = {
        turn,
        rows: rows ?? serialise(batches),
        rest: { ...rest, health: health.map((h) => ({ ...h, id: noteId(h) })) },
      };
      const attempt = () =>
        said(async () => {
          // Whoever has a lease is told by that, in the transaction.
          if (rest.checkpoint && !rest.lease) await claims.check(rest.checkpoint.stream);
          return told(await again(() => db.write(work), turn?.speculative ? 1 : ATTEMPTS));
        });
      return turn?.speculative ? attempt() : retrying(attempt, retry, Infinity);
    },
    onAlerts(tell) {
      listeners.add(tell);
      return () => void listeners.delete(tell);
    },
    retain: (before) => said(() => retain(db, before)),
    claim: (stream) => retrying(() => said(() => claims.claim(stream)), retry),
    counted: (identity, offset) =>
      retrying(() => said(() => storedCounts(db, identity, offset)), retry),
    checkpoint: (stream) =>
      retrying(
        () => said(() => db.unopened ? Promise.resolve(null) : readCheckpoint(db, stream)),
        retry,
      ),
    ...queriesOn(db, said),
    leases: db.kind === "postgresql" ? saidLeases(leasesOn(db), said) : null,
    outbox: saidOutbox(outboxOn(db), said),
    reputations: saidReputations(reputationsOn(db), said),
    close: () => (closing ??= db.close()),
  };
}

/** The leases with StoreErrors for errors. */
function saidLeases(leases: Leases, said: <T>(work: () => Promise<T>) => Promise<T>): Leases {
  return {
    look: (request) => said(() => leases.look(request)),
    take: (request, seen) => said(() => leases.take(request, seen)),
    release: (lease, done) => said(() => leases.release(lease, done)),
    beat: (request, every) => leases.beat(request, every),
    leave: (request) => said(() => leases.leave(request)),
  };
}

/** The outbox with StoreErrors for errors. */
function saidOutbox(
  outbox: Outbox,
  said: <T>(work: () => Promise<T>) => Promise<T>,
): Outbox {
  return {
    clock: () => said(() => outbox.clock()),
    claim: (request) => said(() => outbox.claim(request)),
    dropSilenced: (sink, now) => said(() => outbox.dropSilenced(sink, now)),
    edits: (request) => said(() => outbox.edits(request)),
    put: (deliveries) => said(() => outbox.put(deliveries)),
    settle: (worker, now, settled) => said(() => outbox.settle(worker, now, settled)),
    nextDue: (sink, now) => said(() => outbox.nextDue(sink, now)),
    expire: (sink, expiry) => said(() => outbox.expire(sink, expiry)),
    repeat: (now) => said(() => outbox.repeat(now)),
    recover: () => said(() => outbox.recover()),
    hasten: (sink, now) => said(() => outbox.hasten(sink, now)),
    purge: (before) => said(() => outbox.purge(before)),
  };
}

function saidReputations(
  of: Reputations,
  said: <T>(work: () => Promise<T>) => Promise<T>,
): Reputations {
  return {
    answers: (source, since, limit) => said(() => of.answers(source, since, limit)),
    spend: (source, day, limit) => said(() => of.spend(source, day, limit)),
    spent: (source, day) => said(() => of.spent(source, day)),
    remember: (source, answer, forget) => said(() => of.remember(source, answer, forget)),
    mark: (marks) => said(() => of.mark(marks)),
  };
}
