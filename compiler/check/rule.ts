/** A rule as a whole: header, params, source, commands, alert. */
import { createHash } from "node:crypto";
import type {
  AlertCommand,
  Expr,
  HeaderField,
  SequenceSource,
  StringLit,
} from "../../grammar/ast.ts";
import { parseExpression } from "../../grammar/mod.ts";
import {
  type IrAlert,
  type IrCommand,
  type IrExpr,
  type IrRule,
  type IrSource,
  type IrStep,
  SEVERITIES,
  type Severity,
} from "../ir.ts";
import type { ScalarType, Type } from "../schema/types.ts";
import { command } from "./commands.ts";
import type { Context, RuleInfo } from "./context.ts";
import { type Env, isBroken, type ParamInfo } from "./env.ts";
import { nameType, resolve } from "./expr.ts";
import { NO_ROW, TYPE_NAMES } from "./names.ts";
import { fieldType, type Row } from "./rows.ts";
import { rowsOf, rowWith, type RuleOf } from "./source.ts";
import { nearest } from "../../grammar/nearest.ts";
import { testsOf } from "./tests.ts";
import { assignable, aType } from "./types.ts";

const HEADERS = [
  "title",
  "description",
  "severity",
  "mitre",
  "author",
  "references",
  "tags",
  "status",
];

/** Resolves one rule; null when it has an error. Its tests are resolved in any case. */
export function resolveRule(cx: Context, info: RuleInfo, ruleOf: RuleOf): IrRule | null {
  const { decl, file } = info;
  cx.rule = info;
  // Half a rule would be told of errors that its other half does not have.
  const torn = cx.options.syntaxErrors?.some((d) =>
    d.level === "error" && d.file === file && d.span.start >= decl.span.start &&
    d.span.start <= decl.span.end
  );
  if (torn) {
    info.failed = true;
    return null;
  }
  const headers = readHeaders(cx, info);
  for (const allow of decl.allows) {
    if (allow.reason?.value.trim()) continue;
    cx.error("no_reason", file, allow.span, `"allow ${allow.lint.name}" gives no reason`, {
      help: `Say why: allow ${allow.lint.name} "…"`,
    });
  }
  const params = readParams(cx, info);
  const start: Env = { cx, file, row: NO_ROW, params, lets: [], at: null, inAggregate: false };
  if (!decl.source) {
    cx.error("no_source", file, decl.name.span, `The rule "${decl.name.name}" reads nothing`, {
      help: "Begin it with from DATASET where …, sequence … or together …",
    });
    info.failed = true;
    return null;
  }
  const read = decl.source.kind === "from"
    ? fromSource(start, decl.source.row, ruleOf)
    : sequenceSource(start, decl.source, ruleOf);
  if (read === null) {
    // What the row has is not known, but a severity that does not exist is wrong over any row.
    alertOf({ ...start, row: { ...NO_ROW, open: true } }, null, headers.get("severity"));
    info.failed = true;
    return null;
  }
  let env: Env = { ...start, row: read.row };
  const commands: IrCommand[] = [];
  let alert: AlertCommand | null = null;
  for (const c of decl.commands) {
    if (c.kind === "alert") {
      if (alert) {
        cx.error("repeated_header", file, c.span, "A rule has one alert", {
          help: "Join the two texts, or make two rules",
          related: [{ file, span: alert.span, message: "First here" }],
        });
      } else alert = c;
      continue;
    }
    if (
      c.kind === "baseline" &&
      !commands.some((d) => d.kind === "stats" && d.window.kind !== "sliding")
    ) {
      cx.error(
        "bad_baseline",
        file,
        c.span,
        "A baseline compares windows, and nothing before it makes them",
        {
          help: "Put stats … over tumbling 1h before it",
        },
      );
    }
    const { ir, row } = command(env, c);
    if (ir) commands.push(ir);
    env = { ...env, row };
  }
  const irAlert = alertOf(env, alert, headers.get("severity"));
  const tests = testsOf(env, info, read.source, env.row, ruleOf);
  if (info.failed) return null;
  const text = (key: string) => {
    const value = headers.get(key)?.values[0];
    return value?.kind === "string" ? value.value : "";
  };
  const texts = (key: string) =>
    (headers.get(key)?.values ?? []).map((v) =>
      v.kind === "string" ? v.value : v.kind === "field" ? v.name : ""
    );
  const name = decl.name.name;
  const signals = new Set<string>();
  const sources = read.source.kind === "from"
    ? [read.source.rows]
    : [...read.source.steps.map((s) => s.rows), ...(read.source.until ? [read.source.until] : [])];
  for (const rows of sources) if (rows.kind === "signal") signals.add(rows.rule);
  return {
    name,
    file,
    span: decl.span,
    title: text("title"),
    description: text("description"),
    mitre: (headers.get("mitre")?.values ?? []).flatMap((v) => v.kind === "mitre" ? [v.id] : []),
    tags: texts("tags"),
    references: texts("references"),
    author: text("author"),
    source: read.source,
    commands,
    alert: irAlert,
    tests,
    signals: [...signals],
    rowType: Object.fromEntries([...env.row.fields].filter(([n]) => n !== "_raw")),
    planHash: planHash(read.source, commands),
  };
}

