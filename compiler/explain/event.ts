/** Why a rule does or does not take one event: each condition, and the values that decided it. */
import type { Span } from "../../grammar/ast.ts";
import { visible } from "../../grammar/visible.ts";
import {
  evaluate,
  type EvaluateContext,
  type EvaluatedRow,
  fieldValue,
  holds,
  tableRow,
} from "../ir/evaluate.ts";
import type { IrCommand, IrExpr, IrProgram, IrRows, IrRule, IrSet } from "../ir/program.ts";
import { children, fieldsRead } from "../ir/walk.ts";
import type { Value } from "../schema/types.ts";

/** One event as fields, with what the rule's sources ask of it. */
export interface ExplainedEvent {
  /** Fields, `_time` (ms), `source` and `sourcetype` among them; a vendor's may be in `more`. */
  readonly row: EvaluatedRow;
  readonly sourcetype: string | null;
  /** Null when nothing says which: then every dataset's conditions are tried. */
  readonly datasets: readonly string[] | null;
}

export interface EventReasoning {
  /** Whether every condition on this event alone holds, for one of the rule's inputs. */
  readonly passes: boolean;
  readonly text: string;
}

/** As text alone; see {@link reasonEvent}. */
export function explainEvent(
  rule: IrRule,
  program: IrProgram,
  event: ExplainedEvent,
  text: (span: Span) => string,
): string {
  return reasonEvent(rule, program, event, text).text;
}

/**
 * The conditions that the rule asks of this event, in its order: those of each input, then those of
 * the commands up to the first that holds state, where one event alone decides nothing more. `text`
 * gives the source text of a span of the rule's file.
 */
export function reasonEvent(
  rule: IrRule,
  program: IrProgram,
  event: ExplainedEvent,
  text: (span: Span) => string,
): EventReasoning {
  const context: EvaluateContext = { tables: program.tables };
  const out: string[] = [];
  const { source } = rule;
  let passes = false;
  const inputs: readonly (readonly [string, IrRows])[] = source.kind === "from"
    ? [["", source.rows]]
    : [
      ...source.steps.map((s, i) =>
        [`step ${i + 1}${s.negated ? ", must not happen" : ""}`, s.rows] as const
      ),
      ...(source.until ? [["until", source.until] as const] : []),
    ];
  for (const [name, rows] of inputs) {
    if (name) out.push(name);
    const taken = input(rows, event, context, text, out);
    if (source.kind !== "from") {
      passes ||= taken;
      out.push(
        taken ? `  this event counts for ${name}` : `  this event does not count for ${name}`,
      );
    } else if (taken) {
      const stopped = commands(rule.commands, event.row, context, text, out, program);
      passes = stopped !== "no";
      out.push(
        stopped === "state"
          ? "Every condition on this event alone holds; what follows depends on the events around it"
          : stopped === "no"
          ? "This event does not pass"
          : "This event raises an alert",
      );
    } else out.push("This event does not pass");
  }
  return { passes, text: out.join("\n") + "\n" };
}

/** Whether an input takes the event; its conditions are added to `out`. */
function input(
  rows: IrRows,
  event: ExplainedEvent,
  context: EvaluateContext,
  text: (span: Span) => string,
  out: string[],
): boolean {
  if (rows.kind === "signal" && rows.any) {
    out.push("  no    it reads the alerts of all other rules, not events");
    return false;
  }
  if (rows.kind === "signal") {
    out.push(
      `  no    it reads the signals of ${rows.rules.join(", ")}, not events: explain ${
        rows.rules[0]
      }`,
    );
    return false;
  }
  const { any, dataset, sourcetype } = rows.from;
  const read = any === true ||
    (dataset !== undefined
      ? event.datasets === null || event.datasets.includes(dataset)
      : event.sourcetype === null || event.sourcetype === sourcetype);
  const has = dataset === undefined
    ? `sourcetype ${event.sourcetype ?? "unknown"}`
    : event.datasets === null
    ? "dataset not said: taken as read"
    : `datasets ${event.datasets.join(", ") || "none"}`;
  out.push(line(read, `from ${any ? "any" : dataset ?? sourcetype}`, any ? [] : [visible(has)]));
  return read && (rows.where === null || condition(rows.where, event.row, context, text, out));
}

