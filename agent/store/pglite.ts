/** The embedded database: PGlite in a data folder, behind a worker, held by one process at a time. */
import type { Database, Row, Transaction } from "./database.ts";
import { StoreError, storeError } from "./error.ts";
import type { Request, Response } from "./pglite_worker.ts";

/** A request without its number. */
type Ask = Request extends infer R ? R extends Request ? Omit<R, "id"> : never : never;

/**
 * Opens, or makes, the database in a folder. Making one takes some seconds.
 * @throws {StoreError} in_use, permission, disk_full, corrupt
 */
export async function openPglite(folder: string): Promise<Database> {
  const lock = await hold(folder);
  const worker = new Worker(new URL("./pglite_worker.ts", import.meta.url), { type: "module" });
  const waiting = new Map<number, { resolve(rows: unknown[]): void; reject(e: unknown): void }>();
  let next = 0;
  let broken: StoreError | undefined;

  worker.onmessage = (event: MessageEvent<Response>) => {
    const answer = event.data;
    const asked = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ("rows" in answer) asked?.resolve(answer.rows);
    else asked?.reject(Object.assign(new Error(answer.error.message), { code: answer.error.code }));
  };
  worker.onerror = (event) => {
    event.preventDefault();
    broken = storeError(new Error(event.message), folder);
    for (const { reject } of waiting.values()) reject(broken);
    waiting.clear();
  };
  const ask = (request: Ask, transfer: Transferable[] = []): Promise<unknown[]> => {
    if (broken) return Promise.reject(broken);
    const id = next++;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      worker.postMessage({ id, ...request }, transfer);
    });
  };

  try {
    await ask({ op: "open", folder: `${folder}/pglite` });
  } catch (error) {
    worker.terminate();
    lock.close();
    const known = storeError(error, folder);
    if (known.code !== "failed") throw known;
    throw new StoreError(
      "corrupt",
      `The data folder "${folder}" cannot be opened: ${
        known.message.replace(/^.*? failed: /, "")
      }; move it away to start a new one`,
      { cause: error },
    );
  }

  // PGlite has one connection: a transaction keeps it until it ends.
  let turn: Promise<unknown> = Promise.resolve();
  const exclusive = <T>(work: () => Promise<T>): Promise<T> => {
    const result = turn.then(work);
    turn = result.catch(() => {});
    return result;
  };
  const statements: Transaction = {
    query: <T = Row>(sql: string, params: readonly unknown[] = []) =>
      ask({ op: "query", sql, params }) as Promise<T[]>,
    async script(sql) {
      await ask({ op: "script", sql });
    },
    async copy(target, data) {
      const whole = data.byteOffset === 0 && data.byteLength === data.buffer.byteLength;
      const buffer = whole ? data.buffer : data.slice().buffer;
      await ask({ op: "copy", target, data: buffer }, [buffer]);
    },
  };

  return {
    kind: "pglite",
    place: folder,
    query: (sql, params) => exclusive(() => statements.query(sql, params)),
    script: (sql) => exclusive(() => statements.script(sql)),
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
    close: () =>
      exclusive(async () => {
        if (!broken) await ask({ op: "close" });
        broken = new StoreError("closed", `The store "${folder}" is closed`);
        worker.terminate();
        lock.close();
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
