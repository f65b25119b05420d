/** Conditions of a pipeline's items: on the rule, on one of its items, on a field's name. */
import { isMap, isSeq, type Node } from "yaml";
import { nearest } from "../../grammar/nearest.ts";
import { SEVERITIES } from "../ir/program.ts";
import { type Condition, parseCondition } from "./condition.ts";
import type { Draft, Scalar } from "./draft.ts";
import type { Item, Test } from "./item.ts";
import { Params } from "./params.ts";
import { ANY, ONE, type Part, type Parts } from "./strings.ts";
import type { SigmaDocument } from "./yaml.ts";

export interface OnItem {
  readonly draft: Draft;
  readonly item: Item;
}
export interface OnField {
  readonly draft: Draft;
  /** Null for keywords. */
  readonly field: string | null;
  readonly item: Item | null;
}

type Holds<S> = (subject: S) => boolean;
type Makers<S> = Readonly<Record<string, (p: Params) => Holds<S>>>;

/** Whether the conditions of an item hold. */
export interface ItemConditions {
  rule(draft: Draft): boolean;
  /** Those on the item and those on its field. */
  item(draft: Draft, item: Item): boolean;
  field(draft: Draft, field: string | null, item: Item | null): boolean;
}

export const CONDITION_KEYS: readonly string[] = ["rule", "detection_item", "field_name"]
  .flatMap((w) => [`${w}_conditions`, `${w}_cond_expr`, `${w}_cond_op`, `${w}_cond_not`]);

export function readConditions(p: Params): ItemConditions {
  const rule = group(p, "rule", RULE);
  const item = group(p, "detection_item", ITEM);
  const field = group(p, "field_name", FIELD);
  const onField = (draft: Draft, name: string | null, of: Item | null) =>
    field({ draft, field: name, item: of });
  return {
    rule,
    item: (draft, own) =>
      item({ draft, item: own }) &&
      [own.field, ...referenced(own)].some((name) => onField(draft, name, own)),
    field: onField,
  };
}

/** Fields that an item's values name. */
const referenced = (item: Item): string[] =>
  item.values.flat().flatMap((t) => t.kind === "fieldref" ? [t.field] : []);

function group<S>(p: Params, what: string, makers: Makers<S>): Holds<S> {
  const key = `${what}_conditions`;
  const node = p.node(key);
  if (node === null) return () => true;
  const { doc } = p;
  const named = new Map<string, Holds<S>>();
  if (isMap(node)) {
    for (const e of doc.entries(node, `"${key}"`)) named.set(e.key, condition(doc, e.node, makers));
  } else if (isSeq(node)) {
    for (const [i, n] of (node.items as Node[]).entries()) {
      named.set(String(i + 1), condition(doc, n, makers));
    }
  } else throw p.error(key, `"${key}" must be a list or a mapping`, "Write - type: NAME lines");
  const all = [...named.values()];
  if (all.length === 0) return () => true;
  const negated = p.flag(`${what}_cond_not`);
  const written = p.node(`${what}_cond_expr`);
  let holds: Holds<S>;
  if (written !== null) {
    const expr = parseCondition(doc, written, [...named.keys()], "condition");
    holds = (s) => evaluate(expr, (name) => named.get(name)!(s));
  } else if (p.oneOf(`${what}_cond_op`, ["and", "or"], "and") === "or") {
    holds = (s) => all.some((c) => c(s));
  } else holds = (s) => all.every((c) => c(s));
  return negated ? (s) => !holds(s) : holds;
}

function evaluate(c: Condition, holds: (name: string) => boolean): boolean {
  switch (c.op) {
    case "selection":
      return holds(c.name);
    case "and":
      return c.args.every((a) => evaluate(a, holds));
    case "or":
      return c.args.some((a) => evaluate(a, holds));
    case "not":
      return !evaluate(c.arg, holds);
    case "of":
      return c.names.filter(holds).length >= c.count;
  }
}

