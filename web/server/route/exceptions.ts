/** "Not this again": the narrowest exception over an alert's fields, and what it would have held back. */
import { rowOfRule } from "../../../compiler/check/exceptions.ts";
import { checkCondition } from "../../../compiler/check/lone_condition.ts";
import { holds } from "../../../compiler/ir/evaluate.ts";
import type { IrExpr, IrRule } from "../../../compiler/ir/program.ts";
import { conjuncts, inputsOf } from "../../../compiler/ir/walk.ts";
import { exprText } from "../../../compiler/print/expr.ts";
import { fieldType } from "../../../compiler/check/rows.ts";
import type { Value } from "../../../compiler/schema/types.ts";
import type { Cursor, Store, StoredAlert, StoredException } from "../../../agent/store/mod.ts";
import { count, rfc3339 } from "../../../agent/outputs/render/text.ts";
import { ApiError } from "../http/error.ts";
import type { Exception, ExceptionProposal } from "../types/mod.ts";

/** Alerts that are compared at most, and of a proposal those that are shown. */
const COMPARED = 5000, SHOWN = 100;
/** Longest text that a condition compares a field with, and fields that it asks besides the entity's. */
const LONGEST = 500, FURTHER = 6;

/** What differs from one time to the next although the case is the same. */
const VOLATILE =
  /(?:^|[._])(?:pid|port|time|timestamp|date|session|sequence|record|guid|uuid|hash|hashes|md5|sha1|sha256|duration|bytes|packets|count|offset|ticket|nonce|token)(?:$|[._])|_?(?:port|id|guid|time)$|^(?:EventRecordID|ProcessId|LogonId|LogonGuid|ProcessGuid|Hashes|UtcTime|raw|tty)$/i;

/** What says what happened: the rule has asked that. */
const DESCRIPTIVE =
  /^(?:action|app|authentication_method|change_type|object_category|signature|status|vendor_product)$/;

type Field = ExceptionProposal["fields"][number];

/** @throws {ApiError} for a condition that does not fit the rule's rows */
export function conditionOf(rule: IrRule, text: string): IrExpr {
  const { expr, diagnostics } = checkCondition(text, "where", rowOfRule(rule));
  if (expr !== null) return expr;
  const [first] = diagnostics;
  throw new ApiError(
    400,
    "invalid_condition",
    first ? `${first.message}${first.help ? `: ${first.help}` : ""}` : "This is no condition",
    "where",
  );
}

/** The row that an exception of the rule sees of a stored alert: its fields as they were last. */
const rowOf = (alert: StoredAlert) => ({ ...alert.entity, ...alert.fields, _time: alert.time });

/** Alerts of the rule in the days up to its newest one, newest first. */
export async function alertsOf(store: Store, rule: string, days: number): Promise<StoredAlert[]> {
  const out: StoredAlert[] = [];
  let cursor: Cursor | undefined;
  while (out.length < COMPARED) {
    const page = await store.alerts({ rule, limit: 1000, cursor });
    out.push(...page.items);
    const oldest = out.at(-1)?.time ?? 0;
    if (page.next === null || oldest < out[0].time - days * 86_400_000) break;
    cursor = page.next;
  }
  return out.filter((a) => a.time >= out[0].time - days * 86_400_000).slice(0, COMPARED);
}

/**
 * @param asked names of the fields that the condition asks; null: the narrowest choice that would hold
 * when the same happens again
 */
export function chooseFields(
  rule: IrRule,
  alert: StoredAlert,
  others: readonly StoredAlert[],
  asked: readonly string[] | null,
): Field[] {
  const entity = Object.keys(alert.entity);
  const same = others.filter((a) => entity.every((n) => equal(a.entity[n], alert.entity[n])));
  const row = rowOfRule(rule);
  const constants = asksOf(rule);
  const out: Field[] = [];
  let further = 0;
  const names = [...new Set([...entity, ...Object.keys(alert.fields)])];
  for (const name of names) {
    const value = (alert.entity[name] ?? alert.fields[name]) as Value;
    if (comparison(rule, name, value) === null || fieldType(row, name) === null) continue;
    const text = String(value);
    let [taken, why] = entity.includes(name)
      ? [true, "whom the alert is about"]
      : judge(name, value, others, same);
    if (taken && !entity.includes(name)) {
      const twin = out.find((f) => f.taken && equal(f.value, text))?.name;
      if (constants.has(name)) [taken, why] = [false, "the rule asks it already"];
      else if (twin !== undefined) [taken, why] = [false, `says the same as ${twin}`];
      else if (++further > FURTHER) [taken, why] = [false, "enough is asked already"];
    }
    out.push({ name, value: text, taken, why });
  }
  // In one order whatever is asked, so that a list of them stays as it is.
  const ordered = [...out.filter((f) => f.taken), ...out.filter((f) => !f.taken)];
  return asked === null ? ordered : ordered.map((f) => ({ ...f, taken: asked.includes(f.name) }));
}

