/** What a rule or a step reads: datasets, sourcetypes, signals. */
import { EXAMPLE_SURROUNDINGS, within } from "../functions/surroundings.ts";
import type { Ident, Key, RowSource, Span } from "../../grammar/ast.ts";
import type { IrExpr, IrKey, IrRows } from "../ir/program.ts";
import { DATASETS } from "../schema/cim.ts";
import type { Type } from "../schema/types.ts";
import type { CheckContext } from "./context.ts";
import { type Env, isBroken } from "./env.ts";
import { ALERT_FIELDS, AN_ALERT } from "./alert_fields.ts";
import { condition } from "./expr.ts";
import { nameType, quotedField } from "./fields.ts";
import { feeding, type From, type Row, rowOf } from "./rows.ts";
import { nearest } from "../../grammar/nearest.ts";
import { unify } from "../schema/typing.ts";

/** Resolves the rule of a name first; null when it is unknown, failed or part of a cycle. */
export type RuleOf = (name: string, at: Span) => Row | null;

/** The rows of a source with its condition, and their type; null when that was reported. */
export function rowsOf(
  env: Env,
  source: RowSource,
  ruleOf: RuleOf,
): { rows: IrRows; row: Row } | null {
  const { cx, file } = env;
  const { name } = source;
  let row: Row;
  let from: From | null = null;
  const any = source.signal && isAny(name);
  if (any && source.more.length === 0) row = rowWith(ALERT_FIELDS, AN_ALERT);
  else if (source.signal) {
    const found = signalRow(env, source, ruleOf);
    if (found === null) return null;
    row = found;
  } else {
    from = name.quoted ? { sourcetype: name.name } : fromOf(cx, file, name.name, name.span);
    if (from === null) return null;
    row = rowOf(cx.options.catalogue, from);
  }
  let where: IrExpr | null = null;
  if (source.where) {
    where = condition({ ...env, row }, source.where);
    if (isBroken(env, where)) {
      return { rows: { kind: "events", from: { any: true }, where: null, span: source.span }, row };
    }
  }
  if (from === null) {
    const rules = any ? [] : [name, ...source.more].map((n) => n.name);
    const rows: IrRows = { kind: "signal", rules, where, span: source.span };
    return { rows: any ? { ...rows, any } : rows, row };
  }
  // What has an error says nothing yet about what can hold.
  // What is stored may have been read by other patterns than those of today.
  if (!cx.rule?.failed && !cx.options.search) reachable(env, from, where, name);
  return { rows: { kind: "events", from, where, span: source.span }, row };
}

/** `any` of `signal any`, which is no rule's name. */
const isAny = ({ name }: Ident): boolean => name.toLowerCase() === "any";

/** The row of a signal; of several, the fields that all of them have. Null when a rule was reported. */
function signalRow(env: Env, source: RowSource, ruleOf: RuleOf): Row | null {
  const { cx, file } = env;
  const names = [source.name, ...source.more];
  const rows: Row[] = [];
  let failed = false;
  const any = names.find(isAny);
  if (any !== undefined) {
    cx.error("unknown_signal", file, any.span, `"any" stands for every other rule, and alone`, {
      help: `Write signal any, or name the rules: signal ${
        names.filter((n) => !isAny(n)).map((n) => n.name).join(", ")
      }`,
    });
    return null;
  }
  for (const [i, { name, span }] of names.entries()) {
    const first = names.findIndex((n) => n.name === name);
    if (first < i) {
      cx.error("duplicate_name", file, span, `The signal "${name}" is named twice`, {
        help: "Remove one of them",
        related: [{ file, span: names[first].span, message: "First here" }],
      });
      failed = true;
      continue;
    }
    const row = ruleOf(name, span);
    if (row === null) failed = true;
    else rows.push(row);
  }
  if (failed) return null;
  if (rows.length === 1) return rows[0];
  const fields = new Map<string, Type>();
  for (const [name, type] of rows[0].fields) {
    let common: Type | null = type;
    for (const other of rows.slice(1)) {
      const its = other.fields.get(name);
      common = common === null || its === undefined ? null : unify(common, its);
    }
    if (common !== null) fields.set(name, common);
  }
  return rowWith(fields, `the row that signal ${names.map((n) => n.name).join(", ")} share`);
}

