/** The commands; the only place that prints or exits. */
import process from "node:process";
import {
  type CommandSpec,
  EXIT,
  helpText,
  type Io,
  parseCommand,
  type Permission,
  UsageError,
} from "./agent/commands/command.ts";
import { PROGRAM, VERSION } from "./agent/program.ts";
import { InputError, stdinStream } from "./agent/sources/files.ts";
import { StoreError } from "./agent/store/types/error.ts";
import { nearest } from "./grammar/nearest.ts";
import { visible, visibleLines } from "./grammar/visible.ts";

/** The one place that knows both the agent and the API, which is loaded where it is asked for. */
async function agent(): Promise<CommandSpec> {
  const { agentCommand } = await import("./agent/commands/agent.ts");
  const { SERVE_OPTIONS } = await import("./web/commands/options.ts");
  return agentCommand({
    options: SERVE_OPTIONS,
    async serve(store, serving) {
      const { serveStore } = await import("./web/commands/serving.ts");
      return await serveStore(store, serving);
    },
  });
}

/** The commands by name, in the order of the help. One is loaded when it is run. */
export const COMMANDS: Readonly<Record<string, () => Promise<CommandSpec>>> = {
  agent,
  parse: async () => (await import("./agent/commands/parse.ts")).parseCommandSpec,
  validate: async () => (await import("./agent/commands/validate.ts")).validateCommand,
  check: async () => (await import("./agent/commands/check.ts")).checkCommand(await agent()),
  fmt: async () => (await import("./agent/commands/fmt.ts")).fmtCommand,
  test: async () => (await import("./agent/commands/test.ts")).testCommand(await agent()),
  convert: async () => (await import("./agent/commands/convert.ts")).convertCommand,
  coverage: async () => (await import("./agent/commands/coverage.ts")).coverageCommand,
  explain: async () => (await import("./agent/commands/explain.ts")).explainCommand(await agent()),
  search: async () => (await import("./agent/commands/search.ts")).searchCommand(await agent()),
  backtest: async () =>
    (await import("./agent/commands/backtest.ts")).backtestCommand(await agent()),
  serve: async () => (await import("./web/commands/serve.ts")).serveCommand(await agent()),
  token: async () => (await import("./web/commands/token.ts")).tokenCommand,
  except: async () => (await import("./web/commands/except.ts")).exceptCommand(await agent()),
  report: async () => (await import("./web/commands/report.ts")).reportCommand(await agent()),
  deliver: async () => (await import("./agent/commands/deliver.ts")).deliverCommand(await agent()),
  sinks: async () => (await import("./agent/commands/sinks.ts")).sinksCommand(await agent()),
  init: async () => (await import("./agent/commands/init.ts")).initCommand,
  doctor: async () => (await import("./agent/commands/doctor.ts")).doctorCommand(await agent()),
  demo: async () => (await import("./web/commands/demo.ts")).demoCommand(await agent()),
  simulate: async () => (await import("./agent/commands/simulate.ts")).simulateCommand,
  completion,
};

const specsOf = (names: readonly string[]): Promise<CommandSpec[]> =>
  Promise.all(names.map((name) => COMMANDS[name]()));

/** The one command that knows the others. */
async function completion(): Promise<CommandSpec> {
  const { completionCommand } = await import("./agent/commands/completion/completion.ts");
  return completionCommand(
    await specsOf(Object.keys(COMMANDS).filter((name) => name !== "completion")),
  );
}

/** What `--help` says. */
export async function overview(): Promise<string> {
  const specs = await specsOf(Object.keys(COMMANDS));
  const width = Math.max(...specs.map((c) => c.name.length)) + 2;
  return `Picket: pipe logs in, get detections out.\n\nUsage: ${PROGRAM} COMMAND [OPTION…]\n\nCommands:\n` +
    specs.map((c) => `  ${c.name.padEnd(width)}${c.summary}\n`).join("") +
    `\n\`${PROGRAM} help COMMAND\` lists its options, with examples; --version names the version.\n` +
    `  cat /var/log/auth.log | ${PROGRAM} agent\n`;
}

/** Runs one command and returns its exit code. Errors map to exit codes here and nowhere else. */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  const [first, ...after] = argv;
  if (first === "--version" || first === "-V") {
    io.out(`picket ${VERSION} (Deno ${Deno.version.deno})\n`);
    return EXIT.done;
  }
  const asksForHelp = first === "--help" || first === "-h" || first === "help";
  const [name, ...rest] = asksForHelp ? [after[0], "--help"] : argv;
  if (name === undefined) {
    (asksForHelp ? io.out : io.err)(await overview());
    return asksForHelp ? EXIT.done : EXIT.usage;
  }
  const names = Object.keys(COMMANDS);
  if (!names.includes(name)) {
    const near = nearest(name, names);
    io.err(
      `error: Unknown command "${visible(name)}"\n` +
        `  help: ${near ? `Did you mean ${near}?` : `Give one of ${names.join(", ")}`}\n`,
    );
    return EXIT.usage;
  }
  const spec = await COMMANDS[name]();
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
    get stdinGivesNothing() {
      // Loaded here alone: most commands do not ask.
      return Deno.stdin.isTerminal() ||
        process.getBuiltinModule("node:fs").fstatSync(0).isCharacterDevice();
    },
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
