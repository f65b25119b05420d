/** One condition that stands outside of rules, as in `agent.yaml`: parsed, bound and typed. */
import type { Span } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { parseExpression } from "../../grammar/mod.ts";
import type { IrExpr } from "../ir/program.ts";
import type { Catalogue } from "../schema/types.ts";
import { createContext } from "./context.ts";
import { isBroken } from "./env.ts";
import { condition, resolve } from "./expr.ts";
import { orderSeverities, refuseSeverity, SEVERITY_RANK } from "./severity_order.ts";
import type { Row } from "./rows.ts";

/** Nothing is read from anywhere. */
const EMPTY: Catalogue = { extractions: [], sourcetypes: [] };

export interface LoneCondition {
  /** Null when there is an error. */
  readonly expr: IrExpr | null;
  /** Errors; spans count from the beginning of the text. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * @param text SDL, without `where`
 * @param file its name in diagnostics
 * @param row the fields that it may name
 */
export function checkCondition(text: string, file: string, row: Row): LoneCondition {
  const parsed = parseExpression(text, 0, file);
  if (parsed.expr === null) return { expr: null, diagnostics: parsed.diagnostics };
  const cx = createContext([], { catalogue: EMPTY }, resolve);
  const env = {
    cx,
    file,
    row,
    params: new Map(),
    lets: [],
    at: null as Span | null,
    inAggregate: false,
  };
  const ranked = row.fields.has(SEVERITY_RANK);
  if (!ranked && refuseSeverity(env, parsed.expr)) {
    return { expr: null, diagnostics: cx.diagnostics };
  }
  const expr = condition(env, ranked ? orderSeverities(parsed.expr) : parsed.expr);
  const failed = cx.diagnostics.length > 0 || isBroken(env, expr);
  return { expr: failed ? null : expr, diagnostics: cx.diagnostics };
}
