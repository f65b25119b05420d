/** Agents that share work, as who only looks sees them. */
import type { Statements } from "../types/database.ts";
import type { StoredShard, StoredShare } from "../types/share_types.ts";
import { isAlive } from "../write/leases.ts";
import { ms } from "./conditions.ts";

/**
 * Every share, by name. An agent is there while it says so.
 * @param timeout ms, see ShareRequest
 */
export async function shares(db: Statements, timeout: number): Promise<StoredShare[]> {
  const alive = isAlive("$1");
  const agents = await db.query<{ share: string; agent: string }>(
    `SELECT share, agent FROM share_agents WHERE ${alive} ORDER BY share, agent`,
    [timeout],
  );
  const shards = await db.query<StoredShard & { share: string }>(
    `SELECT l.share, shard, epoch::float8 AS epoch, l.agent, done,
       takeovers::float8 AS takeovers, ${ms("taken")},
       EXISTS (SELECT FROM share_agents a WHERE a.share = l.share AND a.agent = l.agent
         AND ${alive}) AS alive
     FROM leases l ORDER BY l.share, shard`,
    [timeout],
  );
  return [...Map.groupBy(shards, (s) => s.share)].map(([name, of]) => ({
    name,
    agents: agents.filter((a) => a.share === name).map((a) => a.agent),
    shards: of.map(({ share: _, ...shard }) => shard),
  }));
}
