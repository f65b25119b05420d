/**
 * `agent --data X` is killed at random moments of its first second, over a folder that has events and
 * over a new one: whatever it was doing, the next start opens the folder. `PICKET_START_KILLS` raises
 * the number of kills.
 */
import assert from "node:assert/strict";
import { openStore } from "../../agent/store/mod.ts";
import { root, withFolder } from "../run.ts";
import { authLines } from "./work.ts";
import { until, within } from "../waiting.ts";

const KILLS = Number(Deno.env.get("PICKET_START_KILLS") ?? 4);

function start(data: string, log: string): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", "main.ts", "agent", "--data", data, log],
    cwd: root,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
}

/** Starts the agent and kills it some ms after it has taken the folder. */
async function killed(data: string, log: string, after: number): Promise<void> {
  const child = start(data, log);
  let ended = false;
  const end = child.status.then(() => ended = true);
  const holder = () => Deno.readTextFile(`${data}/lock`).catch(() => "");
  const taken = async () => ended || await holder() === `${child.pid}\n`;
  await until(taken, "an agent that has taken its folder", { everyMs: 1 });
  await new Promise((done) => setTimeout(done, after));
  if (!ended) child.kill("SIGKILL");
  await within(end, "the end of an agent");
}

Deno.test("kill -9 during the start leaves a folder that opens, old or new", () =>
  withFolder(async (folder) => {
    const log = `${folder}/auth.log`;
    await Deno.writeTextFile(log, authLines(200, "web1", 3));
    const old = `${folder}/old`;
    assert.equal((await start(old, log).status).success, true);
    let pids = 0;
    for (let i = 0; i < KILLS; i++) {
      await killed(old, log, Math.random() * 1000);
      const size = await Deno.stat(`${old}/pglite/postmaster.pid`).then((s) => s.size, () => -1);
      if (size === 0) pids++;
      const fresh = `${folder}/new${i}`;
      await killed(fresh, log, Math.random() * 1000);
      for (const data of [old, fresh]) {
        // Every tenth new one: making one takes seconds.
        if (data === fresh && i % 10 !== 0) continue;
        const store = await openStore({ data });
        assert.equal((await store.stats()).events, data === old ? 200 : 0);
        await store.close();
      }
      await Deno.remove(fresh, { recursive: true });
    }
    console.log(`${KILLS} kills of each, ${pids} left an empty postmaster.pid`);
  }));
