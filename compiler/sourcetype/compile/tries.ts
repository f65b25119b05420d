/**
 * The part of a generated parser that tries patterns: in order, grouped by the first character that
 * they can begin with. What it writes holds identifiers made here and JSON-encoded literals.
 */
import { literal, property } from "../../codegen/mod.ts";
import { type Capture, type Layout, type SourcetypeLayouts, typeOf } from "./catalogue.ts";
import { type KeyedFormat, type KeyedReader, keyedReader } from "../formats/keyed.ts";
import type { Sourcetype } from "../read/model.ts";

/** A value as its type has it; an empty text is a missing value. */
export function convert(type: unknown, value: string, maybeEmpty: boolean): string {
  switch (type) {
    case "int":
    case "float":
    case "bytes":
    case "duration":
    case "timestamp":
      return `int(${value})`;
    case "bool":
      return `bool(${value})`;
    case "ip":
      return `address(${value})`;
    case "host":
      return `hostName(${value})`;
    default:
      return maybeEmpty ? `text(${value})` : value;
  }
}

/** Whether all captures of a pattern come from a record's keys and its host alone, whenever they are read. */
function isLazy({ sourcetype, captures, pattern }: Layout): boolean {
  return sourcetype.records !== null && sourcetype.headers.length === 0 &&
    pattern!.recall.length === 0 &&
    captures.every(({ source }) =>
      source.from === "keyed" || source.from === "copy" || source.from === "map" ||
      source.from === "part"
    );
}

/** Writes the functions that try patterns in order, grouped by the first character. */
export class Tries {
  constructor(
    readonly own: SourcetypeLayouts,
    readonly regex: (source: string) => string,
    /** `lazy`: statements that give the captures, `v0` and on, from keys `k` and `host`. */
    readonly classOf: (layout: Layout, lazy?: string) => number,
    readonly maps: ((value: unknown) => string | undefined)[],
    readonly readers: KeyedReader[],
  ) {}

  readonly #readerOf = new Map<string, number>();

  functionOf(name: string, layouts: readonly Layout[]): string {
    const { records } = this.own.sourcetype;
    if (records !== null) return this.#recordFunction(name, layouts, records.by);
    const tries = layouts.map((layout) => ({ layout, code: this.#one(layout) }));
    const units = new Set<number>();
    for (const { layout } of tries) for (const u of layout.shape!.first ?? []) units.add(u);
    const cases = [...units].map((unit) => {
      const some = tries.filter(({ layout }) =>
        layout.shape!.first === null || layout.shape!.first.has(unit)
      );
      return `case ${unit}: ${some.map((t) => t.code).join("\n")} return null;`;
    });
    const rest = tries.filter(({ layout }) => layout.shape!.first === null);
    return `function ${name}(raw, line) { let m; switch (full.charCodeAt(at)) {\n${
      cases.join("\n")
    }\n` +
      `default: ${rest.map((t) => t.code).join("\n")} return null; } }`;
  }

  /** Patterns whose `when` names values of the key `by` are found by it; the others come after them. */
  #recordFunction(name: string, layouts: readonly Layout[], by: string | null): string {
    const cases = new Map<string, string[]>();
    const rest: string[] = [];
    for (const layout of layouts) {
      const values = by === null ? undefined : layout.pattern!.when.get(by);
      const code = this.#one(layout);
      if (values === undefined) rest.push(code);
      for (const value of values ?? []) cases.set(value, [...cases.get(value) ?? [], code]);
    }
    const choose = cases.size === 0
      ? ""
      : `switch (String(k[${literal(by)}])) {\n${
        [...cases].map(([value, codes]) => `case ${literal(value)}: ${codes.join("\n")} break;`)
          .join("\n")
      }\n}\n`;
    return `function ${name}(raw, line) { ${choose}${rest.join("\n")} return null; }`;
  }

  #one(layout: Layout): string {
    const r = layout.sourcetype.records === null ? this.regex(layout.pattern!.regex.source) : "";
    const time = layout.shape!.groups.find((g) => g.name === "time");
    const host = layout.shape!.groups.find((g) => g.name === "host");
    const before: string[] = [];
    const pattern = layout.pattern!;
    const { missing, records } = layout.sourcetype;
    const takesTime = pattern.read === null ? undefined : pattern.take.get("_time");
    if (time || takesTime) {
      const value = time ? `m[${time.index}]` : keys(takesTime!, missing);
      const format = pattern.time ?? (time ? "iso" : "any");
      const settle = this.own.sourcetype.headers.length === 0 ? "settle();" : "";
      before.push(
        `{ const t = ${value}; if (t !== undefined) { time = ${
          property("clock", format)
        }(String(t)); ` +
          `from = undefined; settle(); } else { ${settle} } }`,
      );
    } else if (this.own.sourcetype.headers.length === 0) before.push("settle();");
    const takesHost = pattern.read === null ? undefined : pattern.take.get("host");
    if (takesHost !== undefined && takesHost.length > 0) {
      const value = oneAnswer("host", takesHost, missing, pattern.read!);
      before.push(`host = convert("string", ${value}) ?? host;`);
    }
    if (host) before.push(`host = text(m[${host.index}]) ?? host;`);
    const values: string[] = [];
    const names = new Map<string, string>();
    layout.captures.forEach((capture, i) => {
      const value = this.#value(capture, layout, names);
      values.push(`const v${i} = ${value};`);
      names.set(capture.name, `v${i}`);
    });
    const lazy = isLazy(layout);
    const c = lazy ? this.classOf(layout, values.join(" ")) : this.classOf(layout);
    if (!lazy) before.push(...values);
    const args = lazy ? ", k" : layout.captures.map((_, i) => `, v${i}`).join("");
    const make = `kind = ${layout.extraction.id}; `;
    const run = `${r}.lastIndex = at; m = ${r}.exec(${pattern.read === null ? "line" : "full"}); `;
    if (pattern.read === null) {
      return `${run}if (m !== null) { ${before.join(" ")} ${make}` +
        `return new X${c}(raw, time, host, from${args}); }`;
    }
    const conditions = [...pattern.when].filter(([key]) => key !== records?.by).map((
      [key, values],
    ) => {
      const n = this.maps.push(oneOf(values)) - 1;
      return ` && M[${n}](k[${literal(key)}]) !== undefined`;
    });
    const filled = `${before.join(" ")} ${make}` +
      (lazy
        ? `return new X${c}(raw, time, host, from${args});`
        : `const e = new X${c}(raw, time, host, from${args}); e.more = k; return e;`);
    if (records !== null) return `if (true${conditions.join("")}) { ${filled} }`;
    const keyed = layout.shape!.groups.find((g) => g.name === "keyed")!;
    const reader = this.#reader(layout);
    return `${run}if (m !== null && (k = keyed(${reader}, m[${keyed.index}] ?? "")) !== null${
      conditions.join("")
    }) { ${filled} }`;
  }

  /** Index of the reader that gives a pattern its keys. */
  #reader(layout: Layout): number {
    return this.readerOf(layout.sourcetype, layout.pattern!.read!);
  }

