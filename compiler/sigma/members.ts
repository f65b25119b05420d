/** Rules that a correlation names: their rows as one source, and their fields under one name. */
import type { Span } from "../../grammar/ast.ts";
import type { From } from "../check/rows.ts";
import type { IrAssign, IrCommand, IrExpr, IrKey, IrRows, IrSource } from "../ir/program.ts";
import type { Type } from "../schema/types.ts";
import type { Named } from "./correlation.ts";
import { constant, joinExprs } from "./field_tests.ts";
import { freeName } from "./measure.ts";
import { either } from "./exprs.ts";
import { sameField } from "./rows.ts";
import { SigmaError } from "./yaml.ts";

/** A rule as what reads it sees it: events that it matches, or the signals of a correlation. */
export interface Member {
  /** Its name or id as written. */
  readonly name: string;
  readonly rows:
    | { readonly kind: "events"; readonly from: From; readonly match: IrExpr }
    | { readonly kind: "signal"; readonly rule: string };
  /** Tells its rows from those of others where several are read as signals. */
  readonly marked?: IrExpr;
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

/**
 * Members whose rows one source can have: as they are, or through a silent rule each that gives its
 * rows the names that are asked for.
 */
export function inOneSource(
  members: readonly Member[],
  asked: readonly Named[],
  span: Span,
  feedName: FeedName,
): { own: readonly Member[]; feeds: ReadonlyMap<string, Work> } {
  if (members.length === 1 || mergeable(members)) return { own: members, feeds: new Map() };
  const feeds = new Map<string, Work>();
  const mark = freeName("rule", asked.map((a) => a.name));
  const own = members.map((m, i): Member => {
    const name = feedName(i + 1);
    const number = constant(String(i + 1), span);
    const assigns = [...asked.map((a) => ({ name: a.name, expr: m.field(a.name, a.span) })), {
      name: mark,
      expr: number,
    }];
    feeds.set(name, {
      source: { kind: "from", rows: rowsOf(m, span) },
      commands: evalOf(assigns.filter(({ name, expr }) => !isField(expr, name)), span),
      types: typesOf(assigns.map((a) => [a.name, "string"] as const)),
    });
    const field = (name: string, at: Span): IrExpr => ({
      op: "field",
      name,
      type: "string",
      span: at,
    });
    const marked: IrExpr = {
      op: "==",
      left: field(mark, span),
      right: number,
      cs: false,
      type: "bool",
      span,
    };
    return { name: m.name, rows: { kind: "signal", rule: name }, marked, field };
  });
  return { own, feeds };
}

const isField = (e: IrExpr, name: string): boolean => e.op === "field" && e.name === name;

/** Whether one condition over events stands for all of them. */
const mergeable = (members: readonly Member[]): boolean => {
  const froms = members.map((m) => m.rows.kind === "events" ? m.rows.from : null);
  const same = froms.every((f) => JSON.stringify(f) === JSON.stringify(froms[0]));
  return same ? froms[0] !== null : froms.every((f) => f !== null && f.dataset === undefined);
};

export const typesOf = (fields: readonly (readonly [string, Type])[]) =>
  Object.fromEntries([["_time", "timestamp"] as const, ...fields]) as Record<string, Type>;

export const evalOf = (assigns: readonly IrAssign[], span: Span): IrCommand[] =>
  assigns.length === 0 ? [] : [{ kind: "eval", assigns, span }];

/** One source of the rows of all members. */
export function mergedRows(members: readonly Member[], span: Span): IrRows {
  const events = members.flatMap((m) => m.rows.kind === "events" ? [m.rows] : []);
  const signals = members.flatMap((m) => m.rows.kind === "signal" ? [m.rows.rule] : []);
  if (events.length === 0) return { kind: "signal", rules: signals, where: null, span };
  const [{ from }] = events;
  if (events.every((e) => JSON.stringify(e.from) === JSON.stringify(from))) {
    return { kind: "events", from, where: joinExprs("or", events.map((e) => e.match), span), span };
  }
  const where = joinExprs("or", events.map((e) => guarded(e.from, e.match, span)), span);
  return { kind: "events", from: { any: true }, where, span };
}

/** A condition on rows of everything that holds for rows of a source alone. */
function guarded({ sourcetype }: From, match: IrExpr, span: Span): IrExpr {
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
export function merged(members: readonly Member[], name: string, span: Span): IrExpr {
  const values = members.map((m) => m.field(name, span));
  if (values.every((v) => sameField(v, values[0]))) return values[0];
  return values.reduceRight((other, own, i) => {
    const { rows } = members[i];
    return rows.kind === "events" ? either(rows.match, own, other, span) : other;
  });
}

/** The keys, and what has to be set so that rows have them under their names. */
export function keysOf(
  members: readonly Member[],
  groupBy: readonly Named[],
): { by: IrKey[]; assigns: IrAssign[] } {
  const by: IrKey[] = [], assigns: IrAssign[] = [];
  for (const { name, span: at } of groupBy) {
    const expr = merged(members, name, at);
    if (expr.op !== "field") assigns.push({ name, expr });
    addKey(by, expr.op === "field" ? expr.name : name, at);
  }
  return { by, assigns };
}

export function addKey(by: IrKey[], field: string, span: Span): void {
  // Two names of Sigma may be one field of the log.
  if (by.some((k) => k.field === field)) return;
  if (by.length > 16) {
    throw new SigmaError("too_large", span, "Over 16 fields to group by", "Leave some out");
  }
  by.push({ field, type: "string", nullable: false });
}

export const rowsOf = ({ rows }: Member, span: Span): IrRows =>
  rows.kind === "events"
    ? { kind: "events", from: rows.from, where: rows.match, span }
    : { kind: "signal", rules: [rows.rule], where: null, span };
