/** Resolved rules as text of SDL, in the formatter's style: comments first, then the rule. */
import type { File } from "../../grammar/ast.ts";
import { format } from "../../grammar/format.ts";
import { durationText } from "../../grammar/literals.ts";
import { parse } from "../../grammar/mod.ts";
import { visible } from "../../grammar/visible.ts";
import { feeding, fieldType, type Row, rowOf } from "../check/rows.ts";
import type { IrCommand, IrExpr, IrKey, IrRows, IrRule, IrText, IrWindow } from "../ir/program.ts";
import { ConstantFolder } from "../plan/fold.ts";
import { DATASETS } from "../schema/cim.ts";
import type { Catalogue, Type } from "../schema/types.ts";
import { exprText, isPlainName, quotedName, stringText, type TypeOf, Unwritable } from "./expr.ts";

export { Unwritable } from "./expr.ts";

/**
 * The text of one rule, formatted. It has no params, lists or lets any more: they are put in.
 * @param comments lines above it, without their `#`
 * @throws {Unwritable} when SDL has no words for a part of it
 */
export function ruleText(
  rule: IrRule,
  catalogue: Catalogue,
  comments: readonly string[] = [],
): string {
  const text = [
    ...comments.map((c) => `# ${visible(c.replace(/\s+/g, " "))}`),
    `rule ${rule.name} {`,
    ...headers(rule),
    ...new RulePrinter(rule, catalogue).lines(),
    "}",
  ].join("\n") + "\n";
  const { file, diagnostics } = parse(text, rule.name);
  const wrong = diagnostics.find((d) => d.level === "error");
  if (wrong !== undefined) throw new Unwritable(`SDL does not read it: ${wrong.message}`);
  return format(file as File);
}

/** Fields of the header by how many values they take, in the order of the reference. */
const ONE = ["id", "status", "author", "license", "date", "modified"] as const;
const SEVERAL = ["references", "falsepositives", "related", "tags"] as const;

function headers(rule: IrRule): string[] {
  const texts = (key: string, values: readonly string[]) =>
    values.length === 0 ? [] : [`${key} ${values.map((v) => stringText(v)).join(", ")}`];
  const { severity } = rule.alert;
  return [
    ...texts("title", [rule.title]),
    ...rule.description === "" ? [] : texts("description", [rule.description]),
    ...typeof severity === "string" ? [`severity ${severity}`] : [],
    ...rule.mitre.length === 0 ? [] : [`mitre ${rule.mitre.join(", ")}`],
    ...ONE.flatMap((key) => rule[key] === "" ? [] : texts(key, [rule[key]])),
    ...SEVERAL.flatMap((key) => texts(key, rule[key])),
  ];
}

class RulePrinter {
  constructor(readonly rule: IrRule, readonly catalogue: Catalogue) {}

  lines(): string[] {
    const { source, commands, alert } = this.rule;
    const out: string[] = [];
    // Behind a command that makes rows of its own, a name means what the last rows have.
    let typeOf: TypeOf = (name) => this.rule.rowType[name] ?? null;
    if (source.kind === "from") {
      const row = this.#row(source.rows);
      if (row !== null) typeOf = (name) => fieldType(row, name);
      out.push(`from ${this.#rows(source.rows)}`);
    } else {
      out.push(
        `${source.kind}${source.by.length === 0 ? " by *" : this.#keys(source.by, typeOf)} within ${
          durationText(source.within)
        } {`,
      );
      for (const step of source.steps) {
        const as = step.as === null ? "" : ` as ${step.as}`;
        out.push(`${step.negated ? "! " : ""}${this.#rows(step.rows)}${as}`);
      }
      if (source.until !== null) out.push(`until ${this.#rows(source.until)}`);
      out.push("}");
    }
    for (const c of commands) {
      out.push(`| ${this.#command(c, typeOf)}`);
      if (c.kind === "stats") typeOf = this.#after(c, typeOf);
    }
    if (this.rule.silent) out.push("| alert none");
    if (alert.text !== null) {
      const severity = typeof alert.severity === "string"
        ? ""
        : ` severity ${exprText(alert.severity, typeOf)}`;
      const entity = alert.entity.length === 0 ? "" : ` entity ${alert.entity.join(", ")}`;
      out.push(`| alert ${this.#message(alert.text, typeOf)}${severity}${entity}`);
    }
    return out;
  }

