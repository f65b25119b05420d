/** Runs Deno and the commands as a user would, for tests. */
import { within } from "./waiting.ts";

/** ms that a program may take, on a machine however busy. */
const END_TIMEOUT = 900_000;

/** The repo's folder, with a slash at its end. */
export const root = new URL("../", import.meta.url);

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly stdin?: string | Uint8Array | ReadableStream<Uint8Array>;
  readonly cwd?: string | URL;
  readonly env?: Record<string, string>;
}

/** Runs `deno ARGS` to its end. */
export async function runDeno(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  return await runCommand(Deno.execPath(), args, options);
}

/** Runs the task of a Picket command in the repo: `picket(["agent", "--no-store", "x.log"])`. */
export async function picket(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  return await runDeno(["run", "--quiet", ...args], options);
}

/** Runs a program to its end, with what it is given on stdin. */
export async function runCommand(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Ran> {
  const child = new Deno.Command(program, {
    args: [...args],
    cwd: options.cwd ?? root,
    env: { NO_COLOR: "1", ...options.env },
    stdin: options.stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const feeding = options.stdin === undefined ? null : feed(child, options.stdin);
  const command = () => `the end of ${[program, ...args].join(" ")}`;
  const { code, stdout, stderr } = await within(child.output(), command, END_TIMEOUT)
    .catch((error) => {
      child.kill("SIGKILL");
      throw error;
    });
  await feeding;
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

async function feed(
  child: Deno.ChildProcess,
  data: string | Uint8Array | ReadableStream<Uint8Array>,
): Promise<void> {
  const stream = data instanceof ReadableStream ? data : new Blob([data as BlobPart]).stream();
  // The program may end before it has read everything.
  await stream.pipeTo(child.stdin).catch(() => {});
}

/** A folder for one test, removed at its end. */
export async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir({ prefix: "picket-test-" });
  try {
    return await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