function condition<S>(doc: SigmaDocument, node: Node | null, makers: Makers<S>): Holds<S> {
  const p = Params.of(doc, node, "A condition");
  const type = p.required("type");
  if (Object.hasOwn(makers, type)) return makers[type](p);
  const near = nearest(type, Object.keys(makers));
  throw p.error(
    "type",
    `Unknown condition "${type}"`,
    near ? `Did you mean ${near}?` : `There are ${Object.keys(makers).join(", ")}`,
  );
}

const COMPARISONS = ["eq", "ne", "gte", "gt", "lte", "lt"] as const;
type Comparison = typeof COMPARISONS[number];

function compare(op: Comparison, a: Scalar, b: Scalar): boolean {
  if (op === "eq") return a === b;
  if (op === "ne") return a !== b;
  if (a === null || b === null || typeof a !== typeof b) return false;
  return op === "gte" ? a >= b : op === "gt" ? a > b : op === "lte" ? a <= b : a < b;
}

function state(p: Params): (draft: Draft) => boolean {
  p.only("type", "key", "val", "op");
  const key = p.required("key"), val = p.scalar("val");
  const op = p.oneOf("op", COMPARISONS, "eq");
  return ({ state }) => state.has(key) && compare(op, state.get(key)!, val);
}

function appliedId(p: Params): string {
  p.only("type", "processing_item_id");
  return p.required("processing_item_id");
}

const RULE: Makers<Draft> = {
  logsource: (p) => {
    p.only("type", "category", "product", "service");
    const wanted = (["category", "product", "service"] as const).flatMap((part) => {
      const value = p.text(part)?.toLowerCase();
      return value === undefined ? [] : [[part, value] as const];
    });
    return ({ logsources }) => logsources.some((l) => wanted.every(([part, v]) => l[part] === v));
  },
  contains_field: (p) => {
    p.only("type", "field");
    const field = p.required("field");
    return (draft) => draft.items().some((i) => i.field === field);
  },
  contains_detection_item: (p) => {
    p.only("type", "field", "value");
    const field = p.required("field"), value = p.scalar("value");
    return (draft) =>
      draft.items().some((i) => i.field === field && i.values.flat().some((t) => equals(t, value)));
  },
  processing_item_applied: (p) => {
    const id = appliedId(p);
    return (draft) => draft.applied.has(id);
  },
  processing_state: state,
  is_sigma_rule: (p) => {
    p.only("type");
    return ({ entry }) => entry.kind === "rule";
  },
  is_sigma_correlation_rule: (p) => {
    p.only("type");
    return ({ entry }) => entry.kind === "correlation";
  },
  rule_attribute: attribute,
  tag: (p) => {
    p.only("type", "tag");
    const tag = p.required("tag").toLowerCase();
    return ({ entry }) => entry.item.tags.some((t) => t.toLowerCase() === tag);
  },
};

function attribute(p: Params): Holds<Draft> {
  p.only("type", "attribute", "value", "op");
  const name = p.required("attribute"), value = p.scalar("value");
  const op = p.oneOf("op", [...COMPARISONS, "in", "not_in"], "eq");
  const rank = (level: Scalar) => (SEVERITIES as readonly Scalar[]).indexOf(level);
  return ({ entry: { item }, attributes }) => {
    const known: Readonly<Record<string, Scalar | readonly string[]>> = {
      ...Object.fromEntries(attributes),
      ...{ id: item.id, name: item.name, title: item.title, description: item.description },
      ...{ status: item.status, author: item.author, date: item.date, level: item.level },
      ...{ tags: item.tags, references: item.references, falsepositives: item.falsepositives },
    };
    const own = Object.hasOwn(known, name) ? known[name] : null;
    if (own === null || own === "") return false;
    if (typeof own === "object") {
      const inside = own.includes(String(value));
      return op === "in" ? inside : op === "not_in" ? !inside : op === "ne";
    }
    if (op === "in" || op === "not_in") return false;
    if (name === "level") return compare(op, rank(own), rank(value));
    return compare(op, own, typeof own === "string" ? String(value) : value);
  };
}

