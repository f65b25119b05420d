/** Agents that share work, as processes, and what they leave in a database. Nothing here waits for ever. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { openStore } from "../../agent/store/mod.ts";
import { leavings } from "../resume/work.ts";
import { picket, root } from "../run.ts";

const main = fileURLToPath(new URL("main.ts", root));

/** ms for what takes seconds on a machine that has nothing else to do. */
export const LONG = 400_000;

/** How many shards the agents of a test have, and what their share is called. */
export const SHARDS = 3;

export interface SharingAgent {
  readonly pid: number;
  /** What it has said on stderr. */
  readonly said: string;
  /** Whether it has ended, by itself or not. */
  readonly ended: boolean;
  kill(signal: Deno.Signal): void;
  /** Its exit code. Fails, and kills it, when that takes longer than so many ms. */
  end(within: number): Promise<number>;
}

/** One of several agents. */
export const startAgent = (database: string, operands: readonly string[]): SharingAgent =>
  start(database, ["--share", `test/${SHARDS}`, ...operands]);

/** A process of an agent, without a task runner between: its pid is the agent's. */
function start(database: string, args: readonly string[]): SharingAgent {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-P=agent", main, "agent", "--format", "ndjson", ...args],
    cwd: root,
    env: { NO_COLOR: "1", DATABASE_URL: database },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let said = "", ended = false;
  const gathered = Promise.all([
    child.stdout.pipeTo(new WritableStream()),
    (async () => {
      for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) said += text;
    })(),
  ]);
  const code = child.status.then(({ code }) => {
    ended = true;
    return code;
  });
  return {
    pid: child.pid,
    get said() {
      return said;
    },
    get ended() {
      return ended;
    },
    kill(signal) {
      if (!ended) child.kill(signal);
    },
    async end(within) {
      let late = false;
      const timer = setTimeout(() => {
        late = true;
        child.kill("SIGKILL");
      }, within);
      const got = await code;
      clearTimeout(timer);
      await gathered;
      assert.ok(!late, `an agent did not end within ${within} ms; it said:\n${said}`);
      return got;
    },
  };
}

/** Waits until something holds; fails after so many ms. */
export async function until(
  what: () => string,
  holds: () => boolean | Promise<boolean>,
  within: number,
): Promise<void> {
  for (const end = performance.now() + within; !await holds();) {
    assert.ok(performance.now() < end, what());
    await pause(50);
  }
}

export const pause = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));

export type Left = Awaited<ReturnType<typeof leftIn>>;

export async function leftIn(database: string) {
  const store = await openStore({ database });
  try {
    const { events, alerts, incidents } = await leavings(store);
    return { events, alerts, incidents };
  } finally {
    await store.close();
  }
}

/** Equal in all that a run leaves; told by what differs, for the whole is long. */
export function same(got: Left, want: Left): void {
  for (const kind of ["events", "alerts", "incidents"] as const) {
    const text = (list: readonly unknown[]) => list.map((x) => JSON.stringify(x)).sort();
    const a = text(got[kind]), b = text(want[kind]);
    const wanted = new Set(b), there = new Set(a);
    const extra = a.filter((x) => !wanted.has(x)), missing = b.filter((x) => !there.has(x));
    assert.deepEqual(
      { extra: extra.slice(0, 2), missing: missing.slice(0, 2) },
      { extra: [], missing: [] },
      `${kind}: ${extra.length} too many, ${missing.length} missing of ${b.length}`,
    );
    assert.equal(a.length, b.length, kind);
  }
}

/** Simulated logs of all kinds in a folder. */
export async function logs(folder: string, lines: number): Promise<void> {
  const rate = String(lines / 86_400);
  const made = await picket(["simulate", "--out", folder, "--rate", rate, "--seed", "7"]);
  assert.equal(made.code, 0, made.stderr);
  // No log: its lines have the time at which they were read.
  await Deno.remove(`${folder}/truth.json`);
}

/** What one agent leaves. */
export async function one(database: string, operands: readonly string[]): Promise<Left> {
  await ended([start(database, operands)], LONG);
  return await leftIn(database);
}

/** Waits for all agents, so many ms at most, and gives what they said. */
export async function ended(agents: readonly SharingAgent[], within: number): Promise<string> {
  for (const agent of agents) {
    const code = await agent.end(within);
    assert.equal(code, 0, agent.said);
  }
  return agents.map((agent) => agent.said).join("");
}
