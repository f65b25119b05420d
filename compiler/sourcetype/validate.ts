/**
 * How well a raw line is mapped to the CIM: its datasets, which of their fields it has, whether the
 * values are those that the CIM prescribes, and every field that was extracted. Pure; the command
 * `validate` and the API's `POST /validate` show what it returns.
 */
import { DATASETS } from "../schema/cim.ts";
import type { Type, Value } from "../schema/types.ts";
import { allLayouts, type Capture, type Layout, typeOf } from "./compile/catalogue.ts";
import { type Compiled, createParser } from "./compile/compiled.ts";
import type { ParserOptions } from "./compile/parser.ts";
import type { Parsed } from "./compile/reader.ts";
import { recognise, type Recognition } from "./recognise.ts";

/** What the CIM says of a field of a dataset, and what the line has for it. */
export interface FieldCheck {
  readonly name: string;
  readonly requirement: "required" | "conditional" | "optional";
  /** `unexpected`: the field is there, with a value that is not among the prescribed ones. */
  readonly status: "present" | "missing" | "unexpected";
  readonly value?: string | number | boolean | readonly string[];
  /** Values that the CIM prescribes; left out when any will do. */
  readonly prescribed?: readonly string[];
}

export interface DatasetCheck {
  readonly name: string;
  readonly tags: readonly string[];
  /** No required field is missing and no value is unexpected. */
  readonly complete: boolean;
  /** The dataset's own fields: those of a parent stand with the parent. */
  readonly fields: readonly FieldCheck[];
}

/** A field of the event. */
export interface ExtractedField {
  readonly name: string;
  /** `string`, `int`, `ip`, …; a list's has `list<…>`. */
  readonly type: string;
  readonly value: string | number | boolean | readonly string[];
  /** Where it came from: the file's own words for it. */
  readonly from:
    | "header"
    | "group"
    | "set"
    | "alias"
    | "map"
    | "part"
    | "recall"
    | "take"
    | "keyed"
    | "parser";
  /** Whether a dataset of the event names it. */
  readonly cim: boolean;
}

export interface Validation {
  readonly line: string;
  /** The sourcetype that read the line, of the family of the one that was named or recognised. */
  readonly sourcetype: string | null;
  /** What recognition said; null when the sourcetype was named. */
  readonly recognition: Recognition | null;
  /** The pattern that took the line; null when none did. */
  readonly pattern: string | null;
  /** Why no pattern took it; null when one did. */
  readonly parse_error: string | null;
  /** RFC 3339, UTC. Null when the line has no time that reads. */
  readonly time: string | null;
  readonly host: string | null;
  readonly datasets: readonly DatasetCheck[];
  /** Tags of all its datasets. */
  readonly tags: readonly string[];
  readonly fields: readonly ExtractedField[];
  /** A pattern took it and every dataset is complete. */
  readonly valid: boolean;
}

export interface ValidateOptions extends ParserOptions {
  /** Name of a sourcetype; left out or null: recognised, from all of the lines. */
  readonly sourcetype?: string | null;
  /** The input's date in ms: where a missing year is taken from. */
  readonly modified: number;
}

/**
 * Validates lines of one input, in their order: what one line says may be needed by another. Throws
 * RangeError for an unknown sourcetype or time zone.
 */
export function validateLines(
  compiled: Compiled,
  lines: readonly string[],
  options: ValidateOptions,
): Validation[] {
  const named = options.sourcetype ?? null;
  const recognition = named === null ? recognise(lines, compiled) : null;
  const sourcetype = named ?? recognition?.sourcetype ?? null;
  if (sourcetype === null) {
    return lines.map((line) => unread(line, recognition!));
  }
  const { modified } = options;
  const parsed = createParser(compiled, sourcetype, { ...options, mixed: named === null })({
    input: { modified },
    lines,
    arrival: modified,
  });
  return validateParsed(compiled, parsed, lines, recognition);
}

/** Validates a batch that has been parsed; `lines` are its lines. */
export function validateParsed(
  compiled: Compiled,
  parsed: Parsed<unknown>,
  lines: readonly string[],
  recognition: Recognition | null = null,
): Validation[] {
  const layouts = layoutsById(compiled);
  return parsed.events.map((_, i) =>
    validation(lines[parsed.lineOf(i)], i, parsed, layouts, recognition)
  );
}

const LAYOUTS = new WeakMap<Compiled, ReadonlyMap<number, Layout>>();

