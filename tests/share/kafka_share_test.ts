/**
 * Agents that share topics of Kafka over one PostgreSQL: what they leave together is what one leaves,
 * whatever is killed or sleeps meanwhile, the broker and the database too. PICKET_KILLS,
 * PICKET_SHARE_LINES and PICKET_SLEEP (ms) raise the numbers.
 */
import assert from "node:assert/strict";
import { openStore } from "../../agent/store/mod.ts";
import { seeded } from "../../agent/simulate/random.ts";
import { startKafka, type TestBroker } from "../kafka/broker.ts";
import { fill } from "../kafka/fill.ts";
import { needs, testNeeding } from "../needs.ts";
import { startPostgres, type TestServer } from "../postgres.ts";
import { withFolder } from "../run.ts";
import {
  ended,
  leftIn,
  logs,
  LONG,
  one,
  pause,
  same,
  type SharingAgent,
  startAgent,
  until,
} from "./agents.ts";

const KILLS = Number(Deno.env.get("PICKET_KILLS") ?? 2);
const LINES = Number(Deno.env.get("PICKET_SHARE_LINES") ?? 4000);
/** ms for which an owner sleeps; others take over after six seconds without a sign of life. */
const SLEEP = Number(Deno.env.get("PICKET_SLEEP") ?? 9000);
const SEED = Number(Deno.env.get("PICKET_SEED") ?? Math.floor(Math.random() * 1e6));

const both = {
  name: `${needs.kafka.name} and ${needs.postgres.name}`,
  missing: needs.kafka.missing || needs.postgres.missing,
};

interface Place {
  readonly broker: TestBroker;
  readonly server: TestServer;
  /** The topics, read to what is there at the start. */
  readonly urls: readonly string[];
}

/** Topics of simulated logs, one a log and of two partitions each. */
async function withTopics(work: (place: Place) => Promise<void>): Promise<void> {
  const server = await startPostgres();
  try {
    const broker = await startKafka([]);
    try {
      await withFolder(async (folder) => {
        await logs(folder, LINES);
        const topics: string[] = [];
        for await (const { name } of Deno.readDir(folder)) topics.push(name);
        for (const name of topics.sort()) {
          const text = await Deno.readTextFile(`${folder}/${name}`);
          await fill(broker, name, text.replace(/\n$/, "").split("\n"), 2);
        }
        const urls = [`kafka://${broker.plain}/${topics.join(",")}?to=latest`];
        await work({ broker, server, urls });
      });
    } finally {
      await broker.stop();
    }
  } finally {
    await server.stop();
  }
}

/** A database whose schema one has made. */
async function freshDatabase(server: TestServer): Promise<string> {
  const database = await server.database();
  await (await openStore({ database })).close();
  return database;
}

/** What happens to agents that share topics, the broker and the database. */
class Accidents {
  readonly made = { kill: 0, sleep: 0, broker: 0, restart: 0 };
  readonly agents: SharingAgent[];
  readonly #random = seeded(SEED);
  #asleep: Promise<void> = Promise.resolve();

  constructor(private readonly place: Place, private readonly database: string) {
    this.agents = [1, 2, 3].map(() => startAgent(database, place.urls));
  }

  /** Kills and others, at moments and in an order by chance. Waits for a sleeper to be woken. */
  async happen(kills: number): Promise<void> {
    const plan: (keyof Accidents["made"])[] = ["sleep", "broker", "restart"];
    for (let n = 1; n <= kills; n++) plan.push("kill", ...n % 10 === 0 ? ["sleep" as const] : []);
    for (let n = 20; n < kills; n += 20) plan.push("broker", "restart");
    while (plan.length > 0 && !this.#over()) {
      await pause(this.#random.int(200, 4000));
      const [act] = plan.splice(this.#random.int(0, plan.length - 1), 1);
      if (await this[act]()) this.made[act]++;
    }
    await this.#asleep;
  }

  async kill(): Promise<boolean> {
    const { agents } = this;
    const victim = agents[this.#random.int(0, agents.length - 1)];
    if (victim.ended) return false;
    victim.kill("SIGKILL");
    await victim.end(LONG);
    agents[agents.indexOf(victim)] = startAgent(this.database, this.place.urls);
    return true;
  }

  /** An owner sleeps while others go on, and are killed. */
  async sleep(): Promise<boolean> {
    await this.#asleep;
    const owner = () => this.agents.find((a) => !a.ended && /is read here/.test(a.said));
    await until(() => "no agent reads", () => owner() !== undefined || this.#over(), LONG);
    const sleeper = owner();
    sleeper?.kill("SIGSTOP");
    this.#asleep = pause(SLEEP).then(() => sleeper?.kill("SIGCONT"));
    return sleeper !== undefined;
  }

  async broker(): Promise<boolean> {
    await this.place.broker.kill();
    await pause(this.#random.int(0, 2000));
    await this.place.broker.again();
    return true;
  }

  async restart(): Promise<boolean> {
    await this.place.server.kill();
    await pause(this.#random.int(0, 1000));
    await this.place.server.start();
    return true;
  }

  end(): void {
    for (const agent of this.agents) {
      agent.kill("SIGCONT");
      agent.kill("SIGKILL");
    }
  }

  #over(): boolean {
    return this.agents.every((a) => a.ended);
  }
}

testNeeding(
  both,
  "kafka: three agents that share topics leave what one leaves",
  (t) =>
    withTopics(async (place) => {
      const { server, urls } = place;
      const want = await one(await server.database(), urls);
      assert.ok(want.alerts.length > 20 && want.incidents.length > 0, String(want.alerts.length));
      await t.step("undisturbed", async () => {
        const database = await freshDatabase(server);
        await ended([1, 2, 3].map(() => startAgent(database, urls)), LONG);
        same(await leftIn(database), want);
      });
      await t.step("agents, broker and database are killed, owners sleep", async () => {
        const database = await freshDatabase(server);
        const accidents = new Accidents(place, database);
        try {
          await accidents.happen(KILLS);
          const said = await ended(accidents.agents, LONG);
          same(await leftIn(database), want);
          const stale = said.match(/Another agent has taken shard/g)?.length ?? 0;
          console.log(
            `seed ${SEED}, ${JSON.stringify(accidents.made)}, ${stale} stale writes refused: ` +
              `${want.alerts.length} alerts`,
          );
        } finally {
          accidents.end();
        }
      });
    }),
);
