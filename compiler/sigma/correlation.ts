/** Correlation documents as written. */
import { isMap, isScalar, isSeq, type Node, type YAMLMap } from "yaml";
import type { Span } from "../../grammar/ast.ts";
import { nearest } from "../../grammar/nearest.ts";
import { type Condition, parseCondition, wordsOf } from "./condition.ts";
import {
  checkCounts,
  type Limit,
  LIMIT_OPS,
  type Measure,
  type MeasureFn,
  timespanMs,
} from "./measure.ts";
import { type Metadata, readMetadata } from "./metadata.ts";
import { mapping, refuseReserved, scalarText, type SigmaDocument, SigmaError } from "./yaml.ts";

/** A name or an id with its place. */
export interface Named {
  readonly name: string;
  readonly span: Span;
}

export interface Correlation extends Metadata {
  readonly type: CorrelationType;
  /** Where its `correlation` stands. */
  readonly place: Span;
  readonly rules: readonly Named[];
  /** The rules that it names alert by themselves too. */
  readonly generate: boolean;
  readonly groupBy: readonly Named[];
  /** For each alias, the field by the rule's name as written. */
  readonly aliases: ReadonlyMap<string, ReadonlyMap<string, Named>>;
  readonly timespan: number;
  /** Of temporal ones: how many of the rules; null for all. */
  readonly measure: Measure | null;
  /** Which of the rules, of temporal ones that say so. */
  readonly condition: Condition | null;
}

/** What each type measures; null: which rules matched. */
const TYPES = {
  event_count: "count",
  value_count: "dc",
  value_sum: "sum",
  value_avg: "avg",
  value_min: "min",
  value_max: "max",
  value_median: "perc",
  value_percentile: "perc",
  temporal: null,
  temporal_ordered: null,
} as const satisfies Readonly<Record<string, MeasureFn | null>>;

export type CorrelationType = keyof typeof TYPES;

const KEYS = ["type", "rules", "group-by", "timespan", "condition", "aliases", "generate"];
const CONDITION_KEYS = [...Object.keys(LIMIT_OPS), "field", "percentile"];

/** @throws {SigmaError} with the first thing for which it cannot be taken */
export function readCorrelation(doc: SigmaDocument): Correlation {
  const metadata = readMetadata(doc);
  const map = mapping(doc, "correlation", "type:, rules:, group-by:, timespan: and condition:");
  checkKeys(doc, map, KEYS, "correlation");
  const type = typeOf(doc, map);
  const timespan = doc.text(map, "timespan");
  if (timespan === null) throw missing(doc.place(map), "timespan", "timespan: 5m");
  const { rules, measure, condition } = whatIsAsked(doc, map, type);
  return {
    ...metadata,
    type,
    place: doc.place(map),
    rules,
    generate: generateOf(doc, map),
    groupBy: named(doc, map, "group-by").map((n) => {
      refuseReserved(n.name, n.span);
      return n;
    }),
    aliases: aliasesOf(doc, map),
    timespan: timespanMs(timespan, doc.place(doc.get(map, "timespan"))),
    measure,
    condition,
  };
}

const missing = (span: Span, key: string, example: string) =>
  new SigmaError("missing_key", span, `The correlation has no "${key}"`, `Add ${example}`);

function checkKeys(
  doc: SigmaDocument,
  map: YAMLMap,
  known: readonly string[],
  what: string,
): void {
  for (const { key, keySpan } of doc.entries(map, `"${what}"`)) {
    if (known.includes(key)) continue;
    const near = nearest(key, known);
    throw new SigmaError(
      "bad_value",
      keySpan,
      `A ${what} has no "${key}"`,
      near ? `Did you mean ${near}?` : `It has ${known.join(", ")}`,
    );
  }
}

function typeOf(doc: SigmaDocument, map: YAMLMap): CorrelationType {
  const type = doc.text(map, "type")?.toLowerCase() ?? null;
  if (type === null) throw missing(doc.place(map), "type", "type: event_count, or temporal");
  if (Object.hasOwn(TYPES, type)) return type as CorrelationType;
  const near = nearest(type, Object.keys(TYPES));
  throw new SigmaError(
    "bad_value",
    doc.place(doc.get(map, "type")),
    `Unknown type of correlation "${type}"`,
    near ? `Did you mean ${near}?` : `The types are ${Object.keys(TYPES).join(", ")}`,
  );
}

/** `generate` stands beside `correlation` or in it. */
function generateOf(doc: SigmaDocument, map: YAMLMap): boolean {
  for (const where of [map, doc.root]) {
    const text = doc.text(where, "generate");
    if (text === null) continue;
    if (/^(true|false)$/i.test(text)) return text.toLowerCase() === "true";
    throw new SigmaError(
      "bad_value",
      doc.place(doc.get(where, "generate")),
      `"generate" takes true or false, this is "${text}"`,
      "Write true for rules that alert by themselves too",
    );
  }
  return false;
}

/** Texts with their places; one stands for a list of one. */
export function named(doc: SigmaDocument, map: YAMLMap, key: string): Named[] {
  const node = doc.node(doc.get(map, key));
  const items = isSeq(node) ? node.items as Node[] : node === null ? [] : [node];
  const out: Named[] = [];
  for (const item of items) {
    const scalar = doc.node(item);
    if (!isScalar(scalar) || scalar.value === null) {
      throw new SigmaError(
        "wrong_kind",
        doc.place(scalar),
        `"${key}" must be a list of texts`,
        "Write one name a line, each after a dash",
      );
    }
    const name = scalarText(scalar.value, scalar.source).trim();
    if (!out.some((n) => n.name === name)) out.push({ name, span: doc.place(scalar) });
  }
  return out;
}

