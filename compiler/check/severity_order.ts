/** `severity >= high` in a condition over alerts: severities as numbers, which have an order. */
import type { Expr } from "../../grammar/ast.ts";
import { SEVERITIES, type Severity } from "../ir/program.ts";

/** The field that holds a row's severity as its place in `SEVERITIES`. */
export const SEVERITY_RANK = "severity_rank";

const ORDERS: ReadonlySet<string> = new Set(["<", "<=", ">", ">="]);

/** The same expression with each order between `severity` and the name of one as one of numbers. */
export function orderSeverities(e: Expr): Expr {
  if (e.kind === "binary" && ORDERS.has(e.op)) {
    const left = rankOf(e.left), right = rankOf(e.right);
    if (left !== null && right !== null) return { ...e, left, right };
  }
  return mapParts(e);
}

/** `severity` and names of severities, as what is compared; null for all else. */
function rankOf(e: Expr): Expr | null {
  if (e.kind === "field" && e.name === "severity") return { ...e, name: SEVERITY_RANK };
  const name = e.kind === "field" ? e.name : e.kind === "string" ? e.value : null;
  const rank = name === null ? -1 : SEVERITIES.indexOf(name.toLowerCase() as Severity);
  return rank < 0 ? null : { kind: "number", value: rank, float: false, span: e.span };
}

function mapParts(e: Expr): Expr {
  switch (e.kind) {
    case "logic":
      return { ...e, left: orderSeverities(e.left), right: orderSeverities(e.right) };
    case "unary":
      return { ...e, arg: orderSeverities(e.arg) };
    case "cond":
      return {
        ...e,
        test: orderSeverities(e.test),
        then: orderSeverities(e.then),
        else: orderSeverities(e.else),
      };
    default:
      return e;
  }
}
