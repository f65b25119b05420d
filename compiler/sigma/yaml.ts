/** YAML documents of one file as nodes with their places, and errors that point into them. */
import { type Document, isAlias, isMap, isScalar, isSeq, type Node, Pair, YAMLMap } from "yaml";
import type { Span } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { yamlDocuments } from "../../grammar/parse_yaml.ts";
import { isReserved } from "../schema/reserved.ts";
import { SIGMA_ERRORS, type SigmaErrorName } from "./codes.ts";

/** Values of a rule that are looked at, aliases followed: a few lines of YAML can stand for millions. */
const MAX_NODES = 20_000;
/** How deep detections may nest. */
export const MAX_DEPTH = 32;

/** Why a rule is not taken; thrown while it is read, caught once a rule. */
export class SigmaError extends Error {
  constructor(
    readonly error: SigmaErrorName,
    readonly span: Span,
    message: string,
    readonly help: string,
  ) {
    super(message);
  }

  /** As what is printed. @param file its name */
  diagnostic(file: string): Diagnostic {
    const { error, span, message, help } = this;
    return { code: SIGMA_ERRORS[error], level: "error", file, span, message, help };
  }
}

export interface Entry {
  readonly key: string;
  readonly keySpan: Span;
  readonly node: Node | null;
}

/** One document: its root, and access to its nodes that follows aliases and counts what it visits. */
export class SigmaDocument {
  #visited = 0;

  constructor(
    readonly root: YAMLMap,
    readonly span: Span,
    private readonly doc: Document,
    /** Of the whole file. */
    private readonly fileText: string,
  ) {}

  /** What the file has there. */
  source({ start, end }: Span): string {
    return this.fileText.slice(start, end);
  }

  place(node: Node | null | undefined): Span {
    if (!node?.range) return { start: this.span.start, end: this.span.start + 1 };
    return { start: node.range[0], end: Math.max(node.range[1], node.range[0] + 1) };
  }

  /** The node, or what an alias stands for. */
  node(node: Node | null | undefined): Node | null {
    if (++this.#visited > MAX_NODES) {
      throw new SigmaError(
        "too_large",
        this.place(node),
        `The rule has more than ${MAX_NODES} values`,
        "Split it, or leave out aliases that repeat each other",
      );
    }
    if (!isAlias(node)) return node ?? null;
    const found = node.resolve(this.doc);
    if (found === undefined) {
      throw new SigmaError(
        "yaml",
        this.place(node),
        `The alias "*${node.source}" has no anchor`,
        "Write &NAME before the value that it stands for",
      );
    }
    return found as Node;
  }

  /** The entries of a mapping in their order; an error for anything else. */
  entries(node: Node | null | undefined, what: string): Entry[] {
    const map = this.node(node);
    if (!isMap(map)) {
      throw new SigmaError(
        "wrong_kind",
        this.place(node),
        `${what} must be a mapping of keys to values`,
        "Write one KEY: VALUE a line, indented",
      );
    }
    return map.items.map((pair) => ({
      key: keyText(pair.key),
      keySpan: this.place(pair.key as Node),
      node: (pair.value ?? null) as Node | null,
    }));
  }

  /** A key's value of a mapping; null where it is missing. */
  get(map: YAMLMap, key: string): Node | null {
    return (map.items.find((p) => keyText(p.key) === key)?.value ?? null) as Node | null;
  }

  /** A scalar as text, whatever YAML takes it for; null where the key is missing or empty. */
  text(map: YAMLMap, key: string): string | null {
    const node = this.node(this.get(map, key));
    if (node === null || (isScalar(node) && node.value === null)) return null;
    if (!isScalar(node)) {
      throw new SigmaError(
        "wrong_kind",
        this.place(node),
        `"${key}" must be a text`,
        "Put it on one line, between quotes",
      );
    }
    return scalarText(node.value, node.source);
  }

  /** A list of texts; one text stands for a list of one. */
  texts(map: YAMLMap, key: string): string[] {
    const node = this.node(this.get(map, key));
    const items = isSeq(node) ? node.items as Node[] : node === null ? [] : [node];
    return items.flatMap((item) => {
      const scalar = this.node(item);
      return isScalar(scalar) && scalar.value !== null
        ? [scalarText(scalar.value, scalar.source)]
        : [];
    });
  }
}

/**
 * A scalar's text: a number beyond 2^53 has its digits only in the source, and true is "true" however
 * it was written.
 */
