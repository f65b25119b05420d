/** What stands in one mapping of a pipeline: its keys, each read as what it has to be. */
import { isMap, isScalar, isSeq, type Node, type YAMLMap } from "yaml";
import type { Span } from "../../grammar/ast.ts";
import { nearest } from "../../grammar/nearest.ts";
import { checkRegex } from "../regex/mod.ts";
import type { Scalar } from "./draft.ts";
import { scalarText, type SigmaDocument, SigmaError } from "./yaml.ts";

export class Params {
  readonly span: Span;

  constructor(readonly doc: SigmaDocument, readonly map: YAMLMap, readonly what: string) {
    this.span = doc.place(map);
  }

  static of(doc: SigmaDocument, written: Node | null, what: string): Params {
    const node = doc.node(written);
    if (isMap(node)) return new Params(doc, node, what);
    throw wrong(doc.place(node), `${what} must be a mapping of keys to values`, "Indent its keys");
  }

  error(key: string | null, message: string, help: string): SigmaError {
    const node = key === null ? null : this.doc.get(this.map, key);
    return wrong(node === null ? this.span : this.doc.place(node), message, help);
  }

  /** @throws for a key that none of these is */
  only(...known: readonly string[]): void {
    for (const { key, keySpan } of this.doc.entries(this.map, this.what)) {
      if (known.includes(key)) continue;
      const near = nearest(key, known);
      throw wrong(
        keySpan,
        `${this.what} has no "${key}"`,
        near ? `Did you mean ${near}?` : `It has ${known.join(", ") || "no keys"}`,
      );
    }
  }

  node(key: string): Node | null {
    return this.doc.node(this.doc.get(this.map, key));
  }

  text(key: string): string | null {
    return this.doc.text(this.map, key);
  }

  required(key: string): string {
    const text = this.text(key);
    if (text !== null) return text;
    throw this.error(null, `${this.what} has no "${key}"`, `Add ${key}:`);
  }

  flag(key: string): boolean {
    const text = this.text(key)?.toLowerCase() ?? "false";
    if (text === "true" || text === "false") return text === "true";
    throw this.error(key, `"${key}" takes true or false, this is "${text}"`, "Write true or false");
  }

  oneOf<T extends string>(key: string, values: readonly T[], otherwise: T): T {
    const text = this.text(key) ?? otherwise;
    if ((values as readonly string[]).includes(text)) return text as T;
    throw this.error(key, `"${text}" is no value of "${key}"`, `Write one of ${values.join(", ")}`);
  }

  /** Texts of a list, of which a single one may stand for itself; null without the key. */
  texts(key: string): string[] | null {
    return this.node(key) === null ? null : textsOf(this.doc, this.node(key), `"${key}"`);
  }

  scalar(key: string): Scalar {
    const node = this.node(key);
    if (node === null) return null;
    if (isScalar(node)) return scalarOf(node);
    throw this.error(key, `"${key}" must be a single value`, "Write a text, a number or true");
  }

  /** Names to texts. */
  mapping(key: string): Map<string, readonly string[]> {
    const out = new Map<string, readonly string[]>();
    for (const e of this.doc.entries(this.node(key), `"${key}" of ${this.what}`)) {
      out.set(e.key, textsOf(this.doc, this.doc.node(e.node), `"${e.key}"`));
    }
    return out;
  }

  /** A regex as Python writes it. @param anchored it has to begin where the text does */
  regex(key: string, text = this.required(key), anchored = false): RegExp {
    const [, flags = "", source] = /^(?:\(\?([ims]+)\))?([^]*)$/.exec(text)!;
    const plain = source.replace(/\(\?P</g, "(?<").replace(/\(\?P=(\w+)\)/g, "\\k<$1>")
      .replace(/\\A/g, "^").replace(/\\Z/g, "$");
    const whole = anchored ? `^(?:${plain})` : plain;
    const problem = checkRegex(whole, flags);
    if (problem !== null) throw this.error(key, problem.message, problem.help);
    return new RegExp(whole, `${flags}g`);
  }
}

const wrong = (span: Span, message: string, help: string) =>
  new SigmaError("bad_pipeline", span, message, help);

function scalarOf(node: { readonly value: unknown; readonly source?: string }): Scalar {
  const { value, source } = node;
  if (typeof value === "number" && !Number.isSafeInteger(value) && Number.isInteger(value)) {
    return scalarText(value, source);
  }
  return value === undefined ? null : value as Scalar;
}

export function textsOf(doc: SigmaDocument, node: Node | null, what: string): string[] {
  const items = isSeq(node) ? node.items as Node[] : [node];
  return items.map((item) => {
    const scalar = doc.node(item);
    if (isScalar(scalar) && scalar.value !== null) return scalarText(scalar.value, scalar.source);
    throw wrong(doc.place(scalar), `${what} must be texts`, "Write one text, or a list of them");
  });
}
