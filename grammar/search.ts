/**
 * Searches: `from DATASET where … | commands`, or a condition alone, in SDL or in its short form, with
 * or without commands behind it.
 */
import type * as ast from "./ast.ts";
import { tooDeep } from "./depth.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { run } from "./earley.ts";
import { lex } from "./lexer.ts";
import { explain } from "./mistakes.ts";
import { negated, parseShortForm, type SearchNames, wordTest } from "./short_form.ts";
import { SOURCE_WORDS } from "./split.ts";
import type { Token } from "./token.ts";

export type { SearchNames } from "./short_form.ts";

/** Longest query that is read, in UTF-16 units. */
const LONGEST = 100_000;

export interface ParsedQuery {
  readonly file: ast.File;
  /** Null when it did not read. */
  readonly source: ast.Source | null;
  readonly commands: readonly ast.Command[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Parses a search of any text; never throws. @param name what diagnostics call it */
export function parseSearch(text: string, name: string, names: SearchNames): ParsedQuery {
  const file = { name, text, decls: [], comments: [] };
  if (text.length > LONGEST) {
    const diagnostics = [{
      code: "E0025",
      level: "error" as const,
      file: name,
      span: { start: 0, end: 0 },
      message: `The search is longer than ${LONGEST} characters`,
      help: "Put long lists into a file: list bad = file …",
    }];
    return { file, source: null, commands: [], diagnostics };
  }
  return { file, ...new Query(text, name, names).parse() };
}

/** `ssh -debug` reads as a sum of two fields, which is no condition: the short form leaves a word out. */
const isSum = (e: ast.Expr): boolean => e.kind === "binary" && (e.op === "-" || e.op === "+");

class Query {
  readonly #diagnostics: Diagnostic[] = [];

  constructor(readonly text: string, readonly name: string, readonly names: SearchNames) {}

  parse(): Omit<ParsedQuery, "file"> {
    const { tokens } = lex(this.text, this.name);
    const [word, next] = tokens;
    const full = word !== undefined && SOURCE_WORDS.has(word.text) && next !== undefined &&
      (next.type === "name" || next.type === "quoted" || next.text === "{");
    const pipe = full ? pipeOf(tokens) : headEnd(this.text);
    const source = full
      ? this.#tree<ast.Source>("source", tokens.filter((t) => t.start < pipe))
      : this.#head(this.text.slice(0, pipe));
    const commands = this.#commands(pipe);
    return { source, commands, diagnostics: this.#diagnostics };
  }

  /** The condition of a search that names no source. */
  #head(head: string): ast.Source | null {
    const span = { start: 0, end: head.trimEnd().length };
    const from = (where: ast.Expr | null): ast.Source => ({
      kind: "from",
      row: { signal: false, name: { name: "any", span }, more: [], where, span },
      span,
    });
    const trimmed = head.trim();
    if (trimmed === "" || trimmed === "*") return from(null);
    const lexed = lex(head, this.name);
    const outcome = lexed.diagnostics.length === 0 && tooDeep(lexed.tokens, this.name) === null
      ? run("expr", lexed.tokens)
      : null;
    if (outcome?.kind === "tree" && !isSum(outcome.tree as ast.Expr)) {
      return from(this.#words(outcome.tree as ast.Expr));
    }
    if (isCommand(lexed.tokens)) {
      this.#report(
        lexed.tokens[0],
        `"${lexed.tokens[0].text}" begins a command, which stands behind \`|\``,
        `Write | ${trimmed}; words to look for stand in quotes`,
      );
      return null;
    }
    const short = parseShortForm(head, 0, this.name, this.names);
    if (short.expr !== null) {
      // What SDL alone has is no word to look for: its mistake is told.
      if (!SDL.test(head.replace(/"(?:[^"\\]|\\.)*"/g, '""'))) return from(short.expr);
      if (outcome === null) this.#diagnostics.push(...lexed.diagnostics);
      else this.#explain("expr", lexed.tokens, outcome);
      if (this.#diagnostics.length === 0) return from(short.expr);
      return null;
    }
    this.#diagnostics.push(...short.diagnostics);
    return null;
  }

  /** Bare names and texts between `and`, `or` and `not` are looked for in the raw text. */
  #words(e: ast.Expr): ast.Expr {
    switch (e.kind) {
      case "logic":
        return { ...e, left: this.#words(e.left), right: this.#words(e.right) };
      case "unary":
        // `-debug`: without the word, as in a search bar.
        return e.op === "+" ? e : negated(this.#words(e.arg), e.span);
      case "string":
        return wordTest(e.value, e.span, true);
      case "number":
      case "ip":
      case "duration":
      case "bytes":
        return wordTest(this.text.slice(e.span.start, e.span.end), e.span, true);
      case "field":
        return e.quoted || this.names.isCondition(e.name) || this.names.kindOf(e.name) === "bool"
          ? e
          : wordTest(e.name, e.span, false);
      case "binary":
        return this.#assigned(e);
      default:
        return e;
    }
  }

  /** `user=root`: a name behind a single `=`, or `!=`, is a text, unless a field is called so. */
  #assigned(e: ast.Binary): ast.Expr {
    const { left, right } = e;
    if ((!e.single && e.op !== "!=") || left.kind !== "field") return e;
    const text = (value: string): ast.Expr => ({
      ...e,
      right: { kind: "string", value, cs: false, block: false, span: right.span },
    });
    const kind = this.names.kindOf(left.name);
    if (right.kind === "cidr") {
      return { kind: "in", negated: e.op === "!=", value: left, set: right, span: e.span };
    }
    const written = this.text.slice(right.span.start, right.span.end);
    if (right.kind === "field" && this.names.kindOf(right.name) === null) return text(right.name);
    if (right.kind === "number" && (kind === "text" || kind === "address")) return text(written);
    return e;
  }

  #commands(from: number): ast.Command[] {
    if (from >= this.text.length) return [];
    const lexed = lex(this.text.slice(from), this.name);
    const moved = (span: ast.Span) => ({ start: span.start + from, end: span.end + from });
    this.#diagnostics.push(...lexed.diagnostics.map((d) => ({ ...d, span: moved(d.span) })));
    const tokens = lexed.tokens.map((t) => ({ ...t, start: t.start + from, end: t.end + from }));
    const out: ast.Command[] = [];
    for (const part of cutAtPipes(tokens)) {
      if (part.length === 1) {
        this.#report(part[0], "A command stands behind `|`", "Write one, or remove the `|`");
        continue;
      }
      const command = this.#tree<ast.Command>("search_command", part.slice(1), part[0]);
      if (command !== null) out.push(command);
    }
    return out;
  }

  #tree<T>(start: string, tokens: readonly Token[], lead?: Token): T | null {
    const deep = tooDeep(tokens, this.name);
    if (deep !== null) this.#diagnostics.push(deep);
    else {
      const outcome = run(start, tokens);
      if (outcome.kind === "tree") return outcome.tree as T;
      this.#explain(start, tokens, outcome, lead);
    }
    return null;
  }

  #explain(
    start: string,
    tokens: readonly Token[],
    outcome: ReturnType<typeof run>,
    lead?: Token,
  ): void {
    if (outcome.kind === "tree") return;
    const said = start === "search_command" ? "command" : start;
    this.#diagnostics.push(explain(said, tokens, outcome, this.name, null, lead));
  }

  #report(at: Token, message: string, help: string): void {
    const span = { start: at.start, end: at.end };
    this.#diagnostics.push({ code: "E0026", level: "error", file: this.name, span, message, help });
  }
}

