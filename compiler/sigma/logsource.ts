/** From a rule's log source to the rows that it reads, and from its field names to theirs. */
import { feeding, type From } from "../check/rows.ts";
import type { Span } from "../../grammar/ast.ts";
import type { IrExpr } from "../ir/program.ts";
import { DATASETS, FIELD_TYPES } from "../schema/cim.ts";
import type { Catalogue, Extraction, Type } from "../schema/types.ts";
import { isText } from "../schema/typing.ts";
import { accountField, type DerivedField, pathField } from "./derived.ts";
import { type Fields, joinExprs } from "./field_tests.ts";
import { LOG_SOURCES, type LogSource, type Reading } from "./sources/mod.ts";

export interface LogSourceKey {
  readonly product: string | null;
  readonly category: string | null;
  readonly service: string | null;
}

/** The rows of a log source: one or more readings of one source. */
export interface Rows {
  readonly from: From;
  readonly readings: readonly Fields[];
  /** What makes events part of a reading, by its index; null: all are. */
  guard(reading: number, span: Span): IrExpr | null;
  /** Fields that one alert is about: whose further matches are held back. */
  readonly by: readonly string[];
  /** No loaded sourcetype gives such events. */
  readonly unfed: boolean;
  /** What an event made for a reading has besides the fields that it is given. */
  made(reading: number): MadeFrom;
}

/** What makes an event one of a reading. */
export interface MadeFrom {
  readonly dataset: string | null;
  readonly sourcetype: string | null;
  /** Values that its guard asks for. */
  readonly fields: Readonly<Record<string, string | number>>;
}

export const keyText = (k: LogSourceKey): string =>
  (["product", "category", "service"] as const).flatMap((part) =>
    k[part] === null ? [] : [`${part} ${k[part]}`]
  ).join(", ");

/** Resolves log sources under one catalogue; those asked for before are remembered. */
export class LogSources {
  readonly #rows = new Map<string, Rows>();

  constructor(readonly catalogue: Catalogue) {}

  rowsOf(key: LogSourceKey): Rows {
    const text = keyText(key);
    let rows = this.#rows.get(text);
    if (rows === undefined) this.#rows.set(text, rows = this.#resolve(key));
    return rows;
  }

  #resolve(key: LogSourceKey): Rows {
    const entry = entryOf(key);
    // A sourcetype of this name, should somebody load one, feeds it.
    const own = [key.product, key.service ?? key.category].filter((p) => p).join("_")
      .replace(/[^a-z0-9_]/g, "_");
    const { from: name, readings, by } = entry ?? { from: own, readings: [{}], by: undefined };
    const from: From = name === "any"
      ? { any: true }
      : DATASETS.has(name)
      ? { dataset: name }
      : { sourcetype: name };
    const all = feeding(this.catalogue, from);
    const fed = readings.map((r) =>
      r.sourcetypes === undefined ? all : all.filter((x) => r.sourcetypes!.includes(x.sourcetype))
    );
    return {
      from,
      readings: readings.map((r, i) => new ReadingFields(r, fed[i], this.catalogue)),
      guard: (i, span) => guardOf(readings[i], span),
      by: by ?? ["host"],
      unfed: fed.every((f) => f.length === 0),
      made: (i) => ({
        dataset: from.dataset ?? null,
        sourcetype: readings[i].sourcetypes?.[0] ?? from.sourcetype ?? fed[i][0]?.sourcetype ??
          null,
        fields: Object.fromEntries([
          ...Object.entries(readings[i].where ?? {}).map(([name, values]) =>
            [name, [values].flat()[0]] as const
          ),
          ...(readings[i].has ?? []).map((name) => [name, "-"] as const),
        ]),
      }),
    };
  }
}

/** The entry that fits best: the one that says most of what the rule says, and nothing else. */
function entryOf(key: LogSourceKey): LogSource | null {
  let best: LogSource | null = null, points = 0;
  for (const entry of LOG_SOURCES) {
    let own = 0;
    const fits = (["service", "category", "product"] as const).every((part, i) => {
      const wanted = entry[part];
      if (wanted === undefined) return true;
      own += 4 >> i;
      return [wanted].flat().includes(key[part] ?? "");
    });
    if (fits && own > points) {
      // A service that is not known is not its product's every event.
      if (key.service !== null && entry.service === undefined && entry.category === undefined) {
        continue;
      }
      if (key.category !== null && entry.category === undefined && entry.service === undefined) {
        continue;
      }
      [best, points] = [entry, own];
    }
  }
  return best;
}

function guardOf(reading: Reading, span: Span): IrExpr | null {
  const args: IrExpr[] = [];
  const among = (name: string, values: readonly (string | number)[]) => {
    // Numbers are so in some renderings and text in others.
    const all = values.flatMap((v) => typeof v === "number" ? [v, String(v)] : [v]);
    const value: IrExpr = { op: "field", name, type: "string", span };
    args.push(
      all.length === 1
        ? {
          op: "==",
          left: value,
          right: { op: "const", value: all[0], type: "string", span },
          cs: false,
          type: "bool",
          span,
        }
        : {
          op: "in",
          negated: false,
          value,
          set: { kind: "values", values: all, cs: false },
          type: "bool",
          span,
        },
    );
  };
  if (reading.sourcetypes) among("sourcetype", reading.sourcetypes);
  for (const [name, values] of Object.entries(reading.where ?? {})) among(name, [values].flat());
  for (const name of reading.has ?? []) args.push({ op: "exists", name, type: "bool", span });
  return args.length === 0 ? null : joinExprs("and", args, span);
}

