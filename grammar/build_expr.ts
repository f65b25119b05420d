/** Makes the nodes of expressions and literals. */
import type * as ast from "./ast.ts";
import { all, type Chain, over, type Placed } from "./build_node.ts";
import type { Token } from "./token.ts";

export const cond = (test_: ast.Expr, then: ast.Expr, else_: ast.Expr): ast.Cond => ({
  kind: "cond",
  test: test_,
  then,
  else: else_,
  span: over(test_, else_),
});
export const logic = (op: "and" | "or", left: ast.Expr, right: ast.Expr): ast.Logic => ({
  kind: "logic",
  op,
  left,
  right,
  parens: false,
  span: over(left, right),
});
export const unary = (k: Token, arg: ast.Expr): ast.Unary => ({
  kind: "unary",
  op: k.text as ast.Unary["op"],
  arg,
  span: over(k, arg),
});
export const compare = (left: ast.Expr, op: Token, right: ast.Expr): ast.Binary => ({
  kind: "binary",
  op: (op.text === "=" ? "==" : op.text) as ast.Binary["op"],
  single: op.text === "=",
  left,
  right,
  span: over(left, right),
});
export const arithmetic = compare;
export const inExpr = (value: ast.Expr, negated: boolean, set: ast.Expr): ast.InExpr => ({
  kind: "in",
  negated,
  value,
  set,
  span: over(value, set),
});
export const textTest = (
  value: ast.Expr,
  t: Token,
  quant: Token | null,
  needle: ast.Expr,
): ast.TextTest => ({
  kind: "texttest",
  test: t.text as ast.TextTest["test"],
  quant: (quant?.raw.toLowerCase() ?? "one") as ast.TextTest["quant"],
  value,
  needle,
  span: over(value, needle),
});
export const like = (
  value: ast.Expr,
  pattern: ast.Expr,
  escape: Token | null,
): ast.LikeExpr => ({
  kind: "like",
  value,
  pattern,
  ...(escape === null ? {} : { escapes: true }),
  span: over(value, escape ?? pattern),
});
export function matches(value: ast.Expr, t: Token): ast.MatchExpr {
  const end = t.raw.lastIndexOf("/");
  const regex: ast.RegexLit = {
    kind: "regex",
    source: t.raw.slice(1, end),
    flags: t.raw.slice(end + 1),
    span: over(t, t),
  };
  return { kind: "matches", value, regex, span: over(value, regex) };
}
export const exists = (k: Token, name: ast.Ident, end: Placed): ast.ExistsExpr => ({
  kind: "exists",
  field: name,
  span: over(k, end),
});
export const call = (fn: ast.Ident, args: Chain<ast.Expr> | null, end: Token): ast.Call => ({
  kind: "call",
  fn,
  args: all(args),
  span: over(fn, end),
});
/** Parentheses widen the span; on `and` and `or` they are kept, for the lint on mixing them. */
export const parens = (open: Token, e: ast.Expr, close: Token): ast.Expr => {
  const span = over(open, close);
  return e.kind === "logic" ? { ...e, parens: true, span } : { ...e, span };
};
export const field = (n: ast.Ident): ast.FieldRef => ({
  kind: "field",
  name: n.name,
  ...(n.quoted ? { quoted: true } : {}),
  span: n.span,
});
export const listRef = (t: Token): ast.ListRef => ({
  kind: "listref",
  name: String(t.value),
  span: over(t, t),
});
export const listLit = (open: Token, items: Chain<ast.Expr>, close: Token): ast.ListLit => ({
  kind: "listlit",
  items: all(items),
  span: over(open, close),
});
export const range = (f: ast.NumberLit, t: ast.NumberLit): ast.RangeLit => ({
  kind: "range",
  from: f.value,
  to: t.value,
  span: over(f, t),
});
export const number = (t: Token): ast.NumberLit => ({
  kind: "number",
  value: Number(t.value),
  float: t.flag,
  span: over(t, t),
});
export const negative = (minus: Token, t: Token): ast.NumberLit => ({
  kind: "number",
  value: -Number(t.value),
  float: t.flag,
  span: over(minus, t),
});
export const string = (t: Token): ast.StringLit => ({
  kind: "string",
  value: String(t.value),
  cs: t.flag,
  block: t.type === "block",
  span: over(t, t),
});
export const duration = (t: Token): ast.DurationLit => ({
  kind: "duration",
  ms: Number(t.value),
  text: t.raw,
  span: over(t, t),
});
export const bytes = (t: Token): ast.BytesLit => ({
  kind: "bytes",
  value: Number(t.value),
  text: t.raw,
  span: over(t, t),
});
export const ip = (t: Token): ast.IpLit => ({
  kind: "ip",
  value: String(t.value),
  span: over(t, t),
});
export const cidr = (t: Token): ast.CidrLit => ({
  kind: "cidr",
  value: String(t.value),
  span: over(t, t),
});
export const bool = (t: Token): ast.BoolLit => ({
  kind: "bool",
  value: t.text === "true",
  span: over(t, t),
});
