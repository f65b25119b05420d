/** What points of risk are multiplied by for assets and identities. */
import { evaluate } from "./evaluate.ts";
import type { IrRule } from "./program.ts";
import { RISK_RULE } from "./risk.ts";

/** Priorities of assets and identities, as `asset_priority` gives them. */
const PRIORITIES = ["low", "medium", "high", "critical"] as const;

/** What the points of an alert are multiplied by for an entity, by its priority. */
export type RiskWeights = Readonly<Record<typeof PRIORITIES[number], number>>;

const EVEN: RiskWeights = { low: 1, medium: 1, high: 1, critical: 1 };

/** The weights of the rule that adds up, as it is loaded: its `weight` by its `priority`; all 1 without it. */
export function riskWeights(rules: readonly IrRule[]): RiskWeights {
  const rule = rules.find((r) => r.name === RISK_RULE);
  for (const command of rule?.commands ?? []) {
    const assign = command.kind === "eval" && command.assigns.find((a) => a.name === "weight");
    if (!assign) continue;
    return Object.fromEntries(PRIORITIES.map((priority) => {
      const weight = evaluate(assign.expr, { priority });
      return [priority, typeof weight === "number" ? weight : 1];
    })) as Record<keyof RiskWeights, number>;
  }
  return EVEN;
}

/** Fields whose values are accounts, which `identities:` knows; others are looked for in `assets:`. */
const ACCOUNTS: ReadonlySet<string> = new Set(
  ["user", "src_user", "dest_user", "user_name", "src_user_name"],
);

/** Whether a field of an alert names an account, by the last part of its name: `login.user` is a `user`. */
export const namesAccount = (field: string): boolean =>
  ACCOUNTS.has(field.slice(field.lastIndexOf(".") + 1));
