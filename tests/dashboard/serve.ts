/** Servers over the sample logs, as `agent --serve` has them, for tests and pictures. */
import { serving } from "../serving.ts";
import { until } from "../waiting.ts";

export interface Served {
  readonly url: string;
  close(): Promise<void>;
}

/** @param folder is removed at the end, unless null */
async function start(args: readonly string[], folder: string | null): Promise<Served> {
  const { url, stop } = await serving(args);
  return {
    url,
    async close() {
      await stop();
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
  const whole = async () => (await count(served, "/api/stats", "events")) === 5120;
  await until(whole, "the events of both logs");
  return served;
}

/** A number of an answer of the API. */
export async function count(served: Served, path: string, name: string): Promise<number> {
  return (await (await fetch(served.url + path)).json())[name] as number;
}
