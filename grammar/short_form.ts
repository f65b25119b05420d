/**
 * The short form of a search's condition, as people type it into a search bar: `user:root status>=500
 * "failed password" -debug (ssh or rdp)`. It becomes the same tree as the condition in SDL.
 *
 *     or      := and { "or" and }
 *     and     := not { ["and"] not }
 *     not     := ("not" | "-") not | "(" or ")" | test | word
 *     test    := FIELD (":" | "=" | "!=" | ">" | …) VALUE       a value with * or ? is a pattern
 *     word    := TEXT | "TEXT"                                  looked for in the raw text
 */
import type { Expr, Span } from "./ast_expr.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { canonicalIp, isExactCidr, parseCidr } from "./ip.ts";
import { nearest } from "./nearest.ts";

/** What the short form has to know of fields. */
export interface SearchNames {
  /** How a field's values are written; null when no event has it. */
  kindOf(field: string): "text" | "number" | "address" | "bool" | null;
  readonly fields: Iterable<string>;
  /** Whether a bare name is a condition of its own (a `let`). */
  isCondition(name: string): boolean;
}

interface Piece {
  readonly text: string;
  readonly span: Span;
  readonly quoted: boolean;
}

/** Deepest nesting of parentheses and negations, as in SDL. */
const DEEPEST = 100;

/** A mistake in a short form. */
class Stop extends Error {
  constructor(readonly span: Span, message: string, readonly help: string) {
    super(message);
  }
}

/** A word's condition: the raw text has it. `*` and `?` stand for any text and any character. */
export function wordTest(text: string, span: Span, quoted: boolean): Expr {
  const value = { kind: "field", name: "_raw", span } as const;
  if (!quoted && /[*?]/.test(text)) {
    const pattern = { kind: "string", value: `*${text}*`, cs: false, block: false, span } as const;
    return { kind: "like", value, pattern, span };
  }
  const needle = { kind: "string", value: text, cs: false, block: false, span } as const;
  return { kind: "texttest", test: "contains", quant: "one", value, needle, span };
}

/**
 * @param text the condition, from `offset` on in the query
 * @returns the condition; null with a diagnostic when it does not read
 */
export function parseShortForm(
  text: string,
  offset: number,
  file: string,
  names: SearchNames,
): { expr: Expr | null; diagnostics: Diagnostic[] } {
  try {
    return { expr: new ShortForm(piecesOf(text, offset), names).all(), diagnostics: [] };
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    const { span, message, help } = error;
    return {
      expr: null,
      diagnostics: [{ code: "E0026", level: "error", file, span, message, help }],
    };
  }
}

function piecesOf(text: string, offset: number): Piece[] {
  const out: Piece[] = [];
  // A value may be quoted behind its field: user:"John Doe".
  for (
    const m of text.matchAll(/[()]|"(?:[^"\\]|\\.)*"?|(?:[^\s()"]|(?<=[:=<>])"(?:[^"\\]|\\.)*")+/g)
  ) {
    const span = { start: offset + m.index, end: offset + m.index + m[0].length };
    const quoted = m[0].startsWith('"');
    if (quoted && !/^"(?:[^"\\]|\\.)*"$/.test(m[0])) {
      throw new Stop(span, "The phrase has no closing quote", 'Write " behind it');
    }
    out.push({ text: quoted ? unquote(m[0]) : m[0], span, quoted });
  }
  return out;
}

const unquote = (text: string) => text.slice(1, -1).replace(/\\(.)/g, "$1");

class ShortForm {
  #at = 0;
  #depth = 0;

  constructor(readonly pieces: readonly Piece[], readonly names: SearchNames) {}

  all(): Expr {
    const expr = this.#or();
    const rest = this.#peek();
    if (rest) throw new Stop(rest.span, `"${rest.text}" closes nothing`, "Remove it");
    return expr;
  }

  #peek(): Piece | undefined {
    return this.pieces[this.#at];
  }

