/** `severity >= high` in a condition over alerts: severities as numbers, which have an order. */
import type { Expr, Span } from "../../grammar/ast.ts";
import { SEVERITIES, type Severity } from "../ir/program.ts";
import { type Env, walkExpr } from "./context.ts";

/** The field that holds a row's severity as its place in `SEVERITIES`. */
export const SEVERITY_RANK = "severity_rank";

const ORDERS: ReadonlySet<string> = new Set(["<", "<=", ">", ">="]);
const EQUALITIES: ReadonlySet<string> = new Set(["==", "!="]);

/** The same expression with each order between `severity` and the name of one as one of numbers. */
export function orderSeverities(e: Expr): Expr {
  if (e.kind === "binary" && ORDERS.has(e.op)) {
    const left = rankOf(e.left), right = rankOf(e.right);
    if (left !== null && right !== null) return { ...e, left, right };
  }
  return mapParts(e);
}

/**
 * Reports the first comparison of `severity` with the name of one, where the rows have no such field: those
 * that an exception sees have it when they are an alert. Rows whose fields are not all known may have one of
 * their own, of which an order by names is no sense either.
 * @returns whether there is one
 */
export function refuseSeverity({ cx, file, row }: Env, expr: Expr): boolean {
  if (row.fields.has("severity")) return false;
  const compared: Span[] = [];
  walkExpr(expr, (e) => {
    if (e.kind !== "binary" || !(ORDERS.has(e.op) || (!row.open && EQUALITIES.has(e.op)))) return;
    const asks = [e.left, e.right].some((p) => p.kind === "field" && p.name === "severity");
    if (asks && rankOf(e.left) && rankOf(e.right)) compared.push(e.span);
  });
  if (compared.length === 0) return false;
  const message = `"severity" cannot be asked here: ${row.what} has it only as an alert`;
  cx.error("unknown_field", file, compared[0], message, {
    help:
      'Ask for fields of the rows; in agent.yaml "severity" gives the alerts of a rule another ' +
      'one, and "disable" leaves a rule out',
  });
  return true;
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
