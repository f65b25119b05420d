/** Operators on numbers, times and texts, and `not`. */
import type { Span } from "../../grammar/ast.ts";
import type { IrExpr } from "../ir/program.ts";
import { arithmetic, assignable, aType } from "../schema/typing.ts";
import { brokenExpr } from "./context.ts";
import { type Env, isBroken, spanOf } from "./env.ts";

/** `not x`, `-x`, `+x`. */
export function unary(env: Env, op: "not" | "-" | "+", arg: IrExpr, at: Span, span: Span): IrExpr {
  if (isBroken(env, arg)) return arg;
  if (op === "not") {
    if (arg.type === "bool") return { op: "not", arg, type: "bool", span };
    env.cx.error(
      "type_mismatch",
      env.file,
      at,
      `"not" works on a condition, this is ${aType(arg.type)}`,
      {
        help: "Compare it with a value, or write not exists …",
      },
    );
    return brokenExpr(env.cx, span);
  }
  if (!assignable(arg.type, "number")) {
    env.cx.error(
      "type_mismatch",
      env.file,
      at,
      `"${op}" works on a number, this is ${aType(arg.type)}`,
      {
        help: "Write tonumber(…)",
      },
    );
    return brokenExpr(env.cx, span);
  }
  if (op === "+") return arg;
  if (arg.op === "const" && typeof arg.value === "number") {
    return { ...arg, value: -arg.value, span };
  }
  return { op: "neg", arg, type: arg.type, span };
}

/** `a + b` and the like. */
export function arith(
  env: Env,
  op: "+" | "-" | "*" | "/" | "%",
  left: IrExpr,
  right: IrExpr,
  at: Span,
): IrExpr {
  const span = spanOf(env, at);
  if (isBroken(env, left, right)) return brokenExpr(env.cx, span);
  const type = arithmetic(op, left.type, right.type);
  if (type === null) {
    const timed = [left.type, right.type].some((t) => t === "duration" || t === "timestamp");
    env.cx.error(
      timed ? "bad_unit" : "type_mismatch",
      env.file,
      at,
      `"${op}" has no meaning between ${aType(left.type)} and ${aType(right.type)}`,
      {
        help: timed
          ? "Give a plain number a unit, like 5m, or divide a duration by 1s to have seconds"
          : "Turn text into a number with tonumber(…), or a number into text with tostring(…)",
      },
    );
    return brokenExpr(env.cx, span);
  }
  return { op, left, right, type, span };
}
