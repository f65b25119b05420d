/** Transformations of values, and of whole items. */
import type { Detection } from "./detection.ts";
import type { Draft } from "./draft.ts";
import type { Item, Test } from "./item.ts";
import type { Params } from "./params.ts";
import { plainPattern } from "./pipeline_conditions.ts";
import {
  ANY,
  isPlaceholder,
  joined,
  ONE,
  parseString,
  type Part,
  type Parts,
  placeholderIn,
} from "./strings.ts";
import { type Apply, ITEM_KEYS, type Transformations, type Work } from "./transformation.ts";
import { SigmaError } from "./yaml.ts";

/** Values that one value may become. */
const MAX_VALUES = 10_000;

export const VALUE_TRANSFORMATIONS: Transformations = {
  drop_detection_item: (p) => {
    p.only(...ITEM_KEYS);
    return (draft, { id, conditions }) =>
      draft.mapItems(id, (item) => conditions.item(draft, item) ? null : item);
  },
  detection_item_failure: (p) => {
    p.only(...ITEM_KEYS, "message");
    const message = p.required("message");
    return (draft, { conditions }) => {
      const item = draft.items().find((i) => conditions.item(draft, i));
      if (item !== undefined) throw rejection(message, item);
    };
  },
  replace_string: replaceString,
  map_string: (p) => {
    p.only(...ITEM_KEYS, "mapping");
    const mapping = new Map(
      [...p.mapping("mapping")].map(([from, to]) => [from, to.map(parseString)]),
    );
    return onTexts((parts) => mapping.get(plainPattern(parts)) ?? null);
  },
  set_value: (p) => {
    p.only(...ITEM_KEYS, "value", "force_type");
    const value = p.scalar("value");
    p.oneOf("force_type", ["str", "num", ""], "");
    return onTests((t): Test[] =>
      value === null ? [{ kind: "null", span: t.span }] : [{
        kind: "text",
        parts: typeof value === "string" ? parseString(value) : [String(value)],
        span: t.span,
      }]
    );
  },
  // Values compare as text whatever their type.
  convert_type: (p) => {
    p.only(...ITEM_KEYS, "target_type");
    p.oneOf("target_type", ["str", "num"], "str");
    return () => {};
  },
  // And without regard to case.
  case: (p) => {
    p.only(...ITEM_KEYS, "method");
    p.oneOf("method", ["lower", "upper"], "lower");
    return () => {};
  },
  value_placeholders: (p) => {
    const handled = handledBy(p);
    return (draft, work) =>
      replacePlaceholders(
        draft,
        work,
        (name) => handled(name) ? work.vars.get(name) ?? null : null,
      );
  },
  wildcard_placeholders: (p) => {
    const handled = handledBy(p);
    return (draft, work) =>
      replacePlaceholders(draft, work, (name) => handled(name) ? [[ANY]] : null);
  },
  hashes_fields: hashesFields,
};

const rejection = (message: string, { span }: Pick<Item, "span">) =>
  new SigmaError("rejected", span, message, "A pipeline refuses the rule so");

/** Which placeholders are meant. */
function handledBy(p: Params): (name: string) => boolean {
  p.only(...ITEM_KEYS, "include", "exclude");
  const include = p.texts("include"), exclude = p.texts("exclude");
  if (include !== null && exclude !== null) {
    throw p.error("exclude", '"include" and "exclude" stand beside each other', "Keep one of them");
  }
  return (name) => include?.includes(name) ?? !exclude?.includes(name);
}

/** Puts other tests in the place of each; null leaves it as it is. */
const onTests = (change: (t: Test) => readonly Test[] | null): Apply => (draft, work) =>
  changeTests(draft, work, change);

const onTexts = (change: (parts: Parts) => readonly Parts[] | null): Apply =>
  onTests((t) =>
    t.kind === "text" ? change(t.parts)?.map((parts) => ({ ...t, parts })) ?? null : null
  );

function changeTests(
  draft: Draft,
  { id, conditions }: Work,
  change: (t: Test) => readonly Test[] | null,
): void {
  draft.mapItems(id, (item) => {
    if (!conditions.item(draft, item)) return item;
    let changed = false;
    const values = item.values.flatMap((tests): (readonly Test[])[] => {
      const results = tests.map(change);
      if (results.every((r) => r === null)) return [tests];
      changed = true;
      // What one value becomes are values, each of which `all` asks for.
      if (tests.length === 1) return results[0]!.map((t) => [t]);
      return [results.flatMap((r, i) => r ?? [tests[i]])];
    });
    if (!changed) return item;
    if (values.length > 0) return { ...item, values };
    throw rejection("The pipeline leaves the item no value", item);
  });
}

function replacePlaceholders(
  draft: Draft,
  work: Work,
  valuesOf: (name: string) => readonly Parts[] | null,
): void {
  changeTests(draft, work, (t) => {
    if (t.kind === "text") {
      if (!t.parts.some((p) => isPlaceholder(p) && valuesOf(p.placeholder) !== null)) return null;
      return placed(t.parts, valuesOf, t).map((parts) => ({ ...t, parts }));
    }
    if (t.kind !== "pending") return null;
    const name = placeholderIn(t.text);
    const values = name === null ? null : valuesOf(name);
    if (name === null || values === null || values.some((v) => v.includes(ANY))) return null;
    return values.flatMap((v) => {
      const text = t.text.replace(`%${name}%`, () => plainPattern(v));
      return placeholderIn(text) === null ? [t.make(text)] : [{ ...t, text }];
    });
  });
}

