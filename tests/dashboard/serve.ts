/** A server over the sample logs, as `agent --serve` has it, for tests and screenshots. */
import { root } from "../run.ts";

export interface Served {
  readonly url: string;
  readonly folder: string;
  close(): Promise<void>;
}

/** Reads the samples into a store of its own and serves it on a free port. */
export async function servedSamples(
  files: readonly string[] = ["tests/samples/auth.log", "tests/samples/access.log"],
): Promise<Served> {
  const folder = await Deno.makeTempDir({ prefix: "picket-dashboard-" });
  const agent = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "agent", "--quiet", "--year", "2026", "--data", folder, ...files],
    cwd: root,
    stdout: "null",
    stderr: "piped",
  });
  const ran = await agent.output();
  if (ran.code !== 0) throw new Error(new TextDecoder().decode(ran.stderr));
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "serve", "--data", folder, "127.0.0.1:0"],
    cwd: root,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const url = await listening(child.stderr);
  return {
    url,
    folder,
    async close() {
      child.kill("SIGTERM");
      await child.status;
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** The address that a server says it listens on. Reads on, so that the server never waits. */
export async function listening(stderr: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  const reader = stderr.pipeThrough(new TextDecoderStream()).getReader();
  let said = "";
  while (true) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`The server ended: ${said}`);
    said += value;
    const url = /Listening on (http:\S+)/.exec(said)?.[1];
    if (!url) continue;
    (async () => {
      while (!(await reader.read()).done);
    })().catch(() => {});
    return url;
  }
}
