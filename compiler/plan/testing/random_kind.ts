/** Rules of one condition each, and which of them match an event, for tests of the index. */
import { NO_METADATA } from "../../ir/metadata.ts";
import type { IrExpr, IrProgram, IrRule } from "../../ir/program.ts";
import type { Catalogue, Extraction } from "../../schema/types.ts";
import * as H from "../helpers.ts";
import type { KindPlan } from "../kind.ts";

const span = { start: 0, end: 0 };

/** A rule without state over every event. */
export const ruleOf = (where: IrExpr, name: string): IrRule => ({
  name,
  file: "random.sdl",
  span,
  title: "",
  mitre: [],
  ...NO_METADATA,
  source: { kind: "from", rows: { kind: "events", from: { any: true }, where, span } },
  commands: [],
  alert: { text: null, severity: "low", entity: [] },
  tests: [],
  signals: [],
  rowType: {},
  planHash: "",
});

export const programOf = (
  conditions: readonly IrExpr[],
  tables: IrProgram["tables"] = [],
): IrProgram => ({ rules: conditions.map((c, i) => ruleOf(c, `r${i}`)), tables });

export const catalogueOf = (extraction: Extraction): Catalogue => ({
  extractions: [extraction],
  sourcetypes: [],
});

/** Runs the rules of a kind; gives the names of those that match, in the order in which they ran. */
export function matcher(
  kind: KindPlan,
  rules: readonly IrRule[],
  constants: readonly unknown[],
): (event: unknown) => string[] {
  let matched: string[] = [];
  const S = rules.map((r) => ({ hit: () => matched.push(r.name) }));
  const O = rules.map(() => []);
  const detector = kind.detector({ H, C: constants, O, S, X: { source: "test", t: 0 } });
  return (event) => {
    matched = [];
    detector?.(event, 1);
    return matched;
  };
}
