/**
 * What a `stats` must hold before the conditions behind it can be true: so many rows, or so large a
 * sum. A window with less need not be asked.
 */
import type { IrCommand, IrExpr } from "./program.ts";
import { conjuncts, hasGap, MIRRORED } from "./walk.ts";

type Stats = Extract<IrCommand, { kind: "stats" }>;

/** Both hold of any window of which the conditions are true. */
export interface LeastRows {
  /** Rows; 1 where nothing is known. */
  readonly rows: number;
  /** The sum of one aggregate, by its place among them; null where nothing is known. */
  readonly sum: { readonly agg: number; readonly least: number } | null;
}

const ANY: LeastRows = { rows: 1, sum: null };

/** @param behind the commands that follow the `stats` */
export function leastRows(stats: Stats, behind: readonly IrCommand[]): LeastRows {
  let least = ANY;
  // Names that mean something else than what the `stats` gave.
  const hidden = new Set<string>();
  for (const c of behind) {
    if (c.kind === "eval") { for (const a of c.assigns) hidden.add(a.name); }
    else if (c.kind === "where") least = both(least, ofCondition(c.expr, stats, hidden));
    else break;
  }
  return least;
}

function ofCondition(e: IrExpr, stats: Stats, hidden: ReadonlySet<string>): LeastRows {
  const all = conjuncts(e);
  if (all.length > 1) {
    return all.map((x) => ofCondition(x, stats, hidden)).reduce(both, ANY);
  }
  if (e.op === "or") {
    return e.args.map((x) => ofCondition(x, stats, hidden)).reduce(either);
  }
  switch (e.op) {
    case "==":
    case "<":
    case "<=":
    case ">":
    case ">=": {
      const { left, right } = e;
      if (left.op === "const") {
        return ofComparison(right, MIRRORED[e.op], left.value, stats, hidden);
      }
      return right.op === "const" ? ofComparison(left, e.op, right.value, stats, hidden) : ANY;
    }
    default:
      return ANY;
  }
}

function ofComparison(
  e: IrExpr,
  op: keyof typeof MIRRORED,
  value: unknown,
  stats: Stats,
  hidden: ReadonlySet<string>,
): LeastRows {
  if (e.op !== "field" || hidden.has(e.name) || typeof value !== "number") return ANY;
  if (op !== ">=" && op !== ">" && op !== "==") return ANY;
  const agg = stats.aggs.findIndex((a) => a.as === e.name);
  if (agg < 0 || stats.by.some((k) => k.field === e.name)) return ANY;
  const { fn, arg } = stats.aggs[agg];
  // A time since the row before is known of no row by itself.
  if (fn === "sum" && arg !== null && !hasGap(arg)) return { rows: 1, sum: { agg, least: value } };
  if (fn !== "count" && fn !== "dc") return ANY;
  // Neither is larger than the number of rows.
  return { rows: Math.max(1, op === ">" ? Math.floor(value) + 1 : Math.ceil(value)), sum: null };
}

const both = (a: LeastRows, b: LeastRows): LeastRows => ({
  rows: Math.max(a.rows, b.rows),
  sum: a.sum ?? b.sum,
});

function either(a: LeastRows, b: LeastRows): LeastRows {
  const same = a.sum !== null && b.sum !== null && a.sum.agg === b.sum.agg;
  return {
    rows: Math.min(a.rows, b.rows),
    sum: same ? { agg: a.sum.agg, least: Math.min(a.sum.least, b.sum.least) } : null,
  };
}
