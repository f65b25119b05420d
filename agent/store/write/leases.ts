/**
 * Who holds which shard of a share. A lease is a row with an epoch that each taking raises; a write
 * locks its row and names its epoch, so that what an agent sends after another has taken over fails.
 */
import type { Database, Statements } from "../types/database.ts";
import { StoreError } from "../types/error.ts";
import type { Lease, Leases, LeaseState, ShareRequest, ShareState } from "../types/share_types.ts";

/** How a database session of a shard's holder is called, so that who takes over can end it. */
export const sessionName = (share: string, shard: number): string =>
  `picket ${share}/${shard}`.slice(0, 63);

export function leasesOn(db: Database): Leases {
  return {
    look: (request) => look(db, request),
    take: (request, seen) => take(db, request, seen),
    release: (lease, done) => release(db, lease, done),
    beat: ({ share, agent }, every) => db.beat!(share, agent, every),
    async leave({ share, agent }) {
      await db.query(
        "UPDATE leases SET agent = NULL, epoch = epoch + 1 WHERE share = $1 AND agent = $2",
        [share, agent],
      );
      await db.query("DELETE FROM share_agents WHERE share = $1 AND agent = $2", [share, agent]);
    },
  };
}

/** An agent says that it is there. */
export const SEEN = `INSERT INTO share_agents (share, agent, seen, session)
  VALUES ($1, $2, clock_timestamp(), pg_backend_pid())
  ON CONFLICT (share, agent) DO UPDATE SET seen = excluded.seen, session = excluded.session`;

/** ms without a word of an agent whose session has ended: it was killed, or has lost its connection. */
const SESSION_TIMEOUT = 2500;

/**
 * Whether an agent, a row of `share_agents`, is there: it was heard of within so many ms, or of the
 * server itself coming up again, and its session has not ended. A machine that is gone leaves its session
 * behind for long.
 * @param timeout the parameter that holds these ms, as `$2`
 */
export const isAlive = (timeout: string): string =>
  `greatest(seen, pg_postmaster_start_time()) > clock_timestamp() -
    CASE WHEN session IS NULL OR EXISTS (SELECT FROM pg_stat_activity s WHERE s.pid = session)
    THEN ${timeout}::float8 ELSE least(${timeout}::float8, ${SESSION_TIMEOUT}) END * interval '1 millisecond'`;

/**
 * Statements of their own, no transaction: it would keep the lock on this agent's row while the thread that
 * asks is busy with lines, and what the other thread says of the agent meanwhile would wait for that.
 */
async function look(db: Database, request: ShareRequest): Promise<ShareState> {
  const { share, agent, shards, timeout } = request;
  await db.query(
    "INSERT INTO shares (name, shards) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
    [share, shards],
  );
  const [known] = await db.query<{ shards: number }>(
    "SELECT shards FROM shares WHERE name = $1",
    [share],
  );
  if (known.shards !== shards) {
    throw new StoreError(
      "invalid",
      `"${share}" is shared in ${known.shards} shards, not ${shards}: all agents name the same ` +
        "number, as it was when the first began; give the share another name to divide it anew",
    );
  }
  await db.query(SEEN, [share, agent]);
  await db.query(
    `INSERT INTO leases (share, shard) SELECT $1, generate_series(0, $2::int - 1)
     ON CONFLICT (share, shard) DO NOTHING`,
    [share, shards],
  );
  const live = await db.query<{ agent: string }>(
    `SELECT agent FROM share_agents
     WHERE share = $1 AND ${isAlive("$2")}
     ORDER BY agent`,
    [share, timeout],
  );
  // Who holds a shard and whether that one is there are of one moment.
  const rows = await db.query<LeaseState>(
    `SELECT l.shard, l.epoch::float8 AS epoch, l.agent, l.done,
       EXISTS (SELECT FROM share_agents a WHERE a.share = l.share AND a.agent = l.agent
         AND ${isAlive("$2")}) AS alive
     FROM leases l WHERE l.share = $1
     ORDER BY l.shard`,
    [share, timeout],
  );
  return { agents: live.map((row) => row.agent), shards: rows };
}

async function take(
  db: Database,
  { share, agent }: ShareRequest,
  seen: LeaseState,
): Promise<Lease | null> {
  const { shard, epoch } = seen;
  // A holder that is stopped in the middle of a transaction keeps its locks for as long as it sleeps.
  // Sessions of one that has taken the shard since it was looked at are left alone.
  await db.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE application_name = $1 AND usename = current_user AND datname = current_database()
       AND EXISTS (SELECT FROM leases WHERE share = $2 AND shard = $3 AND epoch = $4)`,
    [sessionName(share, shard), share, shard, epoch],
  );
  const taken = await db.query<{ epoch: number }>(
    `UPDATE leases SET agent = $3, epoch = epoch + 1, done = false, taken = clock_timestamp(),
       takeovers = takeovers + CASE WHEN agent IS NULL OR agent = $3 THEN 0 ELSE 1 END
     WHERE share = $1 AND shard = $2 AND epoch = $4 AND agent IS NOT DISTINCT FROM $5
     RETURNING epoch::float8 AS epoch`,
    [share, shard, agent, epoch, seen.agent],
  );
  return taken.length > 0 ? { share, shard, agent, epoch: taken[0].epoch } : null;
}

async function release(
  db: Database,
  { share, shard, epoch, agent }: Lease,
  done: boolean,
): Promise<void> {
  await db.query(
    `UPDATE leases SET agent = NULL, done = $5, epoch = epoch + 1
     WHERE share = $1 AND shard = $2 AND epoch = $3 AND agent = $4`,
    [share, shard, epoch, agent, done],
  );
}

/**
 * Whether a lease still holds, for the transaction: its row is locked, so that nobody takes it over
 * before the end. @throws {StoreError} superseded
 */
export async function checkLease(tx: Statements, lease: Lease): Promise<void> {
  const { share, shard, epoch, agent } = lease;
  const held = await tx.query(
    `SELECT 1 FROM leases WHERE share = $1 AND shard = $2 AND epoch = $3 AND agent = $4 FOR SHARE`,
    [share, shard, epoch, agent],
  );
  if (held.length > 0) return;
  throw new StoreError(
    "superseded",
    // Counted from one, as everywhere that people read.
    `Another agent has taken shard ${
      shard + 1
    } of "${share}" over; what this one had not written ` +
      "is read again there",
  );
}