function fromOf(cx: CheckContext, file: string, name: string, at: Span): From | null {
  if (name.toLowerCase() === "any") return { any: true };
  const lower = name.toLowerCase();
  for (const dataset of DATASETS.keys()) if (dataset.toLowerCase() === lower) return { dataset };
  const sourcetypes = cx.options.catalogue.sourcetypes.map((s) => s.name);
  for (const sourcetype of sourcetypes) {
    if (sourcetype.toLowerCase() === lower) return { sourcetype };
  }
  const inside = [...DATASETS.keys()].filter((d) => d.toLowerCase().startsWith(lower + "."));
  const near = nearest(name, [...DATASETS.keys(), ...sourcetypes]);
  const isRule = cx.rules.has(name);
  cx.error("unknown_source", file, at, `Unknown dataset or sourcetype "${name}"`, {
    help: isRule
      ? `"${name}" is a rule: write signal ${name}`
      : inside.length
      ? `Read one of its parts: ${inside.join(", ")}`
      : near
      ? `Did you mean ${near}?`
      : `Datasets are Authentication, Web, Network_Traffic, Endpoint.Processes, Change …; sourcetypes are ${
        sourcetypes.join(", ")
      }`,
    ...(isRule ? { suggestion: `signal ${name}` } : near ? { suggestion: near } : {}),
  });
  return null;
}

/**
 * Whether any pattern's constants leave the condition open. A sourcetype whose every pattern refutes
 * it is known in full: an error. A dataset may be fed by a sourcetype that is not loaded, and so may
 * what stands between backticks: a lint.
 */
function reachable(
  { cx, file }: Env,
  from: From,
  where: IrExpr | null,
  { span: at, quoted = false }: Ident,
): void {
  if (from.any) return;
  const contradicted = () => {
    if (where === null) return;
    const feeds = feeding(cx.options.catalogue, from);
    // As if all that functions read were there: a rule is right whatever is configured where it is checked.
    const open = within(
      EXAMPLE_SURROUNDINGS,
      () => feeds.some((x) => cx.folder.holds(where, x) !== false),
    );
    if (feeds.length === 0 || open) return;
    const message = `No pattern of ${
      from.sourcetype ? "" : "the sourcetypes that feed "
    }${name} gives events of which this can hold`;
    const help =
      `The condition contradicts the constants of each of ${feeds.length} patterns: see \`explain\` for what they give`;
    if (from.sourcetype !== undefined && !quoted) {
      cx.error("never_fires", file, where.span, message, { help });
    } else cx.lint("no_sourcetype", file, where.span, message, { help });
  };
  const name = from.dataset ?? from.sourcetype!;
  const fed = feeding(cx.options.catalogue, from).length > 0;
  if (from.sourcetype !== undefined && fed) return contradicted();
  cx.later(() => {
    if (fed) return contradicted();
    cx.lint("no_sourcetype", file, at, `No loaded sourcetype gives events of ${name}`, {
      help: `Load one that does with --sourcetypes, or read another ${
        from.dataset === undefined ? "sourcetype" : "dataset"
      }`,
    });
  });
}

/** Keys by which state is kept; unknown ones are reported and left out. */
export function keysOf(env: Env, keys: readonly Key[]): IrKey[] {
  const out: IrKey[] = [];
  for (const key of keys) {
    const name = key.field.name;
    const before = out.find((k) => k.field === name);
    if (before) {
      env.cx.error("duplicate_name", env.file, key.span, `The key "${name}" stands twice`, {
        help: "Keep one of them",
      });
      continue;
    }
    if (key.field.quoted && !quotedField(env, key.field)) continue;
    const type = key.field.quoted ? "string" : nameType(env, name, key.field.span);
    if (type === null) continue;
    if (typeof type === "object") {
      env.cx.error("type_mismatch", env.file, key.span, `"${name}" is a list and cannot be a key`, {
        help: "Group by a field that has one value",
      });
      continue;
    }
    out.push({ field: name, type, nullable: key.nullable });
  }
  return out;
}

/** A row with exactly these fields, and the time. */
export function rowWith(fields: Iterable<readonly [string, Type]>, what: string): Row {
  return {
    fields: new Map<string, Type>([["_time", "timestamp"], ...fields]),
    open: false,
    openSteps: new Set(),
    what,
  };
}