  readerOf(sourcetype: Sourcetype, format: KeyedFormat): number {
    const name = `${sourcetype.name} ${format}`;
    let index = this.#readerOf.get(name);
    if (index === undefined) {
      index = this.readers.push(keyedReader(format, (key) => typeOf(sourcetype, [], key))) -
        1;
      this.#readerOf.set(name, index);
    }
    return index;
  }

  #value(
    capture: Capture,
    layout: Layout,
    names: ReadonlyMap<string, string>,
  ): string {
    const { source } = capture;
    switch (source.from) {
      case "header": {
        // Header fields bear the field's name; a relative's header may not have this one.
        const slot = this.own.slots.indexOf(capture.name);
        return slot < 0 ? "undefined" : `h${slot}`;
      }
      case "group": {
        const all = layout.shape!.groups.filter((g) => g.name === capture.name);
        let value = all.map((g) => `m[${g.index}]`).join(" ?? ");
        const missing = layout.sourcetype.missing;
        if (missing.length > 0 && !(capture.always && missing.length === 0)) {
          value = `env.missing(${literal(missing)}, ${value})`;
          if (missing.length === 1) {
            const one = all.length === 1
              ? `m[${all[0].index}]`
              : `(${all.map((g) => `m[${g.index}]`).join(" ?? ")})`;
            value = `(${one} === ${literal(missing[0])} ? undefined : ${one})`;
          }
        }
        const mapped = layout.pattern!.maps.find((m) =>
          m.field === capture.name && m.of.includes(capture.name)
        );
        if (mapped) {
          this.maps.push(valueMap(mapped.values, true));
          value = `M[${this.maps.length - 1}](${value})`;
        }
        value = convert(capture.type, value.includes("??") ? `(${value})` : value, !capture.always);
        if (source.recall) value = `${value} ?? ${this.#recall(capture.name, layout, names)}`;
        if (source.otherwise === undefined) return value;
        return `${value} ?? ${
          source.otherwise === "host" ? "host" : names.get(source.otherwise) ?? "undefined"
        }`;
      }
      case "copy":
        return source.of === "host" ? "host" : names.get(source.of)!;
      case "map": {
        this.maps.push(valueMap(source.map.values, false));
        const map = `M[${this.maps.length - 1}]`;
        const mapped = source.map.of.map((f) => `${map}(${this.#other(f, layout, names)})`);
        if (source.otherwise !== undefined) {
          mapped.push(source.otherwise === "host" ? "host" : names.get(source.otherwise)!);
        }
        return mapped.join(" ?? ");
      }
      case "part": {
        const text = `part(${this.regex(source.part.regex.source)}, ${
          this.#other(source.part.of, layout, names)
        })`;
        const value = convert(capture.type, text, false);
        if (source.otherwise === undefined) return value;
        return `${value} ?? ${source.otherwise === "host" ? "host" : names.get(source.otherwise)!}`;
      }
      case "count":
        return "count";
      case "reason":
        return "reason";
      case "recall":
        return this.#recall(capture.name, layout, names);
      case "keyed": {
        const { missing } = layout.sourcetype;
        const read = ANSWERS.has(capture.name) ? layout.pattern!.read! : null;
        let value = `convert(${literal(capture.type)}, ${
          oneAnswer(capture.name, source.keys, missing, read)
        })`;
        if (capture.type === "host") value = `hostName(${value})`;
        else if (capture.type === "ip") value = `address(${value})`;
        const mapped = layout.pattern!.maps.find((m) =>
          m.field === capture.name && m.of.includes(capture.name)
        );
        if (mapped) {
          this.maps.push(valueMap(mapped.values, true));
          value = `M[${this.maps.length - 1}](${value})`;
        }
        if (source.otherwise === undefined) return value;
        return `${value} ?? ${
          source.otherwise === "host" ? "host" : names.get(source.otherwise) ?? "undefined"
        }`;
      }
    }
  }

  /** The value of another field: captured, constant, or a record's key of that name. */
  #other(field: string, layout: Layout, names: ReadonlyMap<string, string>): string {
    const fixed = layout.extraction.constants[field];
    return names.get(field) ??
      (fixed === undefined && layout.sourcetype.records
        ? keys([field], [""])
        : literal(fixed ?? null));
  }

  #recall(field: string, layout: Layout, names: ReadonlyMap<string, string>): string {
    const by = layout.pattern!.recallBy ?? "process_id";
    const slot = this.own.slots.indexOf(by);
    const value = names.get(by) ?? (slot < 0 ? "undefined" : `h${slot}`);
    return `env.recall(host, ${literal(by)}, ${value}, ${literal(field)})`;
  }
}

