/**
 * Where an exception stands in a rule. It sees the rows that would become the alert, with the fields
 * that the alert has, so that it changes nothing of what windows hold: no state is lost when one
 * comes or goes. Of throttles and `dedup` at a rule's end it stands in front, since a row that is no
 * alert must not hold back one that is.
 */
import type { IrCommand, IrExpr, IrRule } from "../ir/program.ts";
import type { Exception } from "../ir/tuning.ts";
import { fieldsRead } from "../ir/walk.ts";
import type { Row } from "./rows.ts";

/** The rule with one exception more. */
export function withException(rule: IrRule, exception: Exception, condition: IrExpr): IrRule {
  const { span, type } = condition;
  const { until } = exception;
  const expr: IrExpr = until === null ? condition : {
    op: "and",
    args: [condition, {
      op: "<",
      left: { op: "field", name: "_time", type: "timestamp", span },
      right: { op: "const", value: until, type: "timestamp", span },
      cs: false,
      type: "bool",
      span,
    }],
    type,
    span,
  };
  const at = positionIn(rule.commands, fieldsRead(condition));
  const index = rule.commands.filter((c) => c.kind === "except").length;
  const command: IrCommand = {
    kind: "except",
    span: { start: rule.span.end, end: rule.span.end },
    index,
    id: exception.id,
    text: exception.where.text,
    reason: exception.reason,
    expr,
  };
  return { ...rule, commands: rule.commands.toSpliced(at, 0, command) };
}

/** In front of the throttles and `dedup`s that end the rule, where the fields are what they are at its end. */
function positionIn(commands: readonly IrCommand[], read: ReadonlySet<string>): number {
  let at = commands.length;
  for (let i = commands.length - 1; i >= 0; i--) {
    const c = commands[i];
    if (c.kind === "throttle" || c.kind === "dedup") at = i;
    else if (c.kind !== "where" && c.kind !== "except" && !leaves(c, read)) break;
  }
  return at;
}

/** Whether the command leaves these fields of a row as they are. */
function leaves(c: IrCommand, read: ReadonlySet<string>): boolean {
  switch (c.kind) {
    case "eval":
      return !c.assigns.some((a) => read.has(a.name));
    case "lookup":
      return ![...read].some((name) => name.startsWith(`${c.as}.`));
    case "rename":
      return !c.pairs.some((p) => read.has(p.from) || read.has(p.to));
    case "fields":
      return true;
    default:
      return false;
  }
}

/** The rows that reach the alert of a rule that another front end made, as far as they are known. */
export function rowOfRule(rule: IrRule): Row {
  const { source, rowType } = rule;
  const plain = source.kind === "from" && source.rows.kind === "events" &&
    !rule.commands.some((c) => c.kind === "stats" || c.kind === "fields");
  return {
    fields: new Map([["_raw", "string"], ...Object.entries(rowType)]),
    open: plain,
    openSteps: new Set(),
    what: `what reaches the alert of ${rule.name}`,
  };
}
