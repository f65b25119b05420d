/**
 * What one field alone says of a condition: a test on its value that holds wherever the condition does,
 * so that its answer can be remembered with the value.
 */
import type { IrExpr, IrRule } from "../ir/program.ts";
import { fieldsRead, inputsOf, someExpr } from "../ir/walk.ts";
import { condition } from "./expr.ts";
import { MISSING, type Scope } from "./scope.ts";

/** A test as code; `weight`: how much of the condition is in it. */
export interface Projection {
  readonly js: string;
  readonly weight: number;
}

/** The conditions of an input of a rule, up to what changes or holds rows. */
export function conditionsOf(rule: IrRule, input: number): readonly IrExpr[] {
  const { where } = inputsOf(rule)[input];
  const all = where === null ? [] : [where];
  if (rule.source.kind !== "from") return all;
  for (const c of rule.commands) {
    if (c.kind !== "where") break;
    all.push(c.expr);
  }
  return all;
}

/**
 * The test of `value`, the code of the field's value; null where the field by itself rules nothing out.
 * @param scope says which fields are known
 */
export function projection(
  conditions: readonly IrExpr[],
  field: string,
  value: string,
  scope: Scope,
): Projection | null {
  const alone = (name: string) => name === field || scope.field(name).known;
  const truth = { op: "const", type: "bool", span: { start: 0, end: 0 } } as const;
  let weight = 0;
  const part = (e: IrExpr, holds: boolean): IrExpr => {
    if (e.op === "and" || e.op === "or") {
      // One that decides the whole, where it is known: nothing else need be looked at.
      const deciding = e.op === "or";
      const args: IrExpr[] = [];
      for (const arg of e.args) {
        const one = part(arg, holds);
        if (one.op !== "const") args.push(one);
        else if ((one.value === true) === deciding) return one;
      }
      return args.length > 0 ? { ...e, args } : { ...truth, value: !deciding };
    }
    if (e.op === "not") {
      const arg = part(e.arg, !holds);
      return arg.op === "const" ? { ...truth, value: arg.value !== true } : { ...e, arg };
    }
    const read = fieldsRead(e);
    if (someExpr(e, isOutside) || ![...read].every(alone)) {
      return { ...truth, value: holds };
    }
    if (read.has(field)) weight++;
    return e;
  };
  const of: Scope = {
    ...scope,
    field: (name) => {
      if (name === field) return { known: false, js: value };
      const c = scope.field(name);
      return c.known ? c : MISSING;
    },
  };
  const parts: string[] = [];
  for (const e of conditions) {
    const open = part(e, true);
    if (open.op === "const" && open.value === true) continue;
    const test = condition(open, of);
    if (!test.known) parts.push(test.js);
    else if (test.value !== true) return { js: "false", weight: 1 };
  }
  return parts.length === 0 || weight === 0 ? null : { js: parts.join("&&"), weight };
}

/** Functions whose result is that of their arguments and nothing else, for ever. */
const LASTING: ReadonlySet<string> = new Set(["lower", "tostring", "coalesce"]);

/** Whether an expression's value goes by more than the event: time, rows before, lists that change. */
function isOutside(e: IrExpr): boolean {
  return e.op === "gap" || (e.op === "call" && !LASTING.has(e.fn)) ||
    (e.op === "in" && e.set.kind === "table");
}