/** Goes through the commands that one event passes alone. */
function commands(
  list: readonly IrCommand[],
  start: EvaluatedRow,
  context: EvaluateContext,
  text: (span: Span) => string,
  out: string[],
  program: IrProgram,
): "alert" | "state" | "no" {
  let row: EvaluatedRow = start;
  for (const c of list) {
    switch (c.kind) {
      case "where":
        if (!condition(c.expr, row, context, text, out)) return "no";
        break;
      case "except": {
        const held = holds(c.expr, row, context);
        out.push(line(!held, `except ${c.text}`, [visible(c.id)]));
        if (held) return "no";
        break;
      }
      case "eval":
        for (const { name, expr } of c.assigns) {
          const value = evaluate(expr, row, context);
          row = over(row, { [name]: value });
          out.push(`  set   ${name} = ${shown(value)}`);
        }
        break;
      case "lookup": {
        const table = program.tables.find((t) => t.name === c.table);
        const found = tableRow(table, evaluate(c.key, row, context));
        row = over(
          row,
          Object.fromEntries(
            (table?.columns ?? []).map((col, i) => [
              `${c.as}.${col.name}`,
              found?.[i] ?? undefined,
            ]),
          ),
        );
        out.push(`  ${found ? "found" : "miss "} ${flat(text(c.span))}`);
        break;
      }
      case "rename":
        row = over(
          row,
          Object.fromEntries([
            ...c.pairs.map((p) => [p.from, undefined]),
            ...c.pairs.map((p) => [p.to, fieldValue(row, p.from)]),
          ]),
        );
        break;
      case "fields": {
        const from = row;
        row = c.remove
          ? over(row, Object.fromEntries(c.names.map((n) => [n, undefined])))
          : Object.fromEntries(
            [...c.names, "_time", "_raw", "host"].map((n) => [n, fieldValue(from, n)]),
          );
        break;
      }
      default:
        out.push(`  then  ${flat(text(c.span))}`);
        return "state";
    }
  }
  return "alert";
}

const over = (row: EvaluatedRow, fields: Record<string, Value>): EvaluatedRow =>
  Object.assign(Object.create(row as object), fields);

/** A condition, part by part: all parts of an `and`; below one that fails, its own parts. */
function condition(
  e: IrExpr,
  row: EvaluatedRow,
  context: EvaluateContext,
  text: (span: Span) => string,
  out: string[],
  depth = 0,
): boolean {
  if (e.op === "and" && depth === 0) {
    // Each is said, so that all that is wrong is seen at once.
    return e.args.map((a) => condition(a, row, context, text, out)).every((held) => held);
  }
  const held = holds(e, row, context);
  const names = [...fieldsRead(e)];
  const parts = e.op === "and" || e.op === "or" || e.op === "not" ? children(e) : [];
  const nested = names.length > 1 && parts.length > 0;
  const values = names.map((n) => `${n} is ${shown(fieldValue(row, n))}`);
  const written = flat(text(e.span));
  // A let or a param: the place names it, so what it stands for is said as well.
  const named = /^[\w.]+$/.test(written) && e.op !== "field" && e.op !== "const";
  out.push(
    "  ".repeat(depth) +
      line(held, named ? `${written}: ${exprText(e)}` : written, nested ? [] : values),
  );
  if (nested) { for (const p of parts) condition(p, row, context, text, out, depth + 1); }
  return held;
}

const line = (held: boolean, what: string, why: readonly string[]) =>
  `  ${held ? "holds" : "no   "} ${visible(what)}${why.length ? `  (${why.join(", ")})` : ""}`;

const flat = (s: string) => visible(s.replace(/\s+/g, " "));
const LONGEST = 120;
function shown(v: Value): string {
  if (v === undefined) return "missing";
  const text = JSON.stringify(v);
  return visible(text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);
}

/** An expression as SDL, for those that the source has only by a name. */
function exprText(e: IrExpr): string {
  const list = (es: readonly IrExpr[], by: string) => es.map(inner).join(by);
  const inner = (a: IrExpr) =>
    a.op === "and" || a.op === "or" || a.op === "cond" ? `(${exprText(a)})` : exprText(a);
  switch (e.op) {
    case "const":
      return typeof e.value === "string" && e.type !== "ip" && e.type !== "cidr"
        ? JSON.stringify(e.value)
        : String(e.value);
    case "field":
      return e.name;
    case "exists":
      return `exists ${e.name}`;
    case "and":
    case "or":
      return list(e.args, ` ${e.op} `);
    case "not":
      return `not ${inner(e.arg)}`;
    case "neg":
      return `-${inner(e.arg)}`;
    case "in":
      return `${inner(e.value)} ${e.negated ? "not in" : "in"} ${setText(e.set)}`;
    case "contains":
    case "startswith":
    case "endswith":
      return `${inner(e.value)} ${e.op} ${e.quant} (${list(e.needles, ", ")})`;
    case "like":
      return `${inner(e.value)} like ${JSON.stringify(e.pattern)}`;
    case "matches":
      return `${inner(e.value)} matches /${e.source}/${e.flags}`;
    case "cond":
      return `${inner(e.test)} ? ${inner(e.then)} : ${inner(e.else)}`;
    case "call":
      return `${e.fn}(${list(e.args, ", ")})`;
    case "gap":
      return "gap()";
    default:
      return `${inner(e.left)} ${e.op} ${inner(e.right)}`;
  }
}

function setText(set: IrSet): string {
  switch (set.kind) {
    case "range":
      return `${set.from}..${set.to}`;
    case "table":
      return set.table;
    case "cidrs":
      return `(${set.cidrs.join(", ")})`;
    case "values":
      return `(${set.values.map((v) => JSON.stringify(v)).join(", ")})`;
  }
}
