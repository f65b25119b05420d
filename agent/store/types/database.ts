/** What the two databases have in common: statements, COPY and transactions over one SQL dialect. */

import type { Work, Written } from "./write_types.ts";

/** A row as both drivers give it when the SQL casts bigint and timestamptz to float8. */
export type Row = Record<string, unknown>;

export interface Statements {
  /** Runs one statement with `$1 …` parameters. Objects as parameters are sent as JSON. */
  query<T = Row>(sql: string, params?: readonly unknown[]): Promise<T[]>;
  /** Runs several statements without parameters. */
  script(sql: string): Promise<void>;
}

/** For questions. */
export interface Reader extends Statements {
  /** Whether events lie in partitions by time, which a question had better say. */
  readonly partitioned: boolean;
  /** The same, whose statements end when somebody stops. Absent where nothing ends one. */
  until?(signal: AbortSignal): Statements;
}

export interface Transaction extends Statements {
  /**
   * Sends rows in one of COPY's formats into a table.
   * @param target table and column list, made by us
   */
  copy(target: string, data: Uint8Array, format?: "binary" | "text"): Promise<void>;
}

/** What transactions are made on, in whatever thread. */
export interface Connection extends Statements {
  readonly kind: "pglite" | "postgresql";
  /** All of `work` or nothing of it. Errors are the driver's own, so that callers see SQLSTATEs. */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
}

export interface Database extends Connection {
  /** How the user knows it: the folder, or `host:port/database`. */
  readonly place: string;
  /** It is being made and holds nothing; see `early` of drivers/pglite.ts. Absent: it is open. */
  readonly unopened?: boolean;
  /** For questions: a statement that takes too long is ended, with SQLSTATE 57014. */
  readonly reader: Reader;
  /** Carries out a write in the thread that talks to the database; `work` can be sent again. */
  write(work: Work): Promise<Written>;
  /**
   * Takes a lock that nobody else has until this process ends; false when another has it. `lost` is
   * called when the session that holds it has ended. Absent where one process has the database alone.
   */
  hold?(lock: readonly [number, number], lost: () => void): Promise<boolean>;
  /**
   * Says every so many ms, from a thread of its own, that an agent of a share is there: one that is busy
   * for seconds is not gone. Gives what ends it. Absent where one process has the database alone.
   */
  beat?(share: string, agent: string, every: number): () => void;
  /** Waits for what runs, then lets go of the folder or the connections. */
  close(): Promise<void>;
}
