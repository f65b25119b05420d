/** Sourcetypes → extractions: what each pattern gives, and how its events' properties are laid out. */
import { COMMON_FIELDS, DATASETS, FIELD_TYPES } from "../../schema/cim.ts";
import type { Catalogue, Extraction, FieldDef, Type } from "../../schema/types.ts";
import type {
  Constant,
  MessagePart,
  Pattern,
  Program,
  Sourcetype,
  ValueMap,
} from "../read/model.ts";
import { SPECIAL_GROUPS } from "../read/model.ts";
import { regexShape, type Shape } from "../read/shape.ts";

/** Where a capture's value comes from. */
export type From =
  | { readonly from: "header" }
  | {
    readonly from: "group";
    readonly index: number;
    /** Field whose value it takes when the group has none. */
    readonly otherwise?: string;
    readonly recall?: boolean;
  }
  | { readonly from: "copy"; readonly of: string }
  | { readonly from: "map"; readonly map: ValueMap; readonly otherwise?: string }
  | { readonly from: "part"; readonly part: MessagePart; readonly otherwise?: string }
  | { readonly from: "count" }
  | { readonly from: "reason" }
  | { readonly from: "recall" }
  | { readonly from: "keyed"; readonly keys: readonly string[]; readonly otherwise?: string };

export interface Capture extends FieldDef {
  readonly always: boolean;
  readonly source: From;
}

/** An extraction with what the generator needs to fill it. */
export interface Layout {
  readonly extraction: Extraction;
  readonly sourcetype: Sourcetype;
  readonly pattern: Pattern | null;
  readonly shape: Shape | null;
  readonly captures: readonly Capture[];
}

/** One sourcetype's layouts, by how a line gets to them. */
export interface SourcetypeLayouts {
  readonly sourcetype: Sourcetype;
  readonly parseError: Layout;
  readonly programs: readonly { readonly program: Program; readonly layouts: readonly Layout[] }[];
  readonly general: readonly Layout[];
  /** Header fields in the order of their slots. */
  readonly slots: readonly string[];
}

/** Every layout of a sourcetype. */
export const allLayouts = (l: SourcetypeLayouts): Layout[] => [
  l.parseError,
  ...l.general,
  ...l.programs.flatMap((p) => p.layouts),
];

/** Fields that a header gives besides its named groups. */
const FROM_PRI = ["facility", "severity", "severity_id"];

export function buildCatalogue(
  sourcetypes: readonly Sourcetype[],
): { catalogue: Catalogue; layouts: Map<string, SourcetypeLayouts> } {
  const extractions: Extraction[] = [];
  const layouts = new Map<string, SourcetypeLayouts>();
  for (const s of sourcetypes) {
    const slots = headerSlots(s);
    const make = (pattern: Pattern | null): Layout => {
      const layout = layoutOf(s, pattern, slots, extractions.length);
      extractions.push(layout.extraction);
      return layout;
    };
    layouts.set(s.name, {
      sourcetype: s,
      slots,
      parseError: make(null),
      programs: s.programs.map((program) => ({ program, layouts: program.patterns.map(make) })),
      general: s.patterns.map(make),
    });
  }
  return {
    layouts,
    catalogue: {
      extractions,
      sourcetypes: sourcetypes.map((s) => ({
        name: s.name,
        open: s.open ||
          s.patterns.concat(s.programs.flatMap((p) => p.patterns)).some((p) => p.read),
        fields: fieldsOf(s, extractions),
      })),
    },
  };
}

function headerSlots(s: Sourcetype): string[] {
  const out = new Set<string>();
  for (const h of s.headers) {
    for (const g of regexShape(h.regex.source).groups) {
      if (g.name === "program") out.add("process_name");
      else if (g.name === "pri") FROM_PRI.forEach((f) => out.add(f));
      else if (!(SPECIAL_GROUPS as readonly string[]).includes(g.name)) out.add(g.name);
    }
  }
  return [...out];
}

/** Type of a field: the sourcetype's own word, else that of its datasets, else the CIM's by name. */
export function typeOf(s: Sourcetype, datasets: readonly string[], name: string): Type {
  const own = s.fields.get(name);
  if (own !== undefined) return own;
  const common = COMMON_FIELDS.find((f) => f.name === name);
  if (common) return common.type;
  for (const d of datasets) {
    const field = DATASETS.get(d)?.fields.get(name);
    if (field) return field.type;
  }
  return FIELD_TYPES.get(name) ?? "string";
}