function aliasesOf(doc: SigmaDocument, map: YAMLMap): Correlation["aliases"] {
  const out = new Map<string, Map<string, Named>>();
  if (doc.node(doc.get(map, "aliases")) === null) return out;
  for (const alias of doc.entries(doc.get(map, "aliases"), '"aliases"')) {
    refuseReserved(alias.key, alias.keySpan);
    const fields = new Map<string, Named>();
    for (const { key, node } of doc.entries(alias.node, `The alias "${alias.key}"`)) {
      const scalar = doc.node(node);
      if (!isScalar(scalar) || typeof scalar.value !== "string") {
        throw new SigmaError(
          "wrong_kind",
          doc.place(scalar),
          `The alias "${alias.key}" of the rule "${key}" must be the name of a field`,
          "Write RULE: FIELD lines below the alias",
        );
      }
      const field = { name: scalar.value.trim(), span: doc.place(scalar) };
      refuseReserved(field.name, field.span);
      fields.set(key, field);
    }
    out.set(alias.key, fields);
  }
  return out;
}

/** The rules, and what their matches have to be. */
function whatIsAsked(
  doc: SigmaDocument,
  map: YAMLMap,
  type: CorrelationType,
): Pick<Correlation, "rules" | "measure" | "condition"> {
  const temporal = TYPES[type] === null;
  const node = doc.node(doc.get(map, "condition"));
  const written = isScalar(node) && node.value !== null ? node : null;
  let rules = named(doc, map, "rules");
  if (written !== null && !temporal) {
    throw new SigmaError(
      "wrong_kind",
      doc.place(written),
      `The condition of a "${type}" must be a mapping`,
      "Write gte: NUMBER, or another of gt, lt, lte, eq and neq, below it",
    );
  }
  // A condition in words names its rules.
  if (rules.length === 0 && written !== null) {
    rules = wordsOf(String(written.value)).map((name) => ({ name, span: doc.place(written) }));
  }
  if (rules.length === 0) {
    throw missing(doc.place(map), "rules", "rules: with the names or ids of what it correlates");
  }
  if (written !== null) {
    const condition = parseCondition(doc, written, rules.map((r) => r.name), "rule");
    return { rules, measure: null, condition };
  }
  if (node === null) {
    if (temporal) return { rules, measure: null, condition: null };
    throw missing(doc.place(map), "condition", "condition: with gte: NUMBER below it");
  }
  return { rules, measure: measureOf(doc, node, type), condition: null };
}

function measureOf(doc: SigmaDocument, node: Node, type: CorrelationType): Measure {
  const span = doc.place(node);
  const fn = TYPES[type] ?? "dc";
  const limits: Limit[] = [];
  for (const { key, node: value } of doc.entries(node, 'The "condition"')) {
    if (Object.hasOwn(LIMIT_OPS, key)) {
      limits.push({
        op: LIMIT_OPS[key as keyof typeof LIMIT_OPS],
        value: numberOf(doc, key, value),
      });
    }
  }
  const map = doc.node(node);
  if (!isMap(map)) throw new Error("A condition that has entries is a mapping");
  checkKeys(doc, map, CONDITION_KEYS, "condition");
  if (limits.length === 0) {
    throw new SigmaError(
      "missing_key",
      span,
      "The condition of the correlation has no limit",
      "Add gte: NUMBER, or another of gt, lt, lte, eq and neq",
    );
  }
  const fields = named(doc, map, "field");
  const wantsField = TYPES[type] !== null && type !== "event_count";
  if (wantsField !== fields.length > 0 || (fields.length > 1 && type !== "value_count")) {
    throw new SigmaError(
      "bad_condition",
      span,
      !wantsField
        ? `The condition of a "${type}" has no field`
        : fields.length === 0
        ? `The condition of a "${type}" names no field`
        : `A "${type}" takes one field`,
      wantsField ? "Add field: NAME beside the limit" : "Leave field out",
    );
  }
  for (const f of fields) refuseReserved(f.name, f.span);
  const measure = { fn, fields, percentile: percentileOf(doc, map, type), limits, span };
  checkCounts(TYPES[type] === null ? { ...measure, fn: "count" } : measure);
  return measure;
}

function numberOf(doc: SigmaDocument, key: string, written: Node | null): number {
  const node = doc.node(written);
  const text = isScalar(node) ? String(node.value ?? "") : "";
  const value = text.trim() === "" || typeof (node as { value?: unknown }).value === "boolean"
    ? NaN
    : Number(text);
  if (Number.isFinite(value)) return value;
  throw new SigmaError(
    "bad_value",
    doc.place(node),
    `"${key}" takes a number, this is "${text}"`,
    "Write digits, like gte: 10",
  );
}

/** Which percentile of the values is compared with the limit. */
function percentileOf(doc: SigmaDocument, map: YAMLMap, type: CorrelationType): number | null {
  const text = doc.text(map, "percentile");
  const span = doc.place(doc.get(map, "percentile") ?? map);
  if (type === "value_median") return 50;
  if (type !== "value_percentile") {
    if (text === null) return null;
    throw new SigmaError(
      "bad_condition",
      span,
      `A "${type}" has no percentile`,
      "Write type: value_percentile, or leave it out",
    );
  }
  if (text === null) {
    throw new SigmaError(
      "not_supported",
      span,
      "The condition does not say which percentile is compared with the limit",
      "Add percentile: 95; the specification gives its example without one no certain meaning",
    );
  }
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= 100) return value;
  throw new SigmaError(
    "bad_value",
    span,
    `"${text}" is no percentile`,
    "Write a whole number from 0 to 100",
  );
}
