/** Compiles rules and sourcetypes together. */
import { ERRORS } from "../../compiler/check/codes.ts";
import { lint } from "../../compiler/check/lint/mod.ts";
import { lintNotIndexed } from "../../compiler/check/lint/not_indexed.ts";
import { check } from "../../compiler/check/mod.ts";
import { type OtherRules, tune } from "../../compiler/check/tune.ts";
import type { IrRule } from "../../compiler/ir/program.ts";
import { inStages } from "../../compiler/ir/signals.ts";
import type { NamedRule } from "../../compiler/ir/rule_pattern.ts";
import { NO_TUNING, type Tuning } from "../../compiler/ir/tuning.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import type { SigmaOptions, SigmaResult } from "../../compiler/sigma/mod.ts";
import { compileSourcetypes } from "../../compiler/sourcetype/compile/compile.ts";
import { lex } from "../../grammar/lexer.ts";
import { type File, parse } from "../../grammar/mod.ts";
import { type ListReader, listReader, listsOf } from "../enrich/list_files.ts";
import { readSettingLists, readTables } from "../enrich/tables.ts";
import { findText, SHIPPED, type TextFile } from "./files.ts";
import type { LoadedSources, Sourcetypes } from "./loaded.ts";

/** What {@link compile} reads besides the texts that it is given. */
export interface CompileSources {
  /** The shipped rules' files; they are read when they are asked for. */
  readonly shipped?: () => readonly TextFile[] | Promise<readonly TextFile[]>;
  /** The sourcetypes, where they are compiled already. */
  readonly sourcetypes?: Sourcetypes;
  /** Files of lists, or their texts as {@link Loaded.listTexts} has them; those below the folders of the rules. */
  readonly lists?: ListReader | LoadedSources["listTexts"];
  /** Rules in Sigma. */
  readonly sigma?: readonly TextFile[];
  readonly sigmaThrottle?: number;
  /** Processing pipelines that those go through. */
  readonly pipelines?: readonly TextFile[];
  /** What is changed of the rules. */
  readonly tuning?: Tuning;
  /** Names of SDL files that what is declared in takes the place of the same in other files. */
  readonly instead?: ReadonlySet<string>;
}

/**
 * Compiles texts already read. Lists and lets that only the shipped rules declare are taken from
 * there without being checked.
 */
export async function compile(
  yaml: readonly TextFile[],
  sdl: readonly TextFile[],
  sources: CompileSources = {},
): Promise<LoadedSources> {
  const { shipped = () => findText([SHIPPED.rules], [".sdl"]), lists = listReader([]) } = sources;
  const sigmaFiles = sources.sigma ?? [];
  const sourcetypes = sources.sourcetypes ?? compileSourcetypes(yaml);
  const parsed = sdl.map((f) => parse(f.text, f.name));
  const own = replaced(parsed.map((p) => p.file), sources.instead);
  const { tuning = NO_TUNING } = sources;
  // Settings may name what is shipped and not loaded.
  const others = sdl.length === 0 && tuning.texts.size === 0 ? [] : (await shipped())
    .filter((f) => !sdl.some((o) => o.name === f.name)).map((f) => parse(f.text, f.name).file);
  const { files: lent, names: borrowed } = borrow(own, others, tuning);
  const files = [...own, ...lent];
  const reader = lists instanceof Map ? listsOf(lists) : lists as ListReader;
  const tables = await readTables(files, reader);
  await readSettingLists(tuning.lists, reader, tables);
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
    tuning,
  });
  const unchecked = new Set(lent.map((f) => f.name));
  const rulesElsewhere = new Set(
    others.flatMap((f) => f.decls.flatMap((d) => d.kind === "rule" ? [d.name.name] : [])),
  );
  const tuned = tune(checked.context, [...sigma.rules, ...checked.program.rules], tuning, {
    rejected: [
      ...[...sigma.rejected].map(([d, r]) => ({ name: r.name, id: r.id, file: d.file })),
      ...unreadRules(own, checked.program.rules),
    ],
    ...shippedNames(others),
    now: Date.now(),
  });
  const program = { rules: inStages(tuned.rules), tables: checked.program.tables };
  const texts = new Map(
    [
      ...[...yaml, ...sdl, ...sigmaFiles, ...pipelines, ...lent].map((f) =>
        [f.name, f.text] as const
      ),
      ...tuning.texts,
    ],
  );
  const diagnostics = [
    ...sourcetypes.diagnostics,
    ...sigma.pipelineErrors,
    ...parsed.flatMap((p) => p.diagnostics),
    ...tables.diagnostics,
    ...checked.diagnostics.filter((d) => !tuning.texts.has(d.file)),
    ...byPlace([
      ...checked.diagnostics.filter((d) => tuning.texts.has(d.file)),
      ...tuning.mistakes,
      ...tuned.diagnostics,
    ]),
  ].filter((d) => !unchecked.has(d.file)).map((d) => {
    const name = texts.get(d.file)?.slice(d.span.start, d.span.end) ?? "";
    return d.code === ERRORS.unknown_signal && rulesElsewhere.has(name)
      ? { ...d, help: `${name} is a shipped rule: name \`shipped\` beside this file` }
      : d;
  });
  return {
    program,
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
      ...lintNotIndexed(program, sourcetypes.catalogue).filter((d) => !unchecked.has(d.file)),
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

const byPlace = (found: readonly Diagnostic[]): Diagnostic[] =>
  [...found].sort((a, b) =>
    a.file < b.file ? -1 : a.file > b.file ? 1 : a.span.start - b.span.start
  );

/** Rules of SDL with a mistake. */
function unreadRules(files: readonly File[], rules: readonly IrRule[]): NamedRule[] {
  const resolved = new Set(rules.map((r) => r.name));
  return files.flatMap((f) =>
    f.decls.flatMap((d) =>
      d.kind === "rule" && !resolved.has(d.name.name)
        ? [{ name: d.name.name, id: "", file: f.name }]
        : []
    )
  );
}

/** What settings may name of the shipped files that are not loaded. */
function shippedNames(files: readonly File[]): Pick<OtherRules, "shipped" | "shippedLists"> {
  const decls = files.flatMap((f) => f.decls);
  return {
    shipped: new Map(
      decls.flatMap((d) =>
        d.kind === "rule" ? [[d.name.name, d.params.map((p) => p.name.name)] as const] : []
      ),
    ),
    shippedLists: decls.flatMap((d) => d.kind === "list" ? [d.name.name] : []),
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

/** Files without what those of the names in `instead` declare themselves. */
function replaced(files: readonly File[], instead: ReadonlySet<string> = new Set()): File[] {
  const key = (d: File["decls"][number]) => `${d.kind} ${d.name.name}`;
  const taken = new Set(
    files.flatMap((f) => instead.has(f.name) ? f.decls.map(key) : []),
  );
  return files.map((f) =>
    instead.has(f.name) ? f : { ...f, decls: f.decls.filter((d) => !taken.has(key(d))) }
  );
}

/** The lists and lets of `others` that `own` uses and does not declare, and those that they use. */
function borrow(
  own: readonly File[],
  others: readonly File[],
  tuning: Tuning,
): { files: File[]; names: string[] } {
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
  for (const { where } of tuning.except) read(where.text);
  const files = others.map((file) => ({
    ...file,
    decls: file.decls.filter((d) => taken.has(`${d.kind} ${d.name.name}`)),
  })).filter((f) => f.decls.length > 0);
  return { files, names: [...taken].map((k) => k.replace(/^list /, "@").replace(/^let /, "")) };
}
