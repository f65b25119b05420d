/**
 * Sigma rules as YAML → resolved rules, the same that SDL gives: one front end more. Pure. A rule that
 * cannot be taken is left out and says why; the others are taken.
 */
import type { Span } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { planDigest } from "../ir/digest.ts";
import type { IrCommand, IrExpr, IrKey, IrRule, IrSource } from "../ir/program.ts";
import { type From, rowOf } from "../check/rows.ts";
import type { Catalogue, Type } from "../schema/types.ts";
import { SIGMA_LINTS } from "./codes.ts";
import type { Detection } from "./detection.ts";
import { conditionExpr } from "./emit.ts";
import { joinExprs } from "./field_tests.ts";
import { keyText, LogSources, type Rows } from "./logsource.ts";
import { readRule, type SigmaRule } from "./rule.ts";
import { readDocuments, SigmaError } from "./yaml.ts";

export interface SigmaFile {
  readonly name: string;
  readonly text: string;
}

export interface SigmaOptions {
  readonly catalogue: Catalogue;
  /** Names of rules that are taken already: those of SDL. */
  readonly taken?: Iterable<string>;
}

export interface SigmaResult {
  readonly rules: readonly IrRule[];
  /** An error for every rule or file that was not taken. */
  readonly diagnostics: readonly Diagnostic[];
  /** Rules whose log source no loaded sourcetype feeds, each with a warning. */
  readonly unfed: readonly Diagnostic[];
  /** Rules in the files, those that were not taken among them. */
  readonly ruleCount: number;
}

/** How long further matches of a rule about the same host are held back, in ms. */
const HELD_BACK = 3_600_000;

/** Whether a YAML file is a Sigma rule, and not a sourcetype or something else. */
export function isSigma(text: string): boolean {
  return /^(?:logsource|detection|correlation|filter)[ \t]*:/m.test(text) ||
    /^action[ \t]*:[ \t]*(?:global|reset|repeat)\b/m.test(text);
}

/** Compiles rules together. Their names are those of their files; see README.md. */
export function compileSigma(files: readonly SigmaFile[], options: SigmaOptions): SigmaResult {
  const sources = new LogSources(options.catalogue);
  const names = new Set(options.taken);
  const ids = new Map<string, { file: string; span: Span }>();
  const rules: IrRule[] = [];
  const diagnostics: Diagnostic[] = [];
  const unfed: Diagnostic[] = [];
  let ruleCount = 0;
  for (const file of files) {
    const { documents, errors } = readDocuments(file.name, file.text);
    diagnostics.push(...errors);
    ruleCount += errors.length;
    for (const [i, doc] of documents.entries()) {
      ruleCount++;
      try {
        const rule = readRule(doc);
        const before = rule.id === "" ? undefined : ids.get(rule.id);
        // Documents of one file may have their id from a global one.
        if (before !== undefined && before.file !== file.name) {
          const e = duplicate(rule);
          diagnostics.push({
            ...e.diagnostic(file.name),
            related: [{ ...before, message: "First here" }],
          });
          continue;
        }
        ids.set(rule.id, { file: file.name, span: doc.span });
        const name = nameOf(file.name, documents.length > 1 ? i + 1 : 0, rule, names);
        names.add(name);
        const rows = sources.rowsOf(rule.logsource);
        rules.push(irRule(rule, name, file.name, rows, options.catalogue));
        if (rows.unfed) unfed.push(unfedLint(rule, file.name));
      } catch (error) {
        if (!(error instanceof SigmaError)) throw error;
        diagnostics.push(error.diagnostic(file.name));
      }
    }
  }
  return { rules, diagnostics, unfed, ruleCount };
}

const duplicate = (rule: SigmaRule) =>
  new SigmaError(
    "duplicate_rule",
    rule.span,
    `The id "${rule.id}" is that of another rule`,
    "Give the rule an id of its own, or load one of the two",
  );

