/** The plan of a rule as text: what it reads, what feeds it, what it holds and how much of it. */
import { durationText } from "../grammar/literals.ts";
import type { Span } from "../grammar/ast.ts";
import { feeding } from "./check/rows.ts";
import { fold } from "./check/fold.ts";
import type { IrCommand, IrExpr, IrKey, IrRows, IrRule } from "./ir.ts";
import type { Catalogue, Extraction } from "./schema/types.ts";

/** Caps that the engine runs with. */
export interface Bounds {
  readonly keysPerRule: number;
  readonly rowsPerKey: number;
  /** Distinct values or percentile values that are held exactly. */
  readonly exact: number;
}

/** The rule's plan. `text` gives the source text of a span of the rule's file. */
export function explain(
  rule: IrRule,
  catalogue: Catalogue,
  bounds: Bounds,
  text: (span: Span) => string,
): string {
  const out: string[] = [`rule ${rule.name}`];
  const { alert, source } = rule;
  if (rule.title) out.push(`  title     ${rule.title}`);
  out.push(
    `  severity  ${
      typeof alert.severity === "string" ? alert.severity : text(alert.severity.span)
    }`,
  );
  if (rule.mitre.length) out.push(`  mitre     ${rule.mitre.join(", ")}`);
  out.push(`  plan      ${rule.planHash}`, "");
  if (source.kind === "from") out.push("reads", ...rows(source.rows, catalogue, text));
  else {
    out.push(
      `${source.kind} by ${keys(source.by)} within ${durationText(source.within)}`,
      ...source.steps.flatMap((s, i) => [
        `  step ${i + 1}${s.negated ? ", must not happen" : ""}${s.as ? `, as ${s.as}` : ""}`,
        ...rows(s.rows, catalogue, text).map((l) => "  " + l),
      ]),
    );
    if (source.until) {
      out.push("  until", ...rows(source.until, catalogue, text).map((l) => "  " + l));
    }
    out.push(
      `  holds per key: ${source.steps.length} partial matches at most, each for ${
        durationText(source.within)
      }; at most ${number(bounds.keysPerRule)} keys`,
    );
  }
  if (rule.commands.length) out.push("", "then");
  for (const c of rule.commands) out.push(...command(c, bounds, text));
  out.push("", "alerts");
  if (alert.text) {
    const parts = alert.text.map((p) => typeof p === "string" ? p : `{${text(p.span)}}`);
    out.push(`  text    ${parts.join("")}`);
  }
  if (alert.entity.length) out.push(`  entity  ${alert.entity.join(", ")}`);
  out.push(
    `  fields  ${
      Object.keys(rule.rowType).filter((f) => !f.startsWith("_")).slice(0, 40).join(", ")
    }`,
  );
  return out.join("\n") + "\n";
}

const number = (n: number) => n.toLocaleString("en-US");
const keys = (by: readonly IrKey[]) =>
  by.map((k) => (k.nullable ? "?" : "") + k.field).join(", ") || "nothing: one key for all";

function rows(r: IrRows, catalogue: Catalogue, text: (span: Span) => string): string[] {
  if (r.kind === "signal") {
    return [`  the signals of ${r.rule}${r.where ? ` where ${flat(text(r.where.span))}` : ""}`];
  }
  const name = r.from.any ? "any event" : r.from.dataset ?? r.from.sourcetype!;
  const out = [`  ${name}${r.where ? ` where ${flat(text(r.where.span))}` : ""}`];
  const feeds = feeding(catalogue, r.from);
  const conditions = conjuncts(r.where);
  const byType = new Map<
    string,
    { open: Extraction[]; always: Extraction[]; never: Extraction[] }
  >();
  for (const x of feeds) {
    const entry = byType.get(x.sourcetype) ?? { open: [], always: [], never: [] };
    byType.set(x.sourcetype, entry);
    const known = r.where ? fold(r.where, x) : true;
    (known === false ? entry.never : known === true ? entry.always : entry.open).push(x);
  }
  if (feeds.length === 0) out.push("    no loaded sourcetype feeds it");
  for (const [sourcetype, { open, always, never }] of byType) {
    out.push(
      `    ${sourcetype}: ${open.length + always.length} of ${
        open.length + always.length + never.length
      } patterns can match`,
    );
    for (const x of always) out.push(`      ${x.pattern}: every event`);
    for (const x of open) {
      const known = conditions.filter((c) => fold(c, x) === true);
      out.push(
        `      ${x.pattern}${
          known.length
            ? `: known before reading: ${known.map((c) => flat(text(c.span))).join("; ")}`
            : ""
        }`,
      );
    }
  }
  return out;
}

const conjuncts = (e: IrExpr | null): readonly IrExpr[] =>
  e === null ? [] : e.op === "and" ? e.args : [e];
const flat = (s: string) => s.replace(/\s+/g, " ");

function command(c: IrCommand, bounds: Bounds, text: (span: Span) => string): string[] {
  const perKey = (what: string) =>
    `    holds per key: ${what}; at most ${number(bounds.keysPerRule)} keys`;
  const source = `  ${flat(text(c.span))}`;
  switch (c.kind) {
    case "stats": {
      const held: string[] = [];
      if (c.window.kind === "sliding") {
        held.push(
          `times of at most ${number(bounds.rowsPerKey)} rows of the last ${
            durationText(c.window.ms)
          }`,
        );
      } else held.push(`the running window of ${durationText(c.window.ms)}`);
      for (const a of c.aggs) {
        if (a.fn === "dc" || a.fn === "values") {
          held.push(
            `${a.as}: ${number(bounds.exact)} values exactly${
              a.fn === "dc" ? ", then a sketch (2.3 % standard error)" : ", of which 100 are told"
            }`,
          );
        } else if (a.fn === "perc") {
          held.push(`${a.as}: ${number(bounds.exact)} values exactly, then a sketch (1 % error)`);
        }
      }
      return [source, perKey(held.join("; "))];
    }
    case "dedup":
      return [source, perKey(`one time, for ${durationText(c.within)}`)];
    case "first_seen":
      return [source, perKey(`one time, for ${durationText(c.history)}`)];
    case "throttle":
      return [source, perKey(`one time and one alert, for ${durationText(c.ms)}`)];
    case "baseline":
      return [source, perKey(`one value a window, for ${durationText(c.history)}`)];
    case "absent":
      return [source, perKey("one time and one timer")];
    default:
      return [source];
  }
}
