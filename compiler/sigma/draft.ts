/** A rule while pipelines work on it: what they have done, and ways to change it. */
import type { Span } from "../../grammar/ast.ts";
import type { Entry } from "./collection.ts";
import type { Condition } from "./condition.ts";
import type { Detection } from "./detection.ts";
import type { Item, Test } from "./item.ts";
import type { LogSourceKey } from "./logsource.ts";
import type { SigmaRule } from "./rule.ts";
import { isPlaceholder, placeholderIn } from "./strings.ts";
import { SigmaError } from "./yaml.ts";

export type Scalar = string | number | boolean | null;

export class Draft {
  /** Ids of items that were applied to the rule. */
  readonly applied = new Set<string>();
  readonly state = new Map<string, Scalar>();
  readonly attributes = new Map<string, Scalar>();
  /** Ids by the names of fields that came of them. */
  readonly fieldIds = new Map<string, Set<string>>();
  readonly #itemIds = new WeakMap<Item, ReadonlySet<string>>();

  /** @param related log sources of the rules that a correlation names */
  constructor(public entry: Entry, readonly related: readonly LogSourceKey[]) {}

  get logsources(): readonly LogSourceKey[] {
    return this.entry.kind === "rule" ? [this.entry.item.logsource] : this.related;
  }

  wasApplied(item: Item, id: string): boolean {
    return this.#itemIds.get(item)?.has(id) ?? false;
  }

  /** The items of a rule, its filters' among them. */
  items(): Item[] {
    const { entry } = this;
    if (entry.kind !== "rule") return [];
    const of = (d: Detection): Item[] => d.kind === "item" ? [d.item] : d.args.flatMap(of);
    return [entry.item, ...entry.item.filters].flatMap((part) =>
      [...part.selections.values()].flatMap(of)
    );
  }

  /**
   * Puts something else in the place of items. @param change gives null for what is to be dropped, and
   * the item itself for what stays
   */
  mapItems(id: string, change: (item: Item) => Detection | Item | null): void {
    const { entry } = this;
    if (entry.kind !== "rule") return;
    const made = (item: Item): Detection | null => {
      const out = change(item);
      if (out === item) return { kind: "item", item };
      if (out === null) return null;
      const detection: Detection = "kind" in out ? out : { kind: "item", item: out };
      this.#markAll(detection, item, id);
      return detection;
    };
    const part = (p: Selected): Selected => mapSelections(p, (d) => mapDetection(d, made));
    const rule = part(entry.item);
    this.entry = {
      ...entry,
      item: { ...entry.item, ...rule, filters: entry.item.filters.map(part) },
    };
  }

  /** What was applied to an item before it became another, and what made it so. */
  mark(item: Item, id: string, before: Item = item): void {
    this.#itemIds.set(item, new Set([...this.#itemIds.get(before) ?? [], id]));
  }

  #markAll(d: Detection, before: Item, id: string): void {
    if (d.kind !== "item") return d.args.forEach((a) => this.#markAll(a, before, id));
    this.mark(d.item, id, before);
    if (d.item.field !== null && d.item.field !== before.field) this.tookField(d.item.field, id);
  }

  tookField(field: string, id: string): void {
    const ids = this.fieldIds.get(field);
    if (ids) ids.add(id);
    else this.fieldIds.set(field, new Set([id]));
  }
}

type Selected = Pick<SigmaRule, "selections" | "condition">;

function mapDetection(d: Detection, change: (item: Item) => Detection | null): Detection | null {
  if (d.kind === "item") return change(d.item);
  const args = d.args.map((a) => mapDetection(a, change));
  if (args.every((a, i) => a !== null && a === d.args[i])) return d;
  const left = args.filter((a) => a !== null);
  return left.length === 0 ? null : left.length === 1 ? left[0] : { ...d, args: left };
}

/** Selections of which nothing is left go, and what the condition says of them. */
function mapSelections(part: Selected, change: (d: Detection) => Detection | null): Selected {
  const selections = new Map<string, Detection>();
  const gone = new Set<string>();
  for (const [name, d] of part.selections) {
    const out = change(d);
    if (out === null) gone.add(name);
    else selections.set(name, out);
  }
  if (gone.size === 0) return { selections, condition: part.condition };
  const condition = without(part.condition, gone);
  if (condition !== null) return { selections, condition };
  throw new SigmaError(
    "rejected",
    part.condition.span,
    "The pipeline drops everything that the condition asks for",
    "Let drop_detection_item leave something, or leave the rule out",
  );
}

function without(c: Condition, gone: ReadonlySet<string>): Condition | null {
  switch (c.op) {
    case "selection":
      return gone.has(c.name) ? null : c;
    case "not": {
      const arg = without(c.arg, gone);
      return arg === null ? null : { ...c, arg };
    }
    case "and":
    case "or": {
      const args = c.args.flatMap((a) => without(a, gone) ?? []);
      return args.length === 0 ? null : args.length === 1 ? args[0] : { ...c, args };
    }
    case "of": {
      const names = c.names.filter((n) => !gone.has(n));
      if (names.length === 0) return null;
      const all = c.count === c.names.length;
      return { ...c, names, count: all ? names.length : Math.min(c.count, names.length) };
    }
  }
}

/** A detection of another file as if it stood at one place of this one. */
export function detectionAt(d: Detection, span: Span): Detection {
  if (d.kind !== "item") return { ...d, span, args: d.args.map((a) => detectionAt(a, span)) };
  const values = d.item.values.map((tests) => tests.map((t): Test => ({ ...t, span })));
  return { kind: "item", item: { ...d.item, span, values } };
}

/** @throws {SigmaError} for a placeholder that has no values, after all pipelines */
export function checkPlaceholders(rule: SigmaRule): void {
  const look = (d: Detection): void => {
    if (d.kind !== "item") return d.args.forEach(look);
    for (const t of d.item.values.flat()) {
      const name = t.kind === "pending"
        ? placeholderIn(t.text)
        : t.kind === "text"
        ? t.parts.find(isPlaceholder)?.placeholder ?? null
        : null;
      if (name !== null) throw noValues(name, t.span);
    }
  };
  for (const part of [rule, ...rule.filters]) [...part.selections.values()].forEach(look);
}

const noValues = (name: string, span: Span) =>
  new SigmaError(
    "placeholder",
    span,
    `Nothing gives the placeholder "%${name}%" its values`,
    `Give them as vars: {${name}: […]} of a pipeline with value_placeholders (--pipeline FILE)`,
  );
