/** The agent as a process of its own, for tests that wait for what it says. */
import { startTask } from "../started.ts";

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
  options: { env?: Record<string, string>; stdin?: "null" | "piped" } = {},
): Agent {
  const child = startTask([...task, "agent", ...args], options);
  return {
    async said(what) {
      await child.heard(what);
      return child.said;
    },
    async alerts(n) {
      const all = () => child.out.split("\n").slice(0, -1);
      await child.until(() => all().length >= n, `${n} alerts`);
      return all().map((l) => JSON.parse(l));
    },
    get out() {
      return child.out;
    },
    pid: child.pid,
    get stdin() {
      return child.stdin;
    },
    kill: child.kill,
    end: async () => (await child.end()).code,
  };
}
