/** What an alert adds to the risk of its entities. */
import type { IrRule, Severity } from "./program.ts";

/** The shipped rule that adds up: what `risk:` of `agent.yaml` sets are its params. */
export const RISK_RULE = "entity_risk";

/** Points of an alert whose rule gives none, by its severity. */
export const RISK_BY_SEVERITY: Readonly<Record<Severity, number>> = {
  informational: 0,
  low: 5,
  medium: 20,
  high: 40,
  critical: 80,
};

/** Most points that a rule may give. */
export const MOST_RISK = 1000;

/** Points of one alert of a rule. */
export const riskOf = (rule: Pick<IrRule, "risk" | "weights">, severity: Severity): number =>
  rule.risk ?? rule.weights?.[severity] ?? RISK_BY_SEVERITY[severity];
