/** Writes to a PostgreSQL server in a thread of its own, over connections of its own. */
import type { Database } from "./database.ts";
import { openPostgres, type Request } from "./postgres.ts";
import { Recorder } from "./record.ts";
import { answer } from "./thread.ts";

interface Open {
  readonly db: Database;
  readonly recorder: Recorder;
}
let opening: Promise<Open> | undefined;

async function open(url: string): Promise<Open> {
  const db = await openPostgres(url);
  return { db, recorder: new Recorder(db) };
}

answer(async (request: Request): Promise<unknown> => {
  if (request.op === "close") {
    const opened = await opening?.catch(() => null);
    await opened?.recorder.rest();
    return await opened?.db.close();
  }
  const attempt = opening ??= open(request.url);
  try {
    return await (await attempt).recorder.record(request.work);
  } catch (error) {
    // What failed to open is opened anew by the next write.
    await attempt.catch(() => opening = opening === attempt ? undefined : opening);
    throw error;
  }
}, true);
