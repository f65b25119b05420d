/** Tasks that listen, for tests. */
import assert from "node:assert/strict";
import { root } from "./run.ts";

export interface Served {
  readonly url: string;
  readonly said: () => string;
  stop(): Promise<number>;
}

/** Starts a task that listens, and waits until it does. */
export async function serving(args: readonly string[], stdin = false): Promise<Served> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", ...args],
    cwd: root,
    env: { NO_COLOR: "1" },
    stdin: stdin ? "piped" : "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const reader = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  let said = "";
  while (!/Listening on (\S+)/.test(said)) {
    const { value, done } = await reader.read();
    assert.ok(!done, `it ended: ${said}`);
    said += value;
  }
  const rest = (async () => {
    for (let r = await reader.read(); !r.done; r = await reader.read()) said += r.value;
  })();
  return {
    url: /Listening on (\S+)/.exec(said)![1],
    said: () => said,
    async stop() {
      child.kill("SIGTERM");
      const { code } = await child.status;
      await rest;
      if (stdin) await child.stdin.close().catch(() => {});
      return code;
    },
  };
}