class ReadingFields implements Fields {
  readonly #names = new Map<string, readonly string[]>();
  readonly #text = new Map<string, boolean>();
  readonly #exact: ReadonlyMap<string, readonly string[]>;
  readonly #lower: ReadonlyMap<string, readonly string[]>;

  constructor(
    readonly reading: Reading,
    readonly extractions: readonly Extraction[],
    readonly catalogue: Catalogue,
  ) {
    const exact = Object.entries(reading.fields ?? {}).map(([name, to]) =>
      [name, [to].flat()] as const
    );
    this.#exact = new Map(exact);
    const lower = new Map<string, readonly string[]>();
    // Where nothing but the captures is there, a name in another case is theirs.
    if (extractions.length > 0 && !extractions.some((x) => x.open)) {
      for (const x of extractions) {
        for (const { name } of x.captures) lower.set(name.toLowerCase(), [name]);
      }
    }
    for (const name of reading.known ?? []) lower.set(name.toLowerCase(), [name]);
    for (const [name, to] of exact) lower.set(name.toLowerCase(), to);
    this.#lower = lower;
  }

  names(field: string): readonly string[] {
    let names = this.#names.get(field);
    if (names === undefined) this.#names.set(field, names = this.#resolve(field));
    return names;
  }

  #resolve(field: string): readonly string[] {
    const mapped = this.#exact.get(field) ?? this.#lower.get(field.toLowerCase());
    if (mapped !== undefined) return mapped;
    const { nested, strip } = this.reading;
    if (strip !== undefined && field.startsWith(strip)) return [field, field.slice(strip.length)];
    if (!nested) return [field];
    // JSON of clouds: one name is written with a small letter at first, or stands in an envelope.
    const camel = field.split(".").map((p) => p.slice(0, 1).toLowerCase() + p.slice(1)).join(".");
    const names = [field, camel, ...nested.map((p) => p + camel)];
    return [...new Set(names)];
  }

  derived(name: string): DerivedField | null {
    const { accounts = {}, paths = {} } = this.reading;
    if (Object.hasOwn(accounts, name)) return accountField(accounts[name]);
    return Object.hasOwn(paths, name) ? pathField(paths[name]) : null;
  }

  valuesOf(name: string, text: string): readonly string[] {
    const { values = {} } = this.reading;
    const low = text.toLowerCase();
    return Object.hasOwn(values, name) && Object.hasOwn(values[name], low)
      ? [values[name][low]].flat()
      : [];
  }

  listsAbove(name: string): readonly (readonly [string, string])[] {
    if (this.reading.lists !== true || this.derived(name) !== null) return [];
    const parts = name.split(".");
    const key = parts.at(-1)!;
    return parts.slice(0, -1).map((_, i) => [parts.slice(0, i + 1).join("."), key] as const);
  }

  get emptyIsMissing(): boolean {
    return this.reading.emptyIsMissing === true;
  }

  known(): { names: ReadonlySet<string>; open: boolean } | null {
    if (this.extractions.length === 0 || this.reading.nested) return null;
    const names = new Set([...this.reading.known ?? [], ...Object.keys(this.reading.fields ?? {})]);
    // Where any field may come, the vendor's names are known, and the captures are the CIM's.
    const open = this.extractions.some((x) => x.open);
    if (open) return { names, open };
    for (const x of this.extractions) {
      for (const { name } of x.captures) names.add(name);
      for (const name of Object.keys(x.constants)) names.add(name);
    }
    for (const name of ["host", "source", "sourcetype", "_raw", "_time"]) names.add(name);
    return { names, open };
  }

  isText(name: string): boolean {
    let text = this.#text.get(name);
    if (text === undefined) {
      text = this.derived(name) !== null || !this.mayBeList(name) &&
          this.extractions.every((x) => this.#typesOf(x, name).every(isText));
      this.#text.set(name, text);
    }
    return text;
  }

  mayBeList(name: string): boolean {
    return this.reading.lists === true && name !== "_raw";
  }

  /** The types that a value of that name may have in events of the extraction. */
  #typesOf(x: Extraction, name: string): Type[] {
    const capture = x.captures.find((c) => c.name === name);
    if (capture !== undefined) return [capture.type];
    const own = x.constants[name];
    if (own !== undefined) return [typeof own === "string" ? "string" : "float"];
    if (name === "_raw" || name === "host" || name === "source" || name === "sourcetype") return [];
    if (!x.open) return [];
    const declared = this.catalogue.sourcetypes.find((s) => s.name === x.sourcetype)?.fields
      .find((f) => f.name === name);
    return [declared?.type ?? FIELD_TYPES.get(name) ?? "string"];
  }
}
