/** Searches: a source and commands that stand alone, checked as those of a rule are. */
import type { Command, File, Source, Span } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import type { IrCommand, IrSearch, IrSearchCommand } from "../ir/program.ts";
import { fromSource, sequenceSource } from "./chain.ts";
import { command } from "./commands.ts";
import {
  byPlace,
  type CheckContext,
  type CheckOptions,
  createContext,
  tablesOf,
} from "./context.ts";
import type { Env } from "./env.ts";
import { resolve } from "./expr.ts";
import { declareNames, resolveLists } from "./names.ts";
import { NO_ROW } from "./rows.ts";

/** A search as it is written. */
export interface ParsedSearch {
  /** The query, as diagnostics name it. */
  readonly file: File;
  readonly source: Source;
  readonly commands: readonly Command[];
}

export interface CheckedSearch {
  /** Null when there is an error. */
  readonly search: IrSearch | null;
  /** Errors, and warnings of fields that nothing declares. */
  readonly diagnostics: readonly Diagnostic[];
}

export interface SearchCheckOptions extends CheckOptions {
  /** Width of `timechart` without a `span`, ms. */
  readonly span: number;
  /** Zone by whose clock the buckets of `timechart` begin; UTC when left out. */
  readonly zone?: string;
  /** Files whose lists and lets the search may name. */
  readonly files?: readonly File[];
}

/** Commonest values that `top` gives when it does not say how many. */
const TOP = 10;

/** Checks a search. Rules are not among its sources: a search reads events. */
export function checkSearch(parsed: ParsedSearch, options: SearchCheckOptions): CheckedSearch {
  const { file } = parsed;
  const others = (options.files ?? []).map((f) => ({
    ...f,
    decls: f.decls.filter((d) => d.kind !== "rule"),
  }));
  const cx = createContext([file, ...others], { ...options, search: true }, resolve);
  declareNames(cx);
  resolveLists(cx);
  // What is wrong in other files is told where they are checked.
  const before = cx.diagnostics.length;
  const search = resolveSearch(cx, parsed, options);
  const errors = cx.diagnostics.slice(before);
  const diagnostics = byPlace([file], [...errors, ...undeclared(cx, file.name)]);
  return { search: errors.length > 0 ? null : search, diagnostics };
}

/** Names of fields that are near to one that is declared: where any field may be, nothing else tells them. */
function undeclared(cx: CheckContext, file: string): readonly Diagnostic[] {
  cx.lints = [];
  for (const report of cx.pending) report();
  return cx.lints.filter((d) => d.lint === "undeclared_field" && d.file === file);
}

function resolveSearch(
  cx: CheckContext,
  parsed: ParsedSearch,
  { span: width, zone }: SearchCheckOptions,
): IrSearch | null {
  const { source, file } = parsed;
  const start: Env = {
    cx,
    file: file.name,
    row: NO_ROW,
    params: new Map(),
    lets: [],
    at: null,
    inAggregate: false,
  };
  const noRules = (name: string, at: Span) => {
    cx.error("unknown_signal", file.name, at, `A search reads events, not alerts of "${name}"`, {
      help: "Read events, or look at the rule's alerts",
    });
    return null;
  };
  const any = (source.kind === "from" ? [source.row] : source.steps.map((s) => s.row))
    .find((r) => r.signal && r.name.name.toLowerCase() === "any");
  if (any !== undefined) return noRules("any", any.name.span);
  const read = source.kind === "from"
    ? fromSource(start, source.row, noRules)
    : sequenceSource(start, source, noRules);
  if (read === null) return null;
  let env: Env = { ...start, row: read.row };
  const commands: (IrCommand | IrSearchCommand)[] = [];
  const written = parsed.commands.flatMap((c) => plain(c, width).map((p) => [p, c] as const));
  for (const [c, { kind }] of written) {
    if (c.kind === "alert") {
      cx.error("bad_search", file.name, c.span, "A search raises no alert", {
        help: "Remove it, or make a rule of the search",
      });
      continue;
    }
    const { ir, row } = command(env, c);
    if (ir) commands.push(kind === "timechart" ? inZone(ir, zone) : ir);
    env = { ...env, row };
  }
  return {
    source: read.source,
    commands,
    rowType: Object.fromEntries(env.row.fields),
    open: env.row.open,
    tables: tablesOf(cx),
  };
}

/** A chart's windows by the clock of a zone. */
function inZone(c: IrCommand | IrSearchCommand, zone: string | undefined) {
  if (zone === undefined || c.kind !== "stats" || c.window.kind !== "tumbling") return c;
  return { ...c, window: { ...c.window, zone } };
}

/** `top` and `timechart` by the commands that they stand for. */
function plain(c: Command, width: number): readonly Command[] {
  const { span } = c;
  if (c.kind === "top") {
    const count = { span, name: "count" };
    return [
      {
        kind: "stats",
        aggs: [{ call: { kind: "call", fn: count, args: [], span }, as: count }],
        by: c.fields.map((field) => ({ field, nullable: false, span: field.span })),
        window: null,
        span,
      },
      { kind: "sort", keys: [{ field: count, descending: true, span }], span },
      { kind: "limit", count: c.count ?? TOP, span },
    ];
  }
  if (c.kind !== "timechart") return [c];
  const length = c.width ?? { kind: "duration", ms: width, text: "", span } as const;
  return [
    {
      kind: "stats",
      aggs: c.aggs,
      by: c.by,
      window: { kind: "tumbling", length, max: null, span },
      span,
    },
    {
      kind: "sort",
      keys: [{ field: { name: "_time", span }, descending: false, span }],
      span,
    },
  ];
}
