/** Selections as written: fields with modifiers and values, keywords, lists and maps of them. */
import { isMap, isScalar, isSeq, type Node } from "yaml";
import type { Span } from "../../grammar/ast.ts";
import { type Item, readItem } from "./item.ts";
import { MAX_DEPTH, type SigmaDocument, SigmaError } from "./yaml.ts";

export type Detection =
  | {
    readonly kind: "and" | "or";
    readonly args: readonly Detection[];
    readonly span: Span;
  }
  | { readonly kind: "item"; readonly item: Item };

/**
 * Reads a selection: all entries of a map have to hold, one of a list; a text in a list is looked for
 * in the whole event.
 * @throws {SigmaError} for what cannot be taken
 */
export function readDetection(
  doc: SigmaDocument,
  written: Node | null,
  name: string,
  depth = 0,
): Detection {
  if (depth > MAX_DEPTH) {
    throw new SigmaError(
      "too_large",
      doc.place(written),
      `The selection "${name}" nests deeper than ${MAX_DEPTH}`,
      "Make several selections of it",
    );
  }
  const node = doc.node(written);
  const span = doc.place(node);
  if (isMap(node)) {
    const args = doc.entries(node, `The selection "${name}"`).map((entry): Detection => ({
      kind: "item",
      item: readItem(doc, entry),
    }));
    if (args.length === 0) throw empty(span, name);
    return args.length === 1 ? args[0] : { kind: "and", args, span };
  }
  if (isSeq(node)) {
    const items = node.items as Node[];
    if (items.length === 0) throw empty(span, name);
    const keywords = items.filter((i) => isScalar(doc.node(i)));
    const args = items.filter((i) => !keywords.includes(i)).map((i) =>
      readDetection(doc, i, name, depth + 1)
    );
    if (keywords.length > 0) args.unshift(keywordsOf(doc, keywords, span));
    return args.length === 1 ? args[0] : { kind: "or", args, span };
  }
  if (isScalar(node) && node.value !== null) return keywordsOf(doc, [node], span);
  throw empty(span, name);
}

const keywordsOf = (doc: SigmaDocument, nodes: readonly Node[], span: Span): Detection => ({
  kind: "item",
  item: readItem(doc, { key: "", keySpan: span, node: null }, nodes),
});

const empty = (span: Span, name: string) =>
  new SigmaError(
    "bad_value",
    span,
    `The selection "${name}" is empty`,
    "Write FIELD: VALUE lines, or a list of texts to look for",
  );
