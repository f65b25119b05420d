/** Reads what is the same on every level of a sourcetype's file: headers, programs, patterns, maps. */
import { isMap, type Node } from "yaml";
import type { Span } from "../../../grammar/ast.ts";
import { COMMON_FIELDS, DATASETS, FIELD_TYPES, withParents } from "../../schema/cim.ts";
import { isReserved } from "../../schema/reserved.ts";
import type { Type } from "../../schema/types.ts";
import { nearest } from "../../../grammar/nearest.ts";
import {
  type Constant,
  type Header,
  type MessagePart,
  type Pattern,
  type Program,
  type Records,
  type Regex,
  SPECIAL_GROUPS,
  TIME_FORMATS,
  type TimeFormat,
  type ValueMap,
} from "./model.ts";
import { ambiguityOf } from "../../regex/ambiguity.ts";
import { automatonOf } from "../../regex/automaton.ts";
import { parseRegex } from "../../regex/syntax/parse.ts";
import { KEYED_FORMATS, type KeyedFormat } from "../formats/keyed.ts";
import { regexShape } from "./shape.ts";
import type { Entry, YamlReader } from "./yaml.ts";

const HEADER = ["name", "regex", "time", "program"];
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
  "general",
  "drop",
];
/** Characters of the longest reason to drop a line. */
const LONGEST_REASON = 80;
export interface Shared {
  readonly set: ReadonlyMap<string, Constant>;
  readonly alias: ReadonlyMap<string, string>;
  readonly maps: readonly ValueMap[];
  readonly parts: readonly MessagePart[];
  readonly take: ReadonlyMap<string, readonly string[]>;
}

export const NOTHING: Shared = {
  set: new Map(),
  alias: new Map(),
  maps: [],
  parts: [],
  take: new Map(),
};

/** Value maps by their names, for several fields to use. */
export type Tables = ReadonlyMap<string, ReadonlyMap<string, string>>;

export function readFormat(reader: YamlReader, entry: Entry | undefined): KeyedFormat | null {
  if (!entry) return null;
  const name = reader.string(entry.node, "read");
  if (name === null || KEYED_FORMATS.includes(name as KeyedFormat)) return name as KeyedFormat;
  const span = reader.span(entry.node);
  reader.unknown("unknown_format", span, "format of keys", name, KEYED_FORMATS);
  return null;
}

export function scalars(reader: YamlReader, node: Node | null, what: string): Map<string, string> {
  const out = new Map<string, string>();
  for (const entry of reader.entries(node, what)) {
    const value = reader.scalar(entry.node, `The value of "${entry.key}"`);
    if (value !== null) out.set(entry.key, String(value));
  }
  return out;
}

export function missing(reader: YamlReader, node: Node | null, key: string, what: string): void {
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

/** Reports a name that no field may have; false when it may. */
export function reserved(reader: YamlReader, name: string, span: Span): boolean {
  const why = isReserved(name);
  if (why === null) return false;
  reader.report("reserved_name", span, `"${name}" ${why} and cannot be a field`, {
    help: "Choose another name",
  });
  return true;
}

/** Replaces `%{name}` by its definition, as a group of its own. */
export function expand(
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

export class ReadContext {
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
      // Before its reason the message has the whole expression, definitions put in.
      const { message } = error as Error;
      const reason = message.slice(message.lastIndexOf("/sy: ") + 5);
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
    if (reserved(this.reader, name, span)) return;
    if (this.fields.has(name) || FIELD_TYPES.has(name)) return;
    if (COMMON_FIELDS.some((f) => f.name === name)) return;
    const near = nearest(name, [...this.fields.keys(), ...FIELD_TYPES.keys()]);
    this.reader.report(
      "unknown_field",
      span,
      `Unknown field "${name}": neither the CIM nor this sourcetype has it`,
      {
        help: `${near === undefined ? "Declare" : `Did you mean "${near}"? Else declare`} ` +
          `it: fields: { ${name}: string }`,
        ...(near === undefined ? {} : { suggestion: near }),
      },
    );
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
      inner: this.inner(entries.get("inner"), read, groups.some((g) => g.name === "message")),
      general: entries.has("general") && r.scalar(entries.get("general")!.node, "general") === true,
      drop: this.drop(entries.get("drop"), entries.get("datasets")?.node ?? null),
      time: this.time(entries.get("time")),
      span: regex.span,
    };
  }

  /** Why lines of a pattern are no events. */
  drop(entry: Entry | undefined, datasets: Node | null): string | null {
    if (entry === undefined || entry.node === null) return null;
    const r = this.reader;
    const reason = r.string(entry.node, "drop")?.trim() ?? "";
    if (reason === "" || reason.length > LONGEST_REASON) {
      r.report(
        "bad_value",
        r.span(entry.node),
        `"drop" gives no reason of 1 to ${LONGEST_REASON} characters`,
        {
          help: "Say what the line is, as it is counted: drop: comment",
        },
      );
      return null;
    }
    if (datasets !== null) {
      r.report("bad_value", r.span(entry.node), "A line that is dropped is in no dataset", {
        help: "Take datasets or drop away",
      });
    }
    return reason;
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

  inner(entry: Entry | undefined, read: KeyedFormat | null, message: boolean): readonly string[] {
    if (!entry) return [];
    const texts = this.reader.strings(entry.node, "inner");
    if (read === null && message && texts.length === 1 && texts[0] === "{message}") return texts;
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
      let place = { file: this.reader.file, span: entry.keySpan };
      for (const inner of this.reader.entries(entry.node, `map "${entry.key}"`)) {
        const span = this.reader.span(inner.node);
        if (inner.key === "of") {
          of = this.reader.strings(inner.node, "of");
          place = { ...place, span };
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
      out.push({ field: entry.key, of, values, place });
    }
    return out;
  }

  parts(node: Node | null | undefined): MessagePart[] {
    const out: MessagePart[] = [];
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
      const span = this.reader.span(inner.get("of")!.node);
      this.source(of, span);
      out.push({ field: entry.key, of, regex, place: { file: this.reader.file, span } });
    }
    return out;
  }
}
