/** Finds and reads rules and sourcetypes, and compiles them together. */
import { fromFileUrl, relative } from "./paths.ts";
import { ERRORS } from "../../compiler/check/codes.ts";
import { lint } from "../../compiler/check/lint/mod.ts";
import { lintNotIndexed } from "../../compiler/check/lint/not_indexed.ts";
import { check } from "../../compiler/check/mod.ts";
import { lex } from "../../grammar/lexer.ts";
import type { IrProgram } from "../../compiler/ir/program.ts";
import { isPipeline, isSigma } from "../../compiler/sigma/is_sigma.ts";
import type { RejectedRule, SigmaOptions, SigmaResult } from "../../compiler/sigma/mod.ts";
import { compileSourcetypes } from "../../compiler/sourcetype/mod.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { type File, parse } from "../../grammar/mod.ts";
import { reason } from "../sources/files.ts";
import { type ListReader, listReader, listsOf } from "../enrich/list_files.ts";
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
  /** Errors, and what sourcetypes warn of; of Sigma rules, see `left`. */
  readonly diagnostics: readonly Diagnostic[];
  /** Why Sigma rules are left out, one error a rule: the others are taken. */
  readonly left: readonly Diagnostic[];
  /** What is known of those rules, where anything of them reads. */
  readonly rejected: ReadonlyMap<Diagnostic, RejectedRule>;
  /** Sigma rules whose log source no loaded sourcetype feeds, one warning a rule. */
  readonly unfed: readonly Diagnostic[];
  /** The lints of rules, made when they are asked for: running rules needs none. */
  readonly lints: () => readonly Diagnostic[];
  /** Rules in the files, those with an error among them. */
  readonly ruleCount: number;
  /** Lists and lets that came from the shipped rules, as they are written: `@name`, `name`. */
  readonly borrowed: readonly string[];
  /** Text of every file that a diagnostic may point at. */
  readonly texts: ReadonlyMap<string, string>;
  /** Text of every file that a list names, by `listFileKey`. */
  readonly listTexts: ReadonlyMap<string, string>;
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
        if (out.has(name)) continue;
        // A pipe or a device in a folder would be waited for, or read without end.
        if (file !== path && !(await Deno.stat(file)).isFile) {
          throw new Error("it is no regular file");
        }
        out.set(name, { name, text: decode(await Deno.readFile(file)) });
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
const endsIn = (name: string, endings: readonly string[]) =>
  endings.some((e) => name.toLowerCase().endsWith(e));