const unfedLint = (rule: SigmaRule, file: string): Diagnostic => ({
  code: SIGMA_LINTS.unfed_log_source,
  lint: "unfed_log_source",
  level: "warning",
  file,
  span: rule.logsource.span,
  message: `No loaded sourcetype gives events of the log source ${keyText(rule.logsource)}`,
  help: "Load one that does with --sourcetypes; until then the rule never fires",
});

/** The file's name, with the number of the rule where it has several; with its id where that is taken. */
function nameOf(
  file: string,
  nth: number,
  rule: SigmaRule,
  taken: ReadonlySet<string>,
): string {
  const base = file.slice(file.lastIndexOf("/") + 1).replace(/\.ya?ml$/i, "");
  const stem = base.replace(/[^A-Za-z0-9_]+/g, "_").replace(/^(?=\d|$)/, "sigma_") +
    (nth > 0 ? `_${nth}` : "");
  if (!taken.has(stem)) return stem;
  const id = rule.id.replace(/[^A-Za-z0-9]/g, "").slice(0, 8);
  const own = id === "" ? stem : `${stem}_${id}`;
  let name = own;
  for (let n = 2; taken.has(name); n++) name = `${own}_${n}`;
  return name;
}

const rowTypes = new WeakMap<Rows, Readonly<Record<string, Type>>>();

/** The fields of rows, without what is no field of them; one object for all rules on the same rows. */
function rowTypeOf(rows: Rows, catalogue: Catalogue): Readonly<Record<string, Type>> {
  let types = rowTypes.get(rows);
  if (types === undefined) {
    const { fields } = rowOf(catalogue, rows.from);
    rowTypes.set(rows, types = Object.fromEntries([...fields].filter(([n]) => n !== "_raw")));
  }
  return types;
}

function irRule(
  rule: SigmaRule,
  name: string,
  file: string,
  rows: Rows,
  catalogue: Catalogue,
): IrRule {
  const rowType = rowTypeOf(rows, catalogue);
  const source = sourceOf(rule, rows);
  const by = keysOf(rule, rows, rowType);
  // It stands nowhere in the file.
  const { end } = rule.detection;
  const commands: IrCommand[] = [{
    kind: "throttle",
    ms: HELD_BACK,
    by,
    span: { start: end, end },
  }];
  return {
    name,
    file,
    span: rule.span,
    title: rule.title,
    description: rule.description,
    mitre: rule.mitre,
    tags: rule.tags,
    references: rule.references,
    author: rule.author,
    id: rule.id,
    status: rule.status,
    date: rule.date,
    falsepositives: rule.falsepositives,
    source,
    commands,
    alert: { text: null, severity: rule.level, entity: [] },
    tests: [],
    signals: [],
    rowType,
    planHash: planDigest(source, commands, () => null),
  };
}

/** The rows with the rule's condition in the words of each reading. */
function sourceOf(rule: SigmaRule, rows: Rows): IrSource {
  const { span } = rule.condition;
  const ways = rows.readings.map((fields, i): IrExpr => {
    const guard = rows.guard(i, rule.logsource.span);
    const condition = conditionExpr(rule.condition, rule.selections, fields);
    return guard === null ? condition : joinExprs("and", [guard, condition], span);
  });
  const from: From = rows.from;
  return {
    kind: "from",
    rows: { kind: "events", from, where: joinExprs("or", ways, span), span: rule.detection },
  };
}

/** What one alert is about: the log source's keys, and the user where the rule asks for one. */
function keysOf(
  rule: SigmaRule,
  rows: Rows,
  types: Readonly<Record<string, Type>>,
): IrKey[] {
  const names = [...rows.by];
  if (!names.includes("user") && Object.hasOwn(types, "user") && asksForUser(rule)) {
    names.push("user");
  }
  return names.map((field) => ({ field, type: types[field] ?? "string", nullable: true }));
}

function asksForUser(rule: SigmaRule): boolean {
  const asks = (d: Detection): boolean =>
    d.kind === "item"
      ? d.item.field !== null && /user(?:name)?$/i.test(d.item.field)
      : d.args.some(asks);
  return [...rule.selections.values()].some(asks);
}
