/** Finds and reads rules and sourcetypes, and compiles them together. */
import { fromFileUrl, relative } from "./paths.ts";
import { check } from "../../compiler/check/mod.ts";
import type { IrProgram } from "../../compiler/ir/program.ts";
import { compileSourcetypes } from "../../compiler/sourcetype/mod.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { type File, parse } from "../../grammar/mod.ts";
import { reason } from "../sources/files.ts";
import { readTables } from "../enrich/tables.ts";

/** The folders that come with Picket. */
export const SHIPPED = {
  rules: fromFileUrl(new URL("../../rules", import.meta.url)),
  sourcetypes: fromFileUrl(new URL("../../sourcetypes", import.meta.url)),
};

/** `--rules shipped` names the rules that come with Picket beside a user's own. */
export const SHIPPED_NAME = "shipped";

export interface TextFile {
  /** Path as diagnostics show it. */
  readonly name: string;
  readonly text: string;
}

export type Sourcetypes = ReturnType<typeof compileSourcetypes>;

export interface Loaded {
  readonly program: IrProgram;
  readonly sourcetypes: Sourcetypes;
  readonly files: readonly File[];
  readonly diagnostics: readonly Diagnostic[];
  /** Text of every file that a diagnostic may point at. */
  readonly texts: ReadonlyMap<string, string>;
}

/** A path that cannot be read: wrong use. */
export class LoadError extends Error {}

/**
 * Every file with one of the endings, at the paths or below them, sorted by path, each once.
 * Throws LoadError for a path that cannot be read or that gives no file.
 */
export async function findText(
  paths: readonly string[],
  endings: readonly string[],
): Promise<TextFile[]> {
  const out = new Map<string, TextFile>();
  for (const path of paths) {
    let found: string[];
    try {
      found = await below(path, endings);
    } catch (error) {
      throw new LoadError(`Cannot read "${path}": ${reason(error)}`);
    }
    if (found.length === 0) {
      throw new LoadError(`Found no ${endings.join(" or ")} file in "${path}"`);
    }
    for (const file of found) {
      const name = relative(file);
      try {
        if (!out.has(name)) out.set(name, { name, text: await Deno.readTextFile(file) });
      } catch (error) {
        throw new LoadError(`Cannot read "${file}": ${reason(error)}`);
      }
    }
  }
  return [...out.values()];
}

async function below(path: string, endings: readonly string[]): Promise<string[]> {
  const stat = await Deno.stat(path);
  if (!stat.isDirectory) return endings.some((e) => path.endsWith(e)) ? [path] : [];
  const out: string[] = [];
  for await (const entry of Deno.readDir(path)) {
    if (entry.name.startsWith(".")) continue;
    const inner = `${path.replace(/\/+$/, "")}/${entry.name}`;
    if (entry.isDirectory) out.push(...await below(inner, endings));
    else if (endings.some((e) => entry.name.endsWith(e))) out.push(inner);
  }
  return out.sort();
}

/**
 * The shipped sourcetypes and the user's; one of the user's with the name of a shipped file
 * replaces it.
 */
export async function loadSourcetypes(paths: readonly string[]): Promise<TextFile[]> {
  const base = (name: string) => name.slice(name.lastIndexOf("/") + 1);
  const own = paths.length ? await findText(paths, [".yaml", ".yml"]) : [];
  const names = new Set(own.map((f) => base(f.name)));
  const shipped = await findText([SHIPPED.sourcetypes], [".yaml"]);
  return [...shipped.filter((f) => !names.has(base(f.name))), ...own];
}

/** Reads and compiles sourcetypes and rules in one go; `rules` empty: the shipped ones, null: none. */
export async function load(
  options: { readonly rules: readonly string[] | null; readonly sourcetypes: readonly string[] },
): Promise<Loaded> {
  const yaml = await loadSourcetypes(options.sourcetypes);
  if (options.rules === null) return await compile(yaml, []);
  const paths = options.rules.length ? options.rules : [SHIPPED_NAME];
  const sdl = await findText(paths.map((p) => p === SHIPPED_NAME ? SHIPPED.rules : p), [".sdl"]);
  return await compile(yaml, sdl);
}

/** Compiles texts already read. */
export async function compile(
  yaml: readonly TextFile[],
  sdl: readonly TextFile[],
): Promise<Loaded> {
  const sourcetypes = compileSourcetypes(yaml);
  const parsed = sdl.map((f) => parse(f.text, f.name));
  const files = parsed.map((p) => p.file);
  const tables = await readTables(files);
  const checked = check(files, {
    catalogue: sourcetypes.catalogue,
    tables: tables.tables,
    listFiles: tables.listFiles,
    syntaxErrors: parsed.flatMap((p) => p.diagnostics),
  });
  return {
    program: checked.program,
    sourcetypes,
    files,
    diagnostics: [
      ...sourcetypes.diagnostics,
      ...parsed.flatMap((p) => p.diagnostics),
      ...tables.diagnostics,
      ...checked.diagnostics,
    ],
    texts: new Map([...yaml, ...sdl].map((f) => [f.name, f.text])),
  };
}
