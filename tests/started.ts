/** A program that stays, for tests that wait for what it says. */
import assert from "node:assert/strict";
import { root } from "./run.ts";
import { until, within } from "./waiting.ts";

/** ms in which a program ends that was asked to, or that comes to its end by itself. */
const END_TIMEOUT = 600_000;

export interface Started {
  readonly pid: number;
  readonly stdin: WritableStream<Uint8Array>;
  /** All of stdout up to now. */
  readonly out: string;
  /** All of stderr up to now. */
  readonly said: string;
  /** Waits for text on stderr; fails when the program ends without it. */
  heard(what: RegExp): Promise<RegExpExecArray>;
  /** Waits until it holds of what was written; fails when the program ends before. */
  until(holds: () => boolean, what: string): Promise<void>;
  kill(signal: Deno.Signal): void;
  /** Waits for the end, and all output. @param signal is sent first */
  end(signal?: Deno.Signal): Promise<Deno.CommandStatus>;
}

export interface StartOptions {
  readonly cwd?: string | URL;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: "null" | "piped";
}

export function start(
  program: string,
  args: readonly string[],
  { cwd = root, env = {}, stdin = "null" }: StartOptions = {},
): Started {
  const child = new Deno.Command(program, {
    args: [...args],
    cwd,
    env: { NO_COLOR: "1", ...env },
    stdin,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const texts = { out: "", err: "" };
  let ended = false;
  const gather = async (stream: typeof child.stdout, to: "out" | "err") => {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) texts[to] += text;
  };
  const gathered = Promise.all([gather(child.stdout, "out"), gather(child.stderr, "err")])
    .finally(() => ended = true);
  const command = [program, ...args].join(" ");
  const written = () => `${command}\nstdout: ${texts.out}\nstderr: ${texts.err}`;
  const untilIt = (holds: () => boolean, what: string) =>
    until(() => {
      const last = ended;
      const now = holds();
      assert.ok(now || !last, `The program ended before ${what}: ${written()}`);
      return now;
    }, () => `${what}: ${written()}`);
  return {
    pid: child.pid,
    get stdin() {
      return child.stdin;
    },
    get out() {
      return texts.out;
    },
    get said() {
      return texts.err;
    },
    async heard(what) {
      await untilIt(() => what.test(texts.err), String(what));
      return what.exec(texts.err)!;
    },
    until: untilIt,
    kill: (signal) => child.kill(signal),
    async end(signal) {
      if (signal) child.kill(signal);
      const whole = Promise.all([child.status, gathered]);
      const [status] = await within(whole, () => `the end of ${written()}`, END_TIMEOUT);
      return status;
    },
  };
}

/** Starts `deno run TASK ARGS` in the repo. */
export function startTask(args: readonly string[], options: StartOptions = {}): Started {
  return start(Deno.execPath(), ["run", "--quiet", ...args], options);
}
