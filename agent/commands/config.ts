/** `--config FILE`: options of a command as YAML, and sections. What is given on the command line wins. */
import { renderText } from "../../compiler/check/diagnostics.ts";
import { count } from "../outputs/render/text.ts";
import { noSettings, readSettings, type Settings } from "../settings/settings.ts";
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
  readonly settings: Settings;
}

/**
 * Reads the file that `--config` names, if it does. What is wrong in it is printed with its place.
 * @throws {UsageError} for a file that does not read, a mistake in it, or a value that does not fit
 */
export async function withConfig(spec: CommandSpec, args: Args, io: Io): Promise<Configured> {
  const file = args.get("config");
  if (file === undefined) return { args, settings: noSettings() };
  let text: string;
  try {
    text = await Deno.readTextFile(file);
  } catch (error) {
    throw new UsageError(`Cannot read "${file}": ${reason(error)}`, "Correct the path");
  }
  const known = spec.options.map((o) => o.name).filter((n) => n !== "config");
  const settings = readSettings(file, text, known);
  for (const d of settings.diagnostics) io.err(renderText(d, text, { color: io.color }) + "\n");
  const errors = settings.diagnostics.filter((d) => d.level === "error");
  if (errors.length > 0) {
    throw new UsageError(`${count(errors.length, "mistake")} in "${file}"`, "Correct the file");
  }
  const argv = [...settings.options].flatMap(([name, { values }]) =>
    values === "off" ? [] : values === "on" ? [`--${name}`] : values.map((v) => `--${name}=${v}`)
  );
  // Read as a command line would be, so that the same values are refused in the same words.
  const below = parseCommand(spec, [...argv, "--", ...settings.files]);
  return { args: args.over(below), settings };
}
