/** Detections and conditions → expressions of the resolved program, over the rows of one reading. */
import type { Span } from "../../grammar/ast.ts";
import type { IrExpr } from "../ir/program.ts";
import type { Condition } from "./condition.ts";
import type { Detection } from "./detection.ts";
import {
  constant,
  existsAny,
  type Fields,
  FieldTests,
  joinExprs,
  keywordExpr,
  negation,
  placeOf,
  type TextTest,
} from "./field_tests.ts";
import type { Item, Test } from "./item.ts";

/** A condition over the rule's selections. */
export function conditionExpr(
  c: Condition,
  selections: ReadonlyMap<string, Detection>,
  fields: Fields,
): IrExpr {
  const inner = (x: Condition) => conditionExpr(x, selections, fields);
  const named = (name: string) => detectionExpr(selections.get(name)!, fields);
  switch (c.op) {
    case "selection":
      return named(c.name);
    case "and":
    case "or":
      return joinExprs(c.op, c.args.map(inner), c.span);
    case "not":
      return negation(inner(c.arg), c.span);
    case "of": {
      const args = c.names.map(named);
      if (c.count === 1) return joinExprs("or", args, c.span);
      if (c.count === args.length) return joinExprs("and", args, c.span);
      return atLeast(c.count, args, c.span);
    }
  }
}

/** At least so many of the conditions: each counts 1 where it holds. */
function atLeast(count: number, args: readonly IrExpr[], span: Span): IrExpr {
  const one = (test: IrExpr): IrExpr => ({
    op: "cond",
    test,
    then: constant(1, span),
    else: constant(0, span),
    type: "float",
    span,
  });
  // In halves, so that many selections nest no deeper than their number's logarithm.
  const sum = (list: readonly IrExpr[]): IrExpr => {
    if (list.length === 1) return one(list[0]);
    const half = list.length >> 1;
    const left = sum(list.slice(0, half)), right = sum(list.slice(half));
    return { op: "+", left, right, type: "float", span };
  };
  return { op: ">=", left: sum(args), right: constant(count, span), cs: false, type: "bool", span };
}

function detectionExpr(d: Detection, fields: Fields): IrExpr {
  return d.kind === "item"
    ? itemExpr(d.item, fields)
    : joinExprs(d.kind, d.args.map((a) => detectionExpr(a, fields)), d.span);
}

function itemExpr(item: Item, fields: Fields): IrExpr {
  const { span } = item;
  if (item.field === null) return keywordExpr(item);
  const names = fields.names(item.field);
  const emitter = new FieldTests(item, fields);
  const test = (tests: readonly Test[]) => emitter.anyName(names, tests);
  let out: IrExpr;
  if (!item.all) out = test(item.values.flat());
  else {
    const needles = names.length === 1 ? allNeedles(item) : null;
    out = needles === null
      ? joinExprs("and", item.values.map(test), span)
      : emitter.place(names[0], "contains", "all", needles);
  }
  if (!item.negated) return out;
  return joinExprs("and", [existsAny(fields, names, span), negation(out, span)], span);
}

/** The texts that a field has to contain, where every value is one and there are several. */
function allNeedles(item: Item): TextTest[] | null {
  const tests = item.values.map((v) =>
    v.length === 1 && v[0].kind === "text" && placeOf(v[0].parts)?.place === "contains"
      ? v[0]
      : null
  );
  return tests.length > 1 && tests.every((t) => t !== null) ? tests as TextTest[] : null;
}
