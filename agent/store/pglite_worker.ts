/**
 * PGlite in a thread of its own, since it blocks the thread it runs in. Answers every request by its
 * number, in order.
 */
import { PGlite } from "@electric-sql/pglite";

export type Request =
  & { readonly id: number }
  & (
    | { readonly op: "open"; readonly folder: string }
    | { readonly op: "query"; readonly sql: string; readonly params: readonly unknown[] }
    | { readonly op: "script"; readonly sql: string }
    | { readonly op: "copy"; readonly target: string; readonly data: ArrayBuffer }
    | { readonly op: "close" }
  );

export type Response =
  | { readonly id: number; readonly rows: unknown[] }
  | { readonly id: number; readonly error: { readonly message: string; readonly code?: string } };

interface Scope {
  onmessage: ((event: MessageEvent<Request>) => void) | null;
  postMessage(message: Response): void;
}

const scope = self as unknown as Scope;
let db: PGlite | undefined;
let last: Promise<void> = Promise.resolve();

scope.onmessage = (event) => {
  last = last.then(() => answer(event.data));
};

async function answer(request: Request): Promise<void> {
  try {
    scope.postMessage({ id: request.id, rows: await run(request) });
  } catch (error) {
    const e = error as { message?: string; code?: unknown };
    scope.postMessage({
      id: request.id,
      error: {
        message: e.message ?? String(error),
        code: typeof e.code === "string" ? e.code : undefined,
      },
    });
  }
}

async function run(request: Request): Promise<unknown[]> {
  switch (request.op) {
    case "open":
      db = await open(request.folder);
      return [];
    case "query":
      return (await db!.query(request.sql, [...request.params])).rows;
    case "script":
      await db!.exec(request.sql);
      return [];
    case "copy":
      await db!.query(`COPY ${request.target} FROM '/dev/blob'`, [], {
        blob: new Blob([request.data]),
      });
      return [];
    case "close":
      await db!.close();
      return [];
  }
}

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
