/** What conditions over alerts see: the names and their types, and the rows that an alert gives. */
import { SEVERITIES } from "../../../compiler/ir/program.ts";
import { type EvaluatedRow, holds } from "../../../compiler/ir/evaluate.ts";
import type { IrExpr } from "../../../compiler/ir/program.ts";
import { FIELD_TYPES } from "../../../compiler/schema/cim.ts";
import type { Type } from "../../../compiler/schema/types.ts";
import type { Alert } from "../../event.ts";

/** Names of an alert's own, which come before fields of the same name; `fields.NAME` reads those. */
export const ALERT_NAMES: ReadonlyMap<string, Type> = new Map<string, Type>([
  ["severity", "severity"],
  ["severity_rank", "int"],
  ["rule", "string"],
  ["title", "string"],
  ["status", "string"],
  ["tactic", "string"],
  ["technique", "string"],
  ["entity", "host"],
  ["count", "int"],
  ["message", "string"],
]);

/** The row that a condition over alerts is checked against. */
export const ALERT_ROW = {
  fields: new Map<string, Type>([...FIELD_TYPES, ...ALERT_NAMES]),
  open: true,
  openSteps: new Set(["fields"]),
  what: "an alert",
};

/** Rows of one alert at most: a rule names a few techniques, and an entity has a few values. */
const MOST_ROWS = 200;

/**
 * Whether a condition holds for an alert. One with several techniques, tactics or values of its
 * entity is looked at once for each of them, and it is enough that the condition holds once:
 * `tactic == "credential-access"` means that one of them is.
 */
export function holdsFor(where: IrExpr, alert: Alert): boolean {
  let rows = 0;
  for (const row of alertRows(alert)) {
    if (holds(where, row)) return true;
    if (++rows >= MOST_ROWS) return false;
  }
  return false;
}

function* alertRows(alert: Alert): Generator<EvaluatedRow> {
  const { entity, fields, mitre } = alert;
  const base: Record<string, unknown> = { ...fields, ...entity };
  for (const [name, value] of Object.entries({ ...fields, ...entity })) {
    base[`fields.${name}`] = value;
  }
  Object.assign(base, {
    severity: alert.severity,
    severity_rank: SEVERITIES.indexOf(alert.severity),
    rule: alert.rule,
    title: alert.title,
    status: alert.status,
    count: alert.count,
    message: alert.message,
  });
  const values = Object.values(entity).filter((v) => v !== undefined).map(String);
  for (const { id, tactics } of orOne(mitre, { id: undefined, tactics: [] })) {
    for (const tactic of orOne(tactics.flatMap(names), undefined)) {
      for (const value of orOne(values, undefined)) {
        yield { ...base, technique: id, tactic, entity: value };
      }
    }
  }
}

/** `Credential Access` is called `credential-access`, too. */
function names(tactic: string): string[] {
  return [tactic, tactic.toLowerCase().replaceAll(" ", "-")];
}

/** A loop over what may be nothing goes round once. */
function orOne<T, U>(items: readonly T[], none: U): readonly (T | U)[] {
  return items.length > 0 ? items : [none];
}
