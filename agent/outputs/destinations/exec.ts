/**
 * A program that gets the notification as JSON on its standard input. It is started by its arguments,
 * never by a shell, with an environment of three variables; what it writes is read to a bound.
 */
import { visibleJson } from "../../../grammar/visible.ts";
import { withPermission } from "../../program.ts";
import { notificationObject } from "../forms/json.ts";
import {
  type DestinationSpec,
  type Notification,
  type Outcome,
  SettingError,
} from "./destination.ts";
import { words } from "./reason.ts";

/** Bytes of its output that are kept; the rest is read and dropped, so that it does not wait. */
const OUTPUT = 4096;
/** How long its output is waited for when it has ended, in ms. */
const GRACE = 200;
/** sysexits.h: the first and last code of an error that stays, but for EX_TEMPFAIL. */
const STAYS = { from: 64, to: 78, tempfail: 75 } as const;

export const exec: DestinationSpec = {
  type: "exec",
  summary: "A program with the notification on its standard input; needs `--allow-exec`",
  needs: "run",
  settings: [
    {
      name: "command",
      kind: "texts",
      required: true,
      summary: "The program's absolute path, then its arguments; no shell reads them",
    },
  ],
  async make(settings) {
    const [program, ...args] = settings.texts("command");
    if (!program?.startsWith("/") && !/^[A-Za-z]:\\/.test(program ?? "")) {
      throw new SettingError(
        "command",
        `"${program ?? ""}" is no absolute path`,
        'Write a list: ["/usr/local/bin/notify", "--once"]',
      );
    }
    if (args.some((arg) => arg.includes("\0"))) {
      throw new SettingError("command", "An argument has a NUL character");
    }
    const { state } = await Deno.permissions.query({ name: "run", command: program });
    if (state !== "granted") {
      throw new SettingError(
        "command",
        `The program "${program}" may not be run`,
        `Start with the permission: ${withPermission(`--allow-run=${program}`, "agent")} …`,
      );
    }
    return {
      deliver: (notification, signal) => run(program, args, notification, signal),
      close: () => Promise.resolve(),
    };
  },
};

async function run(
  program: string,
  args: readonly string[],
  notification: Notification,
  signal: AbortSignal,
): Promise<Outcome> {
  signal.throwIfAborted();
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(program, {
      args: [...args],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
      clearEnv: true,
      env: {
        PATH: "/usr/local/bin:/usr/bin:/bin",
        PICKET_KEY: notification.key,
        PICKET_EVENT: notification.event,
      },
    }).spawn();
  } catch (error) {
    const gone = error instanceof Deno.errors.NotFound;
    return {
      state: "rejected",
      reason: `The program "${program}" ${gone ? "does not exist" : "cannot be started"}`,
    };
  }
  const kill = () => {
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
  };
  signal.addEventListener("abort", kill, { once: true });
  const over = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const output = Promise.all([child.stdout, child.stderr].map((s) => bounded(s, over.signal)));
  try {
    await give(child.stdin, visibleJson(notificationObject(notification)) + "\n");
    const { code, signal: killed } = await child.status;
    if (code === 0) return { state: "delivered" };
    if (signal.aborted) return { state: "retry", reason: "The program did not end in time" };
    // A program that it has started may hold the pipes open for longer than it lives.
    timer = setTimeout(() => over.abort(), GRACE);
    const [, said] = await output;
    const how = killed ? `was ended by ${killed}` : `ended with code ${code}`;
    const stays = code >= STAYS.from && code <= STAYS.to && code !== STAYS.tempfail;
    return {
      state: stays ? "rejected" : "retry",
      reason: `The program "${program}" ${how}${said ? `: ${words(said, 200)}` : ""}`,
    };
  } finally {
    signal.removeEventListener("abort", kill);
    clearTimeout(timer);
    over.abort();
    kill();
    await output.catch(() => {});
  }
}

/** A program that does not read its input is no error. */
async function give(stdin: WritableStream<Uint8Array>, text: string): Promise<void> {
  const writer = stdin.getWriter();
  try {
    await writer.write(new TextEncoder().encode(text));
    await writer.close();
  } catch {
    await writer.abort().catch(() => {});
  }
}

/** The head of what is written, as text; all of it is read. */
async function bounded(stream: ReadableStream<Uint8Array>, signal: AbortSignal): Promise<string> {
  const reader = stream.getReader();
  const stop = () => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", stop, { once: true });
  const decoder = new TextDecoder();
  let text = "", length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (length < OUTPUT) {
      text += decoder.decode(value.subarray(0, OUTPUT - length), { stream: true });
    }
    length += value.length;
  }
  signal.removeEventListener("abort", stop);
  return text;
}
