/** The Common Information Model: datasets, their fields, types, requirements and prescribed values. */
import { CIM_TABLE } from "./cim_table.ts";
import type { FieldDef, ScalarType } from "./types.ts";

export interface CimField extends FieldDef {
  readonly type: ScalarType;
  readonly requirement: "required" | "conditional" | "optional";
  /** Prescribed values; empty when any will do. */
  readonly values: readonly string[];
}

export interface CimDataset {
  readonly name: string;
  /** An event with all of these tags is in the dataset. */
  readonly tags: readonly string[];
  /** Own fields and, for a sub-dataset, its parents'. */
  readonly fields: ReadonlyMap<string, CimField>;
  readonly parent: string | null;
}

const REQUIREMENT = { r: "required", c: "conditional", o: "optional" } as const;

/** Every dataset by its name in rules: `Authentication`, `Endpoint.Processes`, `Change.Account_Management`. */
export const DATASETS: ReadonlyMap<string, CimDataset> = build();

function build(): Map<string, CimDataset> {
  const out = new Map<string, CimDataset>();
  for (const [name, entry] of Object.entries(CIM_TABLE)) {
    const dot = name.lastIndexOf(".");
    const parent = dot > 0 && out.has(name.slice(0, dot)) ? name.slice(0, dot) : null;
    const fields = new Map<string, CimField>(parent ? out.get(parent)!.fields : []);
    for (const text of entry.fields.split(" ")) {
      const [field, type, requirement] = text.split(":") as [
        string,
        ScalarType,
        keyof typeof REQUIREMENT,
      ];
      fields.set(field, {
        name: field,
        type,
        requirement: REQUIREMENT[requirement],
        values: entry.values?.[field]?.split("|") ?? [],
      });
    }
    out.set(name, { name, tags: entry.tags.split("+"), fields, parent });
  }
  return out;
}

/** The fields that every event may have, whatever its dataset. */
export const COMMON_FIELDS: readonly FieldDef[] = [
  { name: "_time", type: "timestamp" },
  { name: "_raw", type: "string" },
  { name: "host", type: "string" },
  { name: "source", type: "string" },
  { name: "sourcetype", type: "string" },
];

/**
 * The CIM's type of a field by name alone: what `from any` and vendor fields with a CIM name have.
 * A name whose datasets disagree (status) is a string unless one of its types is numeric and it is
 * then read as that.
 */
export const FIELD_TYPES: ReadonlyMap<string, ScalarType> = (() => {
  const out = new Map<string, ScalarType>();
  for (const dataset of DATASETS.values()) {
    for (const field of dataset.fields.values()) {
      const seen = out.get(field.name);
      if (seen === undefined || (seen === "string" && field.type !== "string")) {
        out.set(field.name, field.type);
      }
    }
  }
  return out;
})();

/** Adds each sub-dataset's parent and sorts. */
export function withParents(datasets: Iterable<string>): string[] {
  const out = new Set<string>();
  for (const name of datasets) {
    for (let d: string | null | undefined = name; d; d = DATASETS.get(d)?.parent) out.add(d);
  }
  return [...out].sort();
}
