/** How far each input is, and whose clock is off. */
import type { StoredEvent, StoredJob, StoredShard } from "../../../agent/store/mod.ts";
import { rfc3339 } from "../../../agent/outputs/render/text.ts";
import { route } from "../route/route.ts";
import { rateOf } from "../types/json.ts";
import { InputHealth, type SHARD_STATES, ShareList } from "../types/mod.ts";

/** Jobs that are looked at, sources and hosts that are given. */
const JOBS = 300, SOURCES = 50, HOSTS = 50;
/** Events of a source by which its usual pauses are told; ms that a pause may always last. */
const NEWEST = 20, PAUSE = 900_000;

export const inputRoutes = [
  route({
    path: "/api/inputs",
    tag: "Health",
    summary:
      "Inputs: rate and newest event of each source; size of the store, queues, late hosts, clocks",
    role: "read",
    answer: InputHealth,
    async handle({ store, now }) {
      const jobs = await store.jobs({ limit: JOBS });
      // The newest job of each source: jobs come newest first.
      const newest = new Map<string, StoredJob>();
      for (const job of jobs.items) if (!newest.has(job.source)) newest.set(job.source, job);
      const sources = [...newest.values()].slice(0, SOURCES);
      const [stats, bytes, sinks, last, clocks, late] = await Promise.all([
        store.stats(),
        store.size(),
        store.sinkStates(),
        Promise.all(
          sources.map((job) =>
            store.events({ source: job.source, limit: isLate(job, now) ? NEWEST : 1 })
          ),
        ),
        store.hostClocks(HOSTS),
        store.lateHosts(HOSTS),
      ]);
      return {
        inputs: sources.map((job, i) => ({
          source: job.source,
          sourcetype: job.sourcetype,
          state: job.state,
          rate: rateOf(job, now),
          updated: rfc3339(job.updated),
          last: last[i].items.length === 0 ? null : rfc3339(last[i].items[0].time),
          silent: isSilent(job, last[i].items, now),
          lag: job.lag,
        })),
        store: {
          bytes,
          events: stats.events,
          alerts: stats.alerts,
          first: stats.first === null ? null : rfc3339(stats.first),
        },
        queues: sinks.map(({ sink, waiting, dead, oldest }) => ({
          sink,
          waiting,
          dead,
          oldest: oldest === null ? null : rfc3339(oldest),
        })),
        clocks: clocks.map((c) => ({ input: c.input, host: c.host, offset_ms: c.offsetMs })),
        late: late.map((h) => ({
          input: h.input,
          host: h.host,
          events: h.rows,
          behind_ms: h.behindMs,
        })),
      };
    },
  }),
  route({
    path: "/api/shares",
    tag: "Health",
    summary: "Agents that share work (`agent --share`): who holds which shard, and takeovers",
    role: "read",
    answer: ShareList,
    async handle({ store }) {
      const shares = await store.shares();
      return {
        shares: shares.map(({ name, agents, shards }) => ({
          name,
          agents: [...agents],
          shards: shards.map((s) => ({
            shard: s.shard + 1,
            agent: s.agent,
            state: shardState(s),
            epoch: s.epoch,
            taken: s.taken === null ? null : rfc3339(s.taken),
            takeovers: s.takeovers,
          })),
        })),
      };
    },
  }),
];

/** Whether nothing came for longer than a pause may always last: only then the usual ones matter. */
const isLate = ({ state, updated }: StoredJob, now: number): boolean =>
  state === "running" && now - updated > PAUSE;

/** Whether nothing came for longer than is usual of it. @param newest of its events, newest first */
export function isSilent(job: StoredJob, newest: readonly StoredEvent[], now: number): boolean {
  const pauses = newest.slice(1).map((e, i) => newest[i].time - e.time);
  return isLate(job, now) && now - job.updated > 3 * Math.max(0, ...pauses);
}

const shardState = ({ done, agent, alive }: StoredShard): (typeof SHARD_STATES)[number] =>
  done ? "done" : agent === null ? "free" : alive ? "held" : "silent";
