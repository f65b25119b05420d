/**
 * Writes the parser of a sourcetype as JavaScript. The text holds identifiers made here and
 * JSON-encoded literals, nothing else: regular expressions, names and constants of a file come in as
 * values in `env`.
 */
import { typeOf } from "./catalogue.ts";
import type { Capture, Layout, SourcetypeLayouts } from "./catalogue.ts";
import type { Header, Sourcetype } from "./model.ts";
import { type KeyedFormat, type KeyedReader, keyedReader } from "./keyed.ts";
import { regexShape } from "./shape.ts";

/** What the generated text refers to, by index. */
export interface Generated {
  readonly code: string;
  readonly regexes: RegExp[];
  /** `Layout` of each class, in order. */
  readonly classes: readonly Layout[];
  readonly maps: readonly ((value: unknown) => string | undefined)[];
  /** Readers of keyed texts. */
  readonly readers: readonly KeyedReader[];
}

/**
 * Longest line that patterns are tried on, in UTF-16 units: two free texts in one pattern can take time
 * in proportion to the square of the line. A part of the line would end where an attacker likes.
 */
export const MAX_MATCHED = 32_768;

/** A literal that is safe in any place of a script. */
export function literal(value: unknown): string {
  return JSON.stringify(value).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
}

/**
 * The parser of `own`; lines of programs that it does not know itself go to the other sourcetypes of
 * its family, in their order, before its general patterns.
 */
