/** YAML text → Sourcetype, with a diagnostic for every mistake. Inheritance is resolved in resolve.ts. */
import { isMap, isScalar, type Node } from "yaml";
import type { Span } from "../../grammar/ast.ts";
import { COMMON_FIELDS, DATASETS, FIELD_TYPES, withParents } from "../schema/cim.ts";
import type { ScalarType, Type } from "../schema/types.ts";
import {
  type Constant,
  type Header,
  type Part,
  type Pattern,
  type Program,
  type Records,
  type Regex,
  type Sample,
  type Sourcetype,
  SPECIAL_GROUPS,
  TIME_FORMATS,
  type TimeFormat,
  type ValueMap,
} from "./model.ts";
import { ambiguityOf } from "../regex/ambiguity.ts";
import { automatonOf } from "../regex/automaton.ts";
import { parseRegex } from "../regex/parse.ts";
import { KEYED_FORMATS, type KeyedFormat } from "./keyed.ts";
import { regexShape } from "./shape.ts";
import type { Entry, YamlReader } from "./yaml.ts";

const TOP = [
  "name",
  "summary",
  "extends",
  "open",
  "recognise",
  "define",
  "headers",
  "records",
  "tables",
  "fields",
  "missing",
  "set",
  "alias",
  "map",
  "part",
  "take",
  "programs",
  "patterns",
  "samples",
] as const;
const HEADER = ["name", "regex", "time", "program"];
const RECORDS = ["read", "program", "by"];
const PROGRAM = ["names", "set", "alias", "map", "part", "take", "patterns"];
const PATTERN = [
  "name",
  "regex",
  "datasets",
  "set",
  "alias",
  "map",
  "part",
  "recall",
  "time",
  "read",
  "take",
  "when",
  "inner",
];
const SCALARS: readonly ScalarType[] = [
  "string",
  "int",
  "float",
  "bool",
  "ip",
  "host",
  "timestamp",
  "duration",
  "bytes",
];

interface Shared {
  readonly set: ReadonlyMap<string, Constant>;
  readonly alias: ReadonlyMap<string, string>;
  readonly maps: readonly ValueMap[];
  readonly parts: readonly Part[];
  readonly take: ReadonlyMap<string, readonly string[]>;
}

const NOTHING: Shared = { set: new Map(), alias: new Map(), maps: [], parts: [], take: new Map() };

/** Value maps by their names, for several fields to use. */
type Tables = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** What a child needs of its parent while it is read: field names and definitions. */
export interface Inherited {
  readonly fields: ReadonlyMap<string, Type>;
  readonly define: ReadonlyMap<string, string>;
  readonly tables: Tables;
  readonly records: Records | null;
  readonly headers: readonly Header[];
  readonly shared: Shared;
  readonly missing: readonly string[];
  readonly patterns: readonly Pattern[];
}

export interface ReadSourcetype {
  readonly sourcetype: Sourcetype;
  readonly inherited: Inherited;
}

/** The names that say who extends whom, before anything else is read. */
export function readNames(reader: YamlReader): { name: string | null; parent: string | null } {
  const get = (key: string) => {
    if (!isMap(reader.root)) return null;
    const value = reader.root.get(key);
    return typeof value === "string" ? value : null;
  };
  return { name: get("name"), parent: get("extends") };
}

