/** Finds rules that are asked of every event where an index spares the others of that. */
import type { Diagnostic } from "../../../grammar/diagnostic.ts";
import type { IrProgram, IrRule } from "../../ir/program.ts";
import { inputsOf } from "../../ir/walk.ts";
import { INDEXED, readersOf } from "../../plan/kind.ts";
import { chosenTests } from "../../plan/looked_up.ts";
import { reads } from "../../plan/rows.ts";
import { rulePlans } from "../../plan/rule_plan.ts";
import { makeLibrary } from "../../plan/scope.ts";
import type { Catalogue, Extraction } from "../../schema/types.ts";
import { LINTS } from "../codes.ts";

/** A warning for each rule that is among the rest of an index: its text tells nothing to look up. */
export function lintNotIndexed(program: IrProgram, catalogue: Catalogue): Diagnostic[] {
  const plans = rulePlans(program);
  const library = makeLibrary(program.tables);
  const found = new Map<IrRule, Extraction[]>();
  for (const extraction of catalogue.extractions) {
    const readers = plans.filter((p) => inputsOf(p.rule).some((rows) => reads(rows, extraction)));
    if (readers.length < INDEXED) continue;
    const kind = { extraction, known: new Map<never, never>() };
    const { entries, conditions } = readersOf(kind, readers, library);
    if (entries.length < INDEXED) continue;
    entries.forEach(({ rule: { rule } }, i) => {
      if (chosenTests(conditions[i]) !== null) return;
      const kinds = found.get(rule) ?? [];
      if (!kinds.includes(extraction)) kinds.push(extraction);
      found.set(rule, kinds);
    });
  }
  return [...found].map(([rule, kinds]) => notIndexed(rule, kinds));
}

function notIndexed(rule: IrRule, kinds: readonly Extraction[]): Diagnostic {
  const [first] = kinds;
  const others = kinds.length === 1 ? "" : ` and ${kinds.length - 1} more kinds`;
  return {
    code: LINTS.not_indexed,
    lint: "not_indexed",
    level: "warning",
    file: rule.file,
    span: rule.span.end - rule.span.start > 200
      ? { start: rule.span.start, end: rule.span.start + 1 }
      : rule.span,
    message:
      `The rule "${rule.name}" is asked of every ${first.sourcetype} ${first.pattern} event${others}: ` +
      "nothing that its condition needs can be looked up",
    help:
      "Ask beside it for a text that every match has: a field that equals, contains, starts or " +
      "ends with one of some values, or a regex with a fixed part of two characters or more",
  };
}
