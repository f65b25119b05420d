/**
 * The server is killed in the middle of transactions and started again, while a run goes on: what is
 * left is what an unbroken run leaves, and memory stays bounded. `PICKET_KILLS` and `PICKET_LINES`
 * raise the number of kills and of lines.
 */
import assert from "node:assert/strict";
import { openStore, type Store } from "../../agent/store/mod.ts";
import { needs, testNeeding } from "../needs.ts";
import { startPostgres } from "../postgres.ts";
import { withFolder } from "../run.ts";
import { authLines, leavings, work } from "./work.ts";

const KILLS = Number(Deno.env.get("PICKET_KILLS") ?? 3);
const LINES = Number(Deno.env.get("PICKET_LINES") ?? 12_000);

testNeeding(
  needs.postgres,
  "PostgreSQL killed again and again under load: nothing lost, nothing doubled",
  async () => {
    const server = await startPostgres();
    let restarting = Promise.resolve();
    try {
      await withFolder(async (folder) => {
        const files = ["web1", "web2"].map((host, i) => {
          Deno.writeTextFileSync(`${folder}/${host}.log`, authLines(LINES / 2, host, 7 + i));
          return `${folder}/${host}.log`;
        });
        const unbroken = await openStore({ database: await server.database() });
        let transactions = 0;
        const counted: Store = {
          ...unbroken,
          write(write, turn) {
            transactions++;
            return unbroken.write(write, turn);
          },
        };
        const before = await work(counted, { files, rowsPerWrite: 1000 });
        const expected = await leavings(unbroken);
        await unbroken.close();

        const said = { away: 0, back: 0 };
        const store = await openStore({
          database: await server.database(),
          retry: { away: () => said.away++, back: () => said.back++, pauses: [20, 200] },
        });
        // Kills are spread over the transactions, each at some moment of one, and not in each.
        const planned = Math.min(KILLS, Math.floor(transactions / 2) - 1);
        assert.ok(planned > 0, `${transactions} transactions are too few for a kill`);
        const every = Math.floor(transactions / (planned + 1));
        let writes = 0, kills = 0, most = 0;
        const restart = async () => {
          await server.kill();
          await server.start();
        };
        const watched: Store = {
          ...store,
          write(write, turn) {
            most = Math.max(most, Deno.memoryUsage().rss);
            if (++writes % every === 0 && kills < planned) {
              kills++;
              restarting = restarting
                .then(() => new Promise((done) => setTimeout(done, Math.random() * 25)))
                .then(restart);
            }
            return store.write(write, turn);
          },
        };
        const { summary, engine } = await work(watched, { files, rowsPerWrite: 1000 });
        await restarting;
        assert.equal(kills, planned);
        assert.ok(said.away > 0, "no write met a dead server");
        assert.equal(said.back, said.away);
        const left = await leavings(store);
        await store.close();
        assert.equal(left.events.length, LINES);
        assert.equal(summary.stored + summary.already_stored, LINES);
        for (const name of ["events", "alerts", "incidents"]) {
          assert.deepEqual(left[name], expected[name], name);
        }
        assert.deepEqual(engine.snapshot(), before.engine.snapshot());
        console.log(
          `${kills} kills of the server over ${LINES} lines in ${writes} transactions: ` +
            `${left.alerts.length} alerts; at most ${Math.round(most / 2 ** 20)} MiB resident`,
        );
      });
    } finally {
      await restarting;
      await server.stop();
    }
  },
);
