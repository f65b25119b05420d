/** Finds rules that never say more than another rule does. */
import type { IrCommand, IrExpr, IrRule } from "../../ir/program.ts";
import { constraintOf } from "./constraints.ts";
import type { CheckContext, RuleInfo } from "../context.ts";
import { sayingOf } from "../../ir/walk.ts";

interface Shape {
  readonly info: RuleInfo;
  readonly ir: IrRule;
  /** Source and commands but for the conditions of the filters that `filters` holds. */
  readonly frame: string;
  /** Conditions that only drop rows, with no state behind them but a throttle. */
  readonly filters: ReadonlyMap<string, IrExpr>;
  readonly severity: string;
}

/**
 * Reports a rule that fires only when another one does: same rows, same state, same severity, and
 * at least the other's conditions. Of two that say the same, the later one is named.
 */
export function lintShadowed(cx: CheckContext): void {
  const groups = new Map<string, Shape[]>();
  for (const info of cx.rules.values()) {
    if (info.ir === null || info.failed) continue;
    const shape = shapeOf(info, info.ir);
    const key = `${shape.frame} ${shape.severity}`;
    const group = groups.get(key);
    if (group) group.push(shape);
    else groups.set(key, [shape]);
  }
  for (const group of groups.values()) {
    for (const [i, shape] of group.entries()) {
      const other = group.find((o, j) =>
        j !== i && implies(shape, o) && (j < i || !implies(o, shape))
      );
      if (other === undefined) continue;
      const name = shape.info.decl.name;
      const twice = implies(other, shape);
      cx.rule = shape.info;
      cx.lint(
        "shadowed_rule",
        shape.info.file,
        name.span,
        twice
          ? `"${name.name}" fires for the same events as "${other.ir.name}"`
          : `"${name.name}" fires only when "${other.ir.name}" fires too, with the same severity`,
        {
          help: twice
            ? "Remove one of them, or correct its conditions"
            : `Remove it, or give it a severity of its own`,
          related: [{
            file: other.info.file,
            span: other.info.decl.name.span,
            message: "The rule that covers it",
          }],
        },
      );
      cx.rule = null;
    }
  }
}

function shapeOf(info: RuleInfo, ir: IrRule): Shape {
  const lastState = ir.commands.findLastIndex((c) => c.kind !== "where" && c.kind !== "throttle");
  const filters = new Map<string, IrExpr>();
  const add = (e: IrExpr) => {
    for (const part of e.op === "and" ? e.args : [e]) filters.set(sayingOf(part), part);
  };
  const frame: unknown[] = [];
  const keep = (c: IrCommand, i: number) => {
    if (c.kind === "where" && i > lastState) add(c.expr);
    else if (c.kind === "where" && c.expr.op === "and") {
      frame.push(c.expr.args.map(sayingOf).sort());
    } else if (c.kind !== "throttle") frame.push(sayingOf(c));
  };
  const { source } = ir;
  // With state behind it, a narrower source counts other things: it belongs to what must be equal.
  if (source.kind === "from" && lastState < 0) {
    frame.push(sayingOf({ ...source.rows, where: null }));
    if (source.rows.where) add(source.rows.where);
  } else if (source.kind === "from") {
    const where = source.rows.where;
    frame.push(sayingOf({ ...source.rows, where: null }));
    frame.push(
      where === null
        ? []
        : where.op === "and"
        ? where.args.map(sayingOf).sort()
        : [sayingOf(where)],
    );
  } else frame.push(sayingOf(source));
  ir.commands.forEach(keep);
  return { info, ir, frame: sayingOf(frame), filters, severity: sayingOf(ir.alert.severity) };
}

/** Whether every row that passes `a`'s filters passes `b`'s. */
function implies(a: Shape, b: Shape): boolean {
  for (const [key, wanted] of b.filters) {
    if (a.filters.has(key)) continue;
    if (![...a.filters.values()].some((given) => stronger(given, wanted))) return false;
  }
  return true;
}

/** `n >= 10` is stronger than `n >= 5`, `f == "a"` than `f in ("a", "b")`. */
function stronger(given: IrExpr, wanted: IrExpr): boolean {
  const [a, b] = [constraintOf(given), constraintOf(wanted)];
  if (a === null || b === null || sayingOf(a.subject) !== sayingOf(b.subject)) return false;
  if (b.kind === "range" && a.kind === "range") {
    const low = a.from > b.from || (a.from === b.from && (a.open === true || b.open !== true));
    const high = a.to < b.to || (a.to === b.to && (a.open === true || b.open !== true));
    return low && high;
  }
  if (a.kind !== "one of") return false;
  if (b.kind === "one of" && a.cs === b.cs) return a.values.every((v) => b.values.includes(v));
  return b.kind === "range" &&
    a.values.every((v) =>
      typeof v === "number" && (b.open ? v > b.from && v < b.to : v >= b.from && v <= b.to)
    );
}
