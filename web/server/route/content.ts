/** The rules and sourcetypes that are loaded, as the API shows them. */
import { type Bounds, explain } from "../../../compiler/explain/mod.ts";
import { reasonEvent } from "../../../compiler/explain/event.ts";
import { technique, techniqueUrl } from "../../../compiler/schema/attack/mod.ts";
import { explainSelections, heldSelections } from "../../../compiler/sigma/explain.ts";
import { placeOf } from "../../../compiler/check/diagnostics.ts";
import type { IrProgram, IrRows, IrRule } from "../../../compiler/ir/program.ts";
import { firstStage } from "../../../compiler/ir/signals.ts";
import { holdsState, inputsOf } from "../../../compiler/ir/walk.ts";
import { ConstantFolder } from "../../../compiler/plan/fold.ts";
import { tablesByName } from "../../../compiler/plan/scope.ts";
import { withParents } from "../../../compiler/schema/cim.ts";
import type { Value } from "../../../compiler/schema/types.ts";
import type { Compiled } from "../../../compiler/sourcetype/mod.ts";
import type { Span } from "../../../grammar/ast.ts";
import type { Diagnostic as Found } from "../../../grammar/diagnostic.ts";
import type { Diagnostic, Reasoning, Rule, Technique } from "../types/mod.ts";

export interface Content {
  readonly program: IrProgram;
  readonly sourcetypes: Compiled;
  readonly lints: () => readonly Found[];
  /** Text of each file by its name. */
  readonly texts: ReadonlyMap<string, string>;
}

/** What is known of a rule without asking the store. */
export type RuleFacts = Omit<Rule, "alerts" | "last_alert" | "degraded">;

const facts = new WeakMap<Content, ReadonlyMap<string, RuleFacts>>();

/** Facts of every rule by its name; worked out once for what is loaded. */
export function ruleFacts(content: Content): ReadonlyMap<string, RuleFacts> {
  let known = facts.get(content);
  if (!known) {
    const folder = new ConstantFolder(tablesByName(content.program.tables));
    known = new Map(content.program.rules.map((r) => [r.name, factsOf(content, r, folder)]));
    facts.set(content, known);
  }
  return known;
}

function factsOf(content: Content, rule: IrRule, folder: ConstantFolder): RuleFacts {
  const { severity } = rule.alert;
  return {
    name: rule.name,
    title: rule.title,
    description: rule.description,
    severity: typeof severity === "string" ? severity : null,
    mitre: rule.mitre.map(techniqueOf),
    tags: rule.tags,
    id: rule.id,
    status: rule.status,
    file: rule.file,
    reads: [...new Set(inputsOf(rule).map(readName))],
    sourcetypes: [...feeders(content, rule, folder, new Set())].sort(),
    stateful: holdsState(rule),
    tests: rule.tests.length,
    plan_hash: rule.planHash,
  };
}

/** A technique by its id; one that this release of ATT&CK does not have keeps its id as name. */
export function techniqueOf(id: string): Technique {
  const { name, tactics } = technique(id) ?? { name: id, tactics: [] };
  return { id, name, tactics, url: techniqueUrl(id) };
}

function readName(rows: IrRows): string {
  if (rows.kind === "signal") return rows.any ? "signal any" : `signal ${rows.rules.join(", ")}`;
  return rows.from.any ? "any" : rows.from.dataset ?? rows.from.sourcetype ?? "";
}

/** Sourcetypes with a pattern that can match an input of the rule, or of a rule that it reads. */
function feeders(
  content: Content,
  rule: IrRule,
  folder: ConstantFolder,
  seen: Set<string>,
): Set<string> {
  const out = new Set<string>();
  if (seen.has(rule.name)) return out;
  seen.add(rule.name);
  for (const [input, rows] of inputsOf(rule).entries()) {
    if (rows.kind === "signal") {
      const names = rows.any ? firstStage(content.program.rules) : rows.rules;
      for (const read of content.program.rules.filter((r) => names.includes(r.name))) {
        for (const name of feeders(content, read, folder, seen)) out.add(name);
      }
      continue;
    }
    for (const x of content.sourcetypes.catalogue.extractions) {
      if (!out.has(x.sourcetype) && folder.canMatch(rule, input, x)) out.add(x.sourcetype);
    }
  }
  return out;
}