  #word(text: string): boolean {
    const piece = this.#peek();
    if (piece === undefined || piece.quoted || piece.text.toLowerCase() !== text) return false;
    this.#at++;
    return true;
  }

  #or(): Expr {
    let left = this.#and();
    while (this.#word("or")) left = logic("or", left, this.#and());
    return left;
  }

  #and(): Expr {
    let left = this.#not();
    for (;;) {
      const next = this.#peek();
      if (next === undefined || (!next.quoted && /^(?:\)|or)$/i.test(next.text))) return left;
      this.#word("and");
      left = logic("and", left, this.#not());
    }
  }

  #not(): Expr {
    const piece = this.#peek();
    if (piece === undefined) {
      const end = this.pieces.at(-1)?.span.end ?? 0;
      throw new Stop({ start: end, end }, "The condition ends too early", "Write what to look for");
    }
    if (++this.#depth > DEEPEST) {
      throw new Stop(piece.span, `The condition is nested over ${DEEPEST} deep`, "Flatten it");
    }
    try {
      return this.#term(piece);
    } finally {
      this.#depth--;
    }
  }

  #term(piece: Piece): Expr {
    if (piece.quoted) {
      this.#at++;
      return wordTest(piece.text, piece.span, true);
    }
    if (this.#word("not")) return negated(this.#not(), piece.span);
    if (this.#word("(")) {
      const inner = this.#or();
      if (!this.#word(")")) throw new Stop(piece.span, "The `(` is not closed", "Write `)`");
      return inner;
    }
    if (/^(?:\)|and|or)$/i.test(piece.text)) {
      throw new Stop(
        piece.span,
        `Nothing to look for before "${piece.text}"`,
        "Write a word there",
      );
    }
    this.#at++;
    if (/^-[^\s-]/.test(piece.text)) {
      const { start, end } = piece.span;
      const rest = { ...piece, text: piece.text.slice(1), span: { start: start + 1, end } };
      return negated(this.#test(rest), piece.span);
    }
    return this.#test(piece);
  }

  /** `field:value`, or a word. */
  #test({ text, span }: Piece): Expr {
    const m = /^([A-Za-z_][\w.]*)(!=|>=|<=|:|=|>|<)(?!\/\/)(.*)$/s.exec(text);
    if (!m) {
      return this.names.isCondition(text)
        ? { kind: "field", name: text, span }
        : wordTest(text, span, false);
    }
    const [, name, first] = m;
    const at = { start: span.start, end: span.start + name.length };
    const behind = first === ":" ? /^(!=|>=|<=|==|=|>|<)/.exec(m[3])?.[1] ?? "" : "";
    const kind = this.names.kindOf(name);
    if (kind === null) {
      const near = nearest(name, this.names.fields);
      throw new Stop(
        at,
        `Unknown field "${name}"`,
        near
          ? `Did you mean ${near}? To look for the text, write it in quotes`
          : "To look for the text, write it in quotes",
      );
    }
    const sign = behind || first;
    const op = sign === ":" || sign === "=" || sign === "==" ? "==" : sign;
    let value = m[3].slice(behind.length);
    const valueSpan = { start: span.end - value.length, end: span.end };
    const quoted = value.startsWith('"');
    if (quoted) value = unquote(value);
    if (value === "" && !quoted) {
      throw new Stop(span, `"${text}" has no value`, `Write ${name}:value, or exists ${name}`);
    }
    return comparison({ name, kind, span, at }, op as Comparison, { value, quoted, valueSpan });
  }
}

type Comparison = "==" | "!=" | ">" | "<" | ">=" | "<=";

interface Tested {
  readonly name: string;
  readonly kind: NonNullable<ReturnType<SearchNames["kindOf"]>>;
  readonly span: Span;
  readonly at: Span;
}

function comparison(
  { name, kind, span, at }: Tested,
  op: Comparison,
  { value, quoted, valueSpan }: { value: string; quoted: boolean; valueSpan: Span },
): Expr {
  const left = { kind: "field", name, span: at } as const;
  const equality = op === "==" || op === "!=";
  const text = { kind: "string", value, cs: false, block: false, span: valueSpan } as const;
  if (!quoted && equality && value === "*") {
    const exists: Expr = { kind: "exists", field: { name, span: at }, span };
    return op === "==" ? exists : negated(exists, span);
  }
  if (!quoted && equality && kind !== "number" && /[*?]/.test(value)) {
    const like: Expr = { kind: "like", value: left, pattern: text, span };
    // As `!=`: the field is there and does not fit.
    return op === "==" ? like : logic("and", {
      kind: "exists",
      field: { name, span: at },
      span,
    }, negated(like, span));
  }
  if (
    kind === "address" && equality && value.includes("/") && parseCidr(value) !== null &&
    isExactCidr(value)
  ) {
    const set = { kind: "cidr", value, span: valueSpan } as const;
    return { kind: "in", negated: op === "!=", value: left, set, span };
  }
  const ip = kind === "address" ? canonicalIp(value) : null;
  const right: Expr = ip !== null
    ? { kind: "ip", value: ip, span: valueSpan }
    : kind === "number" && value.trim() !== "" && Number.isFinite(Number(value))
    ? {
      kind: "number",
      value: Number(value),
      float: !Number.isInteger(Number(value)),
      span: valueSpan,
    }
    : kind === "bool" && /^(?:true|false)$/i.test(value)
    ? { kind: "bool", value: value.toLowerCase() === "true", span: valueSpan }
    : text;
  if (kind === "number" && right.kind !== "number") {
    throw new Stop(valueSpan, `"${name}" is a number, "${value}" is none`, "Write a number");
  }
  return { kind: "binary", op, single: false, left, right, span };
}

const logic = (op: "and" | "or", left: Expr, right: Expr): Expr => ({
  kind: "logic",
  op,
  left,
  right,
  parens: false,
  span: { start: left.span.start, end: right.span.end },
});

export const negated = (arg: Expr, at: Span): Expr => ({
  kind: "unary",
  op: "not",
  arg,
  span: { start: at.start, end: arg.span.end },
});