/** Fields by which somebody is blamed. */
const ANSWERS: ReadonlySet<string> = new Set([
  "src",
  "src_ip",
  "src_port",
  "dest",
  "dest_ip",
  "dest_port",
  "dvc",
  "host",
]);

/**
 * The value of the first key that is there; where a client's text may end its value and begin another
 * key, only if no key has two values (`windows`, whose keys mean different things), nor two keys (`pairs`).
 */
function oneAnswer(
  field: string,
  names: readonly string[],
  missing: readonly string[],
  read: KeyedFormat | null,
): string {
  if (read !== "pairs" && read !== "windows") return keys(names, missing);
  const value = read === "windows"
    ? keys(names, missing)
    : names.map((n) => keys([n], missing)).reduce((a, b) => `agreed(${a}, ${b})`);
  return `answer(k, ${literal(field)}, ${literal(names.join("\0"))}, ${value})`;
}

/** The value of the first key that is there. */
function keys(names: readonly string[], missing: readonly string[]): string {
  // Records are objects as JSON gives them: what every object has is no key of theirs.
  const values = names.map((n) =>
    n in Object.prototype
      ? `(Object.hasOwn(k, ${literal(n)}) ? ${property("k", n)} : undefined)`
      : property("k", n)
  );
  return `(${(missing.length === 0 ? values : values.map((v) => `given(${v})`)).join(" ?? ")})`;
}

/** Defined for a value that is one of `values`: whole, `x*` as a beginning, `*` for any. */
function oneOf(values: readonly string[]): (value: unknown) => string | undefined {
  return valueMap(new Map(values.map((v) => [v, v])), false);
}

/** A value map as a function; what no key fits stays (`keep`) or is missing. */
function valueMap(
  values: ReadonlyMap<string, string>,
  keep: boolean,
): (value: unknown) => string | undefined {
  const exact = new Map([...values].filter(([key]) => !key.endsWith("*")));
  const starts = [...values].filter(([key]) => key.endsWith("*"))
    .map(([key, value]) => [key.slice(0, -1), value] as const);
  return (value) => {
    if (value === undefined || value === null) return undefined;
    const text = String(value);
    const found = exact.get(text) ?? starts.find(([start]) => text.startsWith(start))?.[1];
    return (found ?? (keep ? text : undefined)) || undefined;
  };
}