/** A value as a pipeline's regexes see it: wildcards as `*` and `?`, placeholders as `%name%`. */
export function plainPattern(parts: Parts): string {
  const one = (p: Part, i: number): string => {
    if (p === ANY) return "*";
    if (p === ONE) return "?";
    if (typeof p === "object") return `%${p.placeholder}%`;
    // Only where they would be read as an escape are backslashes doubled.
    const escaped = p.replace(/(\\*)([*?])/g, (_, slashes, c) => `${slashes}${slashes}\\${c}`);
    return typeof parts[i + 1] === "number" ? escaped.replace(/\\+$/, "$&$&") : escaped;
  };
  return parts.map(one).join("");
}

const textOf = (t: Test): string | null => t.kind === "text" ? plainPattern(t.parts) : null;

function equals(t: Test, value: Scalar): boolean {
  if (t.kind === "null") return value === null;
  if (t.kind === "exists") return t.wanted === value;
  return value !== null && textOf(t) === String(value);
}

/** A condition on values that has to hold for one of them, or for all. */
function values(p: Params, holds: (t: Test) => boolean): Holds<OnItem> {
  const all = p.oneOf("cond", ["any", "all"], "any") === "all";
  return ({ item }) => {
    const tests = item.values.flat();
    return all ? tests.every(holds) : tests.some(holds);
  };
}

const ITEM: Makers<OnItem> = {
  match_string: (p) => {
    p.only("type", "cond", "pattern", "negate");
    const pattern = p.regex("pattern", undefined, true), negate = p.flag("negate");
    return values(p, (t) => {
      const text = textOf(t);
      pattern.lastIndex = 0;
      return (text !== null && pattern.test(text)) !== negate;
    });
  },
  match_value: (p) => {
    p.only("type", "cond", "value");
    const value = p.scalar("value");
    return values(p, (t) => equals(t, value));
  },
  contains_wildcard: (p) => {
    p.only("type", "cond");
    return values(p, (t) => t.kind === "text" && t.parts.some((x) => typeof x === "number"));
  },
  is_null: (p) => {
    p.only("type", "cond");
    return values(p, (t) => t.kind === "null");
  },
  processing_item_applied: (p) => {
    const id = appliedId(p);
    return ({ draft, item }) => draft.wasApplied(item, id);
  },
  processing_state: (p) => {
    const holds = state(p);
    return ({ draft }) => holds(draft);
  },
};

function fieldList(p: Params): (field: string | null) => boolean {
  p.only("type", "fields", "mode");
  const fields = p.texts("fields") ?? [];
  if (fields.length === 0) {
    throw p.error(null, 'The condition has no "fields"', "Add fields: [NAME]");
  }
  if (p.oneOf("mode", ["plain", "re"], "plain") === "plain") {
    return (field) => field !== null && fields.includes(field);
  }
  const patterns = fields.map((f) => p.regex("fields", f, true));
  return (field) =>
    field !== null && patterns.some((r) => {
      r.lastIndex = 0;
      return r.test(field);
    });
}

const FIELD: Makers<OnField> = {
  include_fields: (p) => {
    const among = fieldList(p);
    return ({ field }) => among(field);
  },
  exclude_fields: (p) => {
    const among = fieldList(p);
    return ({ field }) => !among(field);
  },
  processing_item_applied: (p) => {
    const id = appliedId(p);
    return ({ draft, field, item }) =>
      item === null
        ? field !== null && draft.fieldIds.get(field)?.has(id) === true
        : draft.wasApplied(item, id);
  },
  processing_state: (p) => {
    const holds = state(p);
    return ({ draft }) => holds(draft);
  },
};
