/**
 * Lints of negation beside missing values. `f != v` asks for f to be there, `not (f == v)` does not;
 * who writes one of them often means the other.
 */
import type { IrCommand, IrExpr, IrRows, IrRule } from "../../ir/program.ts";
import type { Extraction } from "../../schema/types.ts";
import type { CheckContext, RuleInfo } from "../context.ts";
import { feeding } from "../rows.ts";
import { conjuncts, inputsOf, walkIr } from "../../ir/walk.ts";

const OPPOSITE = { "==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<" } as const;
type Comparison = IrExpr & { readonly op: keyof typeof OPPOSITE };

/** Reports on the conditions of events; rows after `stats` have all that it gives. */
export function lintNegations(cx: CheckContext, rule: RuleInfo, ir: IrRule): void {
  const keys = keysOfRule(ir);
  for (const rows of inputsOf(ir)) {
    if (rows.kind !== "events") continue;
    const direct = rows === inputsOf(ir)[0] && ir.source.kind === "from";
    const wheres = [
      ...(rows.where ? [rows.where] : []),
      ...(direct ? eventWheres(ir.commands) : []),
    ];
    const parts = wheres.flatMap(conjuncts);
    const asked = new Set(keys);
    for (const c of parts) for (const field of askedFor(c)) asked.add(field);
    const events = feeding(cx.options.catalogue, rows.from);
    for (const c of parts) {
      lintUnderNot(cx, rule, c, asked, events);
      lintExclusion(cx, rule, c, parts, asked, events, rows);
    }
  }
}

/** The conditions of `where` commands that see events as they were read. */
function eventWheres(commands: readonly IrCommand[]): IrExpr[] {
  const out: IrExpr[] = [];
  for (const c of commands) {
    if (c.kind === "where") out.push(c.expr);
    else if (c.kind !== "lookup" && c.kind !== "throttle") break;
  }
  return out;
}

/** Fields whose absence drops a row anyway, because state is kept by them. */
function keysOfRule(ir: IrRule): Set<string> {
  const out = new Set<string>();
  const add = (keys: readonly { readonly field: string; readonly nullable: boolean }[]) => {
    for (const k of keys) if (!k.nullable) out.add(k.field);
  };
  if (ir.source.kind !== "from") add(ir.source.by);
  for (const c of ir.commands) {
    if (
      c.kind === "stats" || c.kind === "dedup" || c.kind === "first_seen" || c.kind === "absent"
    ) {
      add(c.by);
    }
  }
  return out;
}

/** Fields that a part of a conjunction names on purpose as there or not there, or tests for a value. */
function askedFor(e: IrExpr): string[] {
  const out: string[] = [];
  walkIr(e, (x) => {
    if (x.op === "exists") out.push(x.name);
    if (x.op === "call" && (x.fn === "isnull" || x.fn === "isnotnull" || x.fn === "coalesce")) {
      for (const arg of x.args) if (arg.op === "field") out.push(arg.name);
    }
  });
  if (isTest(e) && !isExclusion(e)) {
    const field = subjectOf(e);
    if (field !== null) out.push(field);
  }
  return out;
}

const isTest = (e: IrExpr): boolean =>
  e.op in OPPOSITE || e.op === "in" || e.op === "contains" || e.op === "startswith" ||
  e.op === "endswith" || e.op === "like" || e.op === "matches";

const isExclusion = (e: IrExpr): boolean => e.op === "!=" || (e.op === "in" && e.negated);

/** The field that a test is about. */
function subjectOf(e: IrExpr): string | null {
  const value = e.op in OPPOSITE
    ? (e as Comparison).left
    : e.op === "in" || e.op === "matches" || e.op === "like" || e.op === "contains" ||
        e.op === "startswith" || e.op === "endswith"
    ? e.value
    : null;
  return value?.op === "field" ? value.name : null;
}

/** Whether some event that the rule can take lacks the field. */
function canMiss(field: string, events: readonly Extraction[]): boolean {
  if (field.startsWith("_") || field === "sourcetype") return false;
  return events.length === 0 || events.some((x) =>
    !Object.hasOwn(x.constants, field) &&
    !x.captures.some((c) => c.name === field && c.always)
  );
}

/** `not (f != v)`, `not (f < v)`, `not (f == v)`: each holds when f is missing too. */
function lintUnderNot(
  cx: CheckContext,
  rule: RuleInfo,
  whole: IrExpr,
  asked: ReadonlySet<string>,
  events: readonly Extraction[],
): void {
  walkIr(whole, (e) => {
    if (e.op !== "not") return;
    const { arg } = e;
    const field = subjectOf(arg);
    if (field === null || asked.has(field) || !canMiss(field, events)) return;
    if (!(arg.op in OPPOSITE) && arg.op !== "in") return;
    const value = arg.op === "in" ? "(…)" : constText((arg as Comparison).right);
    const op = arg.op === "in" ? (arg.negated ? "in" : "not in") : OPPOSITE[(arg as Comparison).op];
    cx.lint(
      "negation_on_optional",
      rule.file,
      e.span,
      `This also holds for every event without "${field}"`,
      {
        help:
          `Write ${field} ${op} ${value} if "${field}" must be there; else say so: not exists ${field} or ${field} ${op} ${value}`,
      },
    );
  });
}

/** `f != v` beside conditions that events without f meet: they are dropped in silence. */
function lintExclusion(
  cx: CheckContext,
  rule: RuleInfo,
  e: IrExpr,
  parts: readonly IrExpr[],
  asked: ReadonlySet<string>,
  events: readonly Extraction[],
  rows: IrRows & { readonly kind: "events" },
): void {
  if (!isExclusion(e)) return;
  const field = subjectOf(e);
  if (field === null || asked.has(field)) return;
  // What excludes one field by another, like src != dest, has no meaning without both.
  if (e.op === "!=" && e.right.op !== "const") return;
  const lacking = events.filter((x) =>
    !x.parseError && lacks(x, field) && cx.folder.holds(e, x) === false &&
    parts.every((c) => c === e || cx.folder.holds(c, x) !== false)
  );
  if (lacking.length === 0) return;
  const what = rows.from.dataset ?? rows.from.sourcetype ?? "any";
  const [first] = lacking;
  const all = cx.options.catalogue.sourcetypes.length > 0 && lacking.length === events.length;
  cx.lint(
    "negation_on_optional",
    rule.file,
    e.span,
    `This drops every event of ${what} without "${field}", such as those of ${first.sourcetype} ${first.pattern}`,
    {
      help: all
        ? `No pattern gives "${field}" here: remove the condition`
        : `Write not (${field} ${
          e.op === "!=" ? `== ${constText(e.right)}` : "in (…)"
        }) to keep them, or add exists ${field} if they shall go`,
    },
  );
}

const lacks = (x: Extraction, field: string): boolean =>
  !x.open && !Object.hasOwn(x.constants, field) && !x.captures.some((c) => c.name === field) &&
  !["host", "source", "sourcetype"].includes(field) && !field.startsWith("_");

function constText(e: IrExpr): string {
  if (e.op === "field") return e.name;
  if (e.op !== "const") return "…";
  return typeof e.value === "string" && e.type === "string" ? `"${e.value}"` : String(e.value);
}