export function generate(
  own: SourcetypeLayouts,
  family: readonly SourcetypeLayouts[],
): Generated {
  const regexes: RegExp[] = [];
  const classes: Layout[] = [];
  const maps: ((value: unknown) => string | undefined)[] = [];
  const readers: KeyedReader[] = [];
  const out: string[] = ['"use strict";', "const { R, M, X, K, convert, clock, env } = $;"];
  const regex = (source: string) => {
    regexes.push(new RegExp(source.replace(/\(\?<[A-Za-z_$][\w$]*>/g, "("), "sy"));
    out.push(`const r${regexes.length - 1} = R[${regexes.length - 1}];`);
    return `r${regexes.length - 1}`;
  };
  const classOf = (layout: Layout) => {
    classes.push(layout);
    const c = classes.length - 1;
    const args = layout.captures.map((_, i) => `a${i}`);
    const sets = layout.captures.map((f, i) => `this[${literal(f.name)}] = a${i};`).join(" ");
    out.push(
      `class X${c} { constructor(raw, t, h, f${args.map((a) => ", " + a).join("")}) { ` +
        `this._raw = raw; this._time = t; this.host = h; this._time_from = f; this.more = null; ${sets} } }`,
      `X.push(X${c});`,
    );
    return c;
  };

  out.push(
    "let at = 0, full = '', k = null, time = 0, host, from, program = '', count, kind = 0, reason;",
    own.slots.map((_, i) => `let h${i};`).join(" "),
    "let keyedBy = -1, keyedText = '', keyedBag = null;",
    // Several patterns may look at the keys of one line: they are read once.
    "function keyed(by, text) {",
    "  if (by !== keyedBy || text !== keyedText) {",
    "    keyedBy = by; keyedText = text; keyedBag = K[by](text);",
    "  }",
    "  return keyedBag;",
    "}",
    "const int = (v) => v === undefined || v === '' ? undefined : +v;",
    "const text = (v) => v === '' ? undefined : v;",
    "const address = (v) => v !== undefined && v.charCodeAt(0) === 58 ? env.unmap(v) : v === '' ? undefined : v;",
    "const part = (r, v) => { if (typeof v !== 'string') return undefined; r.lastIndex = 0; " +
      "const m = r.exec(v); return m === null ? undefined : text(m[1]); };",
    `const none = ${literal(["", ...own.sourcetype.missing])};`,
    "const given = (v) => v === undefined || none.includes(v) ? undefined : v;",
    "const bool = (v) => v === undefined ? undefined : v === 'true' || v === '1' || v === 'yes';",
  );
  const error = classOf(own.parseError);
  const headers = own.sourcetype.headers.map((h, i) => headerCode(h, i, own, regex));
  out.push(...headers);

  const tries = new Tries(own, regex, classOf, maps, readers);
  const programs = new Map<string, string>();
  const members = [own, ...family.filter((f) => f !== own)];
  const functions: string[] = [];
  const table: string[] = [];
  const starts: string[] = [];
  for (const member of members) {
    for (const { program, layouts } of member.programs) {
      const name = `p${functions.length}`;
      functions.push(tries.functionOf(name, layouts));
      for (const n of program.names) {
        if (programs.has(n.toLowerCase())) continue;
        programs.set(n.toLowerCase(), name);
        if (n.endsWith("*")) {
          starts.push(`[${literal(n.slice(0, -1).toLowerCase())}, ${name}]`);
          continue;
        }
        table.push(`[${literal(n.toLowerCase())}, ${name}]`);
      }
    }
  }
  // Patterns for any program: its own, its relatives', and last what all of them inherit.
  const root = rootPatterns(own, members);
  const isShared = (l: Layout) => root.includes(l.pattern!);
  functions.push(
    tries.functionOf("general", [
      ...own.general.filter((l) => !isShared(l)),
      ...members.filter((m) => m !== own).flatMap((m) => m.general.filter((l) => !isShared(l))),
      ...own.general.filter(isShared),
    ]),
  );
  out.push(...functions);
  out.push(`const P = new Map([${table.join(", ")}]);`, `const S = [${starts.join(", ")}];`);
  out.push(
    "let lastProgram = '', lastFunction = null;",
    "function byName(name) { return P.get(name) ?? S.find(([s]) => name.startsWith(s))?.[1] ?? null; }",
    "function byProgram() {",
    "  if (program !== lastProgram) {",
    "    lastProgram = program; lastFunction = P.get(program) ?? byName(program.toLowerCase());",
    "  }",
    "  return lastFunction;",
    "}",
  );
  if (own.sourcetype.records !== null) {
    out.push(recordCode(own, error, tries.readerOf(own.sourcetype, own.sourcetype.records.read)));
    return { code: out.join("\n"), regexes, classes, maps, readers };
  }
  const repeated = own.sourcetype.headers.length > 0;
  const rep = repeated ? regex("message repeated (\\d{1,9}) times?: ?\\[ ?") : "";
  out.push(`function one(raw) {
  at = 0; keyedBy = -1; time = NaN; host = undefined; from = undefined; program = ''; count = undefined;
  ${own.slots.map((_, i) => `h${i} = undefined;`).join(" ")}
  ${
    headers.length > 0
      ? `if (!(${
        own.sourcetype.headers.map((_, i) => `header${i}(raw)`).join(" || ")
      })) { reason = raw.trim() === '' ? "Empty line" : ${
        literal(`No header of sourcetype ${own.sourcetype.name} fits`)
      }; return failed(raw); }
  settle();`
      : ""
  }
  let line = raw;
  ${headers.length > 0 ? "" : `if (raw === '') { reason = "Empty line"; return failed(raw); }`}
  ${
    repeated
      ? `if (line.charCodeAt(at) === 109 && line.endsWith("]")) { ${rep}.lastIndex = at; const m = ${rep}.exec(line); if (m !== null) { count = +m[1]; at = ${rep}.lastIndex; line = line.slice(0, -1); } }`
      : ""
  }
  full = line;
  // Nothing begins after the end of an empty text: only patterns that read keys take a long line.
  if (line.length > ${MAX_MATCHED}) line = "";
  ${
    headers.length > 0
      ? "const f = byProgram(); if (f !== null) { const e = f(raw, line); if (e !== null) return e; }"
      : ""
  }
  const e = general(raw, line);
  if (e !== null) return e;
  reason = raw.trim() === '' ? "Empty line" : full.length > ${MAX_MATCHED} ? ${
    literal(`Line longer than ${MAX_MATCHED} characters`)
  } : ${literal(`No pattern of sourcetype ${own.sourcetype.name} fits`)};
  return failed(raw);
}
${failedCode(own, error)}
return {
  batch(lines, events, kinds) {
    for (let i = 0; i < lines.length; i++) { events[i] = one(lines[i]); kinds[i] = kind; }
  },
};`);
  return { code: out.join("\n"), regexes, classes, maps, readers };
}

/** What a line that nothing reads gives, and the time of one that says none. */
function failedCode(own: SourcetypeLayouts, error: number): string {
  return `function failed(raw) {
  ${own.sourcetype.headers.length > 0 ? "if (time !== time) settle();" : "settle();"}
  kind = ${own.parseError.extraction.id};
  return new X${error}(raw, time, host, from, reason);
}
function settle() {
  if (time !== time) {
    if (clock.last === clock.last) { time = clock.last; from = "previous"; }
    else { time = env.arrival; from = "arrival"; }
  } else if (time > clock.limit) {
    time = clock.last === clock.last ? clock.last : env.arrival; from = "clamped";
  } else clock.last = time;
}`;
}

/** The parser of records: from text, or from keys that were read before. */
function recordCode(own: SourcetypeLayouts, error: number, reader: number): string {
  const { name, records } = own.sourcetype;
  const byProgram = records!.program.map((key) =>
    `if (f === null && k[${literal(key)}] !== undefined) { program = String(k[${
      literal(key)
    }]); f = byProgram(); }`
  );
  return `function one(raw) {
  k = K[${reader}](raw);
  return record(raw);
}
function record(raw) {
  time = NaN; host = undefined; from = undefined; count = undefined;
  if (k === null) {
    reason = raw.trim() === '' ? "Empty line" : ${literal(`No record that ${name} can read`)};
    return failed(raw);
  }
  let f = null;
  ${byProgram.join("\n  ")}
  const e = (f === null ? null : f(raw, raw)) ?? general(raw, raw);
  if (e !== null) return e;
  reason = ${literal(`No pattern of sourcetype ${name} fits`)};
  return failed(raw);
}
${failedCode(own, error)}
return {
  batch(lines, events, kinds) {
    for (let i = 0; i < lines.length; i++) { events[i] = one(lines[i]); kinds[i] = kind; }
  },
  records(lines, bags, events, kinds) {
    for (let i = 0; i < lines.length; i++) {
      k = bags[i]; events[i] = record(lines[i]); kinds[i] = kind;
    }
  },
};`;
}

function rootPatterns(own: SourcetypeLayouts, members: readonly SourcetypeLayouts[]) {
  const root = members.find((m) => m.sourcetype.parent === null) ?? own;
  return root.sourcetype.patterns;
}

function headerCode(
  h: Header,
  i: number,
  own: SourcetypeLayouts,
  regex: (source: string) => string,
): string {
  const r = regex(h.regex.source);
  const sets: string[] = h.program === null ? [] : [`program = ${literal(h.program)};`];
  for (const g of regexShape(h.regex.source).groups) {
    const value = `m[${g.index}]`;
    if (g.name === "time") {
      sets.push(`if (${value} !== undefined) time = clock.${h.time ?? "iso"}(${value});`);
    } else if (g.name === "host") sets.push(`host = ${value};`);
    else if (g.name === "program") {
      sets.push(`program = ${value} ?? '';`, `h${own.slots.indexOf("process_name")} = ${value};`);
    } else if (g.name === "pri") {
      const f = own.slots.indexOf("facility");
      const s = own.slots.indexOf("severity");
      sets.push(
        `if (${value} !== undefined && +${value} < 192) { h${f} = env.facilities[${value} >> 3]; h${s} = env.severities[${value} & 7]; }`,
      );
    } else {
      const slot = `h${own.slots.indexOf(g.name)}`;
      sets.push(
        `${slot} = ${convert(own.sourcetype.fields.get(g.name) ?? "string", value, true)};`,
      );
    }
  }
  return `function header${i}(raw) { ${r}.lastIndex = 0; const m = ${r}.exec(raw); if (m === null) return false; ` +
    `${sets.join(" ")} at = ${r}.lastIndex; return true; }`;
}

/** A value as its type has it; an empty text is a missing value. */
function convert(type: unknown, value: string, maybeEmpty: boolean): string {
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
    case "host":
      return `address(${value})`;
    default:
      return maybeEmpty ? `text(${value})` : value;
  }
}

