/** Tasks that listen, for tests. */
import { startTask } from "./started.ts";

export interface Served {
  readonly url: string;
  readonly said: () => string;
  /** Waits for text on stderr, and gives all of it. */
  heard(what: RegExp): Promise<string>;
  /** Ends it as a service manager does; the exit code. */
  stop(): Promise<number>;
}

/** Starts a task that listens, and waits until it does. */
export async function serving(args: readonly string[], stdin = false): Promise<Served> {
  const child = startTask(args, { stdin: stdin ? "piped" : "null" });
  const [, url] = await child.heard(/Listening on (http\S+)\n/);
  return {
    url,
    said: () => child.said,
    async heard(what) {
      await child.heard(what);
      return child.said;
    },
    async stop() {
      const { code } = await child.end("SIGTERM");
      if (stdin) await child.stdin.close().catch(() => {});
      return code;
    },
  };
}
