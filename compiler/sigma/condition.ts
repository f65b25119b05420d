/** Conditions: selections by name and pattern, joined by and, or, not. */
import { isScalar, type Node, type Scalar } from "yaml";
import type { Span } from "../../grammar/ast.ts";
import { nearest } from "../../grammar/nearest.ts";
import { MAX_DEPTH, type SigmaDocument, SigmaError } from "./yaml.ts";

export type Condition =
  & { readonly span: Span }
  & (
    | { readonly op: "selection"; readonly name: string }
    | { readonly op: "and" | "or"; readonly args: readonly Condition[] }
    | { readonly op: "not"; readonly arg: Condition }
    /** At least `count` of the selections. */
    | { readonly op: "of"; readonly count: number; readonly names: readonly string[] }
  );

/** What the names of a condition are: selections of a detection, rules of a correlation, conditions of a pipeline. */
export type ConditionOn = "selection" | "rule" | "condition";

export interface Token {
  readonly text: string;
  readonly span: Span;
}

/**
 * Reads a condition: `not` binds closest, then `and`, then `or`.
 * @param names of the rule's selections, in their order
 * @throws {SigmaError} where it does not read or names a selection that does not exist
 */
export function parseCondition(
  doc: SigmaDocument,
  node: Node,
  names: readonly string[],
  what: ConditionOn = "selection",
): Condition {
  const { condition, behind } = parsePiped(doc, node, names, what);
  if (behind === null) return condition;
  throw new SigmaError(
    "bad_condition",
    doc.place(doc.node(node)),
    "An aggregation has no place in this condition",
    "Leave out what stands behind the |",
  );
}

/** A condition, and the words behind the `|` that may end it; null without one. */
export function parsePiped(
  doc: SigmaDocument,
  node: Node,
  names: readonly string[],
  what: ConditionOn = "selection",
): { readonly condition: Condition; readonly behind: readonly Token[] | null } {
  const scalar = doc.node(node);
  const place = doc.place(scalar);
  if (!isScalar(scalar) || typeof scalar.value !== "string") {
    throw new SigmaError(
      "bad_condition",
      place,
      "A condition must be a text",
      "Write it as in: selection and not 1 of filter_*",
    );
  }
  const tokens = tokensOf(doc, scalar as Scalar<string>, place);
  return new ConditionParser(tokens, place, names, what).whole();
}

/** The names in a condition, in the order of reading, each once. */
export function wordsOf(text: string): string[] {
  const words = (text.match(/[^\s()|]+/g) ?? []).filter((w) => !/^(and|or|not)$/i.test(w));
  return [...new Set(words)];
}

/** The words of a condition. Each stands in the file as it is, unless an escape makes it. */
function tokensOf(doc: SigmaDocument, scalar: Scalar<string>, place: Span): Token[] {
  const source = doc.source(place);
  // Behind `|` or `>` and what else says how to read a text of several lines.
  let from = scalar.type?.startsWith("BLOCK") ? Math.max(0, source.indexOf("\n")) : 0;
  return [...scalar.value.matchAll(/[()|]|[^\s()|]+/g)].map(([text]) => {
    const at = source.indexOf(text, from);
    if (at < 0) return { text, span: place };
    from = at + text.length;
    return { text, span: { start: place.start + at, end: place.start + from } };
  });
}

export function unknownSelection(
  name: string,
  span: Span,
  names: readonly string[],
  what: ConditionOn = "selection",
): SigmaError {
  const near = nearest(name, names);
  return new SigmaError(
    "unknown_selection",
    span,
    what === "rule"
      ? `The correlation's rules have no "${name}"`
      : what === "condition"
      ? `There is no condition "${name}"`
      : `The detection has no selection "${name}"`,
    near ? `Did you mean ${near}?` : `There are ${names.join(", ") || "none"}`,
  );
}

class ConditionParser {
  #at = 0;
  #depth = 0;

  constructor(
    readonly tokens: readonly Token[],
    readonly place: Span,
    readonly names: readonly string[],
    readonly what: ConditionOn,
  ) {}