function unread(line: string, recognition: Recognition): Validation {
  return {
    line,
    sourcetype: null,
    recognition,
    pattern: null,
    parse_error: recognition.reason,
    time: null,
    host: null,
    datasets: [],
    tags: [],
    fields: [],
    valid: false,
  };
}

function layoutsById(compiled: Compiled): ReadonlyMap<number, Layout> {
  const made = LAYOUTS.get(compiled);
  if (made) return made;
  const out = new Map<number, Layout>();
  for (const l of compiled.layouts.values()) {
    for (const layout of allLayouts(l)) out.set(layout.extraction.id, layout);
  }
  LAYOUTS.set(compiled, out);
  return out;
}

function validation(
  line: string,
  i: number,
  parsed: Parsed<unknown>,
  layouts: ReadonlyMap<number, Layout>,
  recognition: Recognition | null,
): Validation {
  const event = parsed.events[i];
  const layout = layouts.get(parsed.extractionIds[i])!;
  const { extraction, sourcetype } = layout;
  const named = new Set(
    extraction.datasets.flatMap((d) => [...DATASETS.get(d)!.fields.keys()]),
  );
  const fields: ExtractedField[] = [];
  const add = (name: string, type: Type, value: unknown, from: ExtractedField["from"]) => {
    if (value === undefined || value === null) return;
    fields.push({
      name,
      type: typeof type === "object" ? `list<${type.list}>` : type,
      value: value as ExtractedField["value"],
      from,
      cim: named.has(name),
    });
  };
  for (const [name, value] of Object.entries(extraction.constants)) {
    add(name, typeOf(sourcetype, extraction.datasets, name), value, "set");
  }
  for (const capture of layout.captures) {
    if (capture.source.from === "reason") continue;
    add(capture.name, capture.type, event[capture.name], originOf(capture));
  }
  const seen = new Set(fields.map((f) => f.name));
  for (const [name, value] of Object.entries(event.more ?? {})) {
    if (seen.has(name)) continue;
    const type = Array.isArray(value)
      ? { list: "string" } as const
      : typeOf(sourcetype, extraction.datasets, name);
    add(name, type, value, "keyed");
  }
  const values = new Map<string, Value>(fields.map((f) => [f.name, f.value]));
  const datasets = extraction.datasets.map((name) => datasetCheck(name, values));
  return {
    line,
    sourcetype: sourcetype.name,
    recognition,
    pattern: extraction.parseError ? null : extraction.pattern,
    parse_error: extraction.parseError ? String(event.parse_error_reason) : null,
    time: event._time_from === undefined ? new Date(event._time).toISOString() : null,
    host: event.host ?? null,
    datasets,
    tags: [...new Set(datasets.flatMap((d) => d.tags))],
    fields,
    valid: !extraction.parseError && datasets.every((d) => d.complete),
  };
}

function originOf({ source }: Capture): ExtractedField["from"] {
  switch (source.from) {
    case "header":
    case "group":
    case "map":
    case "part":
    case "recall":
      return source.from;
    case "copy":
      return "alias";
    case "keyed":
      return "take";
    case "count":
    case "reason":
      return "parser";
  }
}

/** What the CIM asks of a dataset's events, held against these fields. The dataset has to exist. */
export function datasetCheck(name: string, values: ReadonlyMap<string, Value>): DatasetCheck {
  const dataset = DATASETS.get(name)!;
  const inherited = dataset.parent === null ? null : DATASETS.get(dataset.parent)!.fields;
  const fields: FieldCheck[] = [];
  for (const field of dataset.fields.values()) {
    if (inherited?.get(field.name) === field) continue;
    const value = values.get(field.name);
    const prescribed = field.values.length > 0 ? { prescribed: field.values } : {};
    if (value === undefined) {
      fields.push({
        name: field.name,
        requirement: field.requirement,
        status: "missing",
        ...prescribed,
      });
      continue;
    }
    const all = Array.isArray(value) ? value : [value];
    const unexpected = field.values.length > 0 &&
      !all.every((v) => field.values.includes(String(v)));
    fields.push({
      name: field.name,
      requirement: field.requirement,
      status: unexpected ? "unexpected" : "present",
      value: value as string,
      ...prescribed,
    });
  }
  return {
    name,
    tags: dataset.tags,
    complete: !fields.some((f) =>
      f.status === "unexpected" || f.status === "missing" && f.requirement === "required"
    ),
    fields,
  };
}
