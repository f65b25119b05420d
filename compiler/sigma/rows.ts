/** A rule's rows: its condition in the words of each reading, and its fields as expressions. */
import type { Span } from "../../grammar/ast.ts";
import { children } from "../ir/walk.ts";
import type { IrExpr } from "../ir/program.ts";
import { conditionExpr } from "./emit.ts";
import { asText, either } from "./exprs.ts";
import { type Fields, joinExprs, valueExpr } from "./field_tests.ts";
import type { Rows } from "./logsource.ts";
import type { Condition } from "./condition.ts";
import type { SigmaRule } from "./rule.ts";

/** When a rule matches an event. @param condition that of the rule where none is given */
export function matchExpr(
  rule: SigmaRule,
  rows: Rows,
  condition: Condition = rule.condition,
): IrExpr {
  const { span } = rule.condition;
  const ways = rows.readings.map((fields, i): IrExpr => {
    const guard = rows.guard(i, rule.logsource.span);
    const tests = [
      ...(guard === null ? [] : [guard]),
      conditionExpr(condition, rule.selections, fields),
      ...rule.filters.map((f) => conditionExpr(f.condition, f.selections, fields)),
    ];
    return tests.length === 1 ? tests[0] : joinExprs("and", tests, span);
  });
  return joinExprs("or", ways, span);
}

/** The value of a field in whichever reading an event is of. */
export function fieldExpr(rows: Rows, name: string, span: Span): IrExpr {
  const ways = rows.readings.map((fields) => firstOf(fields, name, span));
  if (ways.every((w) => sameField(w, ways[0]))) return ways[0];
  return ways.reduceRight((other, own, i) => {
    const test = rows.guard(i, span);
    return test === null ? own : either(test, own, other, span);
  });
}

/** The first of the fields that is there. */
function firstOf(fields: Fields, name: string, span: Span): IrExpr {
  const all = fields.names(name).map((n) => valueExpr(fields, n, span));
  if (all.length === 1) return all[0];
  const args = all.map((f) => asText(f, span));
  return { op: "call", fn: "coalesce", args, type: "string", span };
}

/** Whether both are one and the same field, and nothing else. */
export const sameField = (a: IrExpr, b: IrExpr): boolean =>
  a.op === "field" && b.op === "field" && a.name === b.name;

/** The expression as if it stood at one place: where it was written is in another file. */
export function placedAt(e: IrExpr, span: Span): IrExpr {
  const at = (x: IrExpr) => placedAt(x, span);
  if (children(e).length === 0) return { ...e, span };
  switch (e.op) {
    case "and":
    case "or":
    case "call":
      return { ...e, span, args: e.args.map(at) };
    case "not":
    case "neg":
      return { ...e, span, arg: at(e.arg) };
    case "in":
    case "like":
    case "matches":
      return { ...e, span, value: at(e.value) };
    case "contains":
    case "startswith":
    case "endswith":
      return { ...e, span, value: at(e.value), needles: e.needles.map(at) };
    case "cond":
      return { ...e, span, test: at(e.test), then: at(e.then), else: at(e.else) };
    case "const":
    case "field":
    case "exists":
    case "gap":
      return { ...e, span };
    default:
      return { ...e, span, left: at(e.left), right: at(e.right) };
  }
}
