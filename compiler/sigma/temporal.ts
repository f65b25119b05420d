/** Temporal correlations → steps in any order or in theirs, or counts of each rule's matches. */
import type { Span } from "../../grammar/ast.ts";
import type { IrExpr, IrKey, IrSource, IrStep } from "../ir/program.ts";
import type { Condition } from "./condition.ts";
import type { Correlation } from "./correlation.ts";
import { constant, joinExprs } from "./field_tests.ts";
import { freeName, limitsExpr, type Measure, windowOf } from "./measure.ts";
import {
  addKey,
  evalOf,
  type FeedName,
  inOneSource,
  keysOf,
  type Member,
  mergedRows,
  rowsOf,
  typesOf,
  type Work,
} from "./members.ts";
import { either } from "./exprs.ts";
import { sameField } from "./rows.ts";
import { SigmaError } from "./yaml.ts";

/** Which rules matched in a time frame, in any order or in theirs. */
export function temporal(c: Correlation, members: readonly Member[], feedName: FeedName): Work {
  const wanted = wantedOf(c, members.length);
  if (wanted.kind === "steps") return stepsOf(c, members, wanted, feedName);
  if (c.type === "temporal_ordered" && members.length > 1) {
    throw new SigmaError(
      "not_supported",
      c.condition?.span ?? c.measure!.span,
      "temporal_ordered takes all of its rules, in their order",
      "Leave the condition out, or write a correlation for each order",
    );
  }
  const { own, feeds } = inOneSource(members, c.groupBy, c.place, feedName);
  return { ...counted(c, own, wanted.limits), feeds };
}

type Wanted =
  /** All of some, and none of others: by their numbers. */
  | { kind: "steps"; positive: number[]; negative: number[] }
  /** Conditions on which of them matched; null: that of the correlation in words. */
  | { kind: "counted"; limits: Measure | null };

function wantedOf(c: Correlation, count: number): Wanted {
  const { measure, condition } = c;
  const all = [...Array(count).keys()];
  if (condition !== null) return wantedInWords(c, condition);
  if (count > 1 && (measure === null || asksForAll(measure, count))) {
    return { kind: "steps", positive: all, negative: [] };
  }
  return { kind: "counted", limits: measure };
}

/** Whether only all of them are enough. */
function asksForAll({ limits, span }: Measure, count: number): boolean {
  const holds = (n: number) =>
    limits.every(({ op, value }) =>
      ({
        ">": n > value,
        ">=": n >= value,
        "<": n < value,
        "<=": n <= value,
        "==": n === value,
        "!=": n !== value,
      })[op]
    );
  const enough = [...Array(count).keys()].map((n) => n + 1).filter(holds);
  if (enough.length === 0) {
    throw new SigmaError(
      "bad_condition",
      span,
      `The condition holds for no number of the ${count} rules`,
      `Write gte: ${count} for all of them, or leave it out`,
    );
  }
  return enough.length === 1 && enough[0] === count;
}

const numberOf = (c: Correlation, name: string) => c.rules.findIndex((r) => r.name === name);

function wantedInWords(c: Correlation, condition: Condition): Wanted {
  const { type, rules: { length: count } } = c;
  const parts = flatAnd(condition);
  const plain = parts.filter((p) => p.op === "selection");
  const without = parts.flatMap((p) => p.op === "not" && p.arg.op === "selection" ? [p.arg] : []);
  if (plain.length + without.length === parts.length && plain.length > 0 && count > 1) {
    const numbers = (list: readonly { readonly name: string }[]) => [
      ...new Set(list.map((p) => numberOf(c, p.name))),
    ];
    const positive = numbers(plain), negative = numbers(without);
    if (type !== "temporal_ordered" || positive.length === count) {
      if (positive.length > 1 || negative.length > 0) return { kind: "steps", positive, negative };
    }
  }
  if (hasNot(condition)) {
    throw new SigmaError(
      "not_supported",
      condition.span,
      "What must not happen can only stand beside rules that all must match",
      "Write A and B and not C, and a correlation for each alternative",
    );
  }
  return { kind: "counted", limits: null };
}

const flatAnd = (c: Condition): readonly Condition[] =>
  c.op === "and" ? c.args.flatMap(flatAnd) : [c];

const hasNot = (c: Condition): boolean =>
  c.op === "not" || ((c.op === "and" || c.op === "or") && c.args.some(hasNot));

