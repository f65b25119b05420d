/** Reads rules and sourcetypes, and compiles them together or takes what was compiled from the cache. */
import { NO_TUNING, type Tuning } from "../../compiler/ir/tuning.ts";
import { listReader } from "../enrich/list_files.ts";
import { cachedRules, cachedSourcetypes, cacheRules, cacheSourcetypes } from "./cached.ts";
import type { CacheFolder } from "./cache/folder.ts";
import { filesKey, keyOf, programKey } from "./cache/key.ts";
import {
  endsIn,
  findText,
  LoadError,
  loadPipelines,
  loadSourcetypes,
  type ReadFile,
  RULE_ENDINGS,
  SHIPPED,
  SHIPPED_NAME,
  sortRules,
} from "./files.ts";
import type { Loaded, LoadedSources, Sourcetypes, Texts } from "./loaded.ts";

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
  /** What is changed of the rules. */
  readonly tuning?: Tuning;
}

/** The files of a compile. */
interface Files {
  readonly yaml: readonly ReadFile[];
  /** Null where no rules are wanted. */
  readonly rules: readonly ReadFile[] | null;
  readonly pipelines: readonly ReadFile[];
}

function read(options: LoadOptions): Files {
  const yaml = loadSourcetypes(options.sourcetypes);
  if (options.rules === null) return { yaml, rules: null, pipelines: [] };
  const paths = options.rules.length ? options.rules : [SHIPPED_NAME];
  const rules = findText(paths.map((p) => p === SHIPPED_NAME ? SHIPPED.rules : p), RULE_ENDINGS);
  return { yaml, rules, pipelines: loadPipelines(options.pipelines ?? []) };
}

/** Reads and compiles sourcetypes and rules in one go. Throws LoadError for what cannot be read. */
export const load = (options: LoadOptions): Promise<LoadedSources> =>
  compileFiles(read(options), options);

/** The compiler is loaded where there is something to compile: a quarter of the start without it. */
async function compileFiles(
  { yaml, rules, pipelines }: Files,
  options: LoadOptions,
  sourcetypes?: Sourcetypes,
): Promise<LoadedSources> {
  const { compile } = await import("./compile.ts");
  if (rules === null) return await compile(yaml, [], { sourcetypes });
  const { sdl, sigma } = sortRules(rules);
  if (sdl.length + sigma.length === 0) {
    const paths = options.rules!.join('", "');
    throw new LoadError(`Found no SDL or Sigma rule in "${paths}"`);
  }
  return await compile(yaml, sdl, {
    lists: listReader(options.lists ?? []),
    sigma,
    sigmaThrottle: options.sigmaThrottle,
    pipelines,
    sourcetypes,
    tuning: options.tuning,
  });
}

/**
 * The same of what a run needs, from the cache where it has it; what it does not have is compiled and put
 * there. Gives exactly what {@link load} gives.
 */
export async function loadCached(options: LoadOptions, cache: CacheFolder): Promise<Loaded> {
  const program = programKey();
  if (program === null) return await load(options);
  const files = read(options);
  const { yaml, rules, pipelines } = files;
  const sourcetypesKey = keyOf("sourcetypes", program, filesKey(yaml));
  let sourcetypes = cachedSourcetypes(cache, sourcetypesKey);
  if (sourcetypes === null) {
    const { compileSourcetypes } = await import("../../compiler/sourcetype/compile/compile.ts");
    sourcetypes = compileSourcetypes(yaml);
    cacheSourcetypes(cache, sourcetypesKey, sourcetypes);
  }
  if (rules === null) return withoutRules(sourcetypes, textsOf(yaml));
  // A user's own rules may use lists and lets of the shipped ones.
  const { tuning = NO_TUNING } = options;
  const lent = rules.some((f) => endsIn(f.name, [".sdl"])) || tuning.texts.size > 0
    ? findText([SHIPPED.rules], [".sdl"])
    : [];
  const rulesKey = keyOf(
    "rules",
    sourcetypesKey,
    filesKey(rules),
    filesKey(pipelines),
    filesKey(lent),
    JSON.stringify([options.lists ?? [], options.sigmaThrottle ?? null]),
    tuningKey(tuning),
  );
  const found = await cachedRules(cache, rulesKey, listReader(options.lists ?? []));
  if (found !== null) {
    const files = [...lent, ...yaml, ...rules, ...pipelines];
    return { ...found, sourcetypes, texts: textsOf(files, tuning.texts) };
  }
  const loaded = await compileFiles(files, options, sourcetypes);
  cacheRules(cache, rulesKey, loaded);
  return loaded;
}

function withoutRules(sourcetypes: Sourcetypes, texts: Texts): Loaded {
  const { diagnostics } = sourcetypes;
  const program = { rules: [], tables: [] };
  return {
    program,
    sourcetypes,
    diagnostics,
    left: [],
    rejected: new Map(),
    unfed: [],
    ruleCount: 0,
    texts,
  };
}

/** Texts that are made when they are asked for. */
function textsOf(files: readonly ReadFile[], more: Texts = new Map()): Texts {
  const byName = new Map(files.map((f) => [f.name, f]));
  return {
    get: (name) => more.get(name) ?? byName.get(name)?.text,
    keys: () => new Set([...more.keys(), ...byName.keys()]).keys(),
  };
}

/** What is changed of rules, and which exceptions have ended, since that is told. */
function tuningKey(tuning: Tuning): string {
  const ended = tuning.except.map((e) => e.until !== null && e.until <= Date.now());
  return JSON.stringify([tuning, [...tuning.texts], ended]);
}