/** Writes the functions that try patterns in order, grouped by the first character. */
class Tries {
  constructor(
    readonly own: SourcetypeLayouts,
    readonly regex: (source: string) => string,
    readonly classOf: (layout: Layout) => number,
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
    const c = this.classOf(layout);
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
        `{ const t = ${value}; if (t !== undefined) { time = clock.${format}(String(t)); ` +
          `from = undefined; settle(); } else { ${settle} } }`,
      );
    } else if (this.own.sourcetype.headers.length === 0) before.push("settle();");
    const takesHost = pattern.read === null ? undefined : pattern.take.get("host");
    if (takesHost) before.push(`host = convert("string", ${keys(takesHost, missing)}) ?? host;`);
    if (host) before.push(`host = text(m[${host.index}]) ?? host;`);
    const names = new Map<string, string>();
    layout.captures.forEach((capture, i) => {
      const value = this.#value(capture, layout, names);
      before.push(`const v${i} = ${value};`);
      names.set(capture.name, `v${i}`);
    });
    const args = layout.captures.map((_, i) => `, v${i}`).join("");
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
      `const e = new X${c}(raw, time, host, from${args}); e.more = k; return e;`;
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
      case "part":
        return `part(${this.regex(source.part.regex.source)}, ${
          this.#other(source.part.of, layout, names)
        })`;
      case "count":
        return "count";
      case "reason":
        return "reason";
      case "recall":
        return this.#recall(capture.name, layout, names);
      case "keyed": {
        const { missing } = layout.sourcetype;
        let value = `convert(${literal(capture.type)}, ${keys(source.keys, missing)})`;
        if (capture.type === "host" || capture.type === "ip") value = `address(${value})`;
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

/** The value of the first key that is there. */
function keys(names: readonly string[], missing: readonly string[]): string {
  const values = names.map((n) => `k[${literal(n)}]`);
  return `(${(missing.length === 0 ? values : values.map((v) => `given(${v})`)).join(" ?? ")})`;
}

/** Defined for a value that is one of `values`: whole, `x*` as a beginning, `*` for any. */
function oneOf(values: readonly string[]): (value: unknown) => string | undefined {
  return valueMap(new Map(values.map((v) => [v, v])), false);
}

/** A value map as a function; what no key fits stays (`keep`) or is missing. */
export function valueMap(
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
    return found ?? (keep ? text : undefined);
  };
}
