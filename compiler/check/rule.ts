/** A rule as a whole: header, params, source, commands, alert. */
import type { AlertCommand, Command, Expr, HeaderField, StringLit } from "../../grammar/ast.ts";
import { parseExpression } from "../../grammar/mod.ts";
import { nearest } from "../../grammar/nearest.ts";
import {
  type IrAlert,
  type IrCommand,
  type IrExpr,
  type IrRule,
  type IrSource,
  type RuleChange,
  SEVERITIES,
  type Severity,
} from "../ir/program.ts";
import { placeText } from "../ir/tuning.ts";
import { planDigest } from "../ir/digest.ts";
import { fromSource, sequenceSource } from "./chain.ts";
import { command } from "./commands.ts";
import type { CheckContext, RuleInfo } from "./context.ts";
import { type Env, isBroken } from "./env.ts";
import { resolve } from "./expr.ts";
import { nameType } from "./fields.ts";
import { readHeaders, readParams } from "./header.ts";
import { NO_ROW } from "./rows.ts";
import { listText } from "./list_settings.ts";
import { paramSetting, paramText } from "./param_settings.ts";
import type { RuleOf } from "./source.ts";
import { severityNamed } from "./suggest.ts";
import { testsOf } from "./tests.ts";
import { aType } from "../schema/typing.ts";

/** Resolves one rule; null when it has an error. Its tests are resolved in any case. */
export function resolveRule(cx: CheckContext, info: RuleInfo, ruleOf: RuleOf): IrRule | null {
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
  const { commands, alert, env } = chainOf({ ...start, row: read.row }, decl.commands);
  const irAlert = alertOf(env, alert, headers.get("severity"));
  const tests = testsOf(env, info, read.source, env.row, ruleOf);
  if (info.failed) return null;
  info.row = env.row;
  const changes = changesOf(cx, info, commands);
  return {
    name: decl.name.name,
    file,
    span: decl.span,
    ...headerTexts(headers),
    ...(alert !== null && alert.text === null ? { silent: true } : {}),
    ...riskOfHeader(headers),
    source: read.source,
    commands,
    alert: irAlert,
    tests,
    signals: signalsOf(read.source),
    rowType: Object.fromEntries([...env.row.fields].filter(([n]) => n !== "_raw")),
    planHash: planDigest(
      read.source,
      commands,
      (name) => cx.rules.get(name)?.ir ?? cx.options.resolved?.get(name) ?? null,
    ),
    ...(changes.length > 0 ? { changes } : {}),
  };
}

/** Which params and lists of the rule have other values than its file says. */
function changesOf(
  cx: CheckContext,
  { decl, usedLists }: RuleInfo,
  commands: readonly IrCommand[],
): RuleChange[] {
  const { tuning } = cx.options;
  if (tuning === undefined) return [];
  const tables = commands.flatMap((c) =>
    c.kind === "lookup" ? [c.table] : c.kind === "absent" ? [c.expect] : []
  );
  return [
    ...decl.params.flatMap((p) => {
      const setting = paramSetting(tuning, decl.name.name, p.name.name);
      return setting ? [{ where: placeText(setting), what: paramText(setting) }] : [];
    }),
    ...tuning.lists.filter((l) => usedLists.has(l.name) || tables.includes(l.name))
      .map((l) => ({ where: placeText(l), what: listText(l) })),
  ];
}

/** The commands of a rule over the rows of its source, its alert apart; `env` has the last row. */
function chainOf(
  start: Env,
  written: readonly Command[],
): { commands: IrCommand[]; alert: AlertCommand | null; env: Env } {
  const { cx, file } = start;
  let env = start;
  const commands: IrCommand[] = [];
  let alert: AlertCommand | null = null;
  for (const c of written) {
    if (c.kind === "alert") {
      if (alert) {
        cx.error("repeated_header", file, c.span, "A rule has one alert", {
          help: "Join the two texts, or make two rules",
          related: [{ file, span: alert.span, message: "First here" }],
        });
      } else alert = c;
      continue;
    }
    const windows = commands.some((d) => d.kind === "stats" && d.window.kind !== "sliding");
    if (c.kind === "baseline" && !windows) {
      const message = "A baseline compares windows, and nothing before it makes them";
      cx.error("bad_baseline", file, c.span, message, {
        help: "Put stats … over tumbling 1h before it",
      });
    }
    const { ir, row } = command(env, c);
    if (ir && ir.kind !== "sort" && ir.kind !== "limit") commands.push(ir);
    env = { ...env, row };
  }
  return { commands, alert, env };
}

function headerTexts(headers: ReadonlyMap<string, HeaderField>) {
  const values = (key: string) => headers.get(key)?.values ?? [];
  const text = (key: string) => {
    const value = values(key)[0];
    return value?.kind === "string" ? value.value : "";
  };
  const texts = (key: string) =>
    values(key).map((v) => v.kind === "string" ? v.value : v.kind === "field" ? v.name : "");
  return {
    title: text("title"),
    description: text("description"),
    mitre: values("mitre").flatMap((v) => v.kind === "mitre" ? [v.id] : []),
    id: text("id"),
    status: texts("status")[0] ?? "",
    author: text("author"),
    license: text("license"),
    date: text("date"),
    modified: text("modified"),
    tags: texts("tags"),
    references: texts("references"),
    falsepositives: texts("falsepositives"),
    related: texts("related"),
  };
}

function riskOfHeader(headers: ReadonlyMap<string, HeaderField>): { readonly risk?: number } {
  const value = headers.get("risk")?.values[0];
  return value?.kind === "number" ? { risk: value.value } : {};
}

/** The rules whose alerts a source reads. */
function signalsOf(source: IrSource): string[] {
  const sources = source.kind === "from"
    ? [source.rows]
    : [...source.steps.map((s) => s.rows), ...(source.until ? [source.until] : [])];
  return [...new Set(sources.flatMap((rows) => rows.kind === "signal" ? rows.rules : []))];
}

function alertOf(env: Env, alert: AlertCommand | null, header: HeaderField | undefined): IrAlert {
  const { cx, file } = env;
  const written = alert?.severity ?? header?.values[0] ?? null;
  for (const name of alert?.entity ?? []) nameType(env, name.name, name.span);
  return {
    text: alert?.text ? textOf(env, alert.text) : null,
    severity: written ? severityOf(env, written) : "medium",
    entity: alert?.entity.map((n) => n.name) ?? [],
  };

  function severityOf(env: Env, e: Expr): IrExpr | Severity {
    const bare = e.kind === "field" || e.kind === "string"
      ? (e.kind === "field" ? e.name : e.value).toLowerCase()
      : null;
    if (bare !== null && (SEVERITIES as readonly string[]).includes(bare)) return bare as Severity;
    if (bare !== null && !env.params.has(bare) && !cx.lets.has(bare) && !env.row.fields.has(bare)) {
      const near = severityNamed(bare) ?? nearest(bare, SEVERITIES);
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