async function below(path: string, endings: readonly string[]): Promise<string[]> {
  const stat = await Deno.stat(path);
  if (!stat.isDirectory) return endsIn(path, endings) ? [path] : [];
  const out: string[] = [];
  for await (const entry of Deno.readDir(path)) {
    if (entry.name.startsWith(".")) continue;
    const inner = `${path.replace(/\/+$/, "")}/${entry.name}`;
    if (entry.isDirectory) out.push(...await below(inner, endings));
    else if (endsIn(entry.name, endings)) out.push(inner);
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

export interface LoadOptions {
  /** Paths; empty: the shipped ones, null: none. */
  readonly rules: readonly string[] | null;
  /** Paths besides the shipped ones. */
  readonly sourcetypes: readonly string[];
  /** Folders besides those of the rules that lists may be read from. */
  readonly lists?: readonly string[];
  /** How long further matches of a Sigma rule are held back, in ms; an hour if missing. */
  readonly sigmaThrottle?: number;
  /** Files or folders of processing pipelines for Sigma rules. */
  readonly pipelines?: readonly string[];
}

/** Processing pipelines at the paths or below them. */
export async function loadPipelines(paths: readonly string[]): Promise<TextFile[]> {
  return paths.length === 0 ? [] : await findText(paths, [".yml", ".yaml"]);
}

/** Reads and compiles sourcetypes and rules in one go. */
export async function load(options: LoadOptions): Promise<Loaded> {
  const yaml = await loadSourcetypes(options.sourcetypes);
  if (options.rules === null) return await compile(yaml, []);
  const paths = options.rules.length ? options.rules : [SHIPPED_NAME];
  const { sdl, sigma } = await findRules(
    paths.map((p) => p === SHIPPED_NAME ? SHIPPED.rules : p),
  );
  return await compile(yaml, sdl, {
    lists: listReader(options.lists ?? []),
    sigma,
    sigmaThrottle: options.sigmaThrottle,
    pipelines: await loadPipelines(options.pipelines ?? []),
  });
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

/** Rules at the paths or below them; throws LoadError where there is none. */
async function findRules(paths: readonly string[]): Promise<RuleFiles> {
  const files = sortRules(await findText(paths, [".sdl", ".yml", ".yaml"]));
  if (files.sdl.length + files.sigma.length === 0) {
    throw new LoadError(`Found no SDL or Sigma rule in "${paths.join('", "')}"`);
  }
  return files;
}

/** What {@link compile} reads besides the texts that it is given. */
export interface CompileSources {
  /** The shipped rules' files; they are read when they are asked for. */
  readonly shipped?: () => Promise<readonly TextFile[]>;
  /** Files of lists, or their texts as {@link Loaded.listTexts} has them; those below the folders of the rules. */
  readonly lists?: ListReader | Loaded["listTexts"];
  /** Rules in Sigma. */
  readonly sigma?: readonly TextFile[];
  readonly sigmaThrottle?: number;
  /** Processing pipelines that those go through. */
  readonly pipelines?: readonly TextFile[];
}

/**
 * Compiles texts already read. Lists and lets that only the shipped rules declare are taken from
 * there without being checked.
 */
export async function compile(
  yaml: readonly TextFile[],
  sdl: readonly TextFile[],
  sources: CompileSources = {},
): Promise<Loaded> {
  const { shipped = () => findText([SHIPPED.rules], [".sdl"]), lists = listReader([]) } = sources;
  const sigmaFiles = sources.sigma ?? [];
  const sourcetypes = compileSourcetypes(yaml);
  const parsed = sdl.map((f) => parse(f.text, f.name));
  const own = parsed.map((p) => p.file);
  const others = sdl.length === 0 ? [] : (await shipped())
    .filter((f) => !sdl.some((o) => o.name === f.name)).map((f) => parse(f.text, f.name).file);
  const { files: lent, names: borrowed } = borrow(own, others);
  const files = [...own, ...lent];
  const tables = await readTables(
    files,
    lists instanceof Map ? listsOf(lists) : lists as ListReader,
  );
  const pipelines = sources.pipelines ?? [];
  const sigma = await compileSigmaRules(sigmaFiles, {
    catalogue: sourcetypes.catalogue,
    throttle: sources.sigmaThrottle,
    pipelines,
    taken: files.flatMap((f) => f.decls.flatMap((d) => d.kind === "rule" ? [d.name.name] : [])),
  });
  const { lintSigma } = sigmaFiles.length === 0
    ? { lintSigma: () => [] }
    : await import("../../compiler/sigma/lint/mod.ts");
  const checked = check(files, {
    catalogue: sourcetypes.catalogue,
    resolved: new Map(sigma.rules.map((r) => [r.name, r])),
    tables: tables.tables,
    listFiles: tables.listFiles,
    syntaxErrors: parsed.flatMap((p) => p.diagnostics),
  });
  const unchecked = new Set(lent.map((f) => f.name));
  const rulesElsewhere = new Set(
    others.flatMap((f) => f.decls.flatMap((d) => d.kind === "rule" ? [d.name.name] : [])),
  );
  const { tables: programTables, rules } = checked.program;
  const texts = new Map(
    [...yaml, ...sdl, ...sigmaFiles, ...pipelines, ...lent].map((f) => [f.name, f.text]),
  );
  const diagnostics = [
    ...sourcetypes.diagnostics,
    ...sigma.pipelineErrors,
    ...parsed.flatMap((p) => p.diagnostics),
    ...tables.diagnostics,
    ...checked.diagnostics,
  ].filter((d) => !unchecked.has(d.file)).map((d) => {
    const name = texts.get(d.file)?.slice(d.span.start, d.span.end) ?? "";
    return d.code === ERRORS.unknown_signal && rulesElsewhere.has(name)
      ? { ...d, help: `${name} is a shipped rule: name \`shipped\` beside this file` }
      : d;
  });
  return {
    program: { rules: [...sigma.rules, ...rules], tables: programTables },
    left: sigma.diagnostics,
    rejected: sigma.rejected,
    unfed: sigma.unfed,
    sourcetypes,
    files: own,
    lints: () => [
      ...lint(checked).filter((d) => !unchecked.has(d.file)),
      ...sigma.unfed,
      ...sigma.lints,
      ...lintSigma(sigmaFiles, sourcetypes.catalogue, pipelines.length > 0),
      ...lintNotIndexed(
        { rules: [...sigma.rules, ...rules], tables: programTables },
        sourcetypes.catalogue,
      ).filter((d) => !unchecked.has(d.file)),
    ],
    // What is wrong comes before what could be better.
    diagnostics: [
      ...diagnostics.filter((d) => d.level === "error"),
      ...diagnostics.filter((d) => d.level !== "error"),
    ],
    ruleCount: own.flatMap((f) => f.decls).filter((d) => d.kind === "rule").length +
      parsed.reduce((n, p) => n + p.unread.length, 0) + sigma.ruleCount,
    borrowed,
    texts,
    listTexts: tables.texts,
  };
}

const NO_SIGMA: SigmaResult = {
  rules: [],
  diagnostics: [],
  rejected: new Map(),
  unfed: [],
  pipelineErrors: [],
  lints: [],
  ruleCount: 0,
};

/** Loads the compiler of Sigma rules only where there are some: 20 ms of the start without. */
async function compileSigmaRules(
  files: readonly TextFile[],
  options: SigmaOptions,
): Promise<SigmaResult> {
  if (files.length === 0 && !options.pipelines?.length) return NO_SIGMA;
  const { compileSigma } = await import("../../compiler/sigma/mod.ts");
  return compileSigma(files, options);
}

/** The lists and lets of `others` that `own` uses and does not declare, and those that they use. */
function borrow(own: readonly File[], others: readonly File[]): { files: File[]; names: string[] } {
  const declared = new Set(
    own.flatMap((f) => f.decls).flatMap((d) => [
      d.name.name,
      ...d.kind === "rule" ? d.params.map((p) => p.name.name) : [],
    ]),
  );
  const offers = new Map<string, { decl: File["decls"][number]; file: File }>();
  for (const file of others) {
    for (const decl of file.decls) {
      const key = `${decl.kind} ${decl.name.name}`;
      if (decl.kind !== "rule" && !declared.has(decl.name.name)) offers.set(key, { decl, file });
    }
  }
  const taken = new Set<string>();
  const read = (text: string) => {
    for (const t of lex(text, "").tokens) {
      if (t.type === "string") {
        // A message names lets in braces.
        for (const [, expression] of String(t.value).matchAll(/\{([^{}]*)\}/g)) read(expression);
      }
      if (t.type !== "name" && t.type !== "listref") continue;
      const name = String(t.value);
      for (const key of t.type === "listref" ? [`list ${name}`] : [`let ${name}`, `list ${name}`]) {
        const offer = offers.get(key);
        if (offer === undefined || taken.has(key)) continue;
        taken.add(key);
        read(offer.file.text.slice(offer.decl.span.start, offer.decl.span.end));
      }
    }
  };
  for (const f of own) read(f.text);
  const files = others.map((file) => ({
    ...file,
    decls: file.decls.filter((d) => taken.has(`${d.kind} ${d.name.name}`)),
  })).filter((f) => f.decls.length > 0);
  return { files, names: [...taken].map((k) => k.replace(/^list /, "@").replace(/^let /, "")) };
}
