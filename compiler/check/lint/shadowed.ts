/** Finds rules that never say more than another rule does. */
import type { IrCommand, IrExpr, IrRule } from "../../ir/program.ts";
import { commandText, exprText, rowsText, sourceText } from "../../ir/canonical.ts";
import { conjuncts } from "../../ir/walk.ts";
import { type Constraint, constraintOf } from "./constraints.ts";
import type { CheckContext, RuleInfo } from "../context.ts";

/** A condition that only drops rows, and what it asks of which value, where it is of that form. */
interface Filter {
  readonly constraint: Constraint | null;
  readonly subject: string;
}

interface Shape {
  readonly info: RuleInfo;
  readonly ir: IrRule;
  /** Source and commands but for the conditions of the filters that `filters` holds. */
  readonly frame: string;
  /** Conditions that only drop rows, with no state behind them but a throttle, by their text. */
  readonly filters: ReadonlyMap<string, Filter>;
  readonly severity: string;
}

/**
 * Reports a rule that fires only when another one does: same rows, same state, same severity, and
 * at least the other's conditions. Of two that say the same, the later one is named.
 */
export function lintShadowed(cx: CheckContext): void {
  const groups = new Map<string, Shape[]>();
  for (const info of cx.rules.values()) {
    if (info.ir === null || info.failed) continue;
    const shape = shapeOf(info, info.ir);
    const key = `${shape.frame} ${shape.severity}`;
    const group = groups.get(key);
    if (group) group.push(shape);
    else groups.set(key, [shape]);
  }
  for (const group of groups.values()) {
    const index = new CoverIndex(group);
    for (const [i, shape] of group.entries()) {
      const j = index.candidates(shape).find((j) =>
        j !== i && implies(shape, group[j]) && (j < i || !implies(group[j], shape))
      );
      if (j !== undefined) report(cx, shape, group[j]);
    }
  }
}

/**
 * The rules of a group by what a rule must have that one of them covers. A rule stands under one of
 * its conditions, the one that fewest share: under its text, or under what a stronger condition on the
 * same value would have.
 */
class CoverIndex {
  readonly #byKey = new Map<string, number[]>();
  /** Rules without a condition cover every other. */
  readonly #bare: number[] = [];

  constructor(group: readonly Shape[]) {
    const keys = group.map((s) => [...s.filters].map(([text, f]) => coverKeys(text, f)));
    const uses = new Map<string, number>();
    for (const key of keys.flat(2)) uses.set(key, (uses.get(key) ?? 0) + 1);
    const most = (list: readonly string[]) =>
      list.reduce((n, key) => Math.max(n, uses.get(key)!), 0);
    keys.forEach((filters, i) => {
      if (filters.length === 0) this.#bare.push(i);
      else {
        const rarest = filters.reduce((a, b) => most(b) < most(a) ? b : a);
        for (const key of rarest) {
          const list = this.#byKey.get(key);
          if (list) list.push(i);
          else this.#byKey.set(key, [i]);
        }
      }
    });
  }

  /** Indices, in order, of all rules that may cover this one. */
  candidates(shape: Shape): number[] {
    const found = new Set(this.#bare);
    for (const [text, filter] of shape.filters) {
      for (const key of givenKeys(text, filter)) {
        for (const i of this.#byKey.get(key) ?? []) found.add(i);
      }
    }
    return [...found].sort((a, b) => a - b);
  }
}

/** Keys of a condition that is wanted: a stronger one has one of them among its {@link givenKeys}. */
function coverKeys(text: string, { constraint, subject }: Filter): string[] {
  const keys = [`text ${text}`];
  if (constraint?.kind === "range") keys.push(`range ${subject}`);
  if (constraint?.kind === "one of") {
    for (const v of constraint.values) keys.push(`value ${JSON.stringify(v)} ${subject}`);
  }
  return keys;
}

function givenKeys(text: string, { constraint, subject }: Filter): string[] {
  const keys = [`text ${text}`];
  if (constraint?.kind === "range" || constraint?.kind === "one of") keys.push(`range ${subject}`);
  // A weaker set has all of its values, the first among them.
  if (constraint?.kind === "one of" && constraint.values.length > 0) {
    keys.push(`value ${JSON.stringify(constraint.values[0])} ${subject}`);
  }
  return keys;
}

function report(cx: CheckContext, shape: Shape, other: Shape): void {
  const name = shape.info.decl.name;
  const twice = implies(other, shape);
  cx.rule = shape.info;
  cx.lint(
    "shadowed_rule",
    shape.info.file,
    name.span,
    twice
      ? `"${name.name}" fires for the same events as "${other.ir.name}"`
      : `"${name.name}" fires only when "${other.ir.name}" fires too, with the same severity`,
    {
      help: twice
        ? "Remove one of them, or correct its conditions"
        : `Remove it, or give it a severity of its own`,
      related: [{
        file: other.info.file,
        span: other.info.decl.name.span,
        message: "The rule that covers it",
      }],
    },
  );
  cx.rule = null;
}

function shapeOf(info: RuleInfo, ir: IrRule): Shape {
  const lastState = ir.commands.findLastIndex((c) => c.kind !== "where" && c.kind !== "throttle");
  const filters = new Map<string, Filter>();
  const add = (e: IrExpr | null) => {
    for (const part of conjuncts(e)) {
      const constraint = constraintOf(part);
      const subject = constraint === null ? "" : exprText(constraint.subject);
      filters.set(exprText(part), { constraint, subject });
    }
  };
  const frame: string[] = [];
  const keep = (c: IrCommand, i: number) => {
    if (c.kind === "where" && i > lastState) add(c.expr);
    else if (c.kind !== "throttle") frame.push(commandText(c));
  };
  const { source } = ir;
  // With state behind it, a narrower source counts other things: it belongs to what must be equal.
  if (source.kind === "from" && lastState < 0) {
    frame.push(rowsText(source.rows, undefined, null));
    add(source.rows.where);
  } else frame.push(sourceText(source));
  ir.commands.forEach(keep);
  const { severity } = ir.alert;
  return {
    info,
    ir,
    frame: frame.join("\n"),
    filters,
    severity: typeof severity === "string" ? severity : exprText(severity),
  };
}

/** Whether every row that passes `a`'s filters passes `b`'s. */
function implies(a: Shape, b: Shape): boolean {
  for (const [key, wanted] of b.filters) {
    if (a.filters.has(key)) continue;
    if (![...a.filters.values()].some((given) => stronger(given, wanted))) return false;
  }
  return true;
}

/** `n >= 10` is stronger than `n >= 5`, `f == "a"` than `f in ("a", "b")`. */
function stronger(given: Filter, wanted: Filter): boolean {
  const [a, b] = [given.constraint, wanted.constraint];
  if (a === null || b === null || given.subject !== wanted.subject) return false;
  if (b.kind === "range" && a.kind === "range") {
    const low = a.from > b.from || (a.from === b.from && (a.open === true || b.open !== true));
    const high = a.to < b.to || (a.to === b.to && (a.open === true || b.open !== true));
    return low && high;
  }
  if (a.kind !== "one of") return false;
  if (b.kind === "one of" && a.cs === b.cs) return a.values.every((v) => b.values.includes(v));
  return b.kind === "range" &&
    a.values.every((v) =>
      typeof v === "number" && (b.open ? v > b.from && v < b.to : v >= b.from && v <= b.to)
    );
}
