/** The server's end of the launcher: one process at a time that tries rules. */
import { fileURLToPath } from "node:url";
import { DENO_OPTIONS } from "../../../agent/program.ts";

/** One process at a time, by lines of text. */
export interface TrialProcesses {
  /** MiB that one may have. */
  readonly memory: number;
  /** Told of a line of its answer, and of its end when nobody asked for it. */
  onLine: (line: string) => void;
  onEnd: (code: number, stderr: string) => void;
  /** Starts a process; the one before it is ended. */
  start(): void;
  send(line: string): void;
  /** Ends the process, whatever it is doing. */
  end(): void;
  /** Ends the launcher too; resolves when it has ended. */
  close(): Promise<void>;
}

/** Memory that a trial may have, in MiB; beyond it V8 ends its process. */
const TRIAL_MEMORY = 512;

/**
 * Starts the launcher; null where running `deno` is not permitted. To be called before that is given
 * up. A trial's process has no permission but for two variables of the environment: what it compiles
 * comes by its stdin.
 */
export async function startTrialProcesses(memory = TRIAL_MEMORY): Promise<TrialProcesses | null> {
  const program = await permitted();
  if (program === null) return null;
  const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));
  const deno = Deno.execPath();
  const common = ["run", "-q", "--no-prompt", ...DENO_OPTIONS];
  const child = new Deno.Command(program, {
    args: [
      ...common,
      `--allow-run=${deno}`,
      path("launcher.ts"),
      deno,
      ...common,
      `--v8-flags=--max-old-space-size=${memory}`,
      // The YAML parser asks for these two.
      "--allow-env=LOG_STREAM,LOG_TOKENS",
      path("trial.ts"),
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const input = child.stdin.getWriter();
  const encoder = new TextEncoder();
  let started = 0;
  let written: Promise<unknown> = Promise.resolve();
  const say = (line: string) => {
    written = written.then(() => input.write(encoder.encode(line + "\n"))).catch(() => {});
  };
  const made: TrialProcesses = {
    memory,
    onLine: () => {},
    onEnd: () => {},
    start() {
      started++;
      say("S");
    },
    send: (line) => say("L" + line),
    end: () => say("K"),
    async close() {
      await written;
      await input.close().catch(() => {});
      await ended;
    },
  };
  const ended = (async () => {
    let pieces: string[] = [];
    const take = (line: string) => {
      const [, what, number, text] = /^([AX]) (\d+) (.*)$/.exec(line)!;
      // What an earlier process said last is nobody's answer.
      if (Number(number) !== started) return;
      if (what === "A") return made.onLine(text);
      const space = text.indexOf(" ");
      made.onEnd(Number(text.slice(0, space)), JSON.parse(text.slice(space + 1)));
    };
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = text.split("\n");
      pieces.push(lines[0]);
      for (const next of lines.slice(1)) {
        take(pieces.join(""));
        pieces = [next];
      }
    }
    made.onEnd((await child.status).code, "The launcher of trials has ended");
  })();
  return made;
}

/** How `deno` may be run: as this process is, or by its name; null when neither is permitted. */
async function permitted(): Promise<string | null> {
  for (const command of [Deno.execPath(), "deno"]) {
    const { state } = await Deno.permissions.query({ name: "run", command });
    if (state === "granted") return command;
  }
  return null;
}
