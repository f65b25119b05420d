/**
 * What sharing costs and gives: one agent over topics of simulated logs, then three that share them, each
 * with a database of its own. Prints processor seconds of agents and of PostgreSQL, and fails where three
 * do not leave what one leaves. Takes PostgreSQL, Java and Kafka's jars (tests/kafka/pom.xml), bash, Linux.
 *
 *     deno task bench:share [LINES] [FOLDER]
 *
 * With a folder each agent leaves a profile of its processor time there.
 */
import assert from "node:assert/strict";
import { openPostgres } from "../agent/store/drivers/postgres.ts";
import { openStore } from "../agent/store/mod.ts";
import type { Database } from "../agent/store/types/database.ts";
import { startKafka } from "../tests/kafka/broker.ts";
import { fill } from "../tests/kafka/fill.ts";
import { startPostgres } from "../tests/postgres.ts";
import { withFolder } from "../tests/run.ts";
import { logs } from "../tests/share/agents.ts";
import { processorSeconds } from "./process.ts";

const LINES = Number(Deno.args[0] ?? 200_000), AGENTS = 3;
const PROFILES = Deno.args[1] === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${Deno.args[1]}`];
const PROCESS = [
  ...["run", "-q", "--no-prompt", "-P=agent", ...PROFILES],
  ...["main.ts", "agent", "--format", "ndjson"],
];

/** Processor seconds of the server and of all its processes, also those that have ended. */
async function serverSeconds(db: Database): Promise<number> {
  const [{ pid }] = await db.query<{ pid: string }>(
    "SELECT split_part(pg_read_file('postmaster.pid'), chr(10), 1) AS pid",
  );
  let ticks = 0;
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      // What stands behind the name of the program, which may be any text.
      const of = Deno.readTextFileSync(`/proc/${name}/stat`).replace(/^.*\) /s, "").split(" ");
      if (name === pid) { for (const n of of.slice(11, 15)) ticks += Number(n); }
      else if (of[1] === pid) { for (const n of of.slice(11, 13)) ticks += Number(n); }
    } catch {
      // It has ended.
    }
  }
  return ticks / 100;
}

/** What is in a database, whatever the order in which it came, as a digest of each table. */
async function digests(db: Database) {
  const one = async (from: string, without: readonly string[]) => {
    const [row] = await db.query<{ n: number; sum: string }>(
      `SELECT count(*)::float8 AS n,
         coalesce(sum(hashtextextended((to_jsonb(x) - $1::text[])::text, 0)), 0)::text AS sum
       FROM ${from} x`,
      [without],
    );
    return row;
  };
  return {
    events: await one("events_shown", ["ingested"]),
    alerts: await one("alerts_shown", ["updated"]),
    incidents: await one("incidents_shown", ["updated"]),
  };
}

await withFolder(async (folder) => {
  const server = await startPostgres({ durable: true });
  const broker = await startKafka([], { optimised: true });
  try {
    await logs(folder, LINES);
    const topics: string[] = [];
    let lines = 0;
    for (const { name } of Deno.readDirSync(folder)) topics.push(name);
    for (const name of topics.sort()) {
      const list = Deno.readTextFileSync(`${folder}/${name}`).replace(/\n$/, "").split("\n");
      lines += list.length;
      await fill(broker, name, list, 2);
    }
    const url = `kafka://${broker.plain}/${topics.join(",")}?to=latest`;
    console.log(`${lines} lines in ${topics.length} topics of two partitions`);
    const left = [];
    for (const n of [1, AGENTS]) {
      const database = await server.database();
      await (await openStore({ database })).close();
      const db = await openPostgres(database);
      const before = await serverSeconds(db), began = performance.now();
      const args = n === 1 ? [url] : ["--share", `bench/${n}`, url];
      const spent = await Promise.all(
        Array.from(
          { length: n },
          () => processorSeconds([...PROCESS, ...args], { DATABASE_URL: database }),
        ),
      );
      const took = (performance.now() - began) / 1000;
      const stored = await serverSeconds(db) - before;
      const found = await digests(db);
      await db.close();
      left.push(found);
      console.log(
        `${n} ${n === 1 ? "agent" : "agents"}: ${took.toFixed(0)} s, processor seconds ` +
          `${spent.map((s) => s.toFixed(0)).join(" + ")}, PostgreSQL ${stored.toFixed(0)}; ` +
          `${found.events.n} events, ${found.alerts.n} alerts, ${found.incidents.n} incidents`,
      );
    }
    assert.deepEqual(left[1], left[0]);
    console.log("Three left what one left");
  } finally {
    await broker.stop();
    await server.stop();
  }
});
