/** The embedded database: PGlite in a data folder, behind a worker, held by one process at a time. */
import type { Database, Row, Statements, Transaction } from "../types/database.ts";
import { StoreError, storeError, type StoreErrorCode } from "../types/error.ts";
import type { Request } from "./pglite_worker.ts";
import { Thread } from "./thread.ts";
import type { Work, Written } from "../types/types.ts";

/**
 * Opens, or makes, the database in a folder. Making one takes some seconds.
 * @throws {StoreError} in_use, permission, disk_full, corrupt
 */
export async function openPglite(folder: string): Promise<Database> {
  const lock = await hold(folder);
  const thread = new Thread<Request>(new URL("./pglite_worker.ts", import.meta.url), folder);
  const close = (code: StoreErrorCode, message: string, options?: ErrorOptions): StoreError => {
    const error = new StoreError(code, message, options);
    thread.end(error);
    lock.close();
    return error;
  };

  try {
    await thread.ask({ op: "open", folder: `${folder}/pglite` });
  } catch (error) {
    const { code, message } = storeError(error, folder);
    if (code !== "failed") throw close(code, message, { cause: error });
    throw close(
      "corrupt",
      `The data folder "${folder}" cannot be opened: ${
        message.replace(/^.*? failed: /, "")
      }; move it away to start a new one`,
      { cause: error },
    );
  }

  // PGlite has one connection: a transaction keeps it until it ends.
  let turn: Promise<unknown> = Promise.resolve();
  /** The last one in the queue, when it is a write: it takes a single request to the thread. */
  let writing: { asked: boolean } | null = null;
  const exclusive = <T>(work: () => Promise<T>): Promise<T> => {
    writing = null;
    const result = turn.then(work);
    turn = result.catch(() => {});
    return result;
  };
  const write = (work: Work): Promise<Written> => {
    const ask = () => thread.ask({ op: "write", work }) as Promise<Written>;
    // Behind a write that the thread knows of, it may wait there.
    if (writing?.asked) {
      const result = ask();
      turn = Promise.all([turn, result.catch(() => {})]);
      return result;
    }
    const own = { asked: false };
    const result = exclusive(() => {
      own.asked = true;
      return ask();
    });
    writing = own;
    return result;
  };
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
    query: (sql, params) => exclusive(() => statements.query(sql, params)),
    script: (sql) => exclusive(() => statements.script(sql)),
  };
  return {
    kind: "pglite",
    place: folder,
    ...alone,
    // It cannot be interrupted, and so nothing ends a statement.
    reader: { ...alone, partitioned: false },
    transaction: (work) =>
      exclusive(async () => {
        await statements.script("BEGIN");
        try {
          const result = await work(statements);
          await statements.script("COMMIT");
          return result;
        } catch (error) {
          await statements.script("ROLLBACK").catch(() => {});
          throw error;
        }
      }),
    write,
    close: () =>
      exclusive(async () => {
        if (!thread.ended) await thread.ask({ op: "close" });
        close("closed", `The store "${folder}" is closed`);
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
