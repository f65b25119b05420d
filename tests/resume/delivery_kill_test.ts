/**
 * An agent that is killed over and over while it delivers: every alert arrives, and what arrives twice
 * was in flight at a kill and has the same key. `PICKET_KILLS` raises the number of kills, up to 100
 * with 10,000 alerts.
 */
import assert from "node:assert/strict";
import { needs, testNeeding } from "../needs.ts";
import { startPostgres } from "../postgres.ts";
import { root, withFolder } from "../run.ts";
import { within } from "../waiting.ts";

const KILLS = Math.min(Number(Deno.env.get("PICKET_KILLS") ?? 3), 100);
const ALERTS = 100 * KILLS;
/**
 * Of an attempt. What a killed agent had in hand waits three times as long on PostgreSQL, which cannot tell
 * that it is dead, while an answer that takes longer is a failure, whose repeat comes from the same agent.
 */
const TIMEOUT = KILLS > 10 ? "10s" : "2s";
/** Claimed at once by one sink, and so what can be in flight: sent, and not yet written down. */
const IN_FLIGHT = 32;

interface Arrival {
  readonly key: string;
  readonly alert: string;
  /** Counted from 0: which start of the agent sent it. */
  readonly start: number;
}

/** Takes alerts, and calls back when one has come. */
function receiver(came: () => void) {
  const arrivals: Arrival[] = [];
  const now = { start: 0 };
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    const { start } = now;
    const body = await request.json();
    const alert = body.data.alerts[0].id as string;
    // An answer takes its time, so that kills fall between sending and writing down.
    await new Promise((done) => setTimeout(done, Math.random() * 10));
    arrivals.push({ key: request.headers.get("webhook-id")!, alert, start });
    came();
    return new Response("ok");
  });
  const { port } = server.addr as Deno.NetAddr;
  return { arrivals, now, server, url: `http://127.0.0.1:${port}/hook` };
}

async function files(folder: string, url: string): Promise<void> {
  const lines = Array.from({ length: ALERTS }, (_, i) => {
    const time = new Date(Date.UTC(2026, 2, 28) + i * 1000).toISOString();
    return `${time} web1 sshd[${
      1000 + i
    }]: Accepted password for user${i} from 203.0.113.7 port 4000 ssh2`;
  });
  await Deno.writeTextFile(`${folder}/auth.log`, lines.join("\n") + "\n");
  await Deno.writeTextFile(
    `${folder}/each.sdl`,
    'rule each_login {\n  severity high\n  from Authentication where action == "success"\n}\n',
  );
  await Deno.writeTextFile(
    `${folder}/agent.yaml`,
    `sinks:\n  hook:\n    type: webhook\n    url: ${url}\n    allow_private: true\n    timeout: ${TIMEOUT}\n`,
  );
}

/** @param store as options of a command */
function start(folder: string, store: readonly string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-q", "--no-prompt", "-P=agent", "main.ts", "agent", "--quiet", "--follow"],
      ...[...store, "--config", `${folder}/agent.yaml`, "--deliver-past"],
      ...["--rules", `${folder}/each.sdl`, "--sourcetypes", "sourcetypes/linux_secure.yaml"],
      `${folder}/auth.log`,
    ],
    cwd: root,
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  }).spawn();
}

Deno.test("kill -9 while alerts are delivered: all arrive, repeats were in flight", () =>
  withFolder((folder) => killed(folder, ["--data", `${folder}/data`])));

testNeeding(needs.postgres, "the same on PostgreSQL", () =>
  withFolder(async (folder) => {
    const postgres = await startPostgres();
    try {
      await killed(folder, ["--database", await postgres.database()]);
    } finally {
      await postgres.stop();
    }
  }));

async function killed(folder: string, store: readonly string[]): Promise<void> {
  let wake = () => {};
  const { arrivals, now, server, url } = receiver(() => wake());
  const until = (wanted: () => boolean, ended: Promise<unknown>) => {
    const come = new Promise<void>((done) => {
      wake = () => wanted() && done();
      wake();
      ended.then(() => done());
    });
    return within(come, () => `deliveries: ${arrivals.length} have come`, 600_000);
  };
  await files(folder, url);
  const all = () => new Set(arrivals.map((a) => a.key)).size === ALERTS;
  let kills = 0;
  for (; kills < KILLS && !all(); kills++) {
    const before = arrivals.length, most = Math.floor(Math.random() * 150);
    const child = start(folder, store);
    await until(() => all() || arrivals.length > before + most, child.status);
    // Not always just behind an answer.
    await new Promise((done) => setTimeout(done, Math.random() * 20));
    child.kill("SIGKILL");
    await within(child.status, "the end of an agent");
    // What the dead process sent may still be under way here.
    await new Promise((done) => setTimeout(done, 30));
    now.start++;
  }
  assert.equal(kills, KILLS);
  const last = start(folder, store);
  await until(all, last.status);
  // Nothing comes that came before.
  await new Promise((done) => setTimeout(done, 500));
  last.kill("SIGTERM");
  assert.equal((await within(last.status, "the end of the last agent")).code, 0);
  await server.shutdown();

  assert.equal(new Set(arrivals.map((a) => a.alert)).size, ALERTS);
  assert.equal(new Set(arrivals.map((a) => `${a.alert} ${a.key}`)).size, ALERTS);
  const perStart = Map.groupBy(arrivals, (a) => a.start);
  const seen = new Map<string, Arrival>();
  let repeats = 0;
  for (const arrival of arrivals) {
    const earlier = seen.get(arrival.key);
    seen.set(arrival.key, arrival);
    if (!earlier) continue;
    repeats++;
    assert.ok(arrival.start > earlier.start, "twice by one process");
    const its = perStart.get(earlier.start)!;
    const behind = its.length - 1 - its.indexOf(earlier);
    assert.ok(behind < IN_FLIGHT, `${behind} came after what was taken to be in flight`);
  }
  console.log(`${kills} kills, ${ALERTS} alerts: all arrived, ${repeats} of them twice`);
}
