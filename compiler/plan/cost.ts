/** What is asked last, because it costs the most. */
import type { IrExpr } from "../ir/program.ts";
import { children } from "../ir/walk.ts";
import { judgeRegex } from "../regex/engine.ts";

const costly = new WeakMap<IrExpr, boolean>();

/** Whether a regex on the linear engine is part of an expression. */
function isCostly(expr: IrExpr): boolean {
  let is = costly.get(expr);
  if (is === undefined) {
    is = expr.op === "matches"
      ? judgeRegex(expr.source, expr.flags.replace(/[gy]/g, "")).engine === "linear" ||
        isCostly(expr.value)
      : children(expr).some(isCostly);
    costly.set(expr, is);
  }
  return is;
}

/** Conditions of `and` or `or` in the order in which they are asked: what is costly comes last. */
export function inOrderOfCost(args: readonly IrExpr[]): readonly IrExpr[] {
  if (!args.some(isCostly)) return args;
  return [...args.filter((a) => !isCostly(a)), ...args.filter(isCostly)];
}
