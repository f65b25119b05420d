/**
 * What a part of a program means, as text written for comparing: equal texts mean equal results. Each
 * kind of node is written field by field, so that neither the place where something stands nor the
 * names and the order of the program's own properties are in it. `and`, `or` and sets are written in
 * one order, whatever order they were given in.
 */
import type {
  IrAgg,
  IrAssign,
  IrCommand,
  IrExpr,
  IrKey,
  IrRows,
  IrSet,
  IrSource,
} from "./program.ts";
import { conjuncts } from "./walk.ts";

/** Rules by their names, for sources that read signals. */
export type SignalText = (rule: string) => string;

const text = (v: unknown): string => JSON.stringify(v) ?? "null";
const node = (name: string, ...parts: readonly string[]): string =>
  `(${[name, ...parts].join(" ")})`;
const sorted = (parts: readonly string[]): string[] => [...new Set(parts)].sort();
const names = (list: readonly string[]): string => node("names", ...list.map(text));

/** An expression. Its types are in its fields and constants: they are not written apart. */
export function exprText(e: IrExpr): string {
  switch (e.op) {
    case "const":
      return node(e.cs ? "exactly" : "const", text(e.value));
    case "field":
    case "exists":
      return node(e.op, text(e.name));
    case "and":
    case "or":
      return node(e.op, ...sorted(e.args.map(exprText)));
    case "not":
    case "neg":
      return node(e.op, exprText(e.arg));
    case "in":
      return node(e.negated ? "not-in" : "in", exprText(e.value), setText(e.set));
    case "contains":
    case "startswith":
    case "endswith":
      return node(e.op, e.quant, exprText(e.value), ...sorted(e.needles.map(exprText)));
    case "like":
      return node(
        e.escapes ? "like-escaped" : "like",
        exprText(e.value),
        text(e.pattern),
        text(e.cs),
      );
    case "matches":
      return node(e.op, exprText(e.value), text(e.source), text(e.flags));
    case "cond":
      return node("if", exprText(e.test), exprText(e.then), exprText(e.else));
    case "call":
      return node("call", text(e.fn), ...e.args.map(exprText));
    case "gap":
      return node("gap");
    case "==":
    case "!=":
    case "<":
    case "<=":
    case ">":
    case ">=":
      return node(e.op, exprText(e.left), exprText(e.right), text(e.cs));
    case "+":
    case "-":
    case "*":
    case "/":
    case "%":
      return node(e.op, exprText(e.left), exprText(e.right));
  }
}

function setText(set: IrSet): string {
  switch (set.kind) {
    case "values":
      return node(set.cs ? "exact-values" : "values", ...sorted(set.values.map(text)));
    case "cidrs":
      return node("cidrs", ...sorted(set.cidrs.map(text)));
    case "range":
      return node("range", text(set.from), text(set.to));
    case "table":
      return node("table", text(set.table));
  }
}

/** A condition; none at all is one that always holds. */
export const conditionText = (e: IrExpr | null): string =>
  node("and", ...sorted(conjuncts(e).map(exprText)));

/** Rows that a rule or a step reads. @param where as if its condition were this one */
export function rowsText(
  rows: IrRows,
  signal: SignalText = (rule) => rule,
  where: IrExpr | null = rows.where,
): string {
  if (rows.kind === "signal") {
    // What other rules are there changes nothing of what is held of their alerts.
    if (rows.any) return node("signal-any", conditionText(where));
    const read = sorted(rows.rules.map((name) => node("rule", text(name), text(signal(name)))));
    return node("signal", ...read, conditionText(where));
  }
  const { any, dataset, sourcetype } = rows.from;
  const from = any
    ? node("any")
    : dataset !== undefined
    ? node("dataset", text(dataset))
    : node("sourcetype", text(sourcetype));
  return node("events", from, conditionText(where));
}

export function sourceText(source: IrSource, signal?: SignalText): string {
  if (source.kind === "from") return node("from", rowsText(source.rows, signal));
  return node(
    source.kind,
    keysText(source.by),
    text(source.within),
    ...source.steps.map((s) =>
      node(s.negated ? "without" : "step", rowsText(s.rows, signal), text(s.as))
    ),
    source.until === null ? "-" : node("until", rowsText(source.until, signal)),
  );
}

/** Keys in their order, which state is kept by; `null` values make a group of their own or none. */
const keysText = (by: readonly IrKey[]): string =>
  node("by", ...by.map((k) => node(k.nullable ? "nullable" : "key", text(k.field), text(k.type))));

function aggText(a: IrAgg): string {
  return node(
    a.fn,
    ...(a.constants ?? []).map(text),
    a.arg === null ? "-" : exprText(a.arg),
    text(a.arg?.type ?? null),
    text(a.as),
  );
}

const assignText = (a: IrAssign): string => node("set", text(a.name), exprText(a.expr));

export function commandText(c: IrCommand): string {
  switch (c.kind) {
    case "where":
      return node("where", conditionText(c.expr));
    case "except":
      return node("except", conditionText(c.expr));
    case "eval":
      return node("eval", ...c.assigns.map(assignText));
    case "lookup":
      return node("lookup", text(c.table), exprText(c.key), text(c.as));
    case "stats": {
      const w = c.window;
      const longest = w.kind === "session" ? w.max : null;
      return node(
        "stats",
        keysText(c.by),
        node(w.kind, text(w.ms), text(longest)),
        ...c.aggs.map(aggText),
      );
    }
    case "dedup":
      return node("dedup", keysText(c.by), text(c.within));
    case "first_seen":
      return node("first_seen", keysText(c.by), text(c.history), text(c.warmup));
    case "baseline":
      return node("baseline", text(c.field), text(c.history), text(c.min));
    case "throttle":
      return c.group === undefined
        ? node("throttle", keysText(c.by), text(c.ms))
        : node("throttle", keysText(c.by), text(c.ms), text(c.group), text(c.groupMs ?? c.ms));
    case "absent":
      return node(
        "absent",
        keysText(c.by),
        text(c.ms),
        text(c.expect),
        text(c.clock),
        ...(c.live ? [text("live")] : []),
      );
    case "rename":
      return node("rename", ...c.pairs.map((p) => node("as", text(p.from), text(p.to))));
    case "fields":
      return node(c.remove ? "remove" : "keep", names(c.names));
  }
}
