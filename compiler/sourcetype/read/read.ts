/** YAML text → Sourcetype, with a diagnostic for every mistake. Who extends whom is followed in compile.ts. */
import { isMap, isScalar, type Node, type YAMLMap } from "yaml";
import type { ScalarType, Type } from "../../schema/types.ts";
import type { Header, Pattern, Records, Sample, Sourcetype } from "./model.ts";
import {
  expand,
  missing,
  NOTHING,
  ReadContext,
  readFormat,
  reserved,
  scalars,
  type Shared,
  type Tables,
} from "./pattern.ts";
import { SEVERITY_TABLE, SYSLOG_SEVERITY_TABLE } from "./severities.ts";
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
const RECORDS = ["read", "program", "by"];
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

/** Tables that every sourcetype has. */
const BUILT_IN_TABLES: Tables = new Map([
  ["severities", SEVERITY_TABLE],
  ["syslog_severities", SYSLOG_SEVERITY_TABLE],
]);

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
  if (!isSourcetype(reader)) return null;
  const top = reader.record(reader.root, "A sourcetype", TOP);
  const name = nameOf(reader, top);
  if (name === null) return null;
  const define = definitions(reader, top, parent?.define);
  const fields = fieldTypes(reader, top, parent?.fields);
  const tables = new Map(parent?.tables ?? BUILT_IN_TABLES);
  for (const entry of reader.entries(top.get("tables")?.node, "tables")) {
    tables.set(entry.key, scalars(reader, entry.node, `table "${entry.key}"`));
  }
  const records = top.has("records")
    ? readRecords(reader, top.get("records")!.node)
    : parent?.records ?? null;
  const context = new ReadContext(reader, define, fields, tables, records);
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
  namesDiffer(reader, [...programs.flatMap((x) => x.patterns), ...own]);
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

/** Whether the file is a mapping, and no rule of Sigma. */
function isSourcetype(reader: YamlReader): boolean {
  if (reader.root === null || !isMap(reader.root)) {
    reader.report("wrong_kind", reader.span(reader.root), "A sourcetype file must be a mapping", {
      help: 'Begin with "name: …" and "summary: …"',
    });
    return false;
  }
  if (["detection", "logsource"].every((k) => (reader.root as YAMLMap).has(k))) {
    reader.report("wrong_kind", { start: 0, end: 1 }, "This is a Sigma rule, not a sourcetype", {
      help: "Rules are written in SDL, in files that end in .sdl: grammar/README.md",
    });
    return false;
  }
  return true;
}

type Top = ReturnType<YamlReader["record"]>;

/** The sourcetype's name; null when there is none to speak of. */
function nameOf(reader: YamlReader, top: Top): string | null {
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
  return name;
}

function definitions(reader: YamlReader, top: Top, inherited?: ReadonlyMap<string, string>) {
  const define = new Map(inherited);
  for (const entry of reader.entries(top.get("define")?.node, "define")) {
    const text = reader.string(entry.node, `define "${entry.key}"`);
    if (text !== null) define.set(entry.key, expand(reader, reader.span(entry.node), text, define));
  }
  return define;
}

function fieldTypes(reader: YamlReader, top: Top, inherited?: ReadonlyMap<string, Type>) {
  const fields = new Map(inherited);
  for (const entry of reader.entries(top.get("fields")?.node, "fields")) {
    const type = reader.string(entry.node, `The type of "${entry.key}"`);
    if (type === null || reserved(reader, entry.key, entry.keySpan)) continue;
    if (SCALARS.includes(type as ScalarType)) fields.set(entry.key, type as ScalarType);
    else reader.unknown("bad_value", reader.span(entry.node), "type", type, SCALARS);
  }
  return fields;
}

function namesDiffer(reader: YamlReader, patterns: readonly Pattern[]): void {
  const seen = new Set<string>();
  for (const p of patterns) {
    if (seen.has(p.name) || p.name === "parse_error") {
      reader.report("duplicate_name", p.span, `The pattern name "${p.name}" is taken`, {
        help: "Give each pattern of a sourcetype a name of its own",
      });
    }
    seen.add(p.name);
  }
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
