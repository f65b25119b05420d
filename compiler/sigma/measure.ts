/** What a correlation or an old aggregation measures in a time frame, and the limits of it. */
import type { Span } from "../../grammar/ast.ts";
import { durationMs } from "../../grammar/literals.ts";
import type { IrAgg, IrExpr, IrWindow } from "../ir/program.ts";
import { asText, plus } from "./exprs.ts";
import { constant, joinExprs } from "./field_tests.ts";
import { SigmaError } from "./yaml.ts";

export const LIMIT_OPS = { gt: ">", gte: ">=", lt: "<", lte: "<=", eq: "==", neq: "!=" } as const;

export interface Limit {
  readonly op: typeof LIMIT_OPS[keyof typeof LIMIT_OPS];
  readonly value: number;
}

/** Names of aggregates, with `count` of events alone. */
export type MeasureFn = "count" | "dc" | "sum" | "avg" | "min" | "max" | "perc";

export interface Measure {
  readonly fn: MeasureFn;
  /** Of which values; none for `count`, several for combinations of `dc`. */
  readonly fields: readonly { readonly name: string; readonly span: Span }[];
  /** The 95 of the 95th percentile. */
  readonly percentile: number | null;
  /** All have to hold. */
  readonly limits: readonly Limit[];
  readonly span: Span;
}

/**
 * A time frame in ms.
 * @throws {SigmaError} for anything but a positive number and a unit
 */
export function timespanMs(text: string, span: Span): number {
  const ms = /^\d{1,9}[smhdw]$/.test(text.trim()) ? durationMs(text) : 0;
  if (ms > 0) return ms;
  throw new SigmaError(
    "bad_value",
    span,
    `"${text}" is not a time span`,
    "Write a whole number and s, m, h, d or w, like 90m (months and years in days)",
  );
}

/** What an aggregate can only become more of, or less of, while events come. */
const GROWS: ReadonlySet<MeasureFn> = new Set(["count", "dc", "sum", "max"]);

/**
 * The window in which limits are asked. One that more events can only reach is asked at each of them,
 * over the time frame before it. One that more events can break (fewer than 5, exactly 3) is known
 * when the time frame is over: those are aligned to UTC.
 */
export function windowOf({ fn, limits }: Pick<Measure, "fn" | "limits">, ms: number): IrWindow {
  const reached = limits.every(({ op }) => {
    if (op === "==" || op === "!=") return false;
    if (GROWS.has(fn)) return op === ">" || op === ">=";
    return fn !== "min" || op === "<" || op === "<=";
  });
  return { kind: reached ? "sliding" : "tumbling", ms };
}

/** The aggregate, under a name that no key has. @param field a field as an expression */
export function aggregateOf(
  measure: Measure,
  keys: readonly string[],
  field: (name: string, span: Span) => IrExpr,
): IrAgg {
  const { fn, fields, percentile, span } = measure;
  const named = fields.map((f) => field(f.name, f.span));
  const as = freeName(fn === "perc" ? `perc${percentile}` : fn, keys);
  if (fn === "count") return { fn, arg: null, as, type: "int" };
  if (fn === "dc") return { fn, arg: combined(named, span), as, type: "int" };
  const arg: IrExpr = { op: "call", fn: "tonumber", args: [named[0]], type: "float", span };
  if (fn !== "perc") return { fn, arg, as, type: "float" };
  // The ends are the smallest and the largest value.
  if (percentile === 0 || percentile === 100) {
    return { fn: percentile === 0 ? "min" : "max", arg, as, type: "float" };
  }
  return { fn, constants: [percentile!], arg, as, type: "float" };
}

/** Several values as one, missing where one of them is. */
function combined(values: readonly IrExpr[], span: Span): IrExpr {
  if (values.length === 1) return values[0];
  const mark = constant("\u001f", span);
  return values.map((v) => asText(v, span)).reduce((all, v) =>
    plus(plus(all, mark, span), v, span)
  );
}

export function freeName(name: string, taken: readonly string[]): string {
  return taken.includes(name) ? freeName(`${name}_`, taken) : name;
}

/** The limits on a value. */
export function limitsExpr(limits: readonly Limit[], value: IrExpr, span: Span): IrExpr {
  return joinExprs(
    "and",
    limits.map(({ op, value: limit }): IrExpr => ({
      op,
      left: value,
      right: constant(limit, span),
      cs: false,
      type: "bool",
      span,
    })),
    span,
  );
}

/**
 * Refuses limits that no time frame with events in it reaches: one without events is never looked at.
 * @throws {SigmaError}
 */
export function checkCounts({ fn, limits, span }: Pick<Measure, "fn" | "limits" | "span">): void {
  if (fn !== "count" && fn !== "dc") return;
  const least = fn === "count" ? 1 : 0;
  const range = (ok: (n: number) => boolean) => {
    // Limits change their answer only around the values that they name.
    const near = limits.flatMap(({ value }) => [-1, 0, 1].map((d) => Math.floor(value) + d));
    return [...near, least].some((n) => n >= least && ok(n));
  };
  const holds = (n: number) =>
    limits.every(({ op, value }) =>
      op === ">"
        ? n > value
        : op === ">="
        ? n >= value
        : op === "<"
        ? n < value
        : op === "<="
        ? n <= value
        : op === "=="
        ? n === value
        : n !== value
    );
  if (range(holds)) return;
  throw new SigmaError(
    "bad_condition",
    span,
    "The condition holds for no number of events",
    "For events that stay away write an SDL rule with absent",
  );
}
