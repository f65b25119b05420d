/** Agents that share work, as the API and its metrics show them: shards, takeovers, lag. */
import assert from "node:assert/strict";
import { openStore } from "../../agent/store/mod.ts";
import { needs, testNeeding } from "../../tests/needs.ts";
import { startPostgres } from "../../tests/postgres.ts";
import { until } from "../../tests/share/agents.ts";
import { createWeb } from "./mod.ts";

const job = (id: string, source: string, lag: number | null) => ({
  id: id.repeat(32),
  run: "f".repeat(32),
  source,
  sourcetype: "linux_secure",
  state: "running" as const,
  lines: 10,
  events: 10,
  parseErrors: 0,
  understood: 10,
  unread: [],
  rate: 5,
  lag,
  error: null,
  started: Date.UTC(2026, 2, 29),
});

testNeeding(
  needs.postgres,
  "shares: shards, takeovers, stale writes and lag are seen",
  async () => {
    const server = await startPostgres();
    try {
      const store = await openStore({ database: await server.database() });
      const leases = store.leases!;
      const of = (agent: string, timeout = 6000) => ({ share: "logs", shards: 2, agent, timeout });
      const [first, second] = (await leases.look(of("one"))).shards;
      const lease = (await leases.take(of("one"), first))!;
      await store.write({ lease, jobs: [job("1", "kafka://b/t/0", 1234)] });
      await leases.take(of("one"), second);
      // The other hears nothing of it within no time at all, and takes one over.
      await new Promise((done) => setTimeout(done, 20));
      const seen = (await leases.look(of("two", 10))).shards[0];
      assert.deepEqual([seen.agent, seen.alive], ["one", false]);
      const taken = (await leases.take(of("two"), seen))!;
      assert.equal(taken.epoch, lease.epoch + 1);
      assert.equal(await leases.take(of("two"), seen), null, "it was taken as it was seen");
      await assert.rejects(
        store.write({ lease, jobs: [job("2", "kafka://b/t/1", 1)] }),
        /Another agent has taken shard 1 of "logs" over/,
      );
      await store.write({
        lease: taken,
        jobs: [job("1", "kafka://b/t/0", 7), job("3", "a", null)],
      });

      const ends = ["one", "two"].map((agent) => leases.beat(of(agent), 200));
      const both = async () => (await store.shares())[0].agents.length === 2;
      await until(() => "an agent is not heard of", both, 60_000);
      const app = createWeb(store, {
        now: Date.now,
        version: "1.2.3",
        lags: () => new Map([["kafka://b/t/2", 3]]),
      });
      const { shares } = await (await app.request("/api/shares")).json();
      assert.equal(shares.length, 1);
      assert.deepEqual([shares[0].name, shares[0].agents], ["logs", ["one", "two"]]);
      // deno-lint-ignore no-explicit-any
      const shown = shares[0].shards.map(({ taken: _, ...shard }: any) => shard);
      assert.deepEqual(shown, [
        { shard: 1, agent: "two", state: "held", epoch: 2, takeovers: 1 },
        { shard: 2, agent: "one", state: "held", epoch: 1, takeovers: 0 },
      ]);
      const { jobs } = await (await app.request("/api/jobs")).json();
      const lags = Object.fromEntries(
        jobs.map((j: { source: string; lag: number | null }) => [j.source, j.lag]),
      );
      assert.deepEqual(lags, { "kafka://b/t/0": 7, a: null });
      const metrics = await (await app.request("/metrics")).text();
      for (
        const line of [
          'picket_input_lag_records{source="kafka://b/t/0"} 7',
          'picket_input_lag_records{source="kafka://b/t/2"} 3',
          'picket_share_agents{share="logs"} 2',
          'picket_shard_owner{share="logs",shard="1",agent="two"} 1',
          'picket_shard_epoch{share="logs",shard="1"} 2',
          'picket_shard_takeovers_total{share="logs",shard="1"} 1',
          'picket_shard_takeovers_total{share="logs",shard="2"} 0',
        ]
      ) assert.ok(metrics.includes(`${line}\n`), `${line} is not in\n${metrics}`);
      assert.equal(metrics.match(/# TYPE picket_shard_epoch /g)!.length, 1);
      for (const end of ends) end();
      await store.close();
    } finally {
      await server.stop();
    }
  },
);
