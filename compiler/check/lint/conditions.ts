/** Lints of conditions: what is always true or always false, and `and` mixed with `or`. */
import type { Command, Expr, RuleDecl } from "../../../grammar/ast.ts";
import type { IrExpr, IrRule } from "../../ir/program.ts";
import { constraintOf, Constraints, negated } from "./constraints.ts";
import { type CheckContext, type RuleInfo, walkExpr } from "../context.ts";
import { exprText } from "../../ir/canonical.ts";
import { children, commandExprs, inputsOf, someExpr } from "../../ir/walk.ts";

/** Reports on the conditions of a rule; what needs it resolved only when it is. */
export function lintConditions(cx: CheckContext, rule: RuleInfo): void {
  for (const e of writtenExprs(rule.decl)) lintMixed(cx, rule.file, e);
  if (rule.ir !== null && !rule.failed) lintConstant(cx, rule, rule.ir);
}

/** Every outermost expression of a rule as written. */
function writtenExprs(decl: RuleDecl): Expr[] {
  const { source } = decl;
  const rows = source === null
    ? []
    : source.kind === "from"
    ? [source.row]
    : [...source.steps.map((s) => s.row), ...(source.until ? [source.until] : [])];
  return [
    ...rows.flatMap((r) => r.where ? [r.where] : []),
    ...decl.commands.flatMap(writtenIn),
    ...decl.header.filter((h) => h.key.name.toLowerCase() === "severity").flatMap((h) => h.values),
  ];
}

function writtenIn(c: Command): readonly Expr[] {
  switch (c.kind) {
    case "where":
      return [c.expr];
    case "eval":
      return c.assigns.map((a) => a.expr);
    case "stats":
      return c.aggs.map((a) => a.call);
    case "lookup":
      return [c.key];
    case "alert":
      return c.severity ? [c.severity] : [];
    default:
      return [];
  }
}

/** `a or b and c`: and binds first, which a reader may not know. */
export function lintMixed(cx: CheckContext, file: string, whole: Expr): void {
  walkExpr(whole, (e) => {
    if (e.kind !== "logic" || e.op !== "or") return;
    for (const side of [e.left, e.right]) {
      if (side.kind !== "logic" || side.op !== "and" || side.parens) continue;
      cx.lint(
        "mixed_and_or",
        file,
        side.span,
        '"and" binds before "or", and no parentheses say so',
        {
          help: "Put parentheses around the and, or around the or if that is what you mean",
        },
      );
    }
  });
}

function lintConstant(cx: CheckContext, rule: RuleInfo, ir: IrRule): void {
  const judge = new Judge(cx, rule);
  for (const rows of inputsOf(ir)) if (rows.where) judge.condition(rows.where);
  for (const c of ir.commands) {
    if (c.kind === "where") judge.condition(c.expr);
    for (const e of commandExprs(c)) if (c.kind !== "where") judge.value(e);
    if (c.kind === "stats") {
      judge.least = new Map(
        c.aggs.flatMap((a) => a.fn === "count" ? [[a.as, 1]] : a.fn === "dc" ? [[a.as, 0]] : []),
      );
    }
    if (c.kind === "rename" || c.kind === "eval") judge.least = new Map();
  }
  if (typeof ir.alert.severity !== "string") judge.value(ir.alert.severity);
}

/** Looks through expressions for conditions that cannot come out both ways. */
class Judge {
  /** The least value that a count can have, by field. */
  least: ReadonlyMap<string, number> = new Map();
  /** Where a set came from a param: its author may change it. */
  private readonly paramSets = new Set<string>();

  constructor(private readonly cx: CheckContext, private readonly rule: RuleInfo) {
    const params = new Set(rule.decl.params.map((p) => p.name.name));
    for (const whole of writtenExprs(rule.decl)) {
      walkExpr(whole, (e) => {
        if (e.kind === "in" && e.set.kind === "field" && params.has(e.set.name)) {
          this.paramSets.add(`${e.span.start} ${e.span.end}`);
        }
      });
    }
  }

  /** An expression that is read for its value: only the tests inside it are conditions. */
  value(e: IrExpr): void {
    if (e.op === "cond") {
      this.condition(e.test);
      this.value(e.then);
      this.value(e.else);
    } else for (const part of children(e)) this.value(part);
  }