/** Reads one file. Null when it has no name to speak of. */
export function readSourcetype(
  reader: YamlReader,
  parent: Inherited | null,
): ReadSourcetype | null {
  if (reader.root === null || !isMap(reader.root)) {
    reader.report("wrong_kind", reader.span(reader.root), "A sourcetype file must be a mapping", {
      help: 'Begin with "name: …" and "summary: …"',
    });
    return null;
  }
  const top = reader.record(reader.root, "A sourcetype", TOP);
  const name = top.has("name") ? reader.string(top.get("name")!.node, "name") : null;
  if (name === null) {
    if (!top.has("name")) missing(reader, reader.root, "name", "A sourcetype");
    return null;
  }
  if (!/^[A-Za-z][\w:-]*$/.test(name)) {
    reader.report(
      "bad_value",
      reader.span(top.get("name")!.node),
      `"${name}" is no sourcetype name`,
      {
        help: "Use letters, digits, _, : and -, beginning with a letter",
      },
    );
  }
  if (!top.has("summary")) missing(reader, reader.root, "summary", `Sourcetype "${name}"`);

  const define = new Map(parent?.define);
  for (const entry of reader.entries(top.get("define")?.node, "define")) {
    const text = reader.string(entry.node, `define "${entry.key}"`);
    if (text !== null) define.set(entry.key, expand(reader, reader.span(entry.node), text, define));
  }
  const fields = new Map(parent?.fields);
  for (const entry of reader.entries(top.get("fields")?.node, "fields")) {
    const type = reader.string(entry.node, `The type of "${entry.key}"`);
    if (type === null) continue;
    if (SCALARS.includes(type as ScalarType)) fields.set(entry.key, type as ScalarType);
    else reader.unknown("bad_value", reader.span(entry.node), "type", type, SCALARS);
  }
  const tables = new Map(parent?.tables);
  for (const entry of reader.entries(top.get("tables")?.node, "tables")) {
    tables.set(entry.key, scalars(reader, entry.node, `table "${entry.key}"`));
  }
  const records = top.has("records")
    ? readRecords(reader, top.get("records")!.node)
    : parent?.records ?? null;
  const context = new Context(reader, define, fields, tables, records);
  const shared = context.shared(top, parent?.shared ?? NOTHING);
  const ownHeaders = reader.list(top.get("headers")?.node, "headers").map((n) => context.header(n));
  const headers = [...ownHeaders.filter((h) => h !== null), ...parent?.headers ?? []];
  const missingValues = top.has("missing")
    ? reader.strings(top.get("missing")!.node, "missing")
    : parent?.missing ?? [];
  const programs = reader.list(top.get("programs")?.node, "programs")
    .map((n) => context.program(n, shared));
  const own = reader.list(top.get("patterns")?.node, "patterns")
    .map((n) => context.pattern(n, shared)).filter((p) => p !== null);
  const patterns = [...own, ...parent?.patterns ?? []];
  const seen = new Set<string>();
  for (const p of [...programs.flatMap((x) => x.patterns), ...own]) {
    if (seen.has(p.name) || p.name === "parse_error") {
      reader.report("duplicate_name", p.span, `The pattern name "${p.name}" is taken`, {
        help: "Give each pattern of a sourcetype a name of its own",
      });
    }
    seen.add(p.name);
  }
  return {
    sourcetype: {
      name,
      summary: top.has("summary") ? reader.string(top.get("summary")!.node, "summary") ?? "" : "",
      file: reader.file,
      parent: top.has("extends") ? reader.string(top.get("extends")!.node, "extends") : null,
      open: top.has("open") && reader.scalar(top.get("open")!.node, "open") === true,
      recognise: reader.list(top.get("recognise")?.node, "recognise")
        .map((n) => context.recognise(n)).filter((r) => r !== null),
      headers,
      records,
      fields,
      missing: missingValues,
      programs,
      patterns,
      samples: reader.list(top.get("samples")?.node, "samples")
        .map((n) => sample(reader, n)).filter((s) => s !== null),
    },
    inherited: {
      fields,
      define,
      tables,
      records,
      headers,
      shared,
      missing: missingValues,
      patterns,
    },
  };
}

function readRecords(reader: YamlReader, node: Node | null): Records | null {
  const entries = reader.record(node, "records", RECORDS);
  if (!entries.has("read")) missing(reader, node, "read", "records");
  const read = readFormat(reader, entries.get("read"));
  if (read === null) return null;
  return {
    read,
    program: reader.strings(entries.get("program")?.node ?? null, "program"),
    by: entries.has("by") ? reader.string(entries.get("by")!.node, "by") : null,
  };
}

function readFormat(reader: YamlReader, entry: Entry | undefined): KeyedFormat | null {
  if (!entry) return null;
  const name = reader.string(entry.node, "read");
  if (name === null || KEYED_FORMATS.includes(name as KeyedFormat)) return name as KeyedFormat;
  const span = reader.span(entry.node);
  reader.unknown("unknown_format", span, "format of keys", name, KEYED_FORMATS);
  return null;
}

function scalars(reader: YamlReader, node: Node | null, what: string): Map<string, string> {
  const out = new Map<string, string>();
  for (const entry of reader.entries(node, what)) {
    const value = reader.scalar(entry.node, `The value of "${entry.key}"`);
    if (value !== null) out.set(entry.key, String(value));
  }
  return out;
}

function missing(reader: YamlReader, node: Node | null, key: string, what: string): void {
  const start = reader.span(node).start;
  reader.report("missing_key", { start, end: start + 1 }, `${what} has no "${key}"`, {
    help: `Add "${key}: …"`,
  });
}