function stepsOf(
  c: Correlation,
  members: readonly Member[],
  { positive, negative }: Extract<Wanted, { kind: "steps" }>,
  feedName: FeedName,
): Work {
  const chosen = [...positive, ...negative];
  const fields = chosen.map((i) => c.groupBy.map((g) => members[i].field(g.name, g.span)));
  const by: IrKey[] = [];
  const named = c.groupBy.map((g, k) => {
    const first = fields[0][k];
    const same = fields.every((f) => sameField(f[k], first));
    const name = same && first.op === "field" ? first.name : g.name;
    addKey(by, name, g.span);
    return same ? null : name;
  });
  const feeds = new Map<string, Work>();
  const steps = chosen.map((i, s): IrStep => {
    const span = c.rules[i]?.span ?? c.place;
    const assigns = named.flatMap((name, k) => name === null ? [] : [{ name, expr: fields[s][k] }]);
    let rows = rowsOf(members[i], span);
    if (assigns.length > 0) {
      const feed = feedName(i + 1);
      const keys = by.map((k) => [k.field, k.type] as const);
      const source: IrSource = { kind: "from", rows };
      feeds.set(feed, { source, commands: evalOf(assigns, span), types: typesOf(keys) });
      rows = { kind: "signal", rules: [feed], where: null, span };
    }
    return { negated: s >= positive.length, rows, as: null };
  });
  const kind = c.type === "temporal_ordered" ? "sequence" : "together";
  return {
    source: { kind, by, within: c.timespan, steps, until: null, span: c.place },
    commands: [],
    types: typesOf(by.map((k) => [k.field, k.type])),
    feeds,
  };
}

/** Counts each rule's matches in a sliding window and asks which are there. */
function counted(c: Correlation, members: readonly Member[], measure: Measure | null): Work {
  const { by, assigns } = keysOf(members, c.groupBy);
  const taken = by.map((k) => k.field);
  const aggs = members.map((m, i) => {
    const as = freeName(`rule_${i + 1}`, taken);
    const arg = m.rows.kind === "events" ? m.rows.match : m.marked ?? null;
    return { fn: "count", arg, as, type: "int" } as const;
  });
  const span = c.condition?.span ?? measure?.span ?? c.place;
  const there = aggs.map((a): IrExpr => ({
    op: ">",
    left: { op: "field", name: a.as, type: "int", span },
    right: constant(0, span),
    cs: false,
    type: "bool",
    span,
  }));
  const limits = measure?.limits ?? [{ op: ">=", value: members.length } as const];
  const expr = c.condition !== null
    ? overRules(c.condition, (name) => there[numberOf(c, name)])
    : limitsExpr(limits, sum(there, span), span);
  const window = windowOf({ fn: "count", limits: c.condition === null ? limits : [] }, c.timespan);
  return {
    source: { kind: "from", rows: mergedRows(members, c.place) },
    commands: [
      ...evalOf(assigns, c.place),
      { kind: "stats", aggs, by, window, span },
      { kind: "where", expr, span },
    ],
    types: typesOf([
      ...by.map((k) => [k.field, k.type] as const),
      ...aggs.map((a) => [a.as, a.type] as const),
    ]),
  };
}

/** How many of the conditions hold. */
function sum(tests: readonly IrExpr[], span: Span): IrExpr {
  const one = (test: IrExpr): IrExpr => ({
    ...either(test, constant(1, span), constant(0, span), span),
    type: "float",
  });
  return tests.map(one).reduce((left, right): IrExpr => ({
    op: "+",
    left,
    right,
    type: "float",
    span,
  }));
}

/** A condition in words on which rules matched. */
function overRules(c: Condition, there: (name: string) => IrExpr): IrExpr {
  switch (c.op) {
    case "selection":
      return there(c.name);
    case "not":
      throw new Error("A condition with not is made of steps");
    case "of":
      return limitsExpr([{ op: ">=", value: c.count }], sum(c.names.map(there), c.span), c.span);
    default:
      return joinExprs(c.op, c.args.map((a) => overRules(a, there)), c.span);
  }
}

/** An event and one of another selection of the same rule, in either order. */
export function near(first: Member, second: Member, ms: number, span: Span): Work {
  const steps = [first, second].map(({ rows }): IrStep => {
    if (rows.kind === "signal") throw new Error("A selection matches events");
    const { from, match } = rows;
    return { negated: false, rows: { kind: "events", from, where: match, span }, as: null };
  });
  return {
    source: { kind: "together", by: [], within: ms, steps, until: null, span },
    commands: [],
    types: typesOf([]),
  };
}
