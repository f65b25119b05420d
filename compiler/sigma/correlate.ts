/** Correlations and aggregations → sources and commands of the resolved program. */
import type { Span } from "../../grammar/ast.ts";
import type { From } from "../check/rows.ts";
import type {
  IrAssign,
  IrCommand,
  IrExpr,
  IrKey,
  IrRows,
  IrSource,
  IrStep,
} from "../ir/program.ts";
import type { Type } from "../schema/types.ts";
import type { Condition } from "./condition.ts";
import type { Correlation, Named } from "./correlation.ts";
import { constant, joinExprs } from "./field_tests.ts";
import { aggregateOf, freeName, limitsExpr, type Measure, windowOf } from "./measure.ts";
import { either, sameField } from "./rows.ts";
import { SigmaError } from "./yaml.ts";

/** A rule as what reads it sees it: events that it matches, or the signals of a correlation. */
export interface Member {
  /** Its name or id as written. */
  readonly name: string;
  readonly rows:
    | { readonly kind: "events"; readonly from: From; readonly match: IrExpr }
    | { readonly kind: "signal"; readonly rule: string };
  /** @throws {SigmaError} where its rows have no such field */
  field(name: string, span: Span): IrExpr;
}

/** What a rule does, and the fields that its alert has. */
export interface Work {
  readonly source: IrSource;
  readonly commands: readonly IrCommand[];
  readonly types: Readonly<Record<string, Type>>;
  /** Silent rules whose signals it reads, by their names. */
  readonly feeds?: ReadonlyMap<string, Work>;
}

/** A free name for a silent rule of a correlation, by the number of the rule that it names. */
export type FeedName = (nth: number) => string;

/** @throws {SigmaError} for what the program has no words for */
export function correlate(
  c: Correlation,
  members: readonly Member[],
  feedName: FeedName,
): Work {
  if (c.type === "temporal" || c.type === "temporal_ordered") {
    return temporal(c, members, feedName);
  }
  return measured(members, c.measure!, c.groupBy, c.timespan, c.place);
}

/** A measure of the events of all members. An event that several of them match is one event. */
export function measured(
  members: readonly Member[],
  measure: Measure,
  groupBy: readonly Named[],
  ms: number,
  span: Span,
): Work {
  const { by, assigns } = keysOf(members, groupBy, span);
  const keys = by.map((k) => k.field);
  const agg = aggregateOf(measure, keys, (name, at) => merged(members, name, at));
  const value: IrExpr = { op: "field", name: agg.as, type: agg.type, span: measure.span };
  return {
    source: { kind: "from", rows: mergedRows(members, span) },
    commands: [
      ...evalOf(assigns, span),
      { kind: "stats", aggs: [agg], by, window: windowOf(measure, ms), span: measure.span },
      {
        kind: "where",
        expr: limitsExpr(measure.limits, value, measure.span),
        span: measure.span,
      },
    ],
    types: typesOf([...by.map((k) => [k.field, k.type] as const), [agg.as, agg.type]]),
  };
}

const typesOf = (fields: readonly (readonly [string, Type])[]) =>
  Object.fromEntries([["_time", "timestamp"] as const, ...fields]) as Record<string, Type>;

const evalOf = (assigns: readonly IrAssign[], span: Span): IrCommand[] =>
  assigns.length === 0 ? [] : [{ kind: "eval", assigns, span }];

/** One source of the rows of all members. */
function mergedRows(members: readonly Member[], span: Span): IrRows {
  const events = members.flatMap((m) => m.rows.kind === "events" ? [m.rows] : []);
  const signals = members.flatMap((m) => m.rows.kind === "signal" ? [m.rows.rule] : []);
  if (events.length === 0) return { kind: "signal", rules: signals, where: null, span };
  if (signals.length > 0) throw mixed(span);
  const [{ from }] = events;
  if (events.every((e) => JSON.stringify(e.from) === JSON.stringify(from))) {
    return { kind: "events", from, where: joinExprs("or", events.map((e) => e.match), span), span };
  }
  const where = joinExprs("or", events.map((e) => guarded(e.from, e.match, span)), span);
  return { kind: "events", from: { any: true }, where, span };
}