/**
 * Whether the time that a match takes can grow exponentially. What rules may not, growing faster than
 * the text, patterns may: two free texts in one line need two repetitions, and lines have a limit.
 */
function neverEnds(source: string): boolean {
  // It takes a group that repeats without a limit; most patterns have none.
  if (!/\)(?:[*+]|\{\d+,\})/.test(source)) return false;
  try {
    // Patterns match at one place: the search for it takes no part.
    const found = ambiguityOf({ ...automatonOf(parseRegex(source, "sy")), entries: [] });
    return found?.kind === "exponential";
  } catch {
    // Syntax that cannot be judged.
    return false;
  }
}

/** Replaces `%{name}` by its definition, as a group of its own. */
function expand(
  reader: YamlReader,
  span: Span,
  text: string,
  define: ReadonlyMap<string, string>,
): string {
  return text.replace(/%\{([^}]*)\}/g, (whole, key: string) => {
    const value = define.get(key);
    if (value !== undefined) return `(?:${value})`;
    reader.unknown("unknown_define", span, "definition", key, define.keys());
    return whole.replace(/[%{}]/g, "");
  });
}

function sample(reader: YamlReader, node: Node): Sample | null {
  const entries = reader.record(node, "A sample", ["line", "expect"]);
  const line = entries.get("line");
  const expect = entries.get("expect");
  if (!line || !expect) {
    missing(reader, node, line ? "expect" : "line", "The sample");
    return null;
  }
  const text = reader.string(line.node, "line");
  if (text === null) return null;
  const values = reader.entries(expect.node, "expect").map((e: Entry) =>
    [
      e.key,
      isScalar(e.node) ? e.node.value : (e.node?.toJSON() ?? null),
    ] as const
  );
  return { line: text, expect: new Map(values), span: reader.span(line.node) };
}

class Context {
  constructor(
    readonly reader: YamlReader,
    readonly define: ReadonlyMap<string, string>,
    readonly fields: ReadonlyMap<string, Type>,
    readonly tables: Tables,
    readonly records: Records | null,
  ) {}

  regex(node: Node | null | undefined, what: string): Regex | null {
    const text = this.reader.string(node, what);
    if (text === null) return null;
    const span = this.reader.span(node);
    const source = expand(this.reader, span, text, this.define);
    try {
      new RegExp(source, "sy");
    } catch (error) {
      const reason = (error as Error).message.replace(/^Invalid regular expression: /, "");
      this.reader.report("bad_regex", span, `This regular expression does not compile: ${reason}`, {
        help: "See that its brackets close, and escape what is meant as itself",
      });
      return null;
    }
    if (neverEnds(source)) {
      this.reader.report("unsafe_regex", span, "A hostile line can stall this regular expression", {
        help:
          "Let no repetition stand directly in another, and let its alternatives differ in their first character",
      });
      return null;
    }
    return { source, span };
  }

  /** Like `regex`, and every named group has to be a field. */
  fieldRegex(node: Node | null | undefined, what: string): Regex | null {
    const regex = this.regex(node, what);
    if (!regex) return null;
    for (const group of regexShape(regex.source).groups) {
      if ((SPECIAL_GROUPS as readonly string[]).includes(group.name)) continue;
      this.field(group.name, regex.span);
    }
    return regex;
  }

  /** Reports a name that is no field of the sourcetype nor of the CIM. */
  field(name: string, span: Span): void {
    if (this.fields.has(name) || FIELD_TYPES.has(name)) return;
    if (COMMON_FIELDS.some((f) => f.name === name)) return;
    const known = [...this.fields.keys(), ...FIELD_TYPES.keys()];
    this.reader.unknown("unknown_field", span, "field", name, known);
  }

  /** What a map or a part is over: a field, or any key of a record. */
  source(name: string, span: Span): void {
    if (this.records === null) this.field(name, span);
  }

  time(entry: Entry | undefined): TimeFormat | null {
    if (!entry) return null;
    const name = this.reader.string(entry.node, "time");
    if (name === null) return null;
    if (TIME_FORMATS.includes(name as TimeFormat)) return name as TimeFormat;
    this.reader.unknown(
      "unknown_format",
      this.reader.span(entry.node),
      "time format",
      name,
      TIME_FORMATS,
    );
    return null;
  }

  recognise(node: Node): { regex: RegExp; weight: number } | null {
    const r = this.reader;
    const entries = r.record(node, "A rule of recognise", ["regex", "weight"]);
    const regex = this.regex(entries.get("regex")?.node, "regex");
    const weight = entries.has("weight") ? r.scalar(entries.get("weight")!.node, "weight") : 1;
    if (!regex) return null;
    if (typeof weight !== "number" || !(weight > 0)) {
      r.report("bad_value", r.span(entries.get("weight")!.node), "weight must be a number above 0");
      return null;
    }
    return { regex: new RegExp(regex.source, "y"), weight };
  }

