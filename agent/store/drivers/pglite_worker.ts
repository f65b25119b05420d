/** PGlite in a thread of its own, since it blocks the thread it runs in. */
import { PGlite } from "@electric-sql/pglite";
import type { Connection, Row, Transaction } from "../types/database.ts";
import { Recorder } from "../write/record.ts";
import { answer } from "./thread.ts";
import type { Work } from "../types/types.ts";

export type Request =
  | { readonly op: "open"; readonly folder: string }
  | { readonly op: "query"; readonly sql: string; readonly params: readonly unknown[] }
  | { readonly op: "script"; readonly sql: string }
  | {
    readonly op: "copy";
    readonly target: string;
    readonly data: Uint8Array;
    readonly format: "binary" | "text";
  }
  | { readonly op: "write"; readonly work: Work }
  | { readonly op: "close" };

let db: PGlite;
const statements: Transaction = {
  query: async <T = Row>(sql: string, params: readonly unknown[] = []) =>
    (await db.query<T>(sql, [...params])).rows,
  async script(sql) {
    await db.exec(sql);
  },
  async copy(target, data, format = "binary") {
    // A blob takes no memory that threads share.
    const blob = new Blob([data.slice()]);
    await db.query(`COPY ${target} FROM '/dev/blob' (FORMAT ${format})`, [], { blob });
  },
};
/** Requests come one after the other, so a transaction has the connection to itself. */
const connection: Connection = {
  kind: "pglite",
  ...statements,
  async transaction(work) {
    await statements.script("BEGIN");
    try {
      const result = await work(statements);
      await statements.script("COMMIT");
      return result;
    } catch (error) {
      await statements.script("ROLLBACK").catch(() => {});
      throw error;
    }
  },
};
const recorder = new Recorder(connection);

answer(async (request: Request): Promise<unknown> => {
  switch (request.op) {
    case "open":
      db = await open(request.folder);
      return;
    case "query":
      return await statements.query(request.sql, request.params);
    case "script":
      return await statements.script(request.sql);
    case "copy":
      return await statements.copy(request.target, request.data, request.format);
    case "write":
      return await recorder.record(request.work);
    case "close":
      return await db.close();
  }
});

/**
 * Opens the cluster in `folder`. A new one is made beside it and renamed when it is whole, so that a
 * process killed half way leaves nothing that the next start would take for a database.
 */
async function open(folder: string): Promise<PGlite> {
  if (!await exists(folder)) {
    const fresh = folder + ".new";
    if (await exists(fresh)) await Deno.remove(fresh, { recursive: true });
    const made = await PGlite.create(fresh);
    await made.close();
    await Deno.rename(fresh, folder);
  }
  return await PGlite.create(folder);
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
