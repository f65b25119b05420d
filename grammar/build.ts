/** Makes the nodes of ast.ts out of what the grammar matched: declarations and commands here. */
import type * as ast from "./ast.ts";
import { all, type Chain, last, lastOf, over, type Placed, type Spanned } from "./build_node.ts";
import type { Token } from "./token.ts";

export { cons, empty, first, nothing, one, push, push2, second } from "./build_node.ts";
export * from "./build_expr.ts";

export const ident = (t: Token): ast.Ident => ({ name: t.raw, span: over(t, t) });
/** A name between backticks. */
export const quotedName = (t: Token): ast.Ident => ({
  name: String(t.value),
  quoted: true,
  span: over(t, t),
});
export const quoted = (s: ast.StringLit): ast.Ident => ({ name: s.value, span: s.span });
export const typeName = (n: ast.Ident): ast.TypeName => ({
  name: n.name.toLowerCase(),
  span: n.span,
});

export const list = (
  k: Token,
  name: ast.Ident,
  type: ast.TypeName | null,
  items: Chain<ast.Expr> | null,
  file: ast.StringLit | null,
  end: Placed,
): ast.ListDecl => ({
  kind: "list",
  name,
  type,
  items: file === null ? all(items) : null,
  file,
  span: over(k, end),
});

export const letDecl = (k: Token, name: ast.Ident, expr: ast.Expr): ast.LetDecl => ({
  kind: "let",
  name,
  expr,
  span: over(k, expr),
});

export function rule(
  k: Token,
  name: ast.Ident,
  heads: Chain<ast.HeaderField | ast.ParamDecl | ast.Allow> | null,
  source: ast.Source | null,
  commands: Chain<ast.Command> | null,
  tests: Chain<ast.TestDecl> | null,
  end: Placed,
): ast.RuleDecl {
  const h = all(heads);
  return {
    kind: "rule",
    name,
    header: h.filter((x) => x.kind === "header"),
    params: h.filter((x) => x.kind === "param"),
    allows: h.filter((x) => x.kind === "allow"),
    source,
    commands: all(commands),
    tests: all(tests),
    span: over(k, end),
  };
}

export const header = (key: ast.Ident, values: Chain<ast.Expr>): ast.HeaderField => ({
  kind: "header",
  key: { name: key.name.toLowerCase(), span: key.span },
  values: all(values),
  span: over(key, values.item),
});
export const mitre = (t: Token): ast.MitreLit => ({
  kind: "mitre",
  id: t.text,
  span: over(t, t),
});
export const param = (
  k: Token,
  name: ast.Ident,
  type: ast.TypeName | null,
  value: ast.Expr,
): ast.ParamDecl => ({ kind: "param", name, type, value, span: over(k, value) });
export const allow = (k: Token, lint: ast.Ident, reason: ast.StringLit | null): ast.Allow => ({
  kind: "allow",
  lint,
  reason,
  span: over(k, reason ?? lint),
});

export const from = (k: Token, row: ast.RowSource): ast.FromSource => ({
  kind: "from",
  row,
  span: over(k, row),
});
export function rowName(names: Chain<ast.Ident>): ast.RowSource {
  const name = joined(all(names));
  return { signal: false, name, more: [], where: null, span: name.span };
}
export function signals(signal: Token, names: Chain<ast.Ident>): ast.RowSource {
  const [name, ...more] = all(names);
  return { signal: true, name, more, where: null, span: over(signal, more.at(-1) ?? name) };
}
function joined(parts: readonly ast.Ident[]): ast.Ident {
  const head = parts[0] as ast.Ident;
  return {
    ...head,
    name: parts.map((p) => p.name).join(":"),
    span: over(head, parts.at(-1) ?? head),
  };
}
export const row = (r: ast.RowSource, where: ast.Expr | null): ast.RowSource => ({
  signal: r.signal,
  name: r.name,
  more: r.more,
  where,
  span: over(r, where ?? r),
});
export const sequence = (
  k: Token,
  by: Chain<ast.Key> | Token | null,
  within: ast.DurationLit | null,
  steps: Chain<ast.Step> | null,
  until: ast.RowSource | null,
  end: Token,
): ast.SequenceSource => ({
  kind: k.text as "sequence" | "together",
  ...(by !== null && "type" in by ? { by: [], keyless: true } : { by: all(by) }),
  within,
  steps: all(steps),
  until,
  span: over(k, end),
});
export const step = (bang: Token | null, r: ast.RowSource, as: ast.Ident | null): ast.Step => ({
  negated: bang !== null,
  row: r,
  as,
  span: over(bang ?? r, as ?? r),
});
export const key = (q: Token | null, field: ast.Ident): ast.Key => ({
  field,
  nullable: q !== null,
  span: over(q ?? field, field),
});