const mixed = (span: Span) =>
  new SigmaError(
    "not_supported",
    span,
    "Events of rules and matches of correlations are not counted together",
    "Name rules alone or correlations alone; temporal takes both",
  );

/** A condition on rows of everything that holds for rows of a source alone. */
function guarded({ dataset, sourcetype }: From, match: IrExpr, span: Span): IrExpr {
  if (dataset !== undefined) {
    throw new SigmaError(
      "not_supported",
      span,
      `Events of the dataset ${dataset} are not counted together with those of another log source`,
      "Write a correlation for each, and one over their matches",
    );
  }
  if (sourcetype === undefined) return match;
  const test: IrExpr = {
    op: "==",
    left: { op: "field", name: "sourcetype", type: "string", span },
    right: constant(sourcetype, span),
    cs: false,
    type: "bool",
    span,
  };
  return joinExprs("and", [test, match], span);
}

/** A field of an event of whichever member matches it. */
function merged(members: readonly Member[], name: string, span: Span): IrExpr {
  const values = members.map((m) => m.field(name, span));
  if (values.every((v) => sameField(v, values[0]))) return values[0];
  return values.reduceRight((other, own, i) => {
    const { rows } = members[i];
    return rows.kind === "events" ? either(rows.match, own, other, span) : other;
  });
}

/** The keys, and what has to be set so that rows have them under their names. */
function keysOf(
  members: readonly Member[],
  groupBy: readonly Named[],
  span: Span,
): { by: IrKey[]; assigns: IrAssign[] } {
  const by: IrKey[] = [], assigns: IrAssign[] = [];
  for (const { name, span: at } of groupBy) {
    const expr = merged(members, name, at);
    if (expr.op !== "field") assigns.push({ name, expr });
    addKey(by, expr.op === "field" ? expr.name : name, at);
  }
  if (members.some((m) => m.rows.kind === "signal") && assigns.length > 0) {
    throw new SigmaError(
      "not_supported",
      span,
      "The correlations that it counts group by fields of different names",
      "Give them the same group-by fields, by aliases where the events' differ",
    );
  }
  return { by, assigns };
}

function addKey(by: IrKey[], field: string, span: Span): void {
  // Two names of Sigma may be one field of the log.
  if (by.some((k) => k.field === field)) return;
  if (by.length > 16) {
    throw new SigmaError("too_large", span, "Over 16 fields to group by", "Leave some out");
  }
  by.push({ field, type: "string", nullable: false });
}

/** Which rules matched in a time frame, in any order or in theirs. */
function temporal(c: Correlation, members: readonly Member[], feedName: FeedName): Work {
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
  return counted(c, members, wanted.limits);
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

const rowsOf = ({ rows }: Member, span: Span): IrRows =>
  rows.kind === "events"
    ? { kind: "events", from: rows.from, where: rows.match, span }
    : { kind: "signal", rules: [rows.rule], where: null, span };

/** Counts each rule's matches in a sliding window and asks which are there. */
function counted(c: Correlation, members: readonly Member[], measure: Measure | null): Work {
  const { by, assigns } = keysOf(members, c.groupBy, c.place);
  const taken = by.map((k) => k.field);
  const aggs = members.map((m, i) => {
    if (m.rows.kind === "signal") throw mixedTemporal(c.place);
    const as = freeName(`rule_${i + 1}`, taken);
    return { fn: "count", arg: m.rows.match, as, type: "int" } as const;
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

const mixedTemporal = (span: Span) =>
  new SigmaError(
    "not_supported",
    span,
    "Some of several correlations cannot be asked for",
    "Leave the condition out: all of them; or write a correlation for each choice",
  );

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