/** Every way to put values in the places of placeholders. */
function placed(
  parts: Parts,
  valuesOf: (name: string) => readonly Parts[] | null,
  { span }: Test,
): Parts[] {
  let all: Parts[] = [[]];
  for (const p of parts) {
    const values = isPlaceholder(p) ? valuesOf(p.placeholder) ?? [[p]] : [[p]];
    if (all.length * values.length > MAX_VALUES) {
      throw new SigmaError(
        "too_large",
        span,
        `The placeholders of one value stand for over ${MAX_VALUES} values`,
        "Give fewer, or one placeholder a value",
      );
    }
    all = all.flatMap((before) => values.map((v) => joined(before, v)));
  }
  return all;
}

function replaceString(p: Params): Apply {
  p.only(...ITEM_KEYS, "regex", "replacement", "skip_special", "interpret_special");
  const regex = p.regex("regex");
  const replacement = pythonReplacement(p.required("replacement"));
  const skip = p.flag("skip_special"), interpret = p.flag("interpret_special");
  const change = (text: string) => {
    regex.lastIndex = 0;
    return text.replace(regex, replacement);
  };
  return onTexts((parts) => {
    if (!skip) {
      const before = plainPattern(parts);
      const after = change(before);
      return after === before ? null : [readPattern(after, parts.some(isPlaceholder))];
    }
    const after = parts.map((x): Parts => {
      if (typeof x !== "string") return [x];
      return interpret ? parseString(change(x)) : [change(x)];
    });
    return [joined(...after)];
  });
}

/** Python's `\1` and `\g<name>` as JavaScript has them. */
function pythonReplacement(text: string): string {
  return text.replace(/\$/g, "$$$$").replace(
    /\\(?:(\d{1,2})|g<(\d{1,2})>|g<(\w+)>|(.))/g,
    (_, n, m, name, other) =>
      other !== undefined
        ? other === "n" ? "\n" : other === "t" ? "\t" : other
        : name !== undefined
        ? `$<${name}>`
        : Number(n ?? m) === 0
        ? "$&"
        : `$${n ?? m}`,
  );
}

/** What `plainPattern` wrote: backslashes count as escapes only in front of `*` and `?`. */
function readPattern(text: string, placeholders: boolean): Parts {
  const out: Part[] = [];
  const rest = text.replace(/(\\*)([*?])|%([\w.-]+)%|[^]/g, (all, slashes, c, name) => {
    if (name !== undefined) out.push(...(placeholders ? [{ placeholder: name }] : [all]));
    else if (c === undefined) out.push(all);
    else {
      out.push("\\".repeat(slashes.length >> 1));
      out.push(slashes.length % 2 === 1 ? c : c === "*" ? ANY : ONE);
    }
    return "";
  });
  return joined(out, [rest]);
}

const HASH_LENGTHS: Readonly<Record<number, string>> = {
  32: "MD5",
  40: "SHA1",
  64: "SHA256",
  128: "SHA512",
};

/** `Hashes: SHA1=…` as a field for each algorithm. */
function hashesFields(p: Params): Apply {
  p.only(...ITEM_KEYS, "valid_hash_algos", "field_prefix", "drop_algo_prefix");
  const valid = p.texts("valid_hash_algos") ?? [];
  if (valid.length === 0) {
    throw p.error(
      null,
      'hashes_fields has no "valid_hash_algos"',
      "Add valid_hash_algos: [SHA256]",
    );
  }
  const prefix = p.text("field_prefix") ?? "", bare = p.flag("drop_algo_prefix");
  return (draft, { id, conditions }) =>
    draft.mapItems(id, (item) => {
      const tests = item.values.flat();
      if (!conditions.item(draft, item) || tests.some((t) => t.kind !== "text")) return item;
      const fields = new Map<string, Test[]>();
      for (const t of tests) {
        const text = t.kind === "text" ? plainPattern(t.parts) : "";
        const pieces = text.split(text.includes("|") ? "|" : "=");
        const algo = pieces.length === 2
          ? pieces[0].replace(/^\*+/, "").toUpperCase()
          : HASH_LENGTHS[text.length] ?? "";
        if (!valid.includes(algo)) continue;
        const field = prefix + (bare ? "" : algo);
        const test: Test = {
          kind: "text",
          parts: readPattern(pieces.at(-1)!, false),
          span: t.span,
        };
        fields.set(field, [...fields.get(field) ?? [], test]);
      }
      if (fields.size === 0) throw rejection("No value is a hash that the pipeline takes", item);
      const args = [...fields].map(([field, own]): Detection => ({
        kind: "item",
        item: { ...item, field, all: false, values: own.map((t) => [t]) },
      }));
      return args.length === 1 ? args[0] : { kind: "or", args, span: item.span };
    });
}