  condition(e: IrExpr): void {
    const constant = this.constant(e);
    if (constant !== null) {
      return this.report(
        e,
        constant,
        "no field takes part in it",
        constant ? "Remove it, or compare a field" : "Compare a field",
      );
    }
    if (e.op === "and" && this.contradiction(e, e.args)) return;
    if (e.op === "or" && this.tautology(e, e.args)) return;
    if (this.impossibleCount(e)) return;
    this.inside(e);
  }

  private inside(e: IrExpr): void {
    if (e.op === "and" || e.op === "or") { for (const arg of e.args) this.condition(arg); }
    else if (e.op === "not") this.condition(e.arg);
    else for (const part of children(e)) this.value(part);
  }

  private report(e: IrExpr, value: boolean, why: string, help: string): void {
    this.cx.lint(
      "constant_condition",
      this.rule.file,
      e.span,
      `This condition is always ${value}: ${why}`,
      { help },
    );
  }

  /** Whether a param takes part, so that what it is today is no mistake. */
  private changeable(e: IrExpr): boolean {
    return someExpr(e, (x) =>
      this.cx.fromParam.has(x) ||
      (x.op === "in" && this.paramSets.has(`${x.span.start} ${x.span.end}`)));
  }

  /** The value of a condition that no field takes part in. */
  private constant(e: IrExpr): boolean | null {
    if (e.op === "and" || e.op === "or") {
      const values = e.args.map((a) => this.constant(a));
      const decisive = e.op === "or";
      return values.includes(decisive) ? decisive : values.includes(null) ? null : !decisive;
    }
    // A table's rows are no part of the rule: another day it has others.
    const open = someExpr(e, (x) =>
      x.op === "field" || x.op === "exists" || x.op === "gap" ||
      (x.op === "in" && x.set.kind === "table"));
    return open || this.changeable(e) ? null : this.cx.folder.holdsAlways(e);
  }

  /** `status == 401 and status == 403`. */
  private contradiction(e: IrExpr, args: readonly IrExpr[]): boolean {
    const bySubject = new Map<string, Constraints>();
    for (const arg of args) {
      const c = this.changeable(arg) ? null : constraintOf(arg);
      if (c === null) continue;
      const key = exprText(c.subject);
      const all = bySubject.get(key) ?? new Constraints(c.subject);
      bySubject.set(key, all);
      all.add(c);
      if (!all.impossible()) continue;
      this.report(e, false, all.why(), all.help());
      return true;
    }
    return false;
  }

  /** `user != "a" or user != "b"`: every user is not one of them. */
  private tautology(e: IrExpr, args: readonly IrExpr[]): boolean {
    const bySubject = new Map<string, Constraints>();
    for (const arg of args) {
      const c = this.changeable(arg) ? null : constraintOf(arg);
      const not = c && negated(c);
      if (!not) continue;
      const key = exprText(not.subject);
      const all = bySubject.get(key) ?? new Constraints(not.subject);
      bySubject.set(key, all);
      all.add(not);
      if (!all.impossible()) continue;
      this.report(
        e,
        true,
        `every value of ${all.name()} meets one part of it`,
        "Join the parts with and, or write not in (…)",
      );
      return true;
    }
    return false;
  }

  /** `failures >= 1` where failures is a count of rows. */
  private impossibleCount(e: IrExpr): boolean {
    const c = this.changeable(e) ? null : constraintOf(e);
    if (c === null || c.subject.op !== "field") return false;
    const least = this.least.get(c.subject.name);
    if (least === undefined) return false;
    const name = c.subject.name;
    const all = new Constraints(c.subject);
    all.add({ subject: c.subject, kind: "range", from: least, to: Infinity });
    const rest = new Constraints(c.subject);
    rest.add({ subject: c.subject, kind: "range", from: least, to: Infinity });
    all.add(c);
    const not = negated(c);
    if (not) rest.add(not);
    const why = `"${name}" counts, and is never less than ${least}`;
    if (all.impossible()) this.report(e, false, why, "Look for silence with absent");
    else if (rest.impossible()) this.report(e, true, why, "Raise the threshold, or remove it");
    else return false;
    return true;
  }
}
