/** `--config FILE`: options of a command as YAML. What is given on the command line wins. */
import { parseDocument } from "yaml";
import { nearest } from "../../grammar/nearest.ts";
import { reason } from "../sources/files.ts";
import {
  type Args,
  type CommandSpec,
  type OptionSpec,
  parseCommand,
  UsageError,
} from "./command.ts";

export const CONFIG: OptionSpec = {
  name: "config",
  value: "FILE",
  summary: "Options as YAML, by their names here, and `files`; the command line wins",
};

/**
 * The arguments with those of the file that `--config` names, if it does. Throws UsageError for a
 * file that does not read, an unknown option (with the nearest), or a value that does not fit.
 */
export async function withConfig(spec: CommandSpec, args: Args): Promise<Args> {
  const file = args.get("config");
  if (file === undefined) return args;
  let text: string;
  try {
    text = await Deno.readTextFile(file);
  } catch (error) {
    throw new UsageError(`Cannot read "${file}": ${reason(error)}`, "Correct the path");
  }
  const document = parseDocument(text);
  const [mistake] = document.errors;
  if (mistake) {
    throw new UsageError(`"${file}" is no YAML: ${mistake.message.split("\n")[0]}`, "Correct it");
  }
  const settings: unknown = document.toJS() ?? {};
  if (typeof settings !== "object" || settings === null || Array.isArray(settings)) {
    throw new UsageError(`"${file}" holds no options`, "Write one a line, as `format: ndjson`");
  }
  const known = spec.options.map((o) => o.name).filter((n) => n !== "config");
  const argv: string[] = [];
  const files: string[] = [];
  for (const [name, value] of Object.entries(settings)) {
    const values = (Array.isArray(value) ? value : [value]).map(String);
    if (name === "files") files.push(...values);
    else if (!known.includes(name)) {
      const near = nearest(name, [...known, "files"]);
      throw new UsageError(
        `Unknown option "${name}" in "${file}"`,
        near ? `Did you mean ${near}?` : `The options are files, ${known.join(", ")}`,
      );
    } else if (value === true) argv.push(`--${name}`);
    else if (value !== false && value !== null) argv.push(...values.map((v) => `--${name}=${v}`));
  }
  // Read as a command line would be, so that the same values are refused in the same words.
  return args.over(parseCommand(spec, [...argv, "--", ...files]));
}
