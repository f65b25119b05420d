/** Writes to a PostgreSQL server in a thread of its own, over connections of its own. */
import type { Database } from "./database.ts";
import { openPostgres, type Request } from "./postgres.ts";
import { Recorder } from "./record.ts";
import { answer } from "./thread.ts";

let open: { readonly db: Database; readonly recorder: Recorder } | undefined;

answer(async (request: Request): Promise<unknown> => {
  if (request.op === "close") return await open?.db.close();
  if (!open) {
    const db = await openPostgres(request.url);
    open = { db, recorder: new Recorder(db) };
  }
  return await open.recorder.record(request.work);
});
