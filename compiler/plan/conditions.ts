/** Single conditions as functions of any row: which part of a `where` held on an event, and which not. */
import type { IrExpr, IrTable } from "../ir/program.ts";
import { compile, condition, Constants, type Functions, js, Shared } from "./expr.ts";
import * as H from "./helpers.ts";
import { genericField, makeEnv } from "./rows.ts";
import type { Value } from "../schema/types.ts";

type Row = Record<string, unknown>;

/** The value of an expression on a row, by the same code generation as the rules. */
export function evaluator(
  expr: IrExpr,
  functions: Functions,
  tables: readonly IrTable[],
  asCondition = false,
): (row: Row, time: number) => Value {
  const constants = new Constants(functions, new Map(tables.map((t) => [t.name, t])));
  const shared = new Shared();
  const env = makeEnv({ constants, shared, base: "r", baseField: genericField(shared) });
  const code = js(asCondition ? condition(expr, env) : compile(expr, env));
  const body = shared.finish(`return ${code};`);
  const heads = constants.values.map((_, i) => `const c${i}=C[${i}];`).join("");
  const make = new Function("H", "C", "X", `"use strict";const N={};${heads}return (r)=>{${body}}`);
  const x = { t: 0 };
  const fn = make(H, constants.values, x) as (row: Row) => Value;
  return (row, time) => {
    x.t = time;
    return fn(row);
  };
}

/** The parts that all must hold: the arguments of the outermost `and`s. */
export function conjuncts(expr: IrExpr | null): readonly IrExpr[] {
  if (expr === null) return [];
  return expr.op === "and" ? expr.args.flatMap(conjuncts) : [expr];
}
