/**
 * Sigma rules as YAML → resolved rules, the same that SDL gives: one front end more. Pure. A rule that
 * cannot be taken is left out and says why; the others are taken.
 */
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import type { IrRule } from "../ir/program.ts";
import type { Catalogue } from "../schema/types.ts";
import { SIGMA_LINTS } from "./codes.ts";
import {
  type Collection,
  type Entry,
  readCollection,
  References,
  type RejectedRule,
  type SigmaFile,
} from "./collection.ts";
import { checkPlaceholders } from "./draft.ts";
import { appliesTo, type Filter } from "./filter.ts";
import { keyText, type LogSourceKey } from "./logsource.ts";
import { type Pipeline, readPipelines } from "./pipeline.ts";
import { Compiler } from "./program.ts";
import type { SigmaRule } from "./rule.ts";
import { SigmaError } from "./yaml.ts";

export type { RejectedRule, SigmaFile } from "./collection.ts";

export interface SigmaOptions {
  readonly catalogue: Catalogue;
  /** Names of rules that are taken already: those of SDL. */
  readonly taken?: Iterable<string>;
  /** How long further matches about the same are held back, in ms: an hour if missing, 0 for never. */
  readonly throttle?: number;
  /** Processing pipelines, which change the rules before anything else reads them. */
  readonly pipelines?: readonly SigmaFile[];
}

export interface SigmaResult {
  /** Correlations come after those whose signals they read. */
  readonly rules: readonly IrRule[];
  /** An error for every rule or file that was not taken. */
  readonly diagnostics: readonly Diagnostic[];
  /** What is known of those rules, where anything of them reads. */
  readonly rejected: ReadonlyMap<Diagnostic, RejectedRule>;
  /** Rules whose log source no loaded sourcetype feeds, each with a warning. */
  readonly unfed: readonly Diagnostic[];
  /** What is wrong in pipelines: nothing should run before it is mended. */
  readonly pipelineErrors: readonly Diagnostic[];
  /** What else is to be said of documents that were taken. */
  readonly lints: readonly Diagnostic[];
  /** Rules in the files, those that were not taken among them. */
  readonly ruleCount: number;
}

/** Compiles rules together. Their names are those of their files; see README.md. */
export function compileSigma(files: readonly SigmaFile[], options: SigmaOptions): SigmaResult {
  const read = readCollection(files, options.taken ?? []);
  const { entries, idle } = filtered(read);
  const { pipeline, diagnostics: pipelineErrors } = readPipelines(options.pipelines ?? []);
  const changed = throughPipeline(entries, pipeline);
  const throttle = options.throttle ?? 3_600_000;
  const names = new Set(read.names);
  const compiler = new Compiler(changed.entries, options.catalogue, throttle, names);
  const { rules, diagnostics, rejected, unfed } = compiler.run();
  return {
    rules,
    // A file's together, in the order of the files.
    diagnostics: inOrder(files, [
      ...read.diagnostics,
      ...changed.rejected.keys(),
      ...diagnostics,
    ]),
    rejected: new Map([...read.rejected, ...changed.rejected, ...rejected]),
    pipelineErrors,
    unfed: unfed.map(({ rule, file }) => unfedLint(rule, file)),
    lints: idle.map(({ item, file }) => idleLint(item, file)),
    ruleCount: read.ruleCount,
  };
}

function inOrder(files: readonly SigmaFile[], found: readonly Diagnostic[]): Diagnostic[] {
  const place = new Map(files.map((f, i) => [f.name, i]));
  const of = (d: Diagnostic) => place.get(d.file) ?? -1;
  return found.toSorted((a, b) => of(a) - of(b) || a.span.start - b.span.start);
}

/** The rules with what filters ask of them, and the filters that ask nothing of any. */
function filtered({ entries, filters }: Collection) {
  if (filters.length === 0) return { entries, idle: [] };
  const used = new Set<Filter>();
  return {
    entries: entries.map((entry) => {
      if (entry.kind !== "rule") return entry;
      const own = filters.map((f) => f.item).filter((f) => appliesTo(f, entry.item));
      own.forEach((f) => used.add(f));
      return own.length === 0 ? entry : { ...entry, item: { ...entry.item, filters: own } };
    }),
    idle: filters.filter((f) => !used.has(f.item)),
  };
}

/** The entries as a pipeline makes them, without those that it refuses or leaves without values. */
function throughPipeline(entries: readonly Entry[], pipeline: Pipeline) {
  const references = new References(entries);
  const rejected = new Map<Diagnostic, RejectedRule>();
  const out: Entry[] = [];
  for (const entry of entries) {
    try {
      const changed = pipeline.apply(entry, relatedTo(entry, references));
      if (changed.kind === "rule") checkPlaceholders(changed.item);
      out.push(changed);
    } catch (error) {
      if (!(error instanceof SigmaError)) throw error;
      const { id, status, level } = entry.item;
      rejected.set(error.diagnostic(entry.file), { name: entry.name, id, status, level });
    }
  }
  return { entries: out, rejected };
}

/** Log sources of the rules below a correlation. */
function relatedTo(entry: Entry, references: References): LogSourceKey[] {
  const seen = new Set<Entry>();
  const of = (e: Entry): LogSourceKey[] => {
    if (e.kind === "rule") return [e.item.logsource];
    if (seen.has(e)) return [];
    seen.add(e);
    return e.item.rules.flatMap((r) => {
      const found = references.lookUp(r, e.file);
      return found.length === 1 ? of(found[0]) : [];
    });
  };
  return of(entry);
}

const unfedLint = (rule: SigmaRule, file: string): Diagnostic => ({
  code: SIGMA_LINTS.unfed_log_source,
  lint: "unfed_log_source",
  level: "warning",
  file,
  span: rule.logsource.span,
  message: `No loaded sourcetype gives events of the log source ${keyText(rule.logsource)}`,
  help: "Load one that does with --sourcetypes; until then the rule never fires",
});

const idleLint = (filter: Filter, file: string): Diagnostic => ({
  code: SIGMA_LINTS.idle_filter,
  lint: "idle_filter",
  level: "warning",
  file,
  span: filter.span,
  message: `No loaded rule is one that the filter "${filter.title}" is for`,
  help: "It is for rules that it names by id or name, whose log source has all that its own says",
});
