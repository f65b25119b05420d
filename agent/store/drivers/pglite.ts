/** The embedded database: PGlite in a data folder, behind a worker, held by one process at a time. */
import type { Database, Row, Statements, Transaction } from "../types/database.ts";
import { StoreError, storeError } from "../types/error.ts";
import type { Request } from "./pglite_worker.ts";
import { exists } from "./exists.ts";
import { Thread } from "./thread.ts";
import type { Written } from "../types/types.ts";
import { inTransaction } from "./transaction.ts";

export interface OpenOptions {
  /** What is done before anything else, as bringing the schema up to date. */
  readonly prepare?: (db: Database) => Promise<void>;
  /**
   * Does not wait for a database that is not there yet: what is asked of it waits, and is rejected where
   * it cannot be made. {@link Database.unopened} says so meanwhile.
   */
  readonly early?: boolean;
  /** Makes a database that is not there from nothing, without a schema, which takes seconds. */
  readonly bare?: boolean;
}

/**
 * Opens, or makes, the database in a folder. Making one takes a second.
 * @throws {StoreError} in_use, permission, disk_full, corrupt
 */
export async function openPglite(folder: string, options: OpenOptions = {}): Promise<Database> {
  const lock = await hold(folder);
  let held = true;
  // Whatever ends the database lets go of the folder, and the first one does.
  const release = () => {
    if (held) lock.close();
    held = false;
  };
  try {
    const cluster = `${folder}/pglite`;
    const there = await exists(cluster);
    const thread = start(folder);
    const db = databaseOn(thread, folder, (error) => {
      thread.end(error);
      release();
    });
    const opened = open(thread, { cluster, folder, there, bare: options.bare ?? false }).catch(
      (error) => {
        thread.end(storeError(error, folder));
        release();
        throw openingError(error, folder);
      },
    ).then(() => options.prepare?.(db)).catch(async (error) => {
      await db.close().catch(() => {});
      throw storeError(error, folder);
    });
    if (options.early && !there) return whenOpen(db, opened);
    await opened;
    return db;
  } catch (error) {
    release();
    throw openingError(error, folder);
  }
}

async function open(
  thread: Thread<Request>,
  { cluster, folder, there, bare }: {
    readonly cluster: string;
    readonly folder: string;
    readonly there: boolean;
    readonly bare: boolean;
  },
): Promise<void> {
  const unpacked = there || !bare && await thread.ask({ op: "unpack", folder: cluster });
  if (!unpacked) await make(cluster, folder);
  await thread.ask({ op: "open", folder: cluster });
}

/** A database that keeps whoever asks until it is open. What is asked first is done first. */
function whenOpen(db: Database, opened: Promise<void>): Database {
  let unopened = true;
  // Whoever asks is told why there is none.
  opened.then(() => unopened = false, () => {});
  const statements: Statements = {
    query: (sql, params) => opened.then(() => db.query(sql, params)),
    script: (sql) => opened.then(() => db.script(sql)),
  };
  return {
    kind: db.kind,
    place: db.place,
    get unopened() {
      return unopened;
    },
    ...statements,
    reader: { ...statements, partitioned: db.reader.partitioned },
    transaction: (work) => opened.then(() => db.transaction(work)),
    write: (work) => opened.then(() => db.write(work)),
    close: () => opened.then(() => db.close(), () => {}),
  };
}

function start(folder: string): Thread<Request> {
  return new Thread<Request>(new URL("./pglite_worker.ts", import.meta.url), folder);
}

/** In a thread of its own: the memory that this takes, 300 MB, goes with the thread. */
async function make(cluster: string, folder: string): Promise<void> {
  const thread = start(folder);
  try {
    await thread.ask({ op: "make", folder: cluster });
  } finally {
    thread.end(new StoreError("closed", `The store "${folder}" is made`));
  }
}

/** Why a folder does not open. What is in it stays as it is, whatever the reason. */
function openingError(error: unknown, folder: string): StoreError {
  const known = storeError(error, folder);
  if (known.code !== "failed") return known;
  const reason = known.message.replace(/^.*? failed: /, "");
  return new StoreError(
    "corrupt",
    `The data folder "${folder}" cannot be opened: ${reason}; its files stay as they are: ` +
      "restore what is damaged from a copy, or name another folder",
    { cause: error },
  );
}

/** PGlite has one connection: a transaction keeps it until it ends. */
class Queue {
  #turn: Promise<unknown> = Promise.resolve();
  /** The last one in the queue, when it is a write: it takes a single request to the thread. */
  #writing: { asked: boolean } | null = null;

  /** Does `work` when all before it is done. */
  exclusive<T>(work: () => Promise<T>): Promise<T> {
    this.#writing = null;
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {});
    return result;
  }

  /** The same for a write, which may wait in the thread behind a write that the thread knows of. */
  write<T>(ask: () => Promise<T>): Promise<T> {
    if (this.#writing?.asked) {
      const result = ask();
      this.#turn = Promise.all([this.#turn, result.catch(() => {})]);
      return result;
    }
    const own = { asked: false };
    const result = this.exclusive(() => {
      own.asked = true;
      return ask();
    });
    this.#writing = own;
    return result;
  }
}

function databaseOn(
  thread: Thread<Request>,
  folder: string,
  end: (error: StoreError) => void,
): Database {
  const queue = new Queue();
  const statements: Transaction = {
    query: <T = Row>(sql: string, params: readonly unknown[] = []) =>
      thread.ask({ op: "query", sql, params }) as Promise<T[]>,
    async script(sql) {
      await thread.ask({ op: "script", sql });
    },
    async copy(target, data, format = "binary") {
      await thread.ask({ op: "copy", target, data, format });
    },
  };
  const alone: Statements = {
    query: (sql, params) => queue.exclusive(() => statements.query(sql, params)),
    script: (sql) => queue.exclusive(() => statements.script(sql)),
  };
  return {
    kind: "pglite",
    place: folder,
    ...alone,
    // It cannot be interrupted, and so nothing ends a statement.
    reader: { ...alone, partitioned: false },
    transaction: (work) => queue.exclusive(() => inTransaction(statements, work)),
    write: (work) => queue.write(() => thread.ask({ op: "write", work }) as Promise<Written>),
    close: () =>
      queue.exclusive(async () => {
        // What was acknowledged is in the log, also where PostgreSQL ends before it has shut down.
        if (!thread.ended) await thread.ask({ op: "close" }).catch(() => {});
        end(new StoreError("closed", `The store "${folder}" is closed`));
      }),
  };
}

/** Takes the folder for this process. The lock goes with the process, however it ends. */
async function hold(folder: string): Promise<Deno.FsFile> {
  let file: Deno.FsFile;
  const path = `${folder}/lock`;
  try {
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    file = await Deno.open(path, { create: true, read: true, write: true, mode: 0o600 });
    // A folder that was there already, or a file of a version that made it for everyone.
    await Deno.chmod(path, 0o600);
    await Deno.chmod(folder, 0o700);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists || error instanceof Deno.errors.NotADirectory) {
      throw new StoreError("failed", `The data folder "${folder}" is a file; name a folder`, {
        cause: error,
      });
    }
    throw storeError(error, folder);
  }
  if (!await file.tryLock(true)) {
    file.close();
    const pid = (await Deno.readTextFile(path).catch(() => "")).trim();
    throw new StoreError(
      "in_use",
      `The data folder "${folder}" is in use by ${
        /^\d+$/.test(pid) ? `process ${pid}` : "another process"
      }; stop it or name another folder`,
    );
  }
  await file.truncate(0);
  await file.write(new TextEncoder().encode(`${Deno.pid}\n`));
  return file;
}