  /** The rows of an input; null of signals. */
  #row(rows: IrRows): Row | null {
    return rows.kind === "events" ? rowOf(this.catalogue, rows.from) : null;
  }

  #rows(rows: IrRows): string {
    let what: string;
    const row = this.#row(rows);
    if (rows.kind === "signal") what = `signal ${rows.any ? "any" : rows.rules.join(", ")}`;
    else {
      const { any, dataset, sourcetype } = rows.from;
      what = any ? "any" : dataset ?? this.#sourcetype(sourcetype!, rows.where);
    }
    if (rows.where === null) return what;
    const typeOf: TypeOf = row === null
      ? (name) => this.rule.rowType[name] ?? null
      : (name) => fieldType(row, name);
    return `${what} where ${exprText(rows.where, typeOf)}`;
  }

  /** Between backticks where SDL would refuse it: what is not loaded, or cannot hold. */
  #sourcetype(name: string, where: IrExpr | null): string {
    const fed = feeding(this.catalogue, { sourcetype: name });
    const folder = new ConstantFolder(new Map());
    const known = this.catalogue.sourcetypes.some((s) => s.name === name) &&
      (where === null || fed.length === 0 || fed.some((x) => folder.holds(where, x) !== false));
    const plain = known && !DATASETS.has(name) && name.split(":").every(isPlainName) &&
      !/^(?:signal|where|as|until|any)$/i.test(name);
    return plain ? name : quotedName(name);
  }

  #keys(by: readonly IrKey[], typeOf: TypeOf, word = " by "): string {
    if (by.length === 0) return "";
    const texts = by.map(({ field, type, nullable }) => {
      const plain = isPlainName(field) && sameType(typeOf(field), type);
      if (!plain && type !== "string") {
        throw new Unwritable(`SDL reads the key "${field}" as text`);
      }
      return (nullable ? "?" : "") + (plain ? field : quotedName(field));
    });
    return word + texts.join(", ");
  }

  #command(c: IrCommand, typeOf: TypeOf): string {
    switch (c.kind) {
      case "where":
        return `where ${exprText(c.expr, typeOf)}`;
      case "except":
        return `where not (${exprText(c.expr, typeOf)})`;
      case "eval":
        return `eval ${c.assigns.map((a) => `${a.name} = ${exprText(a.expr, typeOf)}`).join(", ")}`;
      case "lookup":
        return `lookup ${c.table}(${exprText(c.key, typeOf)}) as ${c.as}`;
      case "stats": {
        const aggs = c.aggs.map((a) => {
          const args = [
            ...(a.arg === null ? [] : [exprText(a.arg, typeOf)]),
            ...(a.constants ?? []).map(String),
          ];
          return `${a.fn}(${args.join(", ")}) as ${a.as}`;
        });
        return `stats ${aggs.join(", ")}${this.#keys(c.by, typeOf)} over ${windowText(c.window)}`;
      }
      case "dedup":
        return `dedup${this.#keys(c.by, typeOf, " ")} within ${durationText(c.within)}`;
      case "first_seen":
        return `first_seen${this.#keys(c.by, typeOf, " ")} history ${durationText(c.history)} ` +
          `warmup ${durationText(c.warmup)}`;
      case "baseline":
        return `baseline ${c.field} history ${durationText(c.history)} min ${c.min}`;
      case "throttle":
        return `throttle ${durationText(c.ms)}${this.#keys(c.by, typeOf)}` +
          (c.group === undefined ? "" : ` group ${c.group}`) +
          (c.groupMs === undefined ? "" : ` within ${durationText(c.groupMs)}`);
      case "absent": {
        const expect = c.expect === null ? "" : ` expect lookup ${c.expect}`;
        return `absent ${durationText(c.ms)}${this.#keys(c.by, typeOf)}${expect}` +
          (c.clock ? " clock" : c.live ? " live" : "");
      }
      case "rename":
        return `rename ${c.pairs.map((p) => `${p.from} as ${p.to}`).join(", ")}`;
      case "fields":
        return `fields ${c.remove ? "- " : ""}${c.names.join(", ")}`;
    }
  }

  #after(c: Extract<IrCommand, { readonly kind: "stats" }>, before: TypeOf): TypeOf {
    const columns = new Map<string, Type>([
      ...c.by.map((k) => [k.field, before(k.field) ?? k.type] as const),
      ...c.aggs.map((a) => [a.as, a.type] as const),
    ]);
    return (name) => columns.get(name) ?? this.rule.rowType[name] ?? null;
  }

  #message(text: IrText, typeOf: TypeOf): string {
    return stringText(
      text.map((t) =>
        typeof t === "string"
          ? t.replaceAll("{", "{{").replaceAll("}", "}}")
          : `{${exprText(t, typeOf)}}`
      ).join(""),
    );
  }
}

const sameType = (a: Type | null, b: Type): boolean => JSON.stringify(a) === JSON.stringify(b);

function windowText(w: IrWindow): string {
  if (w.kind !== "session") {
    return `${w.kind === "sliding" ? "" : "tumbling "}${durationText(w.ms)}`;
  }
  return `session ${durationText(w.ms)}${w.max === null ? "" : ` max ${durationText(w.max)}`}`;
}
