/** Writes to a PostgreSQL server in a thread of its own, over connections of its own. */
import type { Database } from "../types/database.ts";
import { openPostgres, type Request } from "./postgres.ts";
import { SEEN } from "../write/leases.ts";
import { Recorder } from "../write/record.ts";
import { answer } from "./thread.ts";

interface Open {
  readonly db: Database;
  readonly recorder: Recorder;
}
let opening: Promise<Open> | undefined;

async function open(url: string): Promise<Open> {
  try {
    const db = await openPostgres(url);
    return { db, recorder: new Recorder(db) };
  } catch (error) {
    // The next write tries anew.
    opening = undefined;
    throw error;
  }
}

/**
 * Never settles. A database that is away is tried again at the next turn: for as long as it is, others
 * cannot see this agent, nor take anything from it.
 */
function beat(request: Extract<Request, { op: "beat" }>): Promise<never> {
  const { url, share, agent, every } = request;
  const once = async () => {
    try {
      const { db } = await (opening ??= open(url));
      await db.query(SEEN, [share, agent]);
    } catch {
      // Its time has come again after the pause.
    }
    setTimeout(once, every);
  };
  void once();
  return new Promise(() => {});
}

answer(async (request: Request): Promise<unknown> => {
  if (request.op === "beat") return await beat(request);
  if (request.op === "close") {
    const opened = await opening?.catch(() => null);
    await opened?.recorder.rest();
    return await opened?.db.close();
  }
  const { recorder } = await (opening ??= open(request.url));
  return await recorder.record(request.work);
}, true);
