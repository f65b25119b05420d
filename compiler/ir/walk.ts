/** Ways through a resolved rule, for passes that only look. */
import type { IrCommand, IrExpr, IrRows, IrRule } from "./program.ts";

/** The expressions directly inside an expression. */
export function parts(e: IrExpr): readonly IrExpr[] {
  switch (e.op) {
    case "and":
    case "or":
    case "call":
      return e.args;
    case "not":
    case "neg":
      return [e.arg];
    case "in":
    case "like":
    case "matches":
      return [e.value];
    case "contains":
    case "startswith":
    case "endswith":
      return [e.value, ...e.needles];
    case "cond":
      return [e.test, e.then, e.else];
    case "const":
    case "field":
    case "exists":
    case "gap":
      return [];
    default:
      return [e.left, e.right];
  }
}

/** Calls `visit` for the expression and all inside it, outermost first. */
export function walkIr(e: IrExpr, visit: (e: IrExpr) => void): void {
  visit(e);
  for (const part of parts(e)) walkIr(part, visit);
}

/** Every place a rule reads rows from. */
export function rowsOfRule(rule: IrRule): IrRows[] {
  const { source } = rule;
  if (source.kind === "from") return [source.rows];
  return [...source.steps.map((s) => s.rows), ...(source.until ? [source.until] : [])];
}

/** The expressions of one command. */
export function commandExprs(c: IrCommand): IrExpr[] {
  switch (c.kind) {
    case "where":
      return [c.expr];
    case "eval":
      return c.assigns.map((a) => a.expr);
    case "lookup":
      return [c.key];
    case "stats":
      return c.aggs.flatMap((a) => a.arg ? [a.arg] : []);
    default:
      return [];
  }
}

/** Every expression of a rule, sources first. */
export function ruleExprs(rule: IrRule): IrExpr[] {
  const { text, severity } = rule.alert;
  return [
    ...rowsOfRule(rule).flatMap((r) => r.where ? [r.where] : []),
    ...rule.commands.flatMap(commandExprs),
    ...(text ?? []).filter((t) => typeof t !== "string"),
    ...(typeof severity === "string" ? [] : [severity]),
  ];
}

/** What an expression says, without where it stands: equal texts mean equal results. */
export function sayingOf(value: unknown): string {
  return JSON.stringify(value, (key, v) => key === "span" ? undefined : v);
}
