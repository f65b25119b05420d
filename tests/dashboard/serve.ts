/** Servers over the sample logs, as `agent --serve` has them, for tests and pictures. */
import { root } from "../run.ts";

export interface Served {
  readonly url: string;
  close(): Promise<void>;
}

/** @param folder is removed at the end, unless null */
async function start(args: readonly string[], folder: string | null): Promise<Served> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", ...args],
    cwd: root,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).spawn();
  const { url, end } = await listening(child.stderr);
  return {
    url,
    async close() {
      child.kill("SIGTERM");
      await child.status;
      await end();
      if (folder !== null) await Deno.remove(folder, { recursive: true });
    },
  };
}

/** Follows `files` and serves what it finds, on a free port, with a store of its own. */
export async function servedAgent(files: readonly string[], options: readonly string[] = []) {
  const folder = await Deno.makeTempDir({ prefix: "picket-dashboard-" });
  return await start([
    "agent",
    "--follow",
    "--idle",
    "1s",
    "--year",
    "2026",
    "--serve=127.0.0.1:0",
    "--rate",
    "0",
    "--data",
    `${folder}/data`,
    ...options,
    ...files,
  ], folder);
}

/** Serves a store that is empty. */
export async function servedEmpty() {
  const folder = await Deno.makeTempDir({ prefix: "picket-dashboard-" });
  return await start(["serve", "--data", `${folder}/data`, "127.0.0.1:0"], folder);
}

/** Serves a store that is there, a folder or an address, and leaves it. */
export async function servedStore(place: string) {
  const option = place.includes("://") ? "--database" : "--data";
  return await start(["serve", "--rate", "0", option, place, "127.0.0.1:0"], null);
}

/** Serves the sample logs, once they are read whole. */
export async function servedSamples(): Promise<Served> {
  const served = await servedAgent(["tests/samples/auth.log", "tests/samples/access.log"]);
  await until(async () => (await count(served, "/api/stats", "events")) === 5120);
  return served;
}

/** A number of an answer of the API. */
export async function count(served: Served, path: string, name: string): Promise<number> {
  return (await (await fetch(served.url + path)).json())[name] as number;
}

/** Waits until a condition holds; throws after half a minute. */
export async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 300; i++) {
    if (await holds()) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error("What was waited for did not come");
}

/** The address that a server says it listens on. Reads on until `end`, so that it never waits. */
async function listening(
  stderr: ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<{ url: string; end(): Promise<void> }> {
  const reader = stderr.pipeThrough(new TextDecoderStream()).getReader();
  let said = "";
  while (true) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`The server ended: ${said}`);
    said += value;
    const url = /Listening on (http:\S+)/.exec(said)?.[1];
    if (!url) continue;
    const rest = (async () => {
      while (!(await reader.read()).done);
    })();
    return { url, end: () => rest };
  }
}
