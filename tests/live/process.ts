/** The agent as a process of its own, for tests that wait for what it says. */
import assert from "node:assert/strict";
import { root } from "../run.ts";

export interface Agent {
  /** Waits for text on stderr, and gives all of it. */
  said(what: RegExp): Promise<string>;
  /** Waits for alerts on stdout. */
  alerts(n: number): Promise<Record<string, unknown>[]>;
  /** What was printed on stdout up to now. */
  readonly out: string;
  readonly pid: number;
  readonly stdin: WritableStream<Uint8Array>;
  kill(signal: Deno.Signal): void;
  end(): Promise<number>;
}

/** The process itself, not the task that starts it: a signal that kills must reach it. */
export const PROCESS = "--no-prompt --allow-read --allow-write --allow-net --allow-env main.ts"
  .split(" ");

/** Starts `agent ARGS`. @param task what Deno runs instead of the task, such as {@link PROCESS} */
export function agent(
  args: readonly string[],
  task: readonly string[] = [],
  { env = {}, stdin = "null" }: { env?: Record<string, string>; stdin?: "null" | "piped" } = {},
): Agent {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", ...task, "agent", ...args],
    cwd: root,
    env: { NO_COLOR: "1", ...env },
    stdin,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const texts = { out: "", err: "" };
  const gather = async (stream: typeof child.stdout, to: "out" | "err") => {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) texts[to] += text;
  };
  const gathering = Promise.all([gather(child.stdout, "out"), gather(child.stderr, "err")]);
  const until = async (holds: () => boolean) => {
    for (const end = performance.now() + 40_000; !holds();) {
      assert.ok(performance.now() < end, `stdout: ${texts.out}\nstderr: ${texts.err}`);
      await new Promise((done) => setTimeout(done, 20));
    }
  };
  return {
    async said(what) {
      await until(() => what.test(texts.err));
      return texts.err;
    },
    async alerts(n) {
      const all = () => texts.out.split("\n").slice(0, -1);
      await until(() => all().length >= n);
      return all().map((l) => JSON.parse(l));
    },
    get out() {
      return texts.out;
    },
    pid: child.pid,
    get stdin() {
      return child.stdin;
    },
    kill: (signal) => child.kill(signal),
    async end() {
      const { code } = await child.status;
      await gathering;
      return code;
    },
  };
}
