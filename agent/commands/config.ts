/** `--config FILE`: options of a command as YAML, and sections. What is given on the command line wins. */
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

/** What of the agent's file a command takes besides its own options. */
export interface AgentFile {
  /** Options of `agent`: keys that are no mistake. */
  readonly options: readonly OptionSpec[];
  /** The rules that the file names are the command's operands. */
  readonly rulesAsOperands: boolean;
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
  const options = new Set(spec.options.map((o) => o.name));
  const known = [...options, ...(agent?.options ?? []).map((o) => o.name)]
    .filter((n) => n !== "config");
  // What reads YAML is loaded where there is some.
  const { readSettings } = await import("../settings/settings.ts");
  const { renderText } = await import("../../compiler/check/diagnostics.ts");
  const settings = readSettings(file, text, known);
  // Those of sections are told with what rules have to say of them.
  const own = settings.diagnostics.filter((d) => !settings.inSections.has(d));
  for (const d of own) io.err(renderText(d, text, { color: io.color }) + "\n");
  const errors = own.filter((d) => d.level === "error");
  if (errors.length > 0) {
    throw new UsageError(`${count(errors.length, "mistake")} in "${file}"`, "Correct the file");
  }
  const argv = [...settings.options].flatMap(([name, { values }]) =>
    !options.has(name)
      ? []
      : values === "off"
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
