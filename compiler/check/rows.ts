/** The type of a row: which fields it has, and what an unknown name means. */
import { COMMON_FIELDS, DATASETS, FIELD_TYPES } from "../schema/cim.ts";
import { gives } from "../plan/rows.ts";
import type { Catalogue, Extraction, Type } from "../schema/types.ts";

export interface Row {
  readonly fields: ReadonlyMap<string, Type>;
  /** Further fields may come; they are strings unless the CIM has a type for their name. */
  readonly open: boolean;
  /** Step names whose `step.field` may be any field. */
  readonly openSteps: ReadonlySet<string>;
  /** What made the row so, for "has no field" messages: `Authentication`, `the row after stats`. */
  readonly what: string;
}

/** The row of a place where no event is: constants only. */
export const NO_ROW: Row = {
  fields: new Map(),
  open: false,
  openSteps: new Set(),
  what: "a constant",
};

/** What rows are read from. */
export interface From {
  readonly any?: boolean;
  readonly dataset?: string;
  readonly sourcetype?: string;
}

/** The extractions whose events a source reads. Unmatched lines count only for `any`. */
export function feeding(catalogue: Catalogue, from: From): Extraction[] {
  return catalogue.extractions.filter((x) => gives(x, from));
}

const cache = new WeakMap<Catalogue, Map<string, Row>>();

/** The row type of a dataset, a sourcetype or `any`: the CIM's fields win over a sourcetype's. */
export function rowOf(catalogue: Catalogue, from: From): Row {
  let rows = cache.get(catalogue);
  if (rows === undefined) cache.set(catalogue, rows = new Map());
  const key = from.any ? "any" : `${from.dataset ?? ""}|${from.sourcetype ?? ""}`;
  let row = rows.get(key);
  if (row === undefined) rows.set(key, row = makeRow(catalogue, from));
  return row;
}

function makeRow(catalogue: Catalogue, from: From): Row {
  const fields = new Map<string, Type>();
  const add = (name: string, type: Type) => {
    if (!fields.has(name)) fields.set(name, type);
  };
  for (const f of COMMON_FIELDS) add(f.name, f.type);
  if (from.dataset !== undefined) {
    for (const f of DATASETS.get(from.dataset)!.fields.values()) add(f.name, f.type);
  }
  if (from.any) { for (const [name, type] of FIELD_TYPES) add(name, type); }
  const extractions = feeding(catalogue, from);
  const names = new Set(extractions.map((x) => x.sourcetype));
  if (from.sourcetype !== undefined) names.add(from.sourcetype);
  let open = from.any === true;
  for (const x of extractions) {
    // A dataset has the CIM's fields and the declared ones, whoever feeds it: a misspelt name is one.
    open ||= x.open && from.dataset === undefined;
    for (const c of x.captures) add(c.name, FIELD_TYPES.get(c.name) ?? c.type);
    for (const [name, value] of Object.entries(x.constants)) {
      add(name, FIELD_TYPES.get(name) ?? typeOfValue(value));
    }
  }
  for (const s of catalogue.sourcetypes) {
    if (!names.has(s.name)) continue;
    open ||= s.open && from.dataset === undefined;
    for (const f of s.fields) add(f.name, f.type);
  }
  const what = from.any ? "any event" : from.dataset ?? from.sourcetype ?? "";
  return { fields, open, openSteps: new Set(), what };
}

function typeOfValue(value: string | number | boolean): Type {
  if (typeof value === "string") return "string";
  if (typeof value === "boolean") return "bool";
  return Number.isInteger(value) ? "int" : "float";
}

/** The type of a field of the row, or null when it has none of that name. */
export function fieldType(row: Row, name: string): Type | null {
  const type = row.fields.get(name);
  if (type !== undefined) return type;
  const dot = name.indexOf(".");
  if (dot > 0 && row.openSteps.has(name.slice(0, dot))) {
    return FIELD_TYPES.get(name.slice(dot + 1)) ?? "string";
  }
  return row.open ? FIELD_TYPES.get(name) ?? "string" : null;
}