  header(node: Node): Header | null {
    const entries = this.reader.record(node, "A header", HEADER);
    if (!entries.has("name")) missing(this.reader, node, "name", "The header");
    const regex = this.fieldRegex(entries.get("regex")?.node, "regex");
    const name = this.reader.string(entries.get("name")?.node, "name");
    const program = entries.has("program")
      ? this.reader.string(entries.get("program")!.node, "program")
      : null;
    if (!regex || name === null) return null;
    return { name, regex, time: this.time(entries.get("time")), program };
  }

  /** `set`, `alias`, `map` and `take` of a level, over those of the levels above. */
  shared(entries: ReadonlyMap<string, Entry>, above: Shared): Shared {
    const set = this.constants(entries.get("set")?.node);
    const maps = this.maps(entries.get("map")?.node);
    const take = this.take(entries.get("take")?.node);
    const fixed = new Set(set.map(([name]) => name));
    const parts = this.parts(entries.get("part")?.node);
    const cut = new Set(parts.map((p) => p.field));
    const derived = new Set([...maps.map((m) => m.field), ...cut, ...take.keys()]);
    const mapped = new Set(maps.map((m) => m.field));
    return {
      set: new Map([...[...above.set].filter(([name]) => !derived.has(name)), ...set]),
      alias: new Map([...above.alias, ...this.aliases(entries.get("alias")?.node)]),
      maps: [...above.maps.filter((m) => !mapped.has(m.field) && !fixed.has(m.field)), ...maps],
      parts: [...above.parts.filter((p) => !cut.has(p.field) && !fixed.has(p.field)), ...parts],
      take: new Map([...[...above.take].filter(([name]) => !fixed.has(name)), ...take]),
    };
  }

  program(node: Node, above: Shared): Program {
    const entries = this.reader.record(node, "A program", PROGRAM);
    if (!entries.has("names")) missing(this.reader, node, "names", "The program");
    const shared = this.shared(entries, above);
    return {
      names: this.reader.strings(entries.get("names")?.node, "names"),
      patterns: this.reader.list(entries.get("patterns")?.node, "patterns")
        .map((n) => this.pattern(n, shared)).filter((p) => p !== null),
    };
  }

  pattern(node: Node, shared: Shared): Pattern | null {
    const r = this.reader;
    const entries = r.record(node, "A pattern", PATTERN);
    const needed = this.records === null ? ["name", "regex"] : ["name"];
    for (const key of needed) if (!entries.has(key)) missing(r, node, key, "The pattern");
    if (!needed.every((key) => entries.has(key))) return null;
    const name = r.string(entries.get("name")!.node, "name");
    if (this.records !== null && entries.has("regex")) {
      r.report("bad_value", entries.get("regex")!.keySpan, "Records have no text for a regex", {
        help: 'Say with "when" which records the pattern is for',
      });
    }
    const regex = this.records === null
      ? this.fieldRegex(entries.get("regex")!.node, "regex")
      : { source: "", span: r.span(node) };
    if (name === null || !regex) return null;
    const datasets = r.strings(entries.get("datasets")?.node ?? null, "datasets")
      .filter((d) => {
        if (DATASETS.has(d)) return true;
        r.unknown(
          "unknown_dataset",
          r.span(entries.get("datasets")!.node),
          "dataset",
          d,
          DATASETS.keys(),
        );
        return false;
      });
    const { recall, recallBy } = this.recall(entries.get("recall")?.node);
    const read = this.records?.read ?? readFormat(r, entries.get("read"));
    const groups = regexShape(regex.source).groups;
    if (this.records === null && (read !== null) !== groups.some((g) => g.name === "keyed")) {
      r.report("missing_key", regex.span, '"read" and a group "keyed" belong together', {
        help: "Say how the group's text is written, or take the one without the other away",
      });
    }
    return {
      name,
      regex,
      datasets: withParents(datasets),
      ...this.shared(entries, shared),
      recall,
      recallBy,
      read,
      when: this.keys(entries.get("when")?.node, "when"),
      inner: this.inner(entries.get("inner"), read),
      time: this.time(entries.get("time")),
      span: regex.span,
    };
  }

