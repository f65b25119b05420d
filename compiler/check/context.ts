/** What all passes share: the names of every file, and where diagnostics go. */
import { LIVE_TABLES } from "../ir/live_tables.ts";
import type { Expr, File, LetDecl, ListDecl, RuleDecl, Span } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import type { IrExpr, IrRule, IrTable } from "../ir/program.ts";
import type { ListSetting, ParamSetting, Tuning } from "../ir/tuning.ts";
import type { Catalogue, ScalarType } from "../schema/types.ts";
import { ConstantFolder } from "../plan/fold.ts";
import type { Row } from "./rows.ts";
import { type ErrorName, ERRORS, type LintName, LINTS } from "./codes.ts";

export interface CheckOptions {
  readonly catalogue: Catalogue;
  readonly tables?: readonly IrTable[];
  /** Rules that another front end resolved, by name: their signals can be read. */
  readonly resolved?: ReadonlyMap<string, IrRule>;
  /** What the parser reported: rules with a syntax error are left out without a further word. */
  readonly syntaxErrors?: readonly Diagnostic[];
  /** Entries of the files that lists name (`list x = file "PATH"`), by `listFileKey`. */
  readonly listFiles?: ReadonlyMap<string, readonly string[]>;
  /** What users change of rules without editing them. */
  readonly tuning?: Tuning;
  /** The rows come to an end: what reaches over all of them needs no window, and they can be sorted. */
  readonly search?: boolean;
}

export interface ListInfo {
  readonly decl: ListDecl;
  readonly file: string;
  /** Null when its items have errors that were already reported. */
  type: ScalarType | null;
  values: readonly { readonly value: string | number | boolean; readonly cs: boolean }[];
  used: boolean;
}

export interface LetInfo {
  readonly decl: LetDecl;
  readonly file: string;
  used: boolean;
  /** Its errors do not hang on where it is used: said once. */
  broken: boolean;
}

export interface RuleInfo {
  readonly decl: RuleDecl;
  readonly file: string;
  failed: boolean;
  ir: IrRule | null;
  /** The rows that reach its alert; null before it is resolved. */
  row: Row | null;
  /** Lists that its expressions read. */
  readonly usedLists: Set<string>;
  /** Names of params that an expression read. */
  readonly usedParams: Set<string>;
  /** `where` expressions as written, with the rows that they filter, for the lints. */
  readonly allowed: Map<string, { used: boolean; span: Span }>;
}

export interface ParamInfo {
  readonly value: IrExpr;
}

/** Where an expression stands. */
export interface Env {
  readonly cx: CheckContext;
  readonly file: string;
  readonly row: Row;
  readonly params: ReadonlyMap<string, ParamInfo>;
  /** Lets that are being put in, outermost first, to find cycles. */
  readonly lets: readonly string[];
  /** The span that nodes of a let get: where the let is used. */
  readonly at: Span | null;
  /** True inside an aggregate's argument, where `gap()` has a meaning. */
  readonly inAggregate: boolean;
}

interface Extra {
  readonly help?: string;
  readonly suggestion?: string;
  readonly related?: Diagnostic["related"];
}

export interface CheckContext {
  readonly files: readonly File[];
  readonly options: CheckOptions;
  readonly lists: Map<string, ListInfo>;
  readonly lets: Map<string, LetInfo>;
  readonly rules: Map<string, RuleInfo>;
  readonly tables: Map<string, IrTable>;
  /** Those of them that a run knows and that something reads. */
  readonly live: Set<string>;
  readonly diagnostics: Diagnostic[];
  /** Settings that changed something. */
  readonly tuned: Set<ParamSetting | ListSetting>;
  /** What constants decide of a condition, as the plan has it. */
  readonly folder: ConstantFolder;
  /** Lints that checking came upon, each with its rule: made and judged when lints are asked for. */
  readonly pending: (() => void)[];
  /** Lints made so far; null until they are asked for. */
  lints: Diagnostic[] | null;
  /** Binds and types an expression; here, so that its parts can call it for theirs. */
  readonly resolve: (env: Env, e: Expr) => IrExpr;
  /** Expressions that stand for one with an error: nothing more is said about them. */
  readonly broken: WeakSet<IrExpr>;
  /** Constants that came from a param: a condition on them is not constant to its author. */
  readonly fromParam: WeakSet<IrExpr>;
  /** The rule that is being checked; an error marks it as failed. */
  rule: RuleInfo | null;
  error(name: ErrorName, file: string, span: Span, message: string, extra?: Extra): void;
  /** Reports a lint; while rules are being checked it is kept for later. */
  lint(name: LintName, file: string, span: Span, message: string, extra?: Extra): void;
  /** Keeps work that only lints need, such as a search for a name that is near. */
  later(report: () => void): void;
}