  whole(): { condition: Condition; behind: readonly Token[] | null } {
    const condition = this.#or();
    const rest = this.tokens[this.#at];
    if (rest === undefined) return { condition, behind: null };
    if (rest.text === "|") return { condition, behind: this.tokens.slice(this.#at + 1) };
    throw this.#error(rest.span, `Unexpected "${rest.text}" in the condition`);
  }

  #error(span: Span, message: string): SigmaError {
    return new SigmaError(
      "bad_condition",
      span,
      message,
      "Join selections with and, or, not and parentheses",
    );
  }

  #is(word: string): boolean {
    return this.tokens[this.#at]?.text.toLowerCase() === word;
  }

  #list(op: "and" | "or", inner: () => Condition): Condition {
    const args = [inner()];
    while (this.#is(op)) {
      this.#at++;
      args.push(inner());
    }
    return args.length === 1
      ? args[0]
      : { op, args, span: { start: args[0].span.start, end: args.at(-1)!.span.end } };
  }

  #or(): Condition {
    return this.#list("or", () => this.#list("and", () => this.#not()));
  }

  #not(): Condition {
    if (++this.#depth > MAX_DEPTH) {
      throw new SigmaError(
        "too_large",
        this.place,
        `The condition nests deeper than ${MAX_DEPTH}`,
        "Leave out parentheses, or make two rules",
      );
    }
    try {
      if (!this.#is("not")) return this.#primary();
      const { span } = this.tokens[this.#at++];
      const arg = this.#not();
      return { op: "not", arg, span: { start: span.start, end: arg.span.end } };
    } finally {
      this.#depth--;
    }
  }

  #primary(): Condition {
    const token = this.tokens[this.#at];
    if (token === undefined) {
      throw this.#error(this.place, "The condition ends where a selection is expected");
    }
    this.#at++;
    if (token.text === "(") {
      const inner = this.#or();
      if (!this.#is(")")) throw this.#error(token.span, 'The condition has a "(" without its ")"');
      this.#at++;
      return inner;
    }
    if (/^(\d+|all|any)$/i.test(token.text) && this.#is("of")) return this.#of(token);
    if (/^([()|]|and|or|of)$/i.test(token.text)) {
      throw this.#error(token.span, `Unexpected "${token.text}" in the condition`);
    }
    if (!this.names.includes(token.text)) throw this.#unknown(token);
    return { op: "selection", name: token.text, span: token.span };
  }

  #unknown({ text, span }: Token): SigmaError {
    return unknownSelection(text, span, this.names, this.what);
  }

  #of(quantity: Token): Condition {
    this.#at++;
    const pattern = this.tokens[this.#at++];
    if (pattern === undefined) {
      throw this.#error(quantity.span, `"${quantity.text} of" names no selections`);
    }
    const span = { start: quantity.span.start, end: pattern.span.end };
    const names = this.#matching(pattern);
    const count = /^all$/i.test(quantity.text)
      ? names.length
      : /^any$/i.test(quantity.text)
      ? 1
      : Number(quantity.text);
    if (count === 0) {
      throw new SigmaError(
        "bad_condition",
        span,
        `"0 of ${pattern.text}" holds for every event`,
        `Write not 1 of ${pattern.text} for none of them`,
      );
    }
    if (count > names.length) {
      throw new SigmaError(
        "bad_condition",
        span,
        `"${quantity.text} of ${pattern.text}" asks for ${count} of ${names.length} selections`,
        "Write all of for every one of them",
      );
    }
    return { op: "of", count, names, span };
  }

  /** `them` and patterns leave out names that begin with `_`, unless the pattern does too. */
  #matching(pattern: Token): readonly string[] {
    const text = pattern.text.toLowerCase() === "them" ? "*" : pattern.text;
    const found = this.names.filter((n) =>
      fitsPattern(n, text) && (!n.startsWith("_") || text.startsWith("_"))
    );
    if (found.length === 0) throw this.#unknown(pattern);
    return found;
  }
}

/** Whether a name fits a pattern with `*`; each part is taken where it first stands. */
export function fitsPattern(name: string, pattern: string): boolean {
  const [first, ...parts] = pattern.split("*");
  if (parts.length === 0) return name === pattern;
  const last = parts.pop()!;
  if (!name.startsWith(first)) return false;
  let at = first.length;
  for (const part of parts) {
    const found = name.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}