  /** `[src]`, or `{ fields: [src], by: session_id }`. */
  recall(node: Node | null | undefined): { recall: string[]; recallBy: string | null } {
    const r = this.reader;
    if (!node) return { recall: [], recallBy: null };
    let fields: Node | null = node;
    let recallBy: string | null = null;
    if (isMap(node)) {
      const entries = r.record(node, "recall", ["fields", "by"]);
      if (!entries.has("fields")) missing(r, node, "fields", "recall");
      fields = entries.get("fields")?.node ?? null;
      if (entries.has("by")) recallBy = r.string(entries.get("by")!.node, "by");
      if (recallBy !== null) this.field(recallBy, r.span(entries.get("by")!.node));
    }
    const recall = fields ? r.strings(fields, "recall") : [];
    for (const f of recall) this.field(f, r.span(fields));
    return { recall, recallBy };
  }

  inner(entry: Entry | undefined, read: KeyedFormat | null): readonly string[] {
    if (!entry) return [];
    const texts = this.reader.strings(entry.node, "inner");
    const wrong = texts.find((t) => !/\{[^{}]+\}/.test(t));
    if (read === null || wrong !== undefined) {
      this.reader.report(
        "bad_value",
        this.reader.span(entry.node),
        read === null
          ? '"inner" needs keys, and this pattern reads none'
          : `"${wrong}" names no key`,
        { help: 'Write the keys in braces, as "{message}", beside "read"' },
      );
    }
    return texts;
  }

  take(node: Node | null | undefined): Map<string, readonly string[]> {
    for (const entry of this.reader.entries(node, "take")) {
      if (entry.key !== "_time" && entry.key !== "host") this.field(entry.key, entry.keySpan);
    }
    return this.keys(node, "take");
  }

  keys(node: Node | null | undefined, what: string): Map<string, readonly string[]> {
    return new Map(
      this.reader.entries(node, what).map((e) => [e.key, this.reader.strings(e.node, e.key)]),
    );
  }

  constants(node: Node | null | undefined): [string, Constant][] {
    const out: [string, Constant][] = [];
    for (const entry of this.reader.entries(node, "set")) {
      this.field(entry.key, entry.keySpan);
      const value = this.reader.scalar(entry.node, `The value of "${entry.key}"`);
      if (value !== null) out.push([entry.key, value]);
    }
    return out;
  }

  aliases(node: Node | null | undefined): [string, string][] {
    const out: [string, string][] = [];
    for (const entry of this.reader.entries(node, "alias")) {
      this.field(entry.key, entry.keySpan);
      const of = this.reader.string(entry.node, `The alias "${entry.key}"`);
      if (of === null) continue;
      this.field(of, this.reader.span(entry.node));
      out.push([entry.key, of]);
    }
    return out;
  }

  maps(node: Node | null | undefined): ValueMap[] {
    const out: ValueMap[] = [];
    for (const entry of this.reader.entries(node, "map")) {
      this.field(entry.key, entry.keySpan);
      const values = new Map<string, string>();
      let of: readonly string[] = [entry.key];
      for (const inner of this.reader.entries(entry.node, `map "${entry.key}"`)) {
        const span = this.reader.span(inner.node);
        if (inner.key === "of") {
          of = this.reader.strings(inner.node, "of");
          for (const name of of) this.source(name, span);
          continue;
        }
        const value = this.reader.scalar(inner.node, `The value of "${inner.key}"`);
        if (value === null) continue;
        if (inner.key !== "table") values.set(inner.key, String(value));
        else if (this.tables.has(String(value))) {
          for (const [from, to] of this.tables.get(String(value))!) values.set(from, to);
        } else {
          this.reader.unknown("unknown_define", span, "table", String(value), this.tables.keys());
        }
      }
      out.push({ field: entry.key, of, values });
    }
    return out;
  }

  parts(node: Node | null | undefined): Part[] {
    const out: Part[] = [];
    for (const entry of this.reader.entries(node, "part")) {
      this.field(entry.key, entry.keySpan);
      const what = `part "${entry.key}"`;
      const inner = this.reader.record(entry.node, what, ["of", "regex"]);
      for (const key of ["of", "regex"]) {
        if (!inner.has(key)) missing(this.reader, entry.node, key, what);
      }
      const of = this.reader.string(inner.get("of")?.node, "of");
      const regex = this.regex(inner.get("regex")?.node, "regex");
      if (of === null || regex === null) continue;
      this.source(of, this.reader.span(inner.get("of")!.node));
      out.push({ field: entry.key, of, regex });
    }
    return out;
  }
}
