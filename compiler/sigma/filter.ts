/** Filter documents: what must hold besides for the rules that they name. */
import { isScalar, isSeq, type Node } from "yaml";
import type { Span } from "../../grammar/ast.ts";
import { parseCondition } from "./condition.ts";
import { type Named, named } from "./correlation.ts";
import { readDetection } from "./detection.ts";
import { logSourceOf, noCondition, type SigmaRule } from "./rule.ts";
import { readMetadata } from "./metadata.ts";
import { mapping, type SigmaDocument, SigmaError } from "./yaml.ts";

export interface Filter extends Pick<SigmaRule, "selections" | "condition" | "logsource"> {
  readonly title: string;
  readonly id: string;
  readonly span: Span;
  /** Names or ids; null: every rule of the log source. */
  readonly rules: readonly Named[] | null;
}

/** @throws {SigmaError} with the first thing for which it cannot be taken */
export function readFilter(doc: SigmaDocument): Filter {
  const { title, id, span } = readMetadata(doc);
  const map = mapping(doc, "filter", "rules:, a selection and a condition");
  const selections = new Map<
    string,
    SigmaRule["selections"] extends ReadonlyMap<string, infer D> ? D : never
  >();
  for (const { key, node } of doc.entries(map, '"filter"')) {
    if (key !== "rules" && key !== "condition") selections.set(key, readDetection(doc, node, key));
  }
  const condition = doc.node(doc.get(map, "condition"));
  if (condition === null || isSeq(condition)) throw noCondition(doc, map, "filter");
  return {
    title,
    id,
    span,
    logsource: logSourceOf(doc),
    rules: rulesOf(doc, doc.get(map, "rules"), () => named(doc, map, "rules"), doc.place(map)),
    selections,
    condition: parseCondition(doc, condition, [...selections.keys()]),
  };
}

function rulesOf(
  doc: SigmaDocument,
  written: Node | null,
  list: () => Named[],
  place: Span,
): readonly Named[] | null {
  const node = doc.node(written);
  if (isScalar(node) && /^(any|all)$/i.test(String(node.value))) return null;
  if (node !== null && !(isScalar(node) && node.value === null)) {
    const rules = list();
    return rules.length === 0 ? null : rules;
  }
  throw new SigmaError(
    "missing_key",
    place,
    'The filter has no "rules"',
    "Add rules: with names or ids, or any for every rule of the log source",
  );
}

/** Whether it is meant for a rule: by its log source, and by its name where it names some. */
export function appliesTo(filter: Filter, rule: SigmaRule): boolean {
  const parts = ["product", "category", "service"] as const;
  const own = filter.logsource;
  return parts.every((p) => own[p] === null || own[p] === rule.logsource[p]) &&
    (filter.rules === null ||
      filter.rules.some(({ name }) => name !== "" && (name === rule.id || name === rule.name)));
}
