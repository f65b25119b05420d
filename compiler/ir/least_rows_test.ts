import { deepEqual } from "node:assert/strict";
import type { IrCommand, IrExpr } from "./program.ts";
import { leastRows } from "./least_rows.ts";

const span = { start: 0, end: 0 };
const field = (name: string): IrExpr => ({ op: "field", name, type: "int", span });
const value = (n: number): IrExpr => ({ op: "const", value: n, type: "int", span });
const compare = (name: string, op: ">=" | ">" | "<" | "==", n: number): IrExpr => (
  { op, left: field(name), right: value(n), cs: false, type: "bool", span }
);
const both = (...args: IrExpr[]): IrExpr => ({ op: "and", args, type: "bool", span });
const either = (...args: IrExpr[]): IrExpr => ({ op: "or", args, type: "bool", span });
const where = (expr: IrExpr): IrCommand => ({ kind: "where", expr, span });

const stats: Extract<IrCommand, { kind: "stats" }> = {
  kind: "stats",
  span,
  by: [{ field: "src", type: "host", nullable: false }],
  window: { kind: "sliding", ms: 1000 },
  aggs: [
    { fn: "count", arg: null, as: "c", type: "int" },
    { fn: "dc", arg: field("user"), as: "users", type: "int" },
    { fn: "sum", arg: field("n"), as: "total", type: "int" },
    { fn: "max", arg: field("n"), as: "most", type: "int" },
    { fn: "sum", arg: { op: "gap", type: "duration", span }, as: "lasted", type: "duration" },
  ],
};

Deno.test("what a window must hold is read from the conditions behind it", () => {
  const least = (...behind: IrCommand[]) => {
    const { rows, sum } = leastRows(stats, behind);
    return [rows, sum && [sum.agg, sum.least]];
  };
  deepEqual(least(), [1, null]);
  deepEqual(least(where(compare("c", ">=", 5))), [5, null]);
  deepEqual(least(where(compare("c", ">", 5))), [6, null]);
  deepEqual(least(where(compare("users", ">", 2.5))), [3, null]);
  deepEqual(least(where(compare("c", "<", 5))), [1, null]);
  deepEqual(least(where(compare("most", ">=", 5))), [1, null]);
  deepEqual(least(where(compare("total", ">=", 5))), [1, [2, 5]]);
  deepEqual(least(where(compare("lasted", ">=", 5))), [1, null]);
  deepEqual(least(where(both(compare("c", ">=", 5), compare("total", ">=", 9)))), [5, [2, 9]]);
  deepEqual(least(where(either(compare("c", ">=", 5), compare("users", ">=", 3)))), [3, null]);
  deepEqual(least(where(either(compare("c", ">=", 5), compare("most", ">=", 3)))), [1, null]);
  deepEqual(least(where(compare("c", "==", 4)), where(compare("users", ">=", 6))), [6, null]);
  const turned: IrExpr = {
    op: "<",
    left: value(3),
    right: field("c"),
    cs: false,
    type: "bool",
    span,
  };
  deepEqual(least(where(turned)), [4, null]);
  // Another value of that name, and what no longer is a condition of the window alone.
  const named: IrCommand = { kind: "eval", assigns: [{ name: "c", expr: value(9) }], span };
  deepEqual(least(named, where(compare("c", ">=", 5))), [1, null]);
  const thinned: IrCommand = { kind: "dedup", by: [], within: 9, span };
  deepEqual(least(thinned, where(compare("c", ">=", 5))), [1, null]);
});
