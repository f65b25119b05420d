/** Ways through resolved rules: what is inside an expression, a command, a rule. */
import type { IrCommand, IrExpr, IrRows, IrRule } from "./program.ts";

/** The expressions directly inside an expression, in the order of reading. */
export function children(e: IrExpr): readonly IrExpr[] {
  switch (e.op) {
    case "and":
    case "or":
    case "call":
      return e.args;
    case "not":
    case "neg":
      return [e.arg];
    case "in":
    case "like":
    case "matches":
      return [e.value];
    case "contains":
    case "startswith":
    case "endswith":
      return [e.value, ...e.needles];
    case "cond":
      return [e.test, e.then, e.else];
    case "const":
    case "field":
    case "exists":
    case "gap":
      return [];
    default:
      return [e.left, e.right];
  }
}

/** Calls `visit` for the expression and all inside it, outermost first. */
export function walkIr(e: IrExpr, visit: (e: IrExpr) => void): void {
  visit(e);
  for (const part of children(e)) walkIr(part, visit);
}

/** Whether the test holds for the expression or for one inside it. */
export function someExpr(e: IrExpr, test: (e: IrExpr) => boolean): boolean {
  return test(e) || children(e).some((c) => someExpr(c, test));
}

/** The fields that an expression reads, in the order of reading. */
export function fieldsRead(e: IrExpr): Set<string> {
  const out = new Set<string>();
  walkIr(e, (x) => {
    if (x.op === "field" || x.op === "exists") out.add(x.name);
  });
  return out;
}

/** The parts that all must hold: the arguments of the outermost `and`s; none of no condition. */
export function conjuncts(e: IrExpr | null): readonly IrExpr[] {
  if (e === null) return [];
  return e.op === "and" ? e.args.flatMap(conjuncts) : [e];
}

/** By comparison, what it is with its sides exchanged. */
export const MIRRORED = {
  "==": "==",
  "!=": "!=",
  "<": ">",
  "<=": ">=",
  ">": "<",
  ">=": "<=",
} as const;

/** Whether an expression needs the row before: `gap()`. */
export const hasGap = (e: IrExpr): boolean => someExpr(e, (x) => x.op === "gap");

/** The row inputs of a rule: its `from`, or its steps and then `until`. */
export function inputsOf(rule: IrRule): readonly IrRows[] {
  const { source } = rule;
  if (source.kind === "from") return [source.rows];
  return [...source.steps.map((s) => s.rows), ...(source.until ? [source.until] : [])];
}

const STATEFUL = ["stats", "dedup", "first_seen", "baseline", "throttle", "absent"] as const;
const STATEFUL_KINDS: ReadonlySet<string> = new Set(STATEFUL);

/** A command that holds state: an operator at run time. */
export type StatefulCommand = Extract<IrCommand, { readonly kind: typeof STATEFUL[number] }>;

export const isStateful = (c: IrCommand): c is StatefulCommand => STATEFUL_KINDS.has(c.kind);

/** Whether a rule holds state: between its steps, or in a command. */
export const holdsState = (rule: IrRule): boolean =>
  rule.source.kind !== "from" || rule.commands.some(isStateful);

/** The groups of a rule's throttles. */
export const groupsOf = (rule: IrRule): readonly string[] =>
  rule.commands.flatMap((c) => c.kind === "throttle" && c.group !== undefined ? [c.group] : []);

/** By rule, those whose alerts hold back its own: rules with a throttle of the same group. */
export function groupMates(rules: readonly IrRule[]): Map<IrRule, readonly IrRule[]> {
  const groups = Map.groupBy(
    rules.flatMap((rule) => groupsOf(rule).map((group) => ({ rule, group }))),
    ({ group }) => group,
  );
  const out = new Map<IrRule, readonly IrRule[]>();
  for (const members of groups.values()) {
    for (const { rule } of members) {
      const others = members.map((m) => m.rule).filter((other) => other !== rule);
      out.set(rule, [...out.get(rule) ?? [], ...others]);
    }
  }
  return out;
}

/** The expressions of one command. */
export function commandExprs(c: IrCommand): readonly IrExpr[] {
  switch (c.kind) {
    case "where":
    case "except":
      return [c.expr];
    case "eval":
      return c.assigns.map((a) => a.expr);
    case "lookup":
      return [c.key];
    case "stats":
      return c.aggs.flatMap((a) => a.arg ? [a.arg] : []);
    default:
      return [];
  }
}

/** Every expression of a rule, sources first. */
export function ruleExprs(rule: IrRule): IrExpr[] {
  const { text, severity } = rule.alert;
  return [
    ...inputsOf(rule).flatMap((r) => r.where ? [r.where] : []),
    ...rule.commands.flatMap(commandExprs),
    ...(text ?? []).filter((t) => typeof t !== "string"),
    ...(typeof severity === "string" ? [] : [severity]),
  ];
}

/** Fields by which a rule or one of its commands groups its rows, or that it compares. */
export function keyFields(rule: IrRule): string[] {
  return [
    ...(rule.source.kind === "from" ? [] : rule.source.by.map((k) => k.field)),
    ...rule.commands.flatMap((c) =>
      "by" in c ? c.by.map((k) => k.field) : c.kind === "baseline" ? [c.field] : []
    ),
  ];
}
