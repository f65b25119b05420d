/** What `from signal any` reads: an alert as rows, one for each entity that it names. */
import type { IrRule, Severity } from "../../../compiler/ir/program.ts";
import { riskOf } from "../../../compiler/ir/risk.ts";
import { field } from "../../../compiler/plan/helpers.ts";
import type { Value } from "../../../compiler/schema/types.ts";
import type { Row } from "../memory/records.ts";

/** What is the same in all rows of an alert, as it opens. */
export interface SaidOfAlert {
  readonly rule: IrRule;
  readonly techniques: readonly { readonly id: string; readonly tactics: readonly string[] }[];
  readonly severity: Severity;
  readonly message: string;
  /** Rows that took part. */
  readonly count: number;
}

/** Fields of the alert's own row that are handed on: who the alert may be about. */
const HANDED_ON = ["src", "dest", "user", "host"] as const;

/**
 * The rows of an alert; one without `entity` of an alert that names nobody. The fields are those of
 * `compiler/check/alert_fields.ts`. `tactic` and `technique` are the first that the rule names.
 * @param entity values by field
 * @param row the row that raised it
 */
export function signalRows(
  { rule, techniques, severity, message, count }: SaidOfAlert,
  entity: Readonly<Record<string, Value>>,
  row: Row,
): Row[] {
  const shared: Row = {
    rule: rule.name,
    title: rule.title || rule.name,
    severity,
    risk: riskOf(rule, severity),
    message,
    count,
    tactic: techniques[0]?.tactics[0],
    technique: techniques[0]?.id,
    tactics: [...new Set(techniques.flatMap((t) => t.tactics))],
    techniques: techniques.map((t) => t.id),
  };
  for (const name of HANDED_ON) {
    const value = field(row, name);
    if (typeof value === "string") shared[name] = value;
  }
  const about = Object.entries(entity).filter(([, v]) =>
    v !== undefined && v !== "" && !Array.isArray(v)
  );
  return about.length === 0
    ? [shared]
    : about.map(([name, v]) => ({ ...shared, entity_field: name, entity: String(v) }));
}
