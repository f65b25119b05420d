/** Single conditions as functions of any row: which part of a `where` held on an event, and which not. */
import { assemble, Shared } from "../codegen/mod.ts";
import type { IrExpr, IrTable } from "../ir/program.ts";
import type { Value } from "../schema/types.ts";
import { compile, condition } from "./expr.ts";
import * as H from "./helpers.ts";
import { genericField, makeEnv } from "./rows.ts";
import { js, makeLibrary } from "./scope.ts";

type Row = Record<string, unknown>;

/** The value of an expression on a row, by the same code generation as the rules. */
export function evaluator(
  expr: IrExpr,
  tables: readonly IrTable[],
  asCondition = false,
): (row: Row, time: number) => Value {
  const library = makeLibrary(tables);
  const shared = new Shared();
  const env = makeEnv({ ...library, shared, base: "r", baseField: genericField(shared) });
  const code = js(asCondition ? condition(expr, env) : compile(expr, env));
  const body = shared.finish(`return ${code};`);
  const { values } = library.constants;
  const x = { t: 0 };
  const fn = assemble<(row: Row) => Value>(
    { H, C: values, X: x },
    `const N={};${library.constants.declarations("C")}return (r)=>{${body}}`,
  );
  return (row, time) => {
    x.t = time;
    return fn(row);
  };
}
