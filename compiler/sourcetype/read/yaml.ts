/** Reads YAML nodes with their positions, and reports what does not fit. Nothing here knows sourcetypes. */
import { isMap, isScalar, isSeq, type Node, parseDocument, type YAMLMap } from "yaml";
import type { Span } from "../../../grammar/ast.ts";
import type { Diagnostic } from "../../../grammar/diagnostic.ts";
import { nearest } from "../../../grammar/nearest.ts";

/** Permanent codes of what can be wrong in a sourcetype. `E02xx` are the sourcetype compiler's. */
export const CODES = {
  yaml: "E0201",
  unknown_key: "E0202",
  missing_key: "E0203",
  wrong_kind: "E0204",
  bad_regex: "E0205",
  unknown_field: "E0206",
  unknown_dataset: "E0207",
  unknown_parent: "E0208",
  duplicate_name: "E0209",
  unknown_format: "E0210",
  unsafe_regex: "E0211",
  unknown_define: "E0212",
  sample: "E0213",
  bad_value: "E0214",
  reserved_name: "E0215",
  never_captured: "E0216",
} as const;

export type Entry = { readonly key: string; readonly keySpan: Span; readonly node: Node | null };

export class YamlReader {
  readonly diagnostics: Diagnostic[] = [];
  readonly root: Node | null;

  constructor(readonly file: string, readonly text: string) {
    const doc = parseDocument(text, { prettyErrors: false, uniqueKeys: true });
    for (const error of doc.errors) {
      this.diagnostics.push({
        code: CODES.yaml,
        level: "error",
        file,
        span: { start: error.pos[0], end: Math.max(error.pos[1], error.pos[0] + 1) },
        message: `This is not valid YAML: ${firstSentence(error.message)}`,
        help: "Check the indentation and the quotes up to here",
      });
    }
    this.root = doc.contents as Node | null;
  }

  span(node: Node | null | undefined): Span {
    if (!node?.range) return { start: 0, end: Math.min(1, this.text.length) };
    return { start: node.range[0], end: Math.max(node.range[1], node.range[0]) };
  }

  report(
    code: keyof typeof CODES,
    where: Span,
    message: string,
    more: { help?: string; suggestion?: string } = {},
  ): void {
    this.diagnostics.push({
      code: CODES[code],
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
    code: keyof typeof CODES,
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

function firstSentence(message: string): string {
  return message.split("\n")[0].replace(/[.:]\s*$/, "");
}
