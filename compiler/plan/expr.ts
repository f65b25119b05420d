/**
 * One expression to JavaScript, under what is known of the row. Constants fold while the code is
 * made: a part whose inputs are all known is a value, not code.
 */
import { literal } from "../codegen/mod.ts";
import type { IrExpr } from "../ir/program.ts";
import type { Value } from "../schema/types.ts";
import { regexTest } from "../regex/engine.ts";
import { inOrderOfCost } from "./cost.ts";
import * as H from "./helpers.ts";
import { applyTest, equality, member, textTest } from "./predicates.ts";
import {
  type Code,
  code,
  FALSE,
  functions,
  isUnconfigured,
  js,
  MISSING,
  type Scope,
  test,
  TRUE,
} from "./scope.ts";

const TEXT_METHODS = {
  contains: "includes",
  startswith: "startsWith",
  endswith: "endsWith",
} as const;

/** Code that is true only when the expression is: a missing or non-boolean value counts as false. */
export function condition(expr: IrExpr, scope: Scope): Code {
  const c = compile(expr, scope);
  if (c.known) return c.value === true ? TRUE : FALSE;
  return c.bool ? c : test(`(${c.js}===true)`);
}

export function compile(expr: IrExpr, scope: Scope): Code {
  const { constants, shared } = scope;
  switch (expr.op) {
    case "const":
      return { known: true, value: expr.value as Value };
    case "field":
      return scope.field(expr.name);
    case "exists": {
      const f = scope.field(expr.name);
      return f.known ? (f.value !== undefined ? TRUE : FALSE) : test(`(${f.js}!==undefined)`);
    }
    case "and":
    case "or": {
      const stop = expr.op === "or";
      const parts: string[] = [];
      for (const arg of inOrderOfCost(expr.args)) {
        const c = condition(arg, scope);
        if (!c.known) parts.push(c.js);
        else if (c.value === stop) return stop ? TRUE : FALSE;
      }
      if (parts.length === 0) return stop ? FALSE : TRUE;
      const unique = [...new Set(parts)];
      return test(`(${unique.join(stop ? "||" : "&&")})`);
    }
    case "not": {
      const c = condition(expr.arg, scope);
      return c.known ? (c.value ? FALSE : TRUE) : test(`(!${c.js})`);
    }
    case "neg": {
      const c = compile(expr.arg, scope);
      if (c.known) return { known: true, value: H.arith("-", 0, c.value) };
      return code(`H.arith("-",0,${c.js})`);
    }
    case "==":
    case "!=":
      return equality(
        expr.op,
        compile(expr.left, scope),
        compile(expr.right, scope),
        expr.cs,
        scope,
      );
    case "<":
    case "<=":
    case ">":
    case ">=": {
      const a = compile(expr.left, scope), b = compile(expr.right, scope);
      if (a.known && b.known) {
        const o = H.order(a.value, b.value, expr.cs);
        const r = expr.op === "<"
          ? o < 0
          : expr.op === "<="
          ? o <= 0
          : expr.op === ">"
          ? o > 0
          : o >= 0;
        return r ? TRUE : FALSE;
      }
      if ((a.known && a.value === undefined) || (b.known && b.value === undefined)) return FALSE;
      const checks: string[] = [];
      let numeric = false;
      for (const c of [a, b]) if (c.known ? typeof c.value === "number" : c.num) numeric = true;
      if (!numeric) return test(`(H.order(${js(a)},${js(b)},${expr.cs})${expr.op}0)`);
      for (const c of [a, b]) {
        if (c.known ? typeof c.value !== "number" : false) return FALSE;
        if (!c.known && !c.num) checks.push(`typeof ${c.js}==="number"`);
      }
      return test(`(${[...checks, `${js(a)}${expr.op}${js(b)}`].join("&&")})`);
    }
    case "+":
    case "-":
    case "*":
    case "/":
    case "%": {
      const a = compile(expr.left, scope), b = compile(expr.right, scope);
      if (a.known && b.known) return { known: true, value: H.arith(expr.op, a.value, b.value) };
      return code(shared.use(`H.arith(${literal(expr.op)},${js(a)},${js(b)})`));
    }
    case "in": {
      const v = compile(expr.value, scope);
      if (v.known && v.value === undefined) return FALSE;
      const hit = member(v, expr.set, scope);
      if (!expr.negated) return hit;
      if (hit.known) {
        if (hit.value) return FALSE;
        return v.known ? TRUE : test(`(${v.js}!==undefined)`);
      }
      return test(`(${js(v)}!==undefined&&!${hit.js})`);
    }
    case "contains":
    case "startswith":
    case "endswith":
      return textTest(
        TEXT_METHODS[expr.op],
        expr.quant === "any",
        compile(expr.value, scope),
        expr.needles.map((n) => ({
          code: compile(n, scope),
          cs: n.op === "const" && n.cs === true,
        })),
        scope,
      );
    case "like": {
      const v = compile(expr.value, scope);
      const ref = constants.ref(
        `like ${expr.cs} ${expr.escapes === true} ${expr.pattern}`,
        () => H.likeTest(expr.pattern, expr.cs, expr.escapes),
      );
      return applyTest(ref, v, scope);
    }
    case "matches": {
      const v = compile(expr.value, scope);
      const flags = expr.flags.replace(/[gy]/g, "");
      const ref = constants.ref(`regex ${flags} ${expr.source}`, () => {
        const regex = regexTest(expr.source, flags);
        return (x: Value) => typeof x === "string" && regex(x);
      });
      return applyTest(ref, v, scope);
    }
    case "cond": {
      const t = condition(expr.test, scope);
      if (t.known) return compile(t.value ? expr.then : expr.else, scope);
      const a = compile(expr.then, scope), b = compile(expr.else, scope);
      return code(`(${t.js}?${js(a)}:${js(b)})`);
    }
    case "call": {
      const fn = functions(expr.fn);
      if (!fn) {
        throw new Error(
          `Function "${expr.fn}" has no implementation; add it to the table of functions`,
        );
      }
      if (isUnconfigured(expr.fn)) return MISSING;
      const args = expr.args.map((a) => compile(a, scope));
      if (args.every((a) => a.known)) {
        return { known: true, value: fn(...args.map((a) => a.known ? a.value : undefined)) };
      }
      const ref = constants.ref(`fn ${expr.fn}`, () => fn);
      return code(shared.use(`${ref}(${args.map(js).join(",")})`));
    }
    case "gap":
      return scope.field("gap()");
  }
}