export function scalarText(value: unknown, source: string | undefined): string {
  if (typeof value === "number" && source !== undefined) {
    return Number.isSafeInteger(value) ? String(value) : source.replace(/^\+/, "");
  }
  return String(value);
}

const keyText = (key: unknown): string => String(isScalar(key) ? key.value ?? "" : key ?? "");

/** A mistake in the YAML, with the word where the parser stopped. */
function yamlError(error: { code: string; message: string; pos: [number, number] }, text: string) {
  const [start, end] = error.pos;
  const word = /[^\s:]*/y;
  word.lastIndex = start;
  const name = word.exec(text)![0].slice(0, 100);
  const span = {
    start,
    end: Math.max(end, start + (end > start + 1 ? 0 : name.length), start + 1),
  };
  if (error.code === "DUPLICATE_KEY") {
    return new SigmaError("yaml", span, `The key "${name}" stands twice`, "Keep one of them");
  }
  // The parser runs out of stack there.
  const message = /call stack/.test(error.message)
    ? "it nests too deeply"
    : error.message.split("\n")[0].replace(/[.:]\s*$/, "");
  return new SigmaError(
    "yaml",
    span,
    `This is not valid YAML: ${message}`,
    "Check the indentation and the quotes up to here",
  );
}

/**
 * The documents of a file, `action: global` merged into those after it, and what is wrong with its
 * YAML. A file with an error has no documents: half a rule says something else than the whole.
 */
export function readDocuments(
  file: string,
  text: string,
): { documents: SigmaDocument[]; errors: Diagnostic[] } {
  const docs = yamlDocuments(text);
  const errors = docs.flatMap((d) => d.errors).slice(0, 1).map((error) =>
    yamlError(error, text).diagnostic(file)
  );
  if (errors.length > 0) return { documents: [], errors };
  const documents: SigmaDocument[] = [];
  let global: YAMLMap | null = null;
  for (const doc of docs) {
    const root = doc.contents as Node | null;
    // Nothing between two marks is no rule.
    if (root === null || (isScalar(root) && root.value === null)) continue;
    const range = root.range ?? [0, 1, 1];
    const span = { start: range[0], end: Math.max(range[1], range[0] + 1) };
    if (!isMap(root)) {
      errors.push(
        new SigmaError(
          "wrong_kind",
          span,
          "A Sigma rule must be a mapping of keys to values",
          "Begin it with title: and logsource:",
        ).diagnostic(file),
      );
      continue;
    }
    const action = root.get("action");
    if (action === "reset") {
      global = null;
      continue;
    }
    if (action === "global") {
      global = global === null ? root : merged(global, root);
      continue;
    }
    documents.push(
      new SigmaDocument(global === null ? root : merged(global, root), span, doc, text),
    );
  }
  return { documents, errors };
}

/** Both mappings in one, mappings within them merged, else the second's value. */
function merged(first: YAMLMap, second: YAMLMap): YAMLMap {
  const out = new YAMLMap();
  out.range = second.range;
  const own = new Map(second.items.map((p) => [keyText(p.key), p]));
  for (const pair of first.items) {
    const key = keyText(pair.key);
    const other = own.get(key);
    if (key === "action") continue;
    if (other === undefined) out.items.push(pair);
    else if (isMap(pair.value) && isMap(other.value)) {
      out.items.push(new Pair(other.key, merged(pair.value, other.value)));
    }
  }
  const taken = new Set(out.items.map((p) => keyText(p.key)));
  for (const pair of second.items) if (!taken.has(keyText(pair.key))) out.items.push(pair);
  return out;
}

/** A mapping at the top of a document. Throws SigmaError where it is missing or another thing. */
export function mapping(doc: SigmaDocument, key: string, what: string): YAMLMap {
  const node = doc.node(doc.get(doc.root, key));
  if (isMap(node)) return node;
  throw node === null
    ? new SigmaError(
      "missing_key",
      doc.span,
      `The rule has no "${key}"`,
      `Add ${key}: with ${what}`,
    )
    : new SigmaError(
      "wrong_kind",
      doc.place(node),
      `"${key}" must be a mapping of keys to values`,
      "Write one KEY: VALUE a line, indented",
    );
}

/** Throws SigmaError for what no field can be called. */
export function refuseReserved(name: string, span: Span): void {
  const why = isReserved(name);
  if (why === null) return;
  throw new SigmaError(
    "bad_value",
    span,
    `No event has a field "${name}": it ${why}`,
    "Write the field's name as the log has it",
  );
}