function layoutOf(
  s: Sourcetype,
  pattern: Pattern | null,
  slots: readonly string[],
  id: number,
): Layout {
  const shape = pattern ? regexShape(pattern.regex.source) : null;
  const datasets = pattern?.datasets ?? [];
  const constants = new Map<string, Constant>(pattern?.set);
  const captures = new Map<string, Capture>();
  const add = (name: string, always: boolean, source: From) => {
    constants.delete(name);
    captures.set(name, { name, type: typeOf(s, datasets, name), always, source });
  };
  if (pattern === null) {
    add("parse_error_reason", true, { from: "reason" });
  } else {
    slots.forEach((name) => {
      if (!constants.has(name)) add(name, false, { from: "header" });
    });
    if (s.headers.length > 0) add("count", false, { from: "count" });
    for (const g of shape!.groups) {
      if ((SPECIAL_GROUPS as readonly string[]).includes(g.name)) continue;
      const kept = g.always && s.missing.length === 0;
      // Two groups of one name (in different alternatives) are read as whichever took part.
      if (captures.get(g.name)?.source.from !== "group") {
        add(g.name, kept, { from: "group", index: g.index });
      }
    }
    for (const [name, keys] of pattern.read === null ? [] : pattern.take) {
      // None at all takes back what a level above says.
      if (keys.length === 0) continue;
      // A group of the same name is read where it took part.
      if (name === "_time" || name === "host" || captures.get(name)?.source.from === "group") {
        continue;
      }
      add(name, false, { from: "keyed", keys });
    }
    for (const name of pattern.recall) {
      const own = captures.get(name);
      if (own?.source.from === "group") {
        captures.set(name, { ...own, source: { ...own.source, recall: true } });
      } else if (!own) add(name, false, { from: "recall" });
    }
    if (pattern.recallBy !== null && captures.has(pattern.recallBy)) {
      // The field that is looked up by has to have its value first.
      const by = captures.get(pattern.recallBy)!;
      captures.delete(pattern.recallBy);
      const others = [...captures];
      captures.clear();
      captures.set(by.name, by);
      for (const [name, capture] of others) captures.set(name, capture);
    }
    for (const part of pattern.parts) {
      if (captures.has(part.of) || s.records) add(part.field, false, { from: "part", part });
    }
    for (const map of pattern.maps) {
      // A map over its own field changes the value before it is stored; one that a level above gives
      // may be over a field that this pattern lacks.
      if (map.of.includes(map.field)) continue;
      const of = map.of.filter((f) => captures.has(f) || constants.has(f) || s.records);
      if (of.length > 0) add(map.field, false, { from: "map", map: { ...map, of } });
    }
    for (const [name, of] of pattern.alias) {
      const own = captures.get(name);
      if (own?.source.from === "group" && (of === "host" || captures.has(of))) {
        captures.set(name, { ...own, source: { ...own.source, otherwise: of } });
        continue;
      }
      if (
        (own?.source.from === "keyed" || own?.source.from === "map" ||
          own?.source.from === "part") &&
        (of === "host" || captures.has(of))
      ) {
        captures.set(name, { ...own, source: { ...own.source, otherwise: of } });
        continue;
      }
      if (own || constants.has(name)) continue;
      if (of !== "host" && constants.has(of)) constants.set(name, constants.get(of)!);
      else if (of === "host" || captures.has(of)) {
        add(name, captures.get(of)?.always ?? false, { from: "copy", of });
      }
    }
  }
  // What others are taken from comes first.
  const list = [...captures.values()].sort((a, b) => rank(a) - rank(b));
  return {
    sourcetype: s,
    pattern,
    shape,
    captures: list,
    extraction: {
      id,
      sourcetype: s.name,
      pattern: pattern?.name ?? "parse_error",
      datasets,
      constants: Object.fromEntries(constants),
      captures: list.map(({ name, type, always }) => ({ name, type, always })),
      open: s.open || pattern?.read != null,
      parseError: pattern === null,
      ...(pattern?.drop ? { drop: pattern.drop } : {}),
    },
  };
}

function rank({ source }: Capture): number {
  if (source.from === "copy" || source.from === "map" || source.from === "part") return 2;
  return (source.from === "group" || source.from === "keyed") && source.otherwise !== undefined
    ? 1
    : 0;
}

function fieldsOf(s: Sourcetype, extractions: readonly Extraction[]): FieldDef[] {
  const out = new Map<string, FieldDef>();
  for (const [name, type] of s.fields) out.set(name, { name, type });
  for (const e of extractions) {
    if (e.sourcetype !== s.name) continue;
    for (const c of e.captures) out.set(c.name, { name: c.name, type: c.type });
    for (const name of Object.keys(e.constants)) {
      if (!out.has(name)) out.set(name, { name, type: typeOf(s, e.datasets, name) });
    }
  }
  return [...out.values()];
}
