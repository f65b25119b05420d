/**
 * How long a shard stands still when its agent dies: three agents share followed files whose failed
 * logins leave so many keys of state in the windows of the shipped rules; one is killed, and lines go
 * on being written. Takes PostgreSQL.
 *
 *     deno task bench:takeover [SOURCES] [KILLS]
 *
 * SOURCES addresses fail to log in; how many keys that makes is printed.
 */
import { openPostgres } from "../agent/store/drivers/postgres.ts";
import { openStore } from "../agent/store/mod.ts";
import { startPostgres } from "../tests/postgres.ts";
import { pause, type SharingAgent, startAgent, until } from "../tests/share/agents.ts";

const SOURCES = Number(Deno.args[0] ?? 100_000), KILLS = Number(Deno.args[1] ?? 3);
const FILES = 8, HOUR = 3_600_000;

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
/** One failed login. */
function line(i: number, ms: number): string {
  const d = new Date(ms);
  const stamp = `${MONTHS[d.getUTCMonth()]} ${String(d.getUTCDate()).padStart(2)} ${
    d.toISOString().slice(11, 19)
  }`;
  const src = `${20 + (i >> 24 & 63)}.${i >> 16 & 255}.${i >> 8 & 255}.${i & 255}`;
  return `${stamp} web${i % FILES} sshd[${
    i % 30_000
  }]: Failed password for root from ${src} port 4711 ssh2\n`;
}

const folder = await Deno.makeTempDir({ prefix: "picket-bench-" });
const server = await startPostgres({ durable: true });
const agents: SharingAgent[] = [];
try {
  const database = await server.database();
  await (await openStore({ database })).close();
  const start = Date.now() - HOUR;
  const texts = Array.from({ length: FILES }, () => [] as string[]);
  for (let i = 0; i < SOURCES; i++) {
    texts[i % FILES].push(line(i, start + Math.floor(i / SOURCES * HOUR)));
  }
  const paths = texts.map((lines, i) => {
    Deno.writeTextFileSync(`${folder}/web${i}.log`, lines.join(""));
    return `${folder}/web${i}.log`;
  });
  const db = await openPostgres(database);
  const count = async (sql: string, params: unknown[] = []) =>
    (await db.query<{ n: number }>(`SELECT count(${sql}`, params))[0].n;
  const begin = () => agents.push(startAgent(database, ["--follow", "--tz", "UTC", ...paths]));
  for (let n = 0; n < 3; n++) begin();
  const said = () => agents.map((a) => a.said).join("");
  const all = async () => await count("*)::float8 AS n FROM events") >= SOURCES;
  await until(said, all, 3_600_000);
  // Checkpoints of much state are up to ten seconds apart.
  await pause(15_000);
  const keys = await count("*)::float8 AS n FROM engine_state WHERE part >= 0");
  console.log(`${SOURCES} addresses, ${keys} keys of state in three shards`);
  let next = SOURCES;
  for (let kill = 1; kill <= KILLS; kill++) {
    const owner = agents.find((a) => !a.ended && /is read here/.test(a.said))!;
    const others = agents.filter((a) => a !== owner && !a.ended);
    const before = others.map((a) => a.said.length);
    owner.kill("SIGKILL");
    const killed = performance.now(), from = Math.ceil(Date.now() / 1000) * 1000;
    let taken = 0;
    for (let done = false; !done;) {
      for (const path of paths) {
        Deno.writeTextFileSync(path, line(next++, Date.now()), { append: true });
      }
      await pause(100);
      const now = others.map((a, i) => a.said.slice(before[i])).join("");
      if (taken === 0 && /does not answer/.test(now)) taken = performance.now() - killed;
      // Each file has its line of after the kill in the store, also those of the shard that died.
      const sources = await count(
        "DISTINCT source)::float8 AS n FROM events WHERE time >= to_timestamp($1::float8 / 1000)",
        [from],
      );
      done = sources === FILES && taken > 0;
      if (performance.now() - killed > 300_000) throw new Error(now);
    }
    const took = performance.now() - killed;
    console.log(
      `kill ${kill}: taken after ${(taken / 1000).toFixed(1)} s, ` +
        `all files are stored again after ${(took / 1000).toFixed(1)} s`,
    );
    begin();
    await pause(20_000);
  }
  await db.close();
} finally {
  for (const agent of agents) agent.kill("SIGKILL");
  await server.stop();
  await Deno.remove(folder, { recursive: true });
}