/** Whether a text that is a condition to nobody reads as a command that counts. */
function isCommand(tokens: readonly Token[]): boolean {
  const [word, next] = tokens;
  if (next === undefined || !/^(?:stats|timechart|top)$/.test(word.text)) return false;
  // "top secret" is looked for.
  if (word.text === "top" && next.type !== "number") return false;
  return tooDeep(tokens, "") === null && run("search_command", tokens).kind === "tree";
}

/** What no word of a short form looks like. */
const SDL = /==|\b(?:contains|startswith|endswith|like|matches)\s|\bin\s*[([@\d]|&&|\|\|/i;

const OPEN = "([{", CLOSE = ")]}";

/** Offset of the first `|` outside brackets; the text's end when there is none. */
function pipeOf(tokens: readonly Token[]): number {
  let depth = 0;
  for (const t of tokens) {
    if (t.type !== "op") continue;
    if (OPEN.includes(t.text)) depth++;
    else if (CLOSE.includes(t.text)) depth--;
    else if (t.text === "|" && depth <= 0) return t.start;
  }
  return Infinity;
}

/** The same in a text that need not be SDL: outside quotes and regexes. */
function headEnd(text: string): number {
  let depth = 0;
  for (const m of text.matchAll(/"(?:[^"\\]|\\.)*"?|\bmatches\s+\/(?:[^/\\]|\\.)*\/?|[()|]/g)) {
    if (m[0] === "(") depth++;
    else if (m[0] === ")") depth--;
    else if (m[0] === "|" && depth <= 0) return m.index;
  }
  return Infinity;
}

/** Parts that begin with a `|` each. */
function cutAtPipes(tokens: readonly Token[]): Token[][] {
  const out: Token[][] = [];
  let depth = 0;
  for (const t of tokens) {
    if (t.type === "op" && OPEN.includes(t.text)) depth++;
    if (t.type === "op" && CLOSE.includes(t.text)) depth--;
    if (t.text === "|" && t.type === "op" && depth <= 0) out.push([t]);
    else out.at(-1)?.push(t);
  }
  return out;
}
