/** `--config FILE`: options of a command as YAML, and sections. What is given on the command line wins. */
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { count } from "../outputs/render/text.ts";
import type { Settings } from "../settings/settings.ts";
import { reason } from "../sources/files.ts";
import {
  type Args,
  type CommandSpec,
  type Io,
  type OptionSpec,
  parseCommand,
  UsageError,
} from "./command.ts";

export const CONFIG: OptionSpec = {
  name: "config",
  value: "FILE",
  summary: "Options as YAML, by their names here, and `files`; the command line wins",
};

export interface Configured {
  /** The arguments with those of the file. */
  readonly args: Args;
  /** Null without a file. */
  readonly settings: Settings | null;
}

/** The same file for commands that look at its rules: options that they do not have say nothing to them. */
export const RULES_CONFIG: OptionSpec = {
  name: "config",
  value: "FILE",
  summary: "The agent's configuration: its rules, and what it changes of them",
};

/** The same file for commands that read what its agent stores. */
export const STORE_CONFIG: OptionSpec = {
  name: "config",
  value: "FILE",
  summary: "The agent's configuration: its store",
};

/** What of the agent's file another command takes: options that both have. */
export interface AgentFile {
  /** Those of `agent`: keys that are no mistake. Options of the same name may mean another thing. */
  readonly options: readonly OptionSpec[];
  /** The rules that the file names are the command's operands. Default: false */
  readonly rulesAsOperands?: boolean;
}

/**
 * Reads the file that `--config` names, if it does. What is wrong in it is printed with its place.
 * @throws {UsageError} for a file that does not read, a mistake in it, or a value that does not fit
 */
export async function withConfig(
  spec: CommandSpec,
  args: Args,
  io: Io,
  agent?: AgentFile,
): Promise<Configured> {
  const file = args.get("config");
  if (file === undefined) return { args, settings: null };
  let text: string;
  try {
    text = await Deno.readTextFile(file);
  } catch (error) {
    throw new UsageError(`Cannot read "${file}": ${reason(error)}`, "Correct the path");
  }
  const shared = agent ? spec.options.filter((o) => agent.options.includes(o)) : spec.options;
  const options = new Set(shared.map((o) => o.name));
  const known = (agent ?? spec).options.map((o) => o.name).filter((n) => n !== "config");
  // What reads YAML is loaded where there is some.
  const { readSettings } = await import("../settings/settings.ts");
  const { optionMisfit } = await import("./option_values.ts");
  const specs = new Map((agent ?? spec).options.map((o) => [o.name, o]));
  const settings = readSettings(file, text, known, (name, value) => {
    const option = specs.get(name);
    return option === undefined ? null : optionMisfit(option, value);
  });
  // Those of sections are told with what rules have to say of them, unless it does not come to that.
  const own = settings.diagnostics.filter((d) => !settings.inSections.has(d));
  const ends = own.some((d) => d.level === "error");
  await refuse(settings, ends ? settings.diagnostics : own, io);
  const argv = [...settings.options].flatMap(([name, { values }]) =>
    !options.has(name) || values === "off"
      ? []
      : values === "on"
      ? [`--${name}`]
      : values.map((v) => `--${name}=${v}`)
  );
  // Read as a command line would be, so that the same values are refused in the same words.
  const rules = settings.options.get("rules")?.values ?? [];
  const operands = agent === undefined
    ? settings.files
    : agent.rulesAsOperands && Array.isArray(rules)
    ? rules
    : [];
  const below = parseCommand(spec, [...argv, "--", ...operands]);
  return { args: args.over(below), settings };
}

/**
 * Prints what is wrong in the sections, for a command that does not load the rules with them.
 * @throws {UsageError} where something is
 */
export const refuseSections = (settings: Settings, io: Io): Promise<void> =>
  refuse(settings, [...settings.inSections], io);

async function refuse(
  { file, text }: Settings,
  diagnostics: readonly Diagnostic[],
  io: Io,
): Promise<void> {
  if (diagnostics.length === 0) return;
  const { renderText } = await import("../../compiler/check/diagnostics.ts");
  for (const d of diagnostics) io.err(renderText(d, text, { color: io.color }) + "\n");
  const errors = diagnostics.filter((d) => d.level === "error");
  if (errors.length > 0) {
    throw new UsageError(`${count(errors.length, "mistake")} in "${file}"`, "Correct the file");
  }
}