/** An empty context; diagnostics said twice about the same place are kept once. */
export function createContext(
  files: readonly File[],
  options: CheckOptions,
  resolve: CheckContext["resolve"],
): CheckContext {
  const diagnostics: Diagnostic[] = [];
  const seen = new Set<string>();
  const add = (d: Diagnostic, to: Diagnostic[]) => {
    const key = `${d.code} ${d.file} ${d.span.start} ${d.span.end} ${d.message}`;
    if (seen.has(key)) return;
    seen.add(key);
    to.push(d);
  };
  const tables = new Map([...LIVE_TABLES, ...options.tables ?? []].map((t) => [t.name, t]));
  const cx: CheckContext = {
    files,
    options,
    lists: new Map(),
    lets: new Map(),
    rules: new Map(),
    tables,
    live: new Set(),
    diagnostics,
    tuned: new Set(),
    folder: new ConstantFolder(tables),
    pending: [],
    lints: null,
    resolve,
    broken: new WeakSet(),
    fromParam: new WeakSet(),
    rule: null,
    error(name, file, span, message, extra) {
      if (cx.rule) cx.rule.failed = true;
      add({ code: ERRORS[name], level: "error", file, span, message, ...extra }, diagnostics);
    },
    later(report) {
      const rule = cx.rule;
      cx.pending.push(() => {
        cx.rule = rule;
        report();
      });
    },
    lint(name, file, span, message, extra) {
      const { lints } = cx;
      if (lints === null) return cx.later(() => cx.lint(name, file, span, message, extra));
      const allow = cx.rule?.allowed.get(name);
      if (allow) {
        allow.used = true;
        return;
      }
      add(
        { code: LINTS[name], level: "warning", lint: name, file, span, message, ...extra },
        lints,
      );
    },
  };
  return cx;
}

/** Diagnostics by file, in the order in which those were given, and by place. */
export function byPlace(files: readonly File[], found: readonly Diagnostic[]): Diagnostic[] {
  const order = new Map(files.map((f, i) => [f.name, i]));
  return [...found].sort((a, b) =>
    (order.get(a.file) ?? 0) - (order.get(b.file) ?? 0) || a.span.start - b.span.start ||
    a.span.end - b.span.end || (a.code < b.code ? -1 : 1)
  );
}

/** An expression in place of one that was reported. */
export function brokenExpr(cx: CheckContext, span: Span): IrExpr {
  const ir: IrExpr = { op: "const", value: false, type: "bool", span };
  cx.broken.add(ir);
  return ir;
}

/** Calls `visit` for the expression and every expression in it, outermost first. */
export function walkExpr(e: Expr, visit: (e: Expr) => void): void {
  visit(e);
  switch (e.kind) {
    case "listlit":
      return e.items.forEach((i) => walkExpr(i, visit));
    case "call":
      return e.args.forEach((i) => walkExpr(i, visit));
    case "unary":
      return walkExpr(e.arg, visit);
    case "binary":
    case "logic":
      walkExpr(e.left, visit);
      return walkExpr(e.right, visit);
    case "in":
      walkExpr(e.value, visit);
      return walkExpr(e.set, visit);
    case "texttest":
      walkExpr(e.value, visit);
      return walkExpr(e.needle, visit);
    case "like":
      walkExpr(e.value, visit);
      return walkExpr(e.pattern, visit);
    case "matches":
      return walkExpr(e.value, visit);
    case "cond":
      walkExpr(e.test, visit);
      walkExpr(e.then, visit);
      return walkExpr(e.else, visit);
    default:
      return;
  }
}

/** The tables that a program needs. */
export const tablesOf = ({ tables, live }: CheckContext): IrTable[] =>
  [...tables.values()].filter((t) => !t.live || live.has(t.name));
