/** Reads YAML nodes with their positions, and reports what does not fit. */
import { isMap, isScalar, isSeq, type Node, type YAMLMap } from "yaml";
import type { Span } from "./ast.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { nearest } from "./nearest.ts";
import { yamlDocument } from "./parse_yaml.ts";

export type Entry = { readonly key: string; readonly keySpan: Span; readonly node: Node | null };

/** Codes that the reader itself reports; each kind of file has its own numbers. */
export type ReaderCode = "yaml" | "unknown_key" | "missing_key" | "wrong_kind";

/** What to do about some of the library's errors. */
const HELP_ON: Readonly<Record<string, string>> = {
  BAD_DQ_ESCAPE: "Write the text between single quotes: a backslash stands for itself there",
  TAB_AS_INDENT: "Indent by blanks",
  BAD_INDENT: "Indent it as far as what stands beside it",
  UNEXPECTED_TOKEN: "Check the indentation here and in the line before, and the quotes up to here",
};

export class YamlReader<Code extends string = ReaderCode> {
  readonly diagnostics: Diagnostic[] = [];
  /** Null for an empty text. */
  readonly root: Node | null;
  /** False where the text is no YAML: what could be read of it says little. */
  readonly isYaml: boolean;

  /** @param codes what `report` writes for each code: a permanent number, as `E0201` */
  constructor(
    readonly file: string,
    readonly text: string,
    readonly codes: Readonly<Record<Code | ReaderCode, string>>,
  ) {
    const doc = yamlDocument(text);
    // A key that stands twice is a mistake like others.
    const twice = doc.errors.filter((e) => e.code === "DUPLICATE_KEY");
    this.isYaml = twice.length === doc.errors.length;
    for (const { pos: [start] } of twice) {
      const [key] = KEY.exec(text.slice(start, start + LONGEST_KEY)) ?? [text[start]];
      this.report(
        "yaml",
        { start, end: start + key.length },
        `The key "${unquoted(key)}" stands twice`,
        {
          help: "Keep one of them",
        },
      );
    }
    // Those after the first are mostly what follows from it.
    const error = doc.errors.find((e) => e.code !== "DUPLICATE_KEY");
    if (error !== undefined) {
      const span = { start: error.pos[0], end: Math.max(error.pos[1], error.pos[0] + 1) };
      this.report("yaml", span, `This is not valid YAML: ${firstSentence(error.message)}`, {
        help: HELP_ON[error.code] ?? "Check the indentation and the quotes up to here",
      });
    }
    this.root = doc.contents as Node | null;
  }

  span(node: Node | null | undefined): Span {
    if (!node?.range) return { start: 0, end: Math.min(1, this.text.length) };
    return { start: node.range[0], end: Math.max(node.range[1], node.range[0]) };
  }

  report(
    code: Code | ReaderCode,
    where: Span,
    message: string,
    more: { help?: string; suggestion?: string } = {},
  ): void {
    this.diagnostics.push({
      code: this.codes[code],
      level: "error",
      file: this.file,
      span: where,
      message,
      ...more,
    });
  }

  /** The entries of a mapping; reports and returns none for anything else. */
  entries(node: Node | null | undefined, what: string): Entry[] {
    if (!node) return [];
    if (!isMap(node)) {
      this.report("wrong_kind", this.span(node), `${what} must be a mapping of keys to values`);
      return [];
    }
    return (node as YAMLMap).items.map((pair) => ({
      key: String(isScalar(pair.key) ? pair.key.value : pair.key),
      keySpan: this.span(pair.key as Node),
      node: (pair.value ?? null) as Node | null,
    }));
  }

  /** Like `entries`, for a mapping whose keys are known; reports the others. */
  record(node: Node | null | undefined, what: string, keys: readonly string[]): Map<string, Entry> {
    const out = new Map<string, Entry>();
    for (const entry of this.entries(node, what)) {
      if (keys.includes(entry.key)) out.set(entry.key, entry);
      else this.unknown("unknown_key", entry.keySpan, "key", entry.key, keys);
    }
    return out;
  }

  unknown(
    code: Code | ReaderCode,
    where: Span,
    kind: string,
    name: string,
    known: Iterable<string>,
  ): void {
    const suggestion = nearest(name, known);
    this.report(code, where, `Unknown ${kind} "${name}"`, {
      ...(suggestion === undefined
        ? { help: `Use one of ${[...known].slice(0, 24).join(", ")}` }
        : { suggestion, help: `Did you mean "${suggestion}"` }),
    });
  }

  list(node: Node | null | undefined, what: string): Node[] {
    if (!node) return [];
    if (isSeq(node)) return node.items as Node[];
    this.report("wrong_kind", this.span(node), `${what} must be a list`);
    return [];
  }

  string(node: Node | null | undefined, what: string): string | null {
    if (isScalar(node) && typeof node.value === "string") return node.value;
    this.report("wrong_kind", this.span(node), `${what} must be a text`, {
      help: "Put it between quotes",
    });
    return null;
  }

  strings(node: Node | null | undefined, what: string): string[] {
    if (isScalar(node)) return [this.string(node, what) ?? ""];
    return this.list(node, what).map((item) => this.string(item, what) ?? "");
  }

  scalar(node: Node | null | undefined, what: string): string | number | boolean | null {
    const value = isScalar(node) ? node.value : undefined;
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
      return value;
    }
    this.report("wrong_kind", this.span(node), `${what} must be a text, a number or true or false`);
    return null;
  }
}

/** A key as it is written, in quotes or without. */
const KEY = /^(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\s:,{}]+)/, LONGEST_KEY = 200;

const unquoted = (key: string): string => /^(["']).*\1$/.test(key) ? key.slice(1, -1) : key;

function firstSentence(message: string): string {
  return message.split("\n")[0].replace(/[.:]\s*$/, "");
}
