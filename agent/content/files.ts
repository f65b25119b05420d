/** Finds and reads the files of rules, sourcetypes and pipelines. */
import { isPipeline, isSigma } from "../../compiler/sigma/is_sigma.ts";
import { ROOT } from "../program.ts";
import { reason } from "../sources/files.ts";
import { fromFileUrl, relative } from "./paths.ts";

/** The folders that come with Picket. */
export const SHIPPED = {
  rules: fromFileUrl(new URL("rules", ROOT)),
  sourcetypes: fromFileUrl(new URL("sourcetypes", ROOT)),
};

/** `--rules shipped` names the rules that come with Picket beside a user's own. */
export const SHIPPED_NAME = "shipped";

export interface TextFile {
  /** Path as diagnostics show it. */
  readonly name: string;
  readonly text: string;
}

/** A file as it was read; its text is made when it is asked for. */
export class ReadFile implements TextFile {
  #text: string | undefined;

  constructor(readonly name: string, readonly bytes: Uint8Array) {}

  get text(): string {
    return this.#text ??= decode(this.bytes);
  }
}

/** A path that cannot be read: wrong use. */
export class LoadError extends Error {
  /** @param help what to do */
  constructor(message: string, readonly help = "Correct the path") {
    super(message);
  }
}

/**
 * Every file with one of the endings, at the paths or below them, sorted by path, each once.
 * Throws LoadError for a path that cannot be read or that gives no file.
 */
export function findText(
  paths: readonly string[],
  endings: readonly string[],
): ReadFile[] {
  const out = new Map<string, ReadFile>();
  for (const path of paths) {
    let found: string[];
    try {
      found = below(path, endings);
    } catch (error) {
      throw new LoadError(`Cannot read "${path}": ${reason(error)}`);
    }
    if (found.length === 0) {
      throw new LoadError(`Found no ${endings.join(" or ")} file in "${path}"`);
    }
    for (const file of found) {
      const name = relative(file);
      try {
        if (out.has(name)) continue;
        // A pipe or a device in a folder would be waited for, or read without end.
        if (file !== path && !Deno.statSync(file).isFile) {
          throw new Error("it is no regular file");
        }
        out.set(name, new ReadFile(name, Deno.readFileSync(file)));
      } catch (error) {
        throw new LoadError(
          `Cannot read "${file}": ${reason(error)}`,
          file === path ? undefined : `Make it readable, or take it out of "${path}"`,
        );
      }
    }
  }
  return [...out.values()];
}

/** UTF-8, or the UTF-16 that Windows' shells write, which begins with its mark. */
function decode(bytes: Uint8Array): string {
  const mark = bytes.length < 2 ? 0 : bytes[0] << 8 | bytes[1];
  const encoding = mark === 0xfffe ? "utf-16le" : mark === 0xfeff ? "utf-16be" : "utf-8";
  return new TextDecoder(encoding).decode(bytes);
}

/** Whether the name ends in one of them, in whatever case. */
export const endsIn = (name: string, endings: readonly string[]) =>
  endings.some((e) => name.toLowerCase().endsWith(e));

function below(path: string, endings: readonly string[]): string[] {
  const stat = Deno.statSync(path);
  if (!stat.isDirectory) return endsIn(path, endings) ? [path] : [];
  const out: string[] = [];
  for (const entry of Deno.readDirSync(path)) {
    if (entry.name.startsWith(".")) continue;
    const inner = `${path.replace(/\/+$/, "")}/${entry.name}`;
    if (entry.isDirectory) out.push(...below(inner, endings));
    else if (endsIn(entry.name, endings)) out.push(inner);
  }
  return out.sort();
}

/**
 * The shipped sourcetypes and the user's; one of the user's with the name of a shipped file
 * replaces it.
 */
export function loadSourcetypes(paths: readonly string[]): ReadFile[] {
  const base = (name: string) => name.slice(name.lastIndexOf("/") + 1);
  const own = paths.length ? findText(paths, [".yaml", ".yml"]) : [];
  const names = new Set(own.map((f) => base(f.name)));
  const shipped = findText([SHIPPED.sourcetypes], [".yaml"]);
  return [...shipped.filter((f) => !names.has(base(f.name))), ...own];
}

/** Processing pipelines at the paths or below them. */
export function loadPipelines(paths: readonly string[]): ReadFile[] {
  return paths.length === 0 ? [] : findText(paths, [".yml", ".yaml"]);
}

/** Rules in SDL and in Sigma, and the YAML files that are no rules. */
export interface RuleFiles {
  readonly sdl: TextFile[];
  readonly sigma: TextFile[];
  /** Processing pipelines. */
  readonly pipelines: TextFile[];
  readonly yaml: TextFile[];
}

/** Files of one of the endings by what they hold. */
export function sortRules(files: readonly TextFile[]): RuleFiles {
  const out: RuleFiles = { sdl: [], sigma: [], pipelines: [], yaml: [] };
  for (const f of files) {
    const kind = endsIn(f.name, [".sdl"])
      ? "sdl"
      : isSigma(f.text)
      ? "sigma"
      : isPipeline(f.text)
      ? "pipelines"
      : "yaml";
    out[kind].push(f);
  }
  return out;
}

/** What rules are written in, and what may stand beside them. */
export const RULE_ENDINGS: readonly string[] = [".sdl", ".yml", ".yaml"];
