/** A PostgreSQL server of a test's own, in a temporary folder on a free port. */
import { postgresPrograms } from "./needs.ts";

export interface TestServer {
  /** A new, empty database on it. */
  database(): Promise<string>;
  /** Takes a database away, also from who is connected. */
  drop(address: string): Promise<void>;
  /** Ends all its processes with SIGKILL. */
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts one. Throws where PostgreSQL is not installed: see `needs.postgres`.
 * @param durable waits for the disk, for benchmarks. What tests kill are processes, and what those have
 * written is the system's, which goes on.
 */
export async function startPostgres({ durable = false } = {}): Promise<TestServer> {
  const bin = postgresPrograms();
  if (!bin) {
    throw new Error("PostgreSQL is not installed; this test wants testNeeding(needs.postgres, …)");
  }
  const folder = Deno.makeTempDirSync({ prefix: "picket-postgres-" });
  const root = Deno.uid() === 0;
  if (root) await run("chown", ["postgres", folder]);
  // The server refuses to run as root.
  const as = (name: string, args: string[]): [string, string[]] =>
    root
      ? ["setpriv", [
        "--reuid=postgres",
        "--regid=postgres",
        "--clear-groups",
        `${bin}/${name}`,
        ...args,
      ]]
      : [`${bin}/${name}`, args];
  const data = `${folder}/data`;
  const port = freePort();
  await run(
    ...as("initdb", ["-D", data, "-U", "picket", "--auth=trust", "-E", "UTF8", "--no-sync"]),
  );
  // A server that was killed syncs every file of its folder first, which takes a busy machine minutes.
  const control = (...args: string[]) =>
    run(...as("pg_ctl", ["-D", data, "-w", "-t", "600", "-s", ...args]));
  const settings = `-c listen_addresses=127.0.0.1 -c recovery_init_sync_method=syncfs` +
    (durable ? "" : " -c fsync=off");
  const start = () =>
    control("-l", `${folder}/log`, "-o", `-p ${port} -k ${folder} ${settings}`, "start");
  await start();
  let made = 0;
  return {
    async database() {
      const name = `picket_${made++}`;
      await run(`${bin}/createdb`, ["-h", "127.0.0.1", "-p", `${port}`, "-U", "picket", name]);
      return `postgres://picket:secret@127.0.0.1:${port}/${name}`;
    },
    async drop(address) {
      const name = new URL(address).pathname.slice(1);
      const at = ["-h", "127.0.0.1", "-p", `${port}`, "-U", "picket"];
      await run(`${bin}/dropdb`, [...at, "--force", name]);
    },
    kill: () => kill(folder),
    start,
    async stop() {
      await control("-m", "immediate", "stop").catch(() => {});
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/**
 * Kills the server and its children and waits until none of them can write. Takes the lock files away:
 * where nobody collects ended processes, the server would be taken for running.
 */
async function kill(folder: string): Promise<void> {
  await run("sh", [
    "-c",
    `read -r server < "$1/data/postmaster.pid"
     all="$server $(ps -o pid= --ppid "$server" | tr '\\n' ' ')"
     kill -9 $all 2>/dev/null
     for pid in $all; do
       while ps -o stat= -p "$pid" | grep -qv '^Z'; do sleep 0.01; done
     done
     rm -f "$1/data/postmaster.pid" "$1"/.s.PGSQL.*.lock`,
    "sh",
    folder,
  ]);
}

/** A port of loopback that nobody listens on now. */
export function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return port;
}

async function run(command: string, args: string[]): Promise<void> {
  // Not piped: the server would inherit the pipes and hold them open.
  const { code } = await new Deno.Command(command, {
    args,
    cwd: "/",
    stdin: "null",
    stdout: "null",
    stderr: "inherit",
  }).output();
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} ended with code ${code}`);
}
