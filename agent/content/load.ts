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
import { shippedRules, shippedSourcetypes } from "./shipped.ts";

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
  /** Paths among `rules` whose SDL takes the place of what has the same name in the others. */
  readonly instead?: readonly string[];
}

/** The files of a compile. */
interface Files {
  readonly yaml: readonly ReadFile[];
  /** Null where no rules are wanted. */
  readonly rules: readonly ReadFile[] | null;
  readonly pipelines: readonly ReadFile[];
}

function read(options: LoadOptions): Files {
  return { yaml: loadSourcetypes(options.sourcetypes), ...readRules(options) };
}

function readRules({ rules: given, pipelines }: LoadOptions): Omit<Files, "yaml"> {
  if (given === null) return { rules: null, pipelines: [] };
  const paths = given.length ? given : [SHIPPED_NAME];
  const rules = findText(paths.map((p) => p === SHIPPED_NAME ? SHIPPED.rules : p), RULE_ENDINGS);
  return { rules, pipelines: loadPipelines(pipelines ?? []) };
}

/** Whether it is the shipped rules as they are, and their sourcetypes. */
const isShipped = ({ rules, sourcetypes, pipelines = [], tuning = NO_TUNING }: LoadOptions) =>
  rules?.every((path) => path === SHIPPED_NAME) && sourcetypes.length === 0 &&
  pipelines.length === 0 && tuningKey(tuning) === tuningKey(NO_TUNING);

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
    instead: new Set(filesInstead(options)),
  });
}

/** The names of the files that take the place of others. */
const filesInstead = ({ instead = [] }: LoadOptions): string[] =>
  findText(instead, RULE_ENDINGS).flatMap((f) => endsIn(f.name, [".sdl"]) ? [f.name] : []);

/**
 * The same of what a run needs: of what is shipped as the package has it, else from the cache where that
 * has it; what it does not have is compiled and put there. Gives exactly what {@link load} gives.
 * @param cache null where there is none
 */
export async function loadCached(options: LoadOptions, cache: CacheFolder | null): Promise<Loaded> {
  const shipped = options.sourcetypes.length === 0 ? shippedSourcetypes() : null;
  if (shipped !== null && options.rules === null) {
    return withoutRules(shipped, textsOf(shippedYaml));
  }
  if (shipped !== null && isShipped(options)) {
    const found = shippedRules();
    if (found !== null) return { ...found, sourcetypes: shipped, texts: textsOf(shippedFiles) };
  }
  const program = cache && programKey();
  if (program === null || cache === null) {
    return await compileFiles(read(options), options, shipped ?? undefined);
  }
  const { yaml, key: sourcetypesKey, sourcetypes } = shipped === null
    ? await cachedYaml(cache, program, options)
    : { yaml: shippedYaml, key: keyOf("sourcetypes", program), sourcetypes: shipped };
  const { rules, pipelines } = readRules(options);
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
    JSON.stringify([options.lists ?? [], options.sigmaThrottle ?? null, filesInstead(options)]),
    tuningKey(tuning),
  );
  const found = await cachedRules(cache, rulesKey, listReader(options.lists ?? []));
  if (found !== null) {
    const files = () => [...lent, ...yaml(), ...rules, ...pipelines];
    return { ...found, sourcetypes, texts: textsOf(files, tuning.texts) };
  }
  const loaded = await compileFiles({ yaml: yaml(), rules, pipelines }, options, sourcetypes);
  cacheRules(cache, rulesKey, loaded);
  return loaded;
}

/** The sourcetypes that options name, from the cache or into it. */
async function cachedYaml(cache: CacheFolder, program: string, options: LoadOptions) {
  const yaml = loadSourcetypes(options.sourcetypes);
  const key = keyOf("sourcetypes", program, filesKey(yaml));
  let sourcetypes = cachedSourcetypes(cache, key);
  if (sourcetypes === null) {
    const { compileSourcetypes } = await import("../../compiler/sourcetype/compile/compile.ts");
    sourcetypes = compileSourcetypes(yaml);
    cacheSourcetypes(cache, key, sourcetypes);
  }
  return { yaml: () => yaml, key, sourcetypes };
}

/** What the package brings compiled, as texts. */
const shippedYaml = () => loadSourcetypes([]);
const shippedFiles = () => [...shippedYaml(), ...findText([SHIPPED.rules], RULE_ENDINGS)];

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

/** Texts that are made when they are asked for, of files that are read then if they were not. */
function textsOf(files: () => readonly ReadFile[], more: Texts = new Map()): Texts {
  let found: ReadonlyMap<string, ReadFile> | undefined;
  const byName = () => found ??= new Map(files().map((f) => [f.name, f]));
  return {
    get: (name) => more.get(name) ?? byName().get(name)?.text,
    keys: () => new Set([...more.keys(), ...byName().keys()]).keys(),
  };
}

/** What is changed of rules, and which exceptions have ended, since that is told. */
function tuningKey(tuning: Tuning): string {
  const ended = tuning.except.map((e) => e.until !== null && e.until <= Date.now());
  return JSON.stringify([tuning, [...tuning.texts], ended]);
}
