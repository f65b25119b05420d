/** PGlite in a thread of its own, since it blocks the thread it runs in. */
import { PGlite } from "@electric-sql/pglite";
import type { Connection, Row, Transaction } from "../types/database.ts";
import { Recorder } from "../write/record.ts";
import { exists } from "./exists.ts";
import { answer } from "./thread.ts";
import type { Work } from "../types/types.ts";
import { inTransaction } from "./transaction.ts";

export type Request =
  | { readonly op: "make"; readonly folder: string }
  | { readonly op: "unpack"; readonly folder: string }
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

/**
 * Half of PostgreSQL's default: they lie in this process, whose memory has no other bound. What they
 * do not hold comes from the system's cache.
 */
const SHARED_BUFFERS = "64MB";

let db: PGlite;
/** Where the cluster lies. */
let cluster: string;
const statements: Transaction = {
  async query<T = Row>(sql: string, params: readonly unknown[] = []) {
    return (await db.query<T>(sql, [...params])).rows;
  },
  async script(sql) {
    await db.exec(sql);
  },
  async copy(target, data, format = "binary") {
    // Nothing of a Blob is asked but this. The bytes of a real one lie outside the heap, and go only
    // when the collector, which does not know of them, comes by: hundreds of megabytes at 2,000 lines/s.
    const blob = { arrayBuffer: () => Promise.resolve(data.slice().buffer) } as unknown as Blob;
    await db.query(`COPY ${target} FROM '/dev/blob' (FORMAT ${format})`, [], { blob });
  },
};
/** Requests come one after the other, so a transaction has the connection to itself. */
const connection: Connection = {
  kind: "pglite",
  ...statements,
  transaction: (work) => inTransaction(statements, work),
};
const recorder = new Recorder(connection);

async function run(request: Request): Promise<unknown> {
  switch (request.op) {
    case "make":
      return await make(request.folder);
    case "unpack":
      return await unpack(request.folder);
    case "open":
      cluster = request.folder;
      db = await open();
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
      await db.close();
      return restrict(cluster);
  }
}

/** The thread that asks. */
const asker = answer(run);

/**
 * Makes a cluster where there is none: beside its place, and renamed when it is whole, so that a
 * process killed half way leaves nothing that the next start would take for a database.
 */
async function make(cluster: string): Promise<void> {
  const fresh = await besides(cluster);
  const made = await create(fresh);
  await made.close();
  await Deno.rename(fresh, cluster);
}

/** The same from the image of one; false where that does not read. */
async function unpack(cluster: string): Promise<boolean> {
  const { readImage, writeImage } = await import("./image.ts");
  const image = await readImage();
  if (image === null) return false;
  const fresh = await besides(cluster);
  writeImage(fresh, image);
  await Deno.rename(fresh, cluster);
  return true;
}

async function besides(cluster: string): Promise<string> {
  const fresh = cluster + ".new";
  if (await exists(fresh)) await Deno.remove(fresh, { recursive: true });
  return fresh;
}

async function open(): Promise<PGlite> {
  if (!await exists(`${cluster}/PG_VERSION`)) {
    // A new cluster would be made over what is there.
    throw new Error(`"${cluster}/PG_VERSION" is missing`);
  }
  // The lock on the data folder says that nobody else has it, and so whatever this file holds is left
  // of a process that was killed. An empty one, as a kill during a start leaves it, is refused.
  await Deno.remove(`${cluster}/postmaster.pid`).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  const opened = await create(cluster);
  restrict(cluster);
  return opened;
}

/** @throws with PostgreSQL's own reason, where PGlite says only that it did not start */
async function create(folder: string): Promise<PGlite> {
  let reason = "";
  try {
    return await PGlite.create(folder, {
      startParams: [...PGlite.defaultStartParams, "-c", `shared_buffers=${SHARED_BUFFERS}`],
      onStderr(text: string): boolean {
        const [, level, said] = /\b(FATAL|PANIC|DETAIL):\s+(.*)/.exec(text) ?? [];
        if (level === "DETAIL" && reason !== "") reason += `: ${said.replace(/\.$/, "")}`;
        else if (level !== undefined && level !== "DETAIL") reason = said;
        // PGlite goes on with what is not there any more, and does not return.
        if (level === "PANIC") asker.end(new Error(said));
        return true;
      },
    });
  } catch (error) {
    throw reason === "" ? error : new Error(reason, { cause: error });
  }
}

/** Takes a folder and what is in it from all but its owner: PGlite's files are for everyone. */
function restrict(folder: string): void {
  Deno.chmodSync(folder, 0o700);
  // Half a thousand files, one answer of the system each: nothing else is done here meanwhile.
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) restrict(path);
    else Deno.chmodSync(path, 0o600);
  }
}