/** Fields that the rule itself compares with one value. */
function asksOf(rule: IrRule): Set<string> {
  const wheres = [
    ...inputsOf(rule).map((rows) => rows.where),
    ...rule.commands.map((c) => c.kind === "where" ? c.expr : null),
  ];
  return new Set(
    wheres.flatMap((e) => conjuncts(e)).flatMap((e) =>
      e.op === "==" && e.left.op === "field" && e.right.op === "const" ? [e.left.name] : []
    ),
  );
}

function judge(
  name: string,
  value: Value,
  others: readonly StoredAlert[],
  same: readonly StoredAlert[],
): [taken: boolean, why: string] {
  if (typeof value !== "string") return [false, "a number, which is another one the next time"];
  if (VOLATILE.test(name)) return [false, "another one the next time"];
  if (DESCRIPTIVE.test(name)) return [false, "says what happened, as the rule does"];
  const differs = (list: readonly StoredAlert[]) =>
    list.filter((a) => !equal(a.fields[name], value)).length;
  const within = differs(same);
  if (within > 0) return [false, `differs in ${count(within, "other alert")} about the same`];
  if (others.length > 1 && differs(others) === 0) {
    return [false, "the same in every alert of the rule"];
  }
  return [true, "tells this case from others"];
}

const equal = (a: unknown, b: unknown): boolean =>
  String(a).toLowerCase() === String(b).toLowerCase();

/** `name == value` as SDL; null for what SDL cannot compare so. */
function comparison(rule: IrRule, name: string, value: Value): string | null {
  if (name.startsWith("_") || value === undefined || value === null) return null;
  if (typeof value === "object" || (typeof value === "string" && value.length > LONGEST)) {
    return null;
  }
  const row = rowOfRule(rule);
  const span = { start: 0, end: 0 };
  const type = fieldType(row, name) ?? "string";
  const write = (constant: IrExpr["type"]) => {
    try {
      return exprText({
        op: "==",
        left: { op: "field", name, type, span },
        right: { op: "const", value, type: constant, span },
        cs: false,
        type: "bool",
        span,
      }, (n) => fieldType(row, n));
    } catch {
      return null;
    }
  };
  for (const constant of [type, typeof value === "string" ? "string" : "float"] as const) {
    const text = write(constant);
    if (text !== null && checkCondition(text, "where", row).expr !== null) return text;
  }
  return null;
}

export const conditionText = (rule: IrRule, alert: StoredAlert, fields: readonly Field[]): string =>
  fields.filter((f) => f.taken).map(({ name }) =>
    comparison(rule, name, (alert.entity[name] ?? alert.fields[name]) as Value)
  ).join(" and ");

/** Which of the alerts the condition would have held back. */
export function heldBack(
  where: IrExpr,
  alerts: readonly StoredAlert[],
): { readonly silenced: number; readonly alerts: ExceptionProposal["alerts"] } {
  const held = alerts.filter((a) => holds(where, rowOf(a)));
  return {
    silenced: held.length,
    alerts: held.slice(0, SHOWN).map((a) => ({
      id: a.id,
      time: rfc3339(a.time),
      severity: a.severity,
      message: a.message,
      verdict: a.verdict,
    })),
  };
}

/** An entry of `except:`; texts are quoted as YAML does, whatever is in them. */
export function exceptionYaml(
  e: Pick<StoredException, "rule" | "condition" | "reason" | "until" | "who">,
): string {
  const quoted = (text: string) =>
    /[^\x20-\x7e]/.test(text) ? JSON.stringify(text) : `'${text.replaceAll("'", "''")}'`;
  const rule = /^[A-Za-z]\w*$/.test(e.rule) ? e.rule : quoted(e.rule);
  const lines = [
    `- rule: ${rule}`,
    `  where: ${quoted(e.condition)}`,
    `  reason: ${quoted(e.reason)}`,
  ];
  if (e.until !== null) lines.push(`  until: ${rfc3339(e.until)}`);
  if (e.who !== "") lines.push(`  by: ${quoted(e.who)}`);
  return "except:\n" + lines.map((l) => `  ${l}\n`).join("");
}

export const exceptionJson = (e: StoredException): Exception => ({
  id: e.id,
  rule: e.rule,
  where: e.condition,
  reason: e.reason,
  who: e.who,
  created: rfc3339(e.created),
  until: e.until === null ? null : rfc3339(e.until),
  alert: e.alert,
  active: e.ended === null,
  ended: e.ended === null ? null : rfc3339(e.ended),
  ended_by: e.endedBy,
  yaml: exceptionYaml(e),
});
