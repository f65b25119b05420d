/**
 * What an expression means, written for reading: the reference that generated code is tested
 * against, and what tells why a condition held on one event.
 *
 * Missing values are two-valued. A comparison, a text test or a membership with a missing side is
 * false, `!=` and `not in` too; `not` is plain negation of what is then known; arithmetic on a
 * missing value, or without a finite result, is missing.
 */
import { callFunction, FUNCTIONS } from "../functions/table.ts";
import { parseCidr } from "../../grammar/ip.ts";
import { LIKE_ANY, LIKE_ONE, likeTokens } from "../schema/like.ts";
import { concat } from "../schema/bounds.ts";
import { regexTest } from "../regex/engine.ts";
import { compileCidrs } from "../schema/ip.ts";
import { liveRow } from "./live_tables.ts";
import type { IrExpr, IrSet, IrTable } from "./program.ts";
import type { Value } from "../schema/types.ts";

export type EvaluatedRow = Readonly<Record<string, unknown>>;

export interface EvaluateContext {
  /** Tables that `in` may name; one that is not there has no rows. */
  readonly tables?: readonly IrTable[];
  /** What `gap()` gives, in ms. */
  readonly gap?: number;
}

/**
 * The value of an expression on a row: an event, or an object of fields; a vendor's fields may
 * stand in `more`. Pure and total, but for a function that the language does not have.
 * @throws when the expression calls a function that the table does not have.
 */
export function evaluate(expr: IrExpr, row: EvaluatedRow, context: EvaluateContext = {}): Value {
  const value = (e: IrExpr) => evaluate(e, row, context);
  switch (expr.op) {
    case "const":
      return expr.value as Value;
    case "field":
      return fieldValue(row, expr.name);
    case "exists":
      return fieldValue(row, expr.name) !== undefined;
    case "and":
      return expr.args.every((a) => holds(a, row, context));
    case "or":
      return expr.args.some((a) => holds(a, row, context));
    case "not":
      return !holds(expr.arg, row, context);
    case "neg":
      return arithmetic("-", 0, value(expr.arg));
    case "==":
    case "!=":
    case "<":
    case "<=":
    case ">":
    case ">=":
      return compare(expr.op, value(expr.left), value(expr.right), expr.cs);
    case "+":
    case "-":
    case "*":
    case "/":
    case "%":
      return arithmetic(expr.op, value(expr.left), value(expr.right));
    case "in": {
      const v = value(expr.value);
      return v !== undefined && isMember(v, expr.set, context.tables ?? []) !== expr.negated;
    }
    case "contains":
    case "startswith":
    case "endswith": {
      const v = value(expr.value);
      if (typeof v !== "string") return false;
      const found = (needle: IrExpr) => {
        const n = value(needle);
        if (typeof n !== "string") return false;
        const cs = needle.op === "const" && needle.cs === true;
        const [text, part] = cs ? [v, n] : [v.toLowerCase(), n.toLowerCase()];
        if (expr.op === "contains") return text.includes(part);
        return expr.op === "startswith" ? text.startsWith(part) : text.endsWith(part);
      };
      return expr.quant === "any" ? expr.needles.some(found) : expr.needles.every(found);
    }
    case "like": {
      const v = value(expr.value);
      if (typeof v !== "string") return false;
      const [text, pattern] = expr.cs
        ? [v, expr.pattern]
        : [v, expr.pattern].map((s) => s.toLowerCase());
      return isLike([...text], likeTokens(pattern, expr.escapes === true));
    }
    case "matches": {
      const v = value(expr.value);
      // g and y would make the answer depend on the row before.
      return typeof v === "string" &&
        regexTest(expr.source, expr.flags.replace(/[gy]/g, ""))(v);
    }
    case "cond":
      return value(holds(expr.test, row, context) ? expr.then : expr.else);
    case "call": {
      const spec = FUNCTIONS.get(expr.fn);
      if (!spec) throw new Error(`Function "${expr.fn}" has no implementation`);
      return callFunction(spec, expr.args.map(value));
    }
    case "gap":
      return context.gap;
  }
}

/** Whether a condition holds: a missing value does not. */
export function holds(expr: IrExpr, row: EvaluatedRow, context: EvaluateContext = {}): boolean {
  return evaluate(expr, row, context) === true;
}

/** A field of a row; one that is there but missing hides the vendor's field of that name. */
export function fieldValue(row: EvaluatedRow, name: string): Value {
  if (name in row && typeof row[name] !== "function") return row[name] as Value;
  const more = row.more;
  return typeof more === "object" && more !== null && Object.hasOwn(more, name)
    ? (more as Record<string, Value>)[name]
    : undefined;
}

const fold = (v: Value, cs: boolean): Value => typeof v === "string" && !cs ? v.toLowerCase() : v;

function compare(op: string, left: Value, right: Value, cs: boolean): boolean {
  if (left === undefined || right === undefined) return false;
  const a = fold(left, cs), b = fold(right, cs);
  if (op === "==") return a === b;
  if (op === "!=") return a !== b;
  if (typeof a !== typeof b || (typeof a !== "number" && typeof a !== "string")) return false;
  const x = a as number, y = b as number;
  return op === "<" ? x < y : op === "<=" ? x <= y : op === ">" ? x > y : x >= y;
}

function arithmetic(op: "+" | "-" | "*" | "/" | "%", a: Value, b: Value): Value {
  if (op === "+" && typeof a === "string" && typeof b === "string") return concat(a, b);
  if (typeof a !== "number" || typeof b !== "number") return undefined;
  const r = { "+": a + b, "-": a - b, "*": a * b, "/": a / b, "%": a % b }[op];
  return Number.isFinite(r) ? r : undefined;
}

function isMember(v: Value, set: IrSet, tables: readonly IrTable[]): boolean {
  switch (set.kind) {
    case "values":
      return set.values.some((x) => compare("==", v, x, set.cs));
    case "cidrs":
      return typeof v === "string" && compileCidrs(set.cidrs)(v);
    case "range":
      return typeof v === "number" && v >= set.from && v <= set.to;
    case "table":
      return tableRow(tables.find((t) => t.name === set.table), v) !== undefined;
  }
}

/**
 * The row of a table for a key, its first column: the first that is equal without regard to case; of
 * networks the narrowest that contains it.
 */
export function tableRow(table: IrTable | undefined, key: Value) {
  if (!table || key === undefined) return undefined;
  // As other tables have it: null for what is missing.
  if (table.live) return liveRow(table, key)?.map((v) => v as string | number | undefined ?? null);
  if (table.columns[0]?.type !== "cidr") {
    return table.rows.find((r) => compare("==", key, r[0] ?? undefined, false));
  }
  const bits = (r: readonly unknown[]) => parseCidr(String(r[0]))?.bits ?? -1;
  return table.rows
    .filter((r) => typeof key === "string" && compileCidrs([String(r[0])])(key))
    .reduce<IrTable["rows"][number] | undefined>(
      (best, r) => best && bits(best) >= bits(r) ? best : r,
      undefined,
    );
}

/** A pattern of `like` matches the whole text. */
function isLike(text: readonly string[], pattern: readonly string[]): boolean {
  // reach[j]: the pattern's first j characters match the text so far.
  let reach = [true];
  pattern.forEach((p, j) => reach[j + 1] = reach[j] && p === LIKE_ANY);
  for (const c of text) {
    const next = [false];
    pattern.forEach((p, j) =>
      next[j + 1] = p === LIKE_ANY
        ? reach[j + 1] || next[j]
        : reach[j] && (p === LIKE_ONE || p === c)
    );
    reach = next;
  }
  return reach[pattern.length];
}
