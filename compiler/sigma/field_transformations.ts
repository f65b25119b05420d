/** Transformations of the names of fields, in rules and in correlations. */
import type { Correlation, Named } from "./correlation.ts";
import type { Detection } from "./detection.ts";
import type { Draft } from "./draft.ts";
import { checkName, type Item, type Test } from "./item.ts";
import type { Params } from "./params.ts";
import { ANY, joined } from "./strings.ts";
import { type Apply, ITEM_KEYS, type Transformations, type Work } from "./transformation.ts";
import { SigmaError } from "./yaml.ts";

/** What a field is called instead, one name or several; null: as before. */
type Rename = (field: string | null) => readonly string[] | null;

export const FIELD_TRANSFORMATIONS: Transformations = {
  field_name_mapping: (p) => {
    p.only(...ITEM_KEYS, "mapping");
    const mapping = names(p);
    // Without a name the keywords are meant.
    return renaming((field) => mapping.get(field ?? "") ?? null);
  },
  field_name_prefix_mapping: (p) => {
    p.only(...ITEM_KEYS, "mapping");
    const mapping = names(p);
    return renaming((field) => {
      if (field === null) return null;
      for (const [prefix, others] of mapping) {
        if (field.startsWith(prefix)) return others.map((o) => o + field.slice(prefix.length));
      }
      return null;
    });
  },
  field_name_prefix: (p) => {
    p.only(...ITEM_KEYS, "prefix");
    const prefix = p.required("prefix");
    return renaming((field) => field === null ? null : [prefix + field]);
  },
  field_name_suffix: (p) => {
    p.only(...ITEM_KEYS, "suffix");
    const suffix = p.required("suffix");
    return renaming((field) => field === null ? null : [field + suffix]);
  },
};

function names(p: Params): ReadonlyMap<string, readonly string[]> {
  const mapping = p.mapping("mapping");
  for (const name of [...mapping.values()].flat()) checkName(name, p.span);
  return mapping;
}

const renaming = (rename: Rename): Apply => (draft, work) => {
  if (draft.entry.kind === "correlation") return renameCorrelation(draft, work, rename);
  draft.mapItems(work.id, (item) => {
    if (!work.conditions.item(draft, item)) return item;
    const of = (name: string | null) =>
      work.conditions.field(draft, name, item) ? rename(name) : null;
    const referred = withReferences(item, of);
    const fields = of(item.field);
    if (fields === null) return referred;
    const own = item.field === null ? asContained(referred) : referred;
    const items = fields.map((field): Detection => ({ kind: "item", item: { ...own, field } }));
    if (items.length === 0) return null;
    return items.length === 1 ? items[0] : { kind: "or", args: items, span: item.span };
  });
};

/** The item with the names that its values name. */
function withReferences(item: Item, rename: Rename): Item {
  let changed = false;
  const values = item.values.map((tests) =>
    tests.flatMap((t): Test[] => {
      const fields = t.kind === "fieldref" ? rename(t.field) : null;
      if (fields === null) return [t];
      changed = true;
      return fields.map((field) => ({ ...t, field }) as Test);
    })
  );
  return changed ? { ...item, values } : item;
}

/** Keywords are looked for within a field as they were within the event. */
function asContained(item: Item): Item {
  const within = (t: Test): Test =>
    t.kind === "text" ? { ...t, parts: joined([ANY], t.parts, [ANY]) } : t;
  return { ...item, values: item.values.map((tests) => tests.map(within)) };
}

function renameCorrelation(draft: Draft, work: Work, rename: Rename): void {
  const { entry } = draft;
  if (entry.kind !== "correlation") return;
  const c = entry.item;
  const renamed = (n: Named): Named[] => {
    const names = work.conditions.field(draft, n.name, null) ? rename(n.name) : null;
    if (names === null) return [n];
    for (const name of names) draft.tookField(name, work.id);
    return names.map((name) => ({ name, span: n.span }));
  };
  const one = (n: Named): Named => {
    const all = renamed(n);
    if (all.length === 1) return all[0];
    throw new SigmaError(
      "rejected",
      n.span,
      `The pipeline gives the field "${n.name}" ${all.length} names, where one is meant`,
      "Map it to one name, or give the rules aliases",
    );
  };
  const aliases: Correlation["aliases"] = new Map(
    [...c.aliases].map(([alias, fields]) => [
      alias,
      new Map([...fields].map(([rule, field]) => [rule, one(field)])),
    ]),
  );
  draft.entry = {
    ...entry,
    item: {
      ...c,
      aliases,
      groupBy: c.groupBy.map((g) => c.aliases.has(g.name) ? g : one(g)),
      measure: c.measure === null ? null : { ...c.measure, fields: c.measure.fields.map(one) },
    },
  };
}
