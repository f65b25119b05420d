/** Which selections of a rule hold on an event: what `explain --event` says of a Sigma rule first. */
import type { Span } from "../../grammar/ast.ts";
import { visible } from "../../grammar/visible.ts";
import { type EvaluatedRow, holds } from "../ir/evaluate.ts";
import type { IrExpr, IrProgram, IrRule } from "../ir/program.ts";
import type { Catalogue } from "../schema/types.ts";
import { isSigma } from "./is_sigma.ts";
import { LogSources } from "./logsource.ts";
import { matchExpr } from "./rows.ts";
import { readRule } from "./rule.ts";
import { readDocuments, type SigmaDocument, SigmaError } from "./yaml.ts";

/** A selection of a rule as an expression over events, whatever reading of the log source they are of. */
export interface SelectionTest {
  readonly name: string;
  readonly expr: IrExpr;
}

export interface RuleSelections {
  readonly selections: readonly SelectionTest[];
  /** Where the condition stands in the file. */
  readonly condition: Span;
}

/**
 * The selections of a rule that was compiled from `text`, read again: programs do not keep them.
 * Null for a correlation, and for what is no Sigma rule.
 */
export function selectionsOf(
  rule: IrRule,
  text: string,
  catalogue: Catalogue,
): RuleSelections | null {
  if (!isSigma(text)) return null;
  const doc = readDocuments(rule.file, text).documents
    .find((d) => d.span.start === rule.span.start);
  if (doc === undefined || doc.get(doc.root, "detection") === null) return null;
  try {
    return read(doc, catalogue);
  } catch (error) {
    // The file was taken when it was loaded, perhaps with the help of a pipeline.
    if (error instanceof SigmaError) return null;
    throw error;
  }
}

function read(doc: SigmaDocument, catalogue: Catalogue): RuleSelections {
  const rule = readRule(doc);
  const rows = new LogSources(catalogue).rowsOf(rule.logsource);
  const { span } = rule.condition;
  return {
    condition: span,
    selections: [...rule.selections.keys()].map((name) => ({
      name,
      expr: matchExpr({ ...rule, filters: [] }, rows, { op: "selection", name, span }),
    })),
  };
}

/** Names of the selections that hold on an event; null for a rule without selections. */
export function heldSelections(
  rule: IrRule,
  text: string,
  { catalogue, program }: { readonly catalogue: Catalogue; readonly program: IrProgram },
  row: EvaluatedRow,
): string[] | null {
  const found = selectionsOf(rule, text, catalogue);
  const { tables } = program;
  return found && found.selections.filter((s) => holds(s.expr, row, { tables })).map((s) => s.name);
}

/**
 * Each selection and whether it holds, and the condition over them, as lines of text: empty for a rule
 * without selections. @param text of the rule's file
 */
export function explainSelections(
  rule: IrRule,
  text: string,
  { catalogue, program }: { readonly catalogue: Catalogue; readonly program: IrProgram },
  row: EvaluatedRow,
): string {
  const found = selectionsOf(rule, text, catalogue);
  if (found === null) return "";
  const { start, end } = found.condition;
  const line = text.slice(0, rule.span.start).split("\n").length;
  return [
    `Sigma rule ${rule.file}:${line}`,
    ...found.selections.map(({ name, expr }) =>
      `  ${holds(expr, row, { tables: program.tables }) ? "holds" : "no   "} selection ${name}`
    ),
    `  condition: ${text.slice(start, end).replace(/\s+/g, " ")}`,
  ].map(visible).join("\n") + "\n";
}