export const where = (k: Token, expr: ast.Expr): ast.WhereCommand => ({
  kind: "where",
  expr,
  span: over(k, expr),
});
type Assign = ast.EvalCommand["assigns"][number];
export const evalCommand = (k: Token, assigns: Chain<Assign>): ast.EvalCommand => ({
  kind: "eval",
  assigns: all(assigns),
  span: over(k, assigns.item.expr),
});
export const lookup = (
  k: Token,
  table: ast.Ident,
  keyExpr: ast.Expr,
  as: ast.Ident | null,
  end: Placed,
): ast.LookupCommand => ({ kind: "lookup", table, key: keyExpr, as, span: over(k, end) });
type Agg = ast.StatsCommand["aggs"][number];
export const stats = (
  k: Token,
  aggs: Chain<Agg>,
  by: Chain<ast.Key> | null,
  w: ast.Window | null,
): ast.StatsCommand => ({
  kind: "stats",
  aggs: all(aggs),
  by: all(by),
  window: w,
  span: over(k, last(aggs.item.as ?? aggs.item.call, lastOf(by), w)),
});
export const window = (
  k: Token | null,
  length: ast.DurationLit,
  max: ast.DurationLit | null,
): ast.Window => ({
  kind: (k?.text ?? "sliding") as ast.Window["kind"],
  length,
  max,
  span: over(k ?? length, max ?? length),
});
export const sortKey = (sign: Token | null, field: ast.Ident): ast.SortKey => ({
  field,
  descending: sign?.text === "-",
  span: over(sign ?? field, field),
});
export const sort = (k: Token, keys: Chain<ast.SortKey>): ast.SortCommand => ({
  kind: "sort",
  keys: all(keys),
  span: over(k, keys.item),
});
export const limit = (k: Token, count: Token): ast.LimitCommand => ({
  kind: "limit",
  count: Number(count.value),
  span: over(k, count),
});
export const top = (k: Token, count: Token | null, names: Chain<ast.Ident>): ast.TopCommand => ({
  kind: "top",
  count: count === null ? null : Number(count.value),
  fields: all(names),
  span: over(k, names.item),
});
export const timechart = (
  k: Token,
  aggs: Chain<Agg>,
  by: Chain<ast.Key> | null,
  width: ast.DurationLit | null,
): ast.TimechartCommand => ({
  kind: "timechart",
  aggs: all(aggs),
  by: all(by),
  width,
  span: over(k, last(aggs.item.as ?? aggs.item.call, lastOf(by), width)),
});
export const dedup = (
  k: Token,
  by: Chain<ast.Key>,
  within: ast.DurationLit | null,
): ast.DedupCommand => ({
  kind: "dedup",
  by: all(by),
  within,
  span: over(k, within ?? by.item),
});
export const firstSeen = (
  k: Token,
  by: Chain<ast.Key>,
  history: ast.DurationLit | null,
  warmup: ast.DurationLit | null,
): ast.FirstSeenCommand => ({
  kind: "first_seen",
  by: all(by),
  history,
  warmup,
  span: over(k, last(by.item, history, warmup)),
});
export const baseline = (
  k: Token,
  f: ast.Ident,
  history: ast.DurationLit | null,
  min: ast.Expr | null,
): ast.BaselineCommand => ({
  kind: "baseline",
  field: f,
  history,
  min,
  span: over(k, last(f, history, min)),
});
export const throttle = (
  k: Token,
  length: ast.DurationLit,
  by: Chain<ast.Key> | null,
  group: ast.ThrottleGroup | null,
): ast.ThrottleCommand => ({
  kind: "throttle",
  length,
  by: all(by),
  group,
  span: over(k, last(length, lastOf(by), group?.name ?? null, group?.within ?? null)),
});
export const absent = (
  k: Token,
  length: ast.DurationLit,
  by: Chain<ast.Key> | null,
  expected: ast.Ident | null,
  silence: Token | null,
): ast.AbsentCommand => ({
  kind: "absent",
  length,
  by: all(by),
  expect: expected,
  clock: silence?.text.toLowerCase() === "clock",
  live: silence?.text.toLowerCase() === "live",
  span: over(k, last(length, lastOf(by), expected, silence)),
});
export const alert = (
  k: Token,
  text: ast.StringLit,
  severity: ast.Expr | null,
  entity: Chain<ast.Ident> | null,
): ast.AlertCommand => ({
  kind: "alert",
  text,
  severity,
  entity: all(entity),
  span: over(k, last(text, severity, lastOf(entity))),
});
export const noAlert = (k: Token, none: Token): ast.AlertCommand => ({
  kind: "alert",
  text: null,
  severity: null,
  entity: [],
  span: over(k, none),
});
type Pair = ast.RenameCommand["pairs"][number];
export const rename = (k: Token, pairs: Chain<Pair>): ast.RenameCommand => ({
  kind: "rename",
  pairs: all(pairs),
  span: over(k, pairs.item.to),
});
export const fields = (
  k: Token,
  minus: Token | null,
  names: Chain<ast.Ident>,
): ast.FieldsCommand => ({
  kind: "fields",
  remove: minus !== null,
  names: all(names),
  span: over(k, names.item),
});

export const test = (
  k: Token,
  name: ast.StringLit,
  items: Chain<ast.TestItem> | null,
  end: Token,
): ast.TestDecl => ({ kind: "test", name, items: all(items), span: over(k, end) });
interface Record_ extends Spanned {
  readonly fields: readonly ast.FieldValue[];
}
export const record = (
  open: Token,
  values: Chain<ast.FieldValue> | null,
  close: Token,
): Record_ => ({
  fields: all(values),
  span: over(open, close),
});
export const fieldValue = (name: ast.Ident, value: ast.Expr): ast.FieldValue => ({
  name,
  value,
  span: over(name, value),
});
export const at = (
  k: Token,
  time: ast.DurationLit,
  repeat: Token | null,
  every: ast.DurationLit | null,
  r: Record_,
): ast.AtItem => ({
  kind: "at",
  time,
  repeat: repeat === null ? null : Number(repeat.value),
  every,
  fields: r.fields,
  span: over(k, r),
});
export const given = (
  k: Token,
  names: Chain<ast.Ident>,
  text: ast.StringLit,
): ast.GivenItem => ({
  kind: "given",
  sourcetype: joined(all(names)),
  text,
  span: over(k, text),
});
export const expect = (
  k: Token,
  count: Token,
  word: Token | null,
  when: ast.DurationLit | null,
  r: Record_ | null = null,
): ast.ExpectItem => ({
  kind: "expect",
  count: count.type === "number" ? Number(count.value) : 0,
  at: when,
  fields: r?.fields ?? [],
  span: over(k, last(count, word, when, r)),
});
