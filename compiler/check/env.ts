/** Helpers of expressions that need no expression of their own. */
import type { Expr, Span } from "../../grammar/ast.ts";
import type { IrExpr } from "../ir/program.ts";
import { formatCidr, isExactCidr, parseCidr } from "../../grammar/ip.ts";
import { brokenExpr, type Env } from "./context.ts";
import { nearest } from "../../grammar/nearest.ts";
import { assignable, aType } from "../schema/typing.ts";

export type { Env, ParamInfo } from "./context.ts";

export const spanOf = (env: Env, span: Span): Span => env.at ?? span;
export const isBroken = (env: Env, ...irs: IrExpr[]): boolean =>
  irs.some((ir) => env.cx.broken.has(ir));

/** An expression that must be text; a number is told how to become text. */
export function textValue(env: Env, e: Expr, operator: string): IrExpr {
  const ir = env.cx.resolve(env, e);
  if (isBroken(env, ir) || assignable(ir.type, "text")) return ir;
  env.cx.error(
    "type_mismatch",
    env.file,
    e.span,
    `"${operator}" works on text, this is ${aType(ir.type)}`,
    {
      help: ir.type === "cidr"
        ? "Test an address against a network with in"
        : typeof ir.type === "object"
        ? "Test a list's values before they are gathered"
        : "Compare numbers with == or in, or write tostring(…)",
    },
  );
  return brokenExpr(env.cx, ir.span);
}

/** A network as written, reported when it does not read. */
export function cidrConst(env: Env, text: string, at: Span): IrExpr {
  const network = parseCidr(text);
  if (network === null) {
    env.cx.error("bad_address", env.file, at, `"${text}" is not a network`, {
      help: "Write an address and a prefix length up to 32 (IPv4) or 128 (IPv6), like 10.0.0.0/8",
    });
    return brokenExpr(env.cx, spanOf(env, at));
  }
  if (!isExactCidr(text)) {
    env.cx.error("bad_address", env.file, at, `The network "${text}" has bits beyond its prefix`, {
      help: `Write ${formatCidr(network)} for the network, or ${
        text.split("/")[0]
      } for one address`,
    });
    return brokenExpr(env.cx, spanOf(env, at));
  }
  return { op: "const", value: text, type: "cidr", span: spanOf(env, at) };
}

/** A list by name, marked as used; null when it is unknown (reported) or broken (reported before). */
export function findList(env: Env, name: string, at: Span) {
  const { cx } = env;
  const list = cx.lists.get(name);
  if (list === undefined) {
    const near = nearest(name, cx.lists.keys());
    cx.error("unknown_list", env.file, at, `Unknown list "@${name}"`, {
      help: near ? `Did you mean @${near}?` : `Declare it: list ${name} = [ … ]`,
      ...(near ? { suggestion: `@${near}` } : {}),
    });
    return null;
  }
  list.used = true;
  cx.rule?.usedLists.add(name);
  if (list.type === null && cx.rule) cx.rule.failed = true;
  return list.type === null ? null : list;
}