/** The lints of one rule. Those of all are made at the first call, and kept. */
export function lintsOf(content: Content, rule: IrRule): Diagnostic[] {
  const text = content.texts.get(rule.file) ?? "";
  return content.lints()
    .filter((d) =>
      d.file === rule.file && d.span.start >= rule.span.start && d.span.end <= rule.span.end
    )
    .map((d) => diagnosticJson(d, text));
}

/** The text of the rule's file between two places. */
function textOf(content: Content, rule: IrRule): (span: Span) => string {
  const text = content.texts.get(rule.file) ?? "";
  return (span) => text.slice(span.start, span.end);
}

export function planOf(content: Content, rule: IrRule, bounds: Bounds): string {
  const { catalogue } = content.sourcetypes;
  return explain(rule, { catalogue, ...content.program }, bounds, textOf(content, rule));
}

/** The rule's text, its pipeline up to the alert, and the line where it begins. */
export function sourceOf(
  content: Content,
  rule: IrRule,
): { source: string; condition: string; line: number } {
  const text = content.texts.get(rule.file) ?? "";
  const { source } = rule;
  // In SDL the span of rows begins after the word `from`.
  const rows = source.kind === "from" ? source.rows.span.start : source.span.start;
  const word = /\bfrom\s*$/i.exec(text.slice(Math.max(rule.span.start, rows - 100), rows));
  const start = rows - (source.kind === "from" ? word?.[0].length ?? 0 : 0);
  const end = rule.commands.at(-1)?.span.end ??
    (source.kind === "from" ? source.rows.span.end : source.span.end);
  return {
    source: text.slice(rule.span.start, rule.span.end),
    condition: text.slice(start, end),
    line: placeOf(rule.span, text).line,
  };
}

export function diagnosticJson(d: Found, text: string): Diagnostic {
  const p = placeOf(d.span, text);
  return {
    code: d.code,
    level: d.level,
    line: p.line,
    column: p.column,
    end_line: p.endLine,
    end_column: p.endColumn,
    start: d.span.start,
    end: d.span.end,
    message: d.message,
    ...(d.lint === undefined ? {} : { lint: d.lint }),
    ...(d.help === undefined ? {} : { help: d.help }),
    ...(d.suggestion === undefined ? {} : { suggestion: d.suggestion }),
  };
}

/** An event as rules see it. */
export interface SeenEvent {
  readonly time: number;
  readonly raw: string;
  readonly host: string | null;
  readonly source: string;
  readonly sourcetype: string;
  readonly datasets: readonly string[];
  readonly fields: Readonly<Record<string, Value>>;
}

const rowOf = (event: SeenEvent): Record<string, Value> =>
  Object.assign(Object.create(null), event.fields, {
    _time: event.time,
    _raw: event.raw,
    host: event.host ?? undefined,
    source: event.source,
    sourcetype: event.sourcetype,
  });

const compiledOf = ({ program, sourcetypes: { catalogue } }: Content) => ({ program, catalogue });

/** Selections of a Sigma rule that hold on an event; null for other rules. */
export function selectionsHeld(content: Content, rule: IrRule, event: SeenEvent): string[] | null {
  const text = content.texts.get(rule.file) ?? "";
  return heldSelections(rule, text, compiledOf(content), rowOf(event));
}

/** Rules whose reasoning about one event is given, at most. */
const REASONED = 50;

/** Why rules that read such events take this one or not; those that do first. */
export function reasoning(
  content: Content,
  event: SeenEvent,
  rules: readonly IrRule[] = content.program.rules,
): Reasoning[] {
  const datasets = withParents(event.datasets);
  const row = rowOf(event);
  const compiled = compiledOf(content);
  const reads = (rows: IrRows) =>
    rows.kind === "events" &&
    (rows.from.any === true || rows.from.sourcetype === event.sourcetype ||
      (rows.from.dataset !== undefined && datasets.includes(rows.from.dataset)));
  const out = rules.filter((r) => inputsOf(r).some(reads)).map((rule) => ({
    rule,
    ...reasonEvent(
      rule,
      content.program,
      { row, sourcetype: event.sourcetype, datasets },
      textOf(content, rule),
    ),
  }));
  out.sort((a, b) => Number(b.passes) - Number(a.passes) || (a.rule.name < b.rule.name ? -1 : 1));
  // Reading a Sigma rule again costs more than the rest: it is done for those that are shown.
  return out.slice(0, REASONED).map(({ rule, passes, text }) => ({
    rule: rule.name,
    title: rule.title,
    passes,
    text: explainSelections(rule, content.texts.get(rule.file) ?? "", compiled, row) + text,
  }));
}
