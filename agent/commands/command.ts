/**
 * What a command is: a spec from which parsing, `--help`, the errors and the tests come. A command
 * prints through the `Io` that main.ts hands it and returns its exit code.
 */
import { parseArgs } from "node:util";
import { nearest } from "../../grammar/nearest.ts";
import { PROGRAM } from "../program.ts";

/** Exit codes: see the README's table. */
export const EXIT = { done: 0, findings: 1, usage: 2, input: 3, storage: 4 } as const;

/** Kinds of permission that a command can need after its start. */
export type Permission = "read" | "write" | "net" | "run";

/** The outside world, as main.ts gives it. */
export interface Io {
  /** Writes to stdout; false once nobody reads any more (a closed pipe). */
  out(text: string): boolean;
  err(text: string): void;
  readonly outIsTerminal: boolean;
  readonly errIsTerminal: boolean;
  /** Colours are wanted on stdout and stderr. */
  readonly color: boolean;
  columns(): number;
  stdin(): ReadableStream<Uint8Array>;
  readonly stdinIsTerminal: boolean;
  /** Nobody has piped anything in: a terminal, or /dev/null, which services are started with. */
  readonly stdinGivesNothing: boolean;
  env(name: string): string | undefined;
  /**
   * Gives up every kind of permission but these for the rest of the process, and for the threads that
   * it starts from now on. The environment stays, since the YAML parser asks for two of its variables,
   * but not where the database is. What was given up is never had again: a later call keeps less.
   */
  keep(...kinds: readonly Permission[]): Promise<void>;
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
  /** Calls back on SIGHUP instead of ending; what it returns undoes that. */
  onHangup?(heard: () => void): () => void;
}

/** Resolves when the command is told to end. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done();
    else signal.addEventListener("abort", () => done(), { once: true });
  });
}

export interface OptionSpec {
  readonly name: string;
  /** Placeholder of its value; absent for a switch. */
  readonly value?: string;
  /** The value taken when the option stands without one: `--serve` for `--serve=ADDR`. */
  readonly bare?: string;
  /** How a value looks that stands behind an option with `bare` as a word of its own. */
  readonly looks?: RegExp;
  readonly multiple?: boolean;
  readonly choices?: readonly string[];
  readonly summary: string;
}

export interface CommandSpec {
  readonly name: string;
  /** `[FILE…]` */
  readonly operands: string;
  readonly summary: string;
  /** Further paragraphs of `--help`. */
  readonly details?: string;
  readonly options: readonly OptionSpec[];
  readonly examples: readonly { readonly command: string; readonly does: string }[];
  run(args: Args, io: Io): Promise<number>;
}

/** Wrong use or configuration: printed with its help, exit code 2. */
export class UsageError extends Error {
  constructor(message: string, readonly help?: string) {
    super(message);
  }
}

/** Parsed arguments. */
export class Args {
  constructor(
    readonly operands: readonly string[],
    private readonly values: ReadonlyMap<string, readonly string[]>,
  ) {}

  /** These arguments, and those of `below` that they do not name. */
  over(below: Args): Args {
    const operands = this.operands.length ? this.operands : below.operands;
    return new Args(operands, new Map([...below.values, ...this.values]));
  }
  flag(name: string): boolean {
    return this.values.has(name);
  }
  /** The last value given. */
  get(name: string): string | undefined {
    return this.values.get(name)?.at(-1);
  }
  all(name: string): readonly string[] {
    return this.values.get(name) ?? [];
  }
  /** A whole number within bounds. */
  int(name: string, min: number, max: number): number | undefined {
    const text = this.get(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (!/^-?\d+$/.test(text) || value < min || value > max) {
      throw new UsageError(
        `Invalid value "${text}" for --${name}`,
        `Give a whole number from ${min} to ${max}`,
      );
    }
    return value;
  }
}

const HELP: OptionSpec = { name: "help", summary: "Print this text" };

/**
 * Reads a command's arguments. `--name value`, `--name=value`, `--` ends the options, `-` is an
 * operand. Throws UsageError for an unknown option (with the nearest known one), a missing value or
 * one that is not among the choices.
 */
export function parseCommand(spec: CommandSpec, argv: readonly string[]): Args {
  const options = new Map([...spec.options, HELP].map((o) => [o.name, o]));
  const { tokens } = parseArgs({
    args: argv.map((a, i) => {
      const option = a.startsWith("--") ? options.get(a.slice(2)) : undefined;
      if (option?.bare === undefined || option.looks?.test(argv[i + 1] ?? "")) return a;
      return `${a}=${option.bare}`;
    }),
    options: Object.fromEntries(
      [...options.values()].map((o) => [o.name, { type: o.value ? "string" : "boolean" } as const]),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const operands: string[] = [];
  const values = new Map<string, string[]>();
  for (const token of tokens) {
    if (token.kind === "positional") operands.push(token.value);
    if (token.kind !== "option") continue;
    const name = token.rawName === "-h" ? "help" : token.name;
    const option = options.get(name);
    if (!option || (token.rawName !== `--${name}` && token.rawName !== "-h")) {
      const near = nearest(name, [...options.keys()]);
      throw new UsageError(
        `Unknown option "${token.rawName}"`,
        near ? `Did you mean --${near}?` : `See "${spec.name} --help" for the options`,
      );
    }
    const value = token.value;
    if (option.value && (value === undefined || value === "")) {
      throw new UsageError(
        `Missing value for --${name}`,
        `Write --${name} ${option.value}`,
      );
    }
    if (!option.value && value !== undefined) {
      throw new UsageError(
        `Option --${name} takes no value, but got "${value}"`,
        `Write --${name}`,
      );
    }
    if (option.choices && !option.choices.includes(value!)) {
      const near = nearest(value!, option.choices);
      throw new UsageError(
        `Invalid value "${value}" for --${name}`,
        `Give one of ${option.choices.join(", ")}${near ? `; did you mean ${near}?` : ""}`,
      );
    }
    const list = values.get(name) ?? [];
    if (list.length && option.value && !option.multiple) {
      throw new UsageError(`Option --${name} is given twice`, `Keep one of them`);
    }
    list.push(value ?? "true");
    values.set(name, list);
  }
  return new Args(operands, values);
}

/** The text of `COMMAND --help`. */
export function helpText(spec: CommandSpec): string {
  const left = (o: OptionSpec) =>
    `  --${o.name}${o.value ? (o.bare === undefined ? ` ${o.value}` : `[=${o.value}]`) : ""}`;
  const options = [...spec.options, HELP];
  const width = Math.max(...options.map((o) => left(o).length)) + 2;
  const lines = [
    `Usage: ${PROGRAM} ${spec.name} [OPTION…]${spec.operands ? ` ${spec.operands}` : ""}`,
    "",
    spec.summary,
    "",
  ];
  if (spec.details) lines.push(spec.details, "");
  lines.push("Options:");
  for (const o of options) {
    const choices = o.choices ? ` (${o.choices.join(", ")})` : "";
    lines.push(left(o).padEnd(width) + o.summary + choices);
  }
  lines.push("", "Examples:");
  for (const e of spec.examples) lines.push(`  ${e.command}`, `      ${e.does}`);
  return lines.join("\n") + "\n";
}
