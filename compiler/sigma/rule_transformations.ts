/** Transformations of whole rules, and of what pipelines remember of them. */
import type { Condition } from "./condition.ts";
import { type Detection, readDetection } from "./detection.ts";
import { detectionAt, type Draft } from "./draft.ts";
import type { Test } from "./item.ts";
import type { LogSourceKey } from "./logsource.ts";
import { freeName } from "./measure.ts";
import { joined } from "./strings.ts";
import { type Apply, ITEM_KEYS, type Transformations } from "./transformation.ts";
import { SigmaError } from "./yaml.ts";
import type { Params } from "./params.ts";

export const RULE_TRANSFORMATIONS: Transformations = {
  add_condition: addCondition,
  change_logsource: (p) => {
    p.only(...ITEM_KEYS, "category", "product", "service");
    const part = (key: string) => p.text(key)?.toLowerCase() ?? null;
    const own = { category: part("category"), product: part("product"), service: part("service") };
    if (own.category === null && own.product === null && own.service === null) {
      throw p.error(null, "The log source has neither category, product nor service", "Add one");
    }
    return (draft) => {
      const { entry } = draft;
      if (entry.kind !== "rule") return;
      const { span } = entry.item.logsource;
      draft.entry = { ...entry, item: { ...entry.item, logsource: { ...own, span } } };
    };
  },
  rule_failure: (p) => {
    p.only(...ITEM_KEYS, "message");
    const message = p.required("message");
    return ({ entry: { item } }) => {
      throw new SigmaError("rejected", item.span, message, "A pipeline refuses the rule so");
    };
  },
  set_state: (p) => {
    p.only(...ITEM_KEYS, "key", "val");
    const key = p.required("key"), val = p.scalar("val");
    return ({ state }) => void state.set(key, val);
  },
  set_custom_attribute: (p) => {
    p.only(...ITEM_KEYS, "attribute", "value");
    const attribute = p.required("attribute"), value = p.scalar("value");
    return ({ attributes }) => void attributes.set(attribute, value);
  },
  // Fields that a query would show: an alert shows all.
  add_field: shown("field"),
  remove_field: shown("field"),
  set_field: shown("fields"),
  nest: (p, nested) => {
    p.only(...ITEM_KEYS, "items");
    return nested(p.node("items"));
  },
};

function shown(key: string): (p: Params) => Apply {
  return (p) => {
    p.only(...ITEM_KEYS, key);
    p.texts(key);
    return () => {};
  };
}

function addCondition(p: Params): Apply {
  p.only(...ITEM_KEYS, "conditions", "name", "template", "negated");
  const written = p.node("conditions");
  if (written === null) {
    throw p.error(null, 'add_condition has no "conditions"', "Add FIELD: VALUE");
  }
  const detection = readDetection(p.doc, written, "conditions");
  const template = p.flag("template"), negated = p.flag("negated");
  const wanted = p.text("name") ?? "_cond";
  return (draft, { id }) => {
    const { entry } = draft;
    if (entry.kind !== "rule") return;
    const { item } = entry;
    const { span } = item.condition;
    const name = freeName(wanted, [...item.selections.keys()]);
    const own = detectionAt(template ? filled(detection, item.logsource) : detection, span);
    const selection: Condition = { op: "selection", name, span };
    const test: Condition = negated ? { op: "not", arg: selection, span } : selection;
    draft.entry = {
      ...entry,
      item: {
        ...item,
        selections: new Map([...item.selections, [name, own]]),
        condition: { op: "and", args: [test, item.condition], span },
      },
    };
    markNew(draft, own, id);
  };
}

/** Items that came of a pipeline's item were applied by it. */
function markNew(draft: Draft, d: Detection, id: string): void {
  if (d.kind === "item") draft.mark(d.item, id);
  else d.args.forEach((a) => markNew(draft, a, id));
}

/** `$category`, `$product` and `$service` as the rule has them. */
function filled(d: Detection, logsource: LogSourceKey): Detection {
  if (d.kind !== "item") return { ...d, args: d.args.map((a) => filled(a, logsource)) };
  const fill = (text: string) =>
    text.replace(
      /\$(?:(category|product|service)\b|\{(category|product|service)\})/g,
      (_, a, b) => String(logsource[(a ?? b) as keyof LogSourceKey] ?? "None"),
    );
  const values = d.item.values.map((tests) =>
    tests.map((t): Test =>
      t.kind === "text"
        ? { ...t, parts: joined(t.parts.map((x) => typeof x === "string" ? fill(x) : x)) }
        : t
    )
  );
  return { kind: "item", item: { ...d.item, values } };
}
