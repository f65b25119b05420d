/** The commands; the only place that prints or exits. */
import { fstatSync } from "node:fs";
import { agentCommand } from "./agent/commands/agent.ts";
import { checkCommand } from "./agent/commands/check.ts";
import {
  type CommandSpec,
  EXIT,
  helpText,
  type Io,
  parseCommand,
  type Permission,
  UsageError,
} from "./agent/commands/command.ts";
import { convertCommand } from "./agent/commands/convert.ts";
import { coverageCommand } from "./agent/commands/coverage.ts";
import { explainCommand } from "./agent/commands/explain.ts";
import { fmtCommand } from "./agent/commands/fmt.ts";
import { parseCommandSpec } from "./agent/commands/parse.ts";
import { reportCommand } from "./web/commands/report.ts";
import { serveCommand } from "./web/commands/serve.ts";
import { SERVE_OPTIONS, serveStore } from "./web/commands/serving.ts";
import { simulateCommand } from "./agent/commands/simulate.ts";
import { testCommand } from "./agent/commands/test.ts";
import { tokenCommand } from "./web/commands/token.ts";
import { validateCommand } from "./agent/commands/validate.ts";
import { InputError, stdinStream } from "./agent/sources/files.ts";
import { StoreError } from "./agent/store/mod.ts";
import { nearest } from "./grammar/nearest.ts";
import { visible, visibleLines } from "./grammar/visible.ts";

// The one place that knows both the agent and the API.
const agent = agentCommand({ options: SERVE_OPTIONS, serve: serveStore });

export const COMMANDS: readonly CommandSpec[] = [
  agent,
  parseCommandSpec,
  validateCommand,
  checkCommand(agent),
  fmtCommand,
  testCommand(agent),
  convertCommand,
  coverageCommand,
  explainCommand(agent),
  serveCommand,
  tokenCommand,
  reportCommand,
  simulateCommand,
];

/** What `main.ts --help` says. */
export function overview(): string {
  const width = Math.max(...COMMANDS.map((c) => c.name.length)) + 2;
  return "Picket: pipe logs in, get detections out.\n\nUsage: main.ts COMMAND [OPTION…]\n\nCommands:\n" +
    COMMANDS.map((c) => `  ${c.name.padEnd(width)}${c.summary}\n`).join("") +
    "\n`COMMAND --help` lists its options, with examples. Each command is also a task:\n" +
    "  cat /var/log/auth.log | deno run agent\n";
}

/** Runs one command and returns its exit code. Errors map to exit codes here and nowhere else. */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    (name === undefined ? io.err : io.out)(overview());
    return name === undefined ? EXIT.usage : EXIT.done;
  }
  const spec = COMMANDS.find((c) => c.name === name);
  if (!spec) {
    const near = nearest(name, COMMANDS.map((c) => c.name));
    io.err(
      `error: Unknown command "${visible(name)}"\n` +
        `  help: ${
          near ? `Did you mean ${near}?` : `Give one of ${COMMANDS.map((c) => c.name).join(", ")}`
        }\n`,
    );
    return EXIT.usage;
  }
  try {
    const args = parseCommand(spec, rest);
    if (args.flag("help")) {
      io.out(helpText(spec));
      return EXIT.done;
    }
    return await spec.run(args, io);
  } catch (error) {
    if (error instanceof UsageError) {
      io.err(
        visibleLines(`error: ${error.message}\n${error.help ? `  help: ${error.help}\n` : ""}`),
      );
      return EXIT.usage;
    }
    if (error instanceof InputError) {
      io.err(`error: ${visibleLines(error.message)}\n`);
      return EXIT.input;
    }
    if (error instanceof StoreError) {
      io.err(`error: ${visibleLines(error.message)}\n`);
      return EXIT.storage;
    }
    throw error;
  }
}

const KINDS = ["read", "write", "net", "run", "sys", "ffi", "import"] as const;

/** See {@link Io.keep}. */
async function keep(...kinds: readonly Permission[]): Promise<void> {
  const gone: Deno.PermissionDescriptor[] = [
    ...KINDS.filter((k) => !kinds.some((kept) => kept === k)).map((name) => ({ name })),
    ...["DATABASE_URL", "DATABASE_URL_FILE"].map((
      variable,
    ) => ({ name: "env", variable } as const)),
  ];
  // Of variables that are permitted all together none can be given up alone.
  for (const descriptor of gone) await Deno.permissions.revoke(descriptor).catch(() => {});
}

/** The process as a command sees it. */
export function processIo(): Io {
  const encoder = new TextEncoder();
  let closed = false;
  const write = (to: { writeSync(p: Uint8Array): number }, text: string): boolean => {
    const bytes = encoder.encode(text);
    try {
      for (let at = 0; at < bytes.length;) at += to.writeSync(bytes.subarray(at));
      return true;
    } catch (error) {
      // `| head` has gone: no reason to stop storing.
      if (error instanceof Deno.errors.BrokenPipe) return false;
      throw error;
    }
  };
  const stop = new AbortController();
  let asked = 0;
  const onSignal = () => {
    // Ctrl-C reaches a task and what it runs, and the task passes its own on: one key, several signals.
    if (stop.signal.aborted && performance.now() - asked > 1000) Deno.exit(130);
    if (!stop.signal.aborted) asked = performance.now();
    stop.abort();
  };
  Deno.addSignalListener("SIGINT", onSignal);
  Deno.addSignalListener("SIGTERM", onSignal);
  const outIsTerminal = Deno.stdout.isTerminal();
  const errIsTerminal = Deno.stderr.isTerminal();
  return {
    out: (text) => !closed && !(closed = !write(Deno.stdout, text)),
    err: (text) => void write(Deno.stderr, text),
    outIsTerminal,
    errIsTerminal,
    color: outIsTerminal && errIsTerminal && !Deno.noColor,
    columns: () => Deno.consoleSize().columns,
    stdin: stdinStream,
    stdinIsTerminal: Deno.stdin.isTerminal(),
    stdinGivesNothing: Deno.stdin.isTerminal() || fstatSync(0).isCharacterDevice(),
    env: (name) => Deno.env.get(name),
    keep,
    signal: stop.signal,
    onHangup(heard) {
      // Windows sends it when the window closes.
      if (Deno.build.os === "windows") return () => {};
      Deno.addSignalListener("SIGHUP", heard);
      return () => Deno.removeSignalListener("SIGHUP", heard);
    },
  };
}

if (import.meta.main) {
  let code: number;
  try {
    code = await main(Deno.args, processIo());
  } catch (error) {
    console.error("error: Picket met a fault of its own; please report it with these lines");
    console.error(error);
    code = 70;
  }
  Deno.exit(code);
}
