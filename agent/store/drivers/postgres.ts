/** A PostgreSQL server, by `pg` and `pg-copy-streams`. */
import { connect } from "node:net";
import pg from "pg";
import copyStreams from "pg-copy-streams";
import type { Database, Row, Statements, Transaction } from "../types/database.ts";
import { StoreError, storeError } from "../types/error.ts";
import { Thread } from "./thread.ts";
import type { Work, Written } from "../types/types.ts";
import { inTransaction } from "./transaction.ts";

/** The part of `pg` that is used here. */
interface Client {
  /** By which the server knows who may end its statements. */
  readonly processID: number;
  readonly secretKey: number;
  query(sql: string, params?: unknown[]): Promise<{ rows: unknown[] }>;
  query(stream: CopyStream): CopyStream;
  release(error?: boolean): void;
  on(event: "error", handler: (error: Error) => void): void;
}
interface Pool {
  connect(): Promise<Client>;
  query(sql: string, params?: unknown[]): Promise<{ rows: unknown[] }>;
  on(event: "error", handler: (error: Error) => void): void;
  on(event: "connect", handler: (client: Client) => void): void;
  end(): Promise<void>;
}
interface CopyStream {
  on(event: "error", handler: (error: Error) => void): void;
  on(event: "finish" | "drain", handler: () => void): void;
  /** Whether it takes more at once; otherwise `drain` tells when. */
  write(data: Uint8Array): boolean;
  end(): void;
}

/** What is asked of the thread that writes. */
export type Request =
  | { readonly op: "write"; readonly url: string; readonly work: Work }
  /** Says again and again, every so many ms, that an agent of a share is there. */
  | {
    readonly op: "beat";
    readonly url: string;
    readonly share: string;
    readonly agent: string;
    readonly every: number;
  }
  | { readonly op: "close" };

/** Rows of one address lie all over the table: pages that are not in memory are read side by side. */
const READ_AHEAD =
  `SELECT set_config('effective_io_concurrency', '128', false) WHERE current_setting('effective_io_concurrency') <> '0'`;

/** Longest that the server works on a question, in ms: the API gives up on an answer after 30 s. */
const QUESTION = 25_000;

/** Where a connection string leads. */
interface Address {
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
  /** What the server calls the session. */
  application_name: string;
  ssl: boolean | { rejectUnauthorized: boolean };
}

/**
 * Connects to `postgres://user:password@host:port/database?sslmode=…`.
 * @throws {StoreError} unreachable, authentication, no_database; `failed` for a string that is none
 */
export async function openPostgres(url: string): Promise<Database> {
  const address = parse(url);
  const place = `${address.host}:${address.port}/${address.database}`;
  const pool = poolOf(address);
  // Writes, checkpoints and migrations take what they take; nobody waits for a question that long.
  const asking = poolOf(address);
  // A write has its own work for every processor, and no helpers whose end would look like an error.
  pool.on("connect", (client) => {
    client.query("SET max_parallel_workers_per_gather = 0").catch(ignore);
  });
  // Said in the session, since poolers between us and the server refuse it as a start parameter.
  asking.on("connect", (client) => {
    client.query(`SET statement_timeout = ${QUESTION}; ${READ_AHEAD}`).catch(ignore);
  });

  /** Begins with the first write: who only reads has no need of it. */
  let writing: Thread<Request> | undefined;
  /** Sessions that hold a lock. */
  const holding = new Set<Client>();
  const db: Database = {
    kind: "postgresql",
    place,
    ...statementsOn(pool),
    reader: {
      ...statementsOn(asking),
      partitioned: true,
      until: (signal) => statementsUntil(asking, address, signal),
    },
    transaction: (work) => transactionOn(pool, work),
    write(work) {
      if (!writing || writing.ended) {
        writing = new Thread(new URL("./postgres_worker.ts", import.meta.url), place);
      }
      return writing.ask({ op: "write", url, work }) as Promise<Written>;
    },
    hold: (lock, lost) => hold(pool, holding, lock, lost),
    beat(share, agent, every) {
      const thread = new Thread<Request>(
        new URL("./postgres_worker.ts", import.meta.url),
        place,
      );
      thread.ask({ op: "beat", url, share, agent, every }).catch(ignore);
      return () => thread.end(new StoreError("closed", `The store "${place}" is closed`));
    },
    async close() {
      // Ended, not given back: the next user of the connection must not have its locks.
      for (const client of holding) client.release(true);
      holding.clear();
      if (writing && !writing.ended) {
        await writing.ask({ op: "close" });
        writing.end(new StoreError("closed", `The store "${place}" is closed`));
      }
      await Promise.all([pool.end(), asking.end()]);
    },
  };
  try {
    await db.query("SELECT 1");
  } catch (error) {
    await Promise.all([pool.end(), asking.end()]);
    throw storeError(error, place);
  }
  return db;
}

function statementsOn(on: Pool | Client): Statements {
  return {
    async query<T = Row>(sql: string, params: readonly unknown[] = []) {
      return (await on.query(sql, params as unknown[])).rows as T[];
    },
    async script(sql) {
      await on.query(sql);
    },
  };
}

