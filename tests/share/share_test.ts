/**
 * Several agents that share one stream of work over PostgreSQL: what they leave together is what one
 * leaves, also when some of them are killed, and when one sleeps and wakes after another took over.
 */
import assert from "node:assert/strict";
import { openPostgres } from "../../agent/store/drivers/postgres.ts";
import { openStore } from "../../agent/store/mod.ts";
import { needs, testNeeding } from "../needs.ts";
import { startPostgres } from "../postgres.ts";
import { withFolder } from "../run.ts";
import { authLines } from "../resume/work.ts";
import { ended, leftIn, logs, LONG, one, pause, same, startAgent, until } from "./agents.ts";

const LINES = Number(Deno.env.get("PICKET_SHARE_LINES") ?? 8000);

const KILLS = Number(Deno.env.get("PICKET_SHARE_KILLS") ?? 3);

testNeeding(needs.postgres, "three agents leave what one leaves", async () => {
  const server = await startPostgres();
  try {
    await withFolder(async (folder) => {
      await logs(folder, LINES);
      const want = await one(await server.database(), [folder]);
      assert.ok(want.alerts.length > 20 && want.incidents.length > 0, String(want.alerts.length));
      const database = await server.database();
      // The schema is made by one.
      await (await openStore({ database })).close();
      const said = await ended([1, 2, 3].map(() => startAgent(database, [folder])), LONG);
      assert.match(said, /Shard 3 of 3 of "test" is read here/);
      same(await leftIn(database), want);
    });
  } finally {
    await server.stop();
  }
});

testNeeding(
  needs.postgres,
  "agents that are killed, or sleep, lose and double nothing",
  async () => {
    const server = await startPostgres();
    try {
      await withFolder(async (folder) => {
        await logs(folder, LINES);
        const want = await one(await server.database(), [folder]);
        const database = await server.database();
        await (await openStore({ database })).close();
        let agents = [1, 2, 3].map(() => startAgent(database, [folder]));
        for (let n = 0; n < KILLS; n++) {
          // At another moment each time, from the first look at the share to the middle of the work.
          await pause(3000 + n * 1700 % 5000);
          const [victim, ...others] = agents;
          // It may have ended: what it held is done.
          victim.kill("SIGKILL");
          await victim.end(LONG);
          agents = [...others, startAgent(database, [folder])];
        }
        // It sleeps for longer than others wait for it, and wakes with transactions of before.
        const [sleeper] = agents;
        sleeper.kill("SIGSTOP");
        await pause(9000);
        sleeper.kill("SIGCONT");
        await ended(agents, LONG);
        same(await leftIn(database), want);
      });
    } finally {
      await server.stop();
    }
  },
);

testNeeding(
  needs.postgres,
  "an owner that slept is refused when it wakes, and nothing is stored twice",
  async () => {
    const server = await startPostgres();
    try {
      await withFolder(async (folder) => {
        const paths = ["web1", "web2", "web3", "web4"].map((host) => `${folder}/${host}.log`);
        const texts = paths.map((_, i) => authLines(2000, `web${i}`, 7 + i).split("\n"));
        const write = (from: number, to: number) =>
          paths.forEach((path, i) =>
            Deno.writeTextFileSync(path, texts[i].slice(from, to).join("\n") + "\n", {
              append: true,
            })
          );
        const database = await server.database();
        await (await openStore({ database })).close();
        const db = await openPostgres(database);
        const stored = async () =>
          (await db.query<{ n: number }>("SELECT count(*)::float8 AS n FROM events"))[0].n;
        write(0, 500);
        const args = ["--follow", "--year", "2026", "--idle", "1s", ...paths];
        const agents = [1, 2].map(() => startAgent(database, args));
        try {
          const said = () => agents.map((a) => a.said).join("");
          await until(said, async () => await stored() >= 2000, LONG);
          const sleeper = agents.find((a) => /is read here/.test(a.said))!;
          const [other] = agents.filter((a) => a !== sleeper);
          // It is stopped in the middle of its work.
          write(500, 1000);
          sleeper.kill("SIGSTOP");
          await until(said, () => /held and does not answer/.test(other.said), LONG);
          write(1000, 1500);
          await until(said, async () => await stored() >= 6000, LONG);
          sleeper.kill("SIGCONT");
          await until(said, () => /Another agent has taken shard/.test(sleeper.said), LONG);
          write(1500, 2000);
          await until(said, async () => await stored() >= 8000, LONG);
          for (const agent of agents) agent.kill("SIGINT");
          for (const agent of agents) await agent.end(LONG);
          assert.equal(await stored(), 8000);
        } finally {
          for (const agent of agents) agent.kill("SIGKILL");
          await db.close();
        }
      });
    } finally {
      await server.stop();
    }
  },
);