/** What state hangs on: source and commands, whatever their place, text or layout. */
function planHash(source: IrSource, commands: readonly IrCommand[]): string {
  const text = JSON.stringify(
    [source, commands],
    (key, value) => key === "span" ? undefined : value,
  );
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

function readHeaders(cx: Context, info: RuleInfo): Map<string, HeaderField> {
  const { decl, file } = info;
  const out = new Map<string, HeaderField>();
  for (const h of decl.header) {
    const key = h.key.name.toLowerCase();
    if (!HEADERS.includes(key)) {
      const near = nearest(key, HEADERS);
      cx.error("unknown_header", file, h.key.span, `Unknown header "${h.key.name}"`, {
        help: near
          ? `Did you mean ${near}?`
          : `The headers are ${HEADERS.join(", ")}, param and allow`,
        ...(near ? { suggestion: near } : {}),
      });
      continue;
    }
    const before = out.get(key);
    if (before) {
      cx.error("repeated_header", file, h.span, `"${key}" stands twice`, {
        help: "Keep one of them",
        related: [{ file, span: before.span, message: "First here" }],
      });
      continue;
    }
    out.set(key, h);
    if (key === "severity") continue;
    for (const v of h.values) {
      const good = key === "mitre"
        ? v.kind === "mitre"
        : key === "tags" || key === "status"
        ? v.kind === "string" || v.kind === "field"
        : v.kind === "string";
      if (good) continue;
      cx.error(
        "bad_header",
        file,
        v.span,
        key === "mitre" ? "After mitre come ids of techniques" : `${key} takes text`,
        {
          help: key === "mitre"
            ? "Write them as T1110.001, T1078, without quotes"
            : `Write ${key} "…"`,
        },
      );
    }
  }
  return out;
}

function readParams(cx: Context, info: RuleInfo): Map<string, ParamInfo> {
  const { decl, file } = info;
  const out = new Map<string, ParamInfo>();
  for (const p of decl.params) {
    const name = p.name.name;
    if (out.has(name)) {
      cx.error("duplicate_name", file, p.name.span, `The param "${name}" is declared twice`, {
        help: "Rename one of them",
      });
      continue;
    }
    let value = resolve({
      cx,
      file,
      row: NO_ROW,
      params: out,
      lets: [],
      at: null,
      inAggregate: false,
    }, p.value);
    if (!isBroken({ cx } as Env, value)) {
      if (value.op !== "const") {
        cx.error("not_constant", file, p.value.span, `The param "${name}" needs a constant`, {
          help: "Write the value itself",
        });
        cx.broken.add(value);
      } else if (p.type) value = typed(cx, info, p.type.name, p.type.span, value, p.value);
    }
    out.set(name, { value });
  }
  return out;
}

function typed(
  cx: Context,
  info: RuleInfo,
  written: string,
  at: { start: number; end: number },
  value: IrExpr,
  e: Expr,
): IrExpr {
  const list = /^list<(\w+)>$/i.exec(written)?.[1];
  const name = (list ?? written).toLowerCase() as ScalarType;
  if (!TYPE_NAMES.includes(name)) {
    const near = nearest(name, TYPE_NAMES);
    cx.error("bad_header", info.file, at, `Unknown type "${written}"`, {
      help: near ? `Did you mean ${near}?` : `Give one of ${TYPE_NAMES.join(", ")}`,
      ...(near ? { suggestion: near } : {}),
    });
    cx.broken.add(value);
    return value;
  }
  const type: Type = list ? { list: name } : name;
  if (assignable(value.type, type)) return { ...value, type };
  cx.error(
    "type_mismatch",
    info.file,
    e.span,
    `The param is ${aType(type)}, its value is ${aType(value.type)}`,
    {
      help: "Correct the value or the type",
    },
  );
  cx.broken.add(value);
  return value;
}

type Read = { source: IrSource; row: Row };

function fromSource(env: Env, row: Parameters<typeof rowsOf>[1], ruleOf: RuleOf): Read | null {
  const read = rowsOf(env, row, ruleOf);
  return read && { source: { kind: "from", rows: read.rows }, row: read.row };
}

function sequenceSource(env: Env, s: SequenceSource, ruleOf: RuleOf): Read | null {
  const { cx, file } = env;
  const steps: IrStep[] = [];
  const rows: { row: Row; at: SequenceSource["steps"][number] }[] = [];
  let failed = false;
  for (const step of s.steps) {
    const read = rowsOf(env, step.row, ruleOf);
    if (!read) {
      failed = true;
      continue;
    }
    steps.push({ negated: step.negated, rows: read.rows, as: step.as?.name ?? null });
    rows.push({ row: read.row, at: step });
  }
  const until = s.until ? rowsOf(env, s.until, ruleOf) : null;
  const positive = s.steps.filter((x) => !x.negated);
  if (positive.length === 0 || s.steps.length < 2) {
    cx.error(
      "bad_sequence",
      file,
      s.span,
      `A ${s.kind} needs ${positive.length === 0 ? "a step that happens" : "two steps or more"}`,
      {
        help: positive.length === 0
          ? "Add a step without !"
          : "Add a step, or read one source with from",
      },
    );
    failed = true;
  } else if (s.kind === "sequence" && s.steps[0].negated) {
    cx.error(
      "bad_sequence",
      file,
      s.steps[0].span,
      "Nothing comes before the first step that it could forbid",
      {
        help: "Put the ! step after the step that begins the sequence",
      },
    );
    failed = true;
  }
  if (!s.within) {
    const trailing = s.steps.at(-1)?.negated;
    cx.error(
      trailing ? "trailing_negation" : "unbounded_state",
      file,
      s.span,
      trailing
        ? "A ! at the end can only be known to hold when a time has passed"
        : `The ${s.kind} has no time limit: half of it would be kept for ever`,
      {
        help: `Write ${s.kind} by … within 15m { … }`,
      },
    );
    failed = true;
  }
  if (s.by.length === 0) {
    cx.error(
      "bad_sequence",
      file,
      s.span,
      `The ${s.kind} has no key: steps of any two hosts would join`,
      {
        help: `Say what the steps share: ${s.kind} by src within 15m { … }`,
      },
    );
    failed = true;
  }
  const keys = new Map<string, Type>();
  for (const key of s.by) {
    const name = key.field.name;
    const lacking = rows.filter((r) => fieldType(r.row, name) === null);
    if (lacking.length === rows.length) {
      nameType({ ...env, row: rows[0]?.row ?? NO_ROW }, name, key.field.span);
    } else if (lacking.length) {
      const [{ row, at }] = lacking;
      cx.error(
        "key_not_in_step",
        file,
        at.row.name.span,
        `The key "${name}" is not in this step: ${row.what} has no such field`,
        {
          help: "Join by a field that all steps have, or let the step read something else",
          related: [{ file, span: key.span, message: `The key "${name}"` }],
        },
      );
    } else {
      keys.set(name, fieldType(rows[0].row, name)!);
      continue;
    }
    failed = true;
  }
  if (failed || (s.until && !until)) return null;
  const fields: [string, Type][] = [...keys];
  const openSteps = new Set<string>();
  for (const { row, at } of rows) {
    if (!at.as) continue;
    const as = at.as.name;
    if (rows.some((r) => r.at !== at && r.at.as?.name === as)) {
      cx.error("duplicate_name", file, at.as.span, `Two steps are called "${as}"`, {
        help: "Rename one of them",
      });
    }
    if (row.open) openSteps.add(as);
    for (const [name, type] of row.fields) fields.push([`${as}.${name}`, type]);
  }
  const by = s.by.map((k) => ({
    field: k.field.name,
    type: keys.get(k.field.name)!,
    nullable: k.nullable,
  }));
  return {
    source: {
      kind: s.kind,
      by,
      within: s.within!.ms,
      steps,
      until: until?.rows ?? null,
      span: s.span,
    },
    row: { ...rowWith(fields, `the row after ${s.kind}`), openSteps },
  };
}

function alertOf(env: Env, alert: AlertCommand | null, header: HeaderField | undefined): IrAlert {
  const { cx, file } = env;
  const written = alert?.severity ?? header?.values[0] ?? null;
  for (const name of alert?.entity ?? []) nameType(env, name.name, name.span);
  return {
    text: alert ? textOf(env, alert.text) : null,
    severity: written ? severityOf(env, written) : "medium",
    entity: alert?.entity.map((n) => n.name) ?? [],
  };

  function severityOf(env: Env, e: Expr): IrExpr | Severity {
    const bare = e.kind === "field" || e.kind === "string"
      ? (e.kind === "field" ? e.name : e.value).toLowerCase()
      : null;
    if (bare !== null && (SEVERITIES as readonly string[]).includes(bare)) return bare as Severity;
    if (bare !== null && !env.params.has(bare) && !cx.lets.has(bare) && !env.row.fields.has(bare)) {
      const near = nearest(bare, SEVERITIES);
      cx.error("bad_header", file, e.span, `Unknown severity "${bare}"`, {
        help: near ? `Did you mean ${near}?` : `Give one of ${SEVERITIES.join(", ")}`,
        ...(near ? { suggestion: near } : {}),
      });
      return "medium";
    }
    const ir = resolve(env, e);
    if (isBroken(env, ir)) return "medium";
    if (ir.type !== "severity") {
      cx.error(
        "bad_header",
        file,
        e.span,
        `The severity is one of ${SEVERITIES.join(", ")}, this is ${aType(ir.type)}`,
        {
          help: "Write a name, or if(condition, high, medium)",
        },
      );
      return "medium";
    }
    return ir;
  }
}

/** The parts of an alert's text. `{{` and `}}` are braces. */
function textOf(env: Env, text: StringLit): (string | IrExpr)[] {
  const { cx, file } = env;
  const out: (string | IrExpr)[] = [];
  const source = text.value;
  // Where an expression stands in the file is known when nothing before it is escaped.
  const raw = cx.files.find((f) => f.name === file)!.text.slice(text.span.start, text.span.end);
  const quote = text.block ? 3 : 1;
  const exact = raw.slice(quote, quote + source.length) === source;
  let plain = "";
  const flush = () => {
    if (plain) out.push(plain);
    plain = "";
  };
  for (let i = 0; i < source.length; i++) {
    const c = source[i];
    if ((c === "{" || c === "}") && source[i + 1] === c) {
      plain += c;
      i++;
      continue;
    }
    if (c === "}") {
      cx.error("bad_header", file, text.span, 'The alert text has a "}" without its "{"', {
        help: "Write }} for a brace",
      });
      return [];
    }
    if (c !== "{") {
      plain += c;
      continue;
    }
    const end = source.indexOf("}", i);
    if (end < 0) {
      cx.error("bad_header", file, text.span, 'The alert text has a "{" without its "}"', {
        help: "Close it, or write {{ for a brace",
      });
      return [];
    }
    flush();
    const at = exact ? text.span.start + quote + i + 1 : text.span.start;
    const { expr, diagnostics } = parseExpression(source.slice(i + 1, end), at, file);
    for (const d of diagnostics) {
      cx.diagnostics.push(exact ? d : { ...d, span: text.span });
      if (cx.rule) cx.rule.failed = true;
    }
    if (expr) out.push(resolve(exact ? env : { ...env, at: text.span }, expr));
    i = end;
  }
  flush();
  return out;
}