/** Statements that the server ends when somebody stops. */
function statementsUntil(pool: Pool, address: Address, signal: AbortSignal): Statements {
  const query = async <T = Row>(sql: string, params: readonly unknown[] = []) => {
    signal.throwIfAborted();
    const client = await pool.connect();
    const stop = () => cancel(address, client);
    let failed = true;
    try {
      signal.throwIfAborted();
      signal.addEventListener("abort", stop, { once: true });
      const { rows } = await client.query(sql, params as unknown[]);
      // A request to end it that is under way must not meet what the connection is asked next.
      failed = signal.aborted;
      return rows as T[];
    } finally {
      signal.removeEventListener("abort", stop);
      client.release(failed);
    }
  };
  return { query, script: async (sql) => void await query(sql) };
}

/** The protocol's request to end what a connection does, which goes over one of its own. */
function cancel({ host, port }: Address, { processID, secretKey }: Client): void {
  const request = new DataView(new ArrayBuffer(16));
  [16, 80_877_102, processID, secretKey].forEach((n, i) => request.setInt32(4 * i, n));
  const socket = connect(
    host.startsWith("/") ? { path: `${host}/.s.PGSQL.${port}` } : {
      host,
      port,
    },
  );
  // Where that does not lead anywhere, the server ends the statement after its time.
  socket.on("error", ignore);
  socket.setTimeout(5000, () => socket.destroy());
  socket.end(new Uint8Array(request.buffer));
}

async function transactionOn<T>(pool: Pool, work: (tx: Transaction) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let failed = false;
  const tx: Transaction = {
    ...statementsOn(client),
    copy: (target, data, format) => copy(client, target, data, format),
  };
  try {
    return await inTransaction(tx, work, () => failed = true);
  } finally {
    client.release(failed);
  }
}

/** See {@link Database.hold}. @param holding sessions that hold a lock */
async function hold(
  pool: Pool,
  holding: Set<Client>,
  lock: readonly [number, number],
  lost: () => void,
): Promise<boolean> {
  const client = await pool.connect();
  const { rows } = await client.query("SELECT pg_try_advisory_lock($1, $2) AS held", [...lock]);
  if (!(rows[0] as { held: boolean }).held) {
    client.release();
    return false;
  }
  holding.add(client);
  client.on("error", () => {
    if (holding.delete(client)) client.release(true);
    lost();
  });
  return true;
}

const ignore = () => {};

/** Connections are made when they are needed. */
function poolOf(address: Address): Pool {
  const pool = new (pg as unknown as { Pool: new (o: unknown) => Pool }).Pool({
    ...address,
    max: 5,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
  });
  // A connection that ends while it is idle, or between two statements of a transaction, is not an
  // error of ours: the next statement says what is so.
  pool.on("error", ignore);
  pool.on("connect", (client) => {
    client.on("error", ignore);
    // Without statistics, as during an import, a plan over many days looks costly, and compiling it
    // takes longer than anything that is asked here.
    client.query("SET jit = off").catch(ignore);
  });
  return pool;
}

/** Bytes given to a connection at a time. */
const CHUNK = 1 << 20;

/** `finish` tells that the server has taken all rows; `end` only that they were sent. */
function copy(
  client: Client,
  target: string,
  data: Uint8Array,
  format: "binary" | "text" = "binary",
): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = client.query(
      copyStreams.from(`COPY ${target} FROM STDIN (FORMAT ${format})`) as unknown as CopyStream,
    );
    // The server may refuse the rows while they are sent, as when its disk is full. The stream has no
    // connection any more then, and what is written to it throws where nobody catches it.
    let refused = false;
    stream.on("error", (error) => {
      refused = true;
      reject(error);
    });
    stream.on("finish", () => resolve());
    let at = 0;
    const send = () => {
      if (refused) return;
      while (at < data.length) {
        // A copy, since a socket takes no memory that threads share.
        if (!stream.write(data.slice(at, at += CHUNK))) return;
      }
      stream.end();
    };
    stream.on("drain", send);
    send();
  });
}

/** Reads the string without `pg`'s own parser, which falls back on environment variables. */
function parse(url: string): Address {
  let u: URL;
  try {
    u = new URL(url);
  } catch {
    throw wrong();
  }
  if (u.protocol !== "postgres:" && u.protocol !== "postgresql:") throw wrong();
  const mode = u.searchParams.get("sslmode") ?? "prefer";
  const host = u.searchParams.get("host") ?? (u.hostname.replace(/^\[|\]$/g, "") || "localhost");
  try {
    const user = decodeURIComponent(u.username) || "postgres";
    return {
      host,
      port: u.port === "" ? 5432 : Number(u.port),
      user,
      password: decodeURIComponent(u.password),
      database: decodeURIComponent(u.pathname.slice(1)) || user,
      application_name: u.searchParams.get("application_name") ?? "picket",
      ssl: mode === "verify-full" || mode === "verify-ca"
        ? true
        : mode === "require"
        ? { rejectUnauthorized: false }
        : false,
    };
  } catch {
    throw wrong();
  }
}

/** Does not quote the string: it may hold a password. */
function wrong(): StoreError {
  return new StoreError(
    "failed",
    "The database address does not read; write postgres://user:password@host:5432/database",
  );
}
