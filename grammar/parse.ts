/**
 * Text to tree. Each declaration is parsed on its own, and one that has a mistake part by part, so
 * that every mistake of a file is told and every good declaration comes back.
 */
import type * as ast from "./ast.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { tooDeep } from "./depth.ts";
import { run } from "./earley.ts";
import { lex, type Lexed, MAX_MISTAKES } from "./lexer.ts";
import { short, type Token } from "./token.ts";
import { languageOf } from "./languages.ts";
import { explain } from "./mistakes.ts";
import { RuleMistakes } from "./rule_mistakes.ts";
import { type Bracket, splitDeclarations } from "./split.ts";

/** Longest text that is read, in UTF-16 units; a rule file is a few thousand. */
export const MAX_TEXT = 4_000_000;

export interface Parsed {
  readonly file: ast.File;
  readonly diagnostics: Diagnostic[];
  /** Names of the rules that could not be read. */
  readonly unread: readonly string[];
}

/**
 * Parses a file. Never throws, whatever the text: mistakes are diagnostics with codes `E0001` to
 * `E0099`. `file.decls` holds the declarations that could be read, those with a mistake that has but
 * one reading (`&&`, single quotes) among them.
 */
export function parse(text: string, name: string): Parsed {
  if (text.length <= MAX_TEXT) return new FileParser(text, name).parse();
  return {
    unread: [],
    file: { name, text, decls: [], comments: [] },
    diagnostics: [{
      code: "E0025",
      level: "error",
      file: name,
      span: { start: 0, end: 0 },
      message: `The file is longer than ${MAX_TEXT} characters`,
      help: 'Split it; a long list belongs in a file of its own: `list bad = file "bad.txt"`',
    }],
  };
}

class FileParser {
  private readonly lexed: Lexed;
  private readonly diagnostics: Diagnostic[];
  private readonly decls: ast.Decl[] = [];
  private readonly unread: string[] = [];
  private readonly split: ReturnType<typeof splitDeclarations>;
  /** Brackets that are told. */
  private readonly reported = new Set<Token>();

  constructor(private readonly text: string, private readonly name: string) {
    this.lexed = lex(text, name);
    this.diagnostics = [...this.lexed.diagnostics];
    this.split = splitDeclarations(this.lexed.tokens);
  }

  parse(): Parsed {
    const { text, name, decls, unread } = this;
    this.brackets();
    for (const part of this.split.parts) {
      if (this.diagnostics.length >= MAX_MISTAKES) break;
      const slice = this.lexed.tokens.slice(part.from, part.to);
      const broken = slice.some((t) => this.reported.has(t));
      // A closing bracket too many is told already: what stands around it is read without it.
      const rest = broken
        ? slice.filter((t) => !(this.reported.has(t) && /[)\]}]/.test(t.text)))
        : slice;
      if (rest.length > 0) this.declaration(rest, broken);
    }
    if (this.diagnostics.length >= MAX_MISTAKES) {
      this.report("E0024", { start: text.length, end: text.length }, {
        message: `The file has ${MAX_MISTAKES} mistakes or more, and the rest was not read`,
        help: "See whether this is an SDL file at all",
      });
    }
    const diagnostics = this.otherLanguage() ?? this.diagnostics;
    diagnostics.sort((a, b) => a.span.start - b.span.start || a.span.end - b.span.end);
    return { file: { name, text, decls, comments: this.lexed.comments }, diagnostics, unread };
  }

  private report(code: string, span: ast.Span, said: { message: string; help: string }): void {
    this.diagnostics.push({ code, level: "error", file: this.name, span, ...said });
  }

  private brackets(): void {
    const runaway = this.lexed.diagnostics.some((d) =>
      d.code === "E0006" && this.text.startsWith('"""', d.span.start)
    );
    for (const bracket of this.split.brackets) {
      // A text block without an end has swallowed what would close.
      if (!runaway || bracket.message !== "unclosed") {
        this.diagnostics.push(bracketDiagnostic(bracket, this.name));
      }
      this.reported.add(bracket.token);
    }
  }

  /** One diagnostic for all: what another language means by its words is no list of mistakes. */
  private otherLanguage(): Diagnostic[] | null {
    const head = this.lexed.tokens[0];
    if (this.decls.length > 0 || this.diagnostics.length === 0 || head === undefined) return null;
    const language = languageOf(this.text);
    return language && [{
      code: "E0019",
      level: "error",
      file: this.name,
      span: { start: head.start, end: head.end },
      message: `This is ${language.name}, not SDL`,
      help: language.help,
    }];
  }

  private declaration(slice: readonly Token[], broken: boolean): void {
    const { name } = this;
    const [word, ruleName, open] = slice;
    const rule = word?.text === "rule";
    const deep = tooDeep(slice, name);
    const outcome = deep === null ? run("decl", slice) : null;
    if (outcome?.kind === "tree") {
      this.decls.push(outcome.tree as ast.Decl);
      return;
    }
    if (rule) this.unread.push(ruleName?.raw ?? "");
    if (outcome === null) {
      this.diagnostics.push(deep as Diagnostic);
      return;
    }
    if (rule && ruleName?.type === "name" && open?.text !== "{") {
      return this.withoutBody(slice, ruleName, open);
    }
    const found = rule && open?.text === "{"
      ? new RuleMistakes(name, this.reported).of(slice)
      : broken
      ? []
      : [explain("decl", slice, outcome, name, null)];
    if (found.length === 0 && !broken) found.push(explain("decl", slice, outcome, name, null));
    // A character that could not be read, or a bracket, explains the failure at its place.
    const lexical = this.lexed.diagnostics;
    this.diagnostics.push(...found.filter((d) => !lexical.some((l) => near(l.span, d.span))));
  }

  /** `rule NAME` that no `{` follows. */
  private withoutBody(slice: readonly Token[], ruleName: Token, open: Token | undefined): void {
    const { tokens } = this.lexed;
    // The brace that ends the body then closes nothing, and is no mistake of its own.
    const end = this.split.parts.find((p) => tokens[p.from] === slice[0])?.to ?? tokens.length;
    const stray = [tokens[end - 1], tokens[end]].find((t) =>
      t !== undefined && this.reported.has(t)
    );
    const index = this.diagnostics.findIndex((d) =>
      d.code === "E0004" && d.span.start === stray?.start
    );
    if (index >= 0) this.diagnostics.splice(index, 1);
    if (open?.text === "-") {
      const until = slice.find((t, i) => i > 2 && t.type !== "name" && t.text !== "-");
      const written = this.text.slice(ruleName.start, until?.start ?? open.end).trim();
      return this.report(
        "E0001",
        { start: ruleName.start, end: ruleName.start + written.length },
        {
          message: `"${short(written)}" is no name: it has a \`-\``,
          help: `Write \`rule ${short(written.replace(/\W+/g, "_"))} {\``,
        },
      );
    }
    this.report("E0003", { start: ruleName.start, end: ruleName.end }, {
      message: `The body of rule "${ruleName.raw}" has no \`{\``,
      help: `Write \`rule ${ruleName.raw} {\``,
    });
  }
}

/**
 * Parses one expression, for the inside of `{…}` in an alert's text. `offset` is where `text`
 * begins in its file, and is added to every span.
 */
export function parseExpression(text: string, offset: number, name = ""): {
  expr: ast.Expr | null;
  diagnostics: Diagnostic[];
} {
  const { tokens, diagnostics: lexical } = lex(text, name);
  const diagnostics = [...lexical];
  const moved = tokens.map((t) => ({ ...t, start: t.start + offset, end: t.end + offset }));
  let expr: ast.Expr | null = null;
  const deep = tooDeep(tokens, name);
  if (deep !== null) diagnostics.push(deep);
  else {
    const outcome = run("expr", moved);
    if (outcome.kind === "tree") expr = outcome.tree as ast.Expr;
    else {
      const at = run("expr", tokens);
      if (at.kind === "error" && lexical.length === 0) {
        diagnostics.push(explain("expr", tokens, at, name, null));
      }
    }
  }
  return {
    expr: diagnostics.length === 0 ? expr : null,
    diagnostics: diagnostics.map((d) => ({
      ...d,
      span: { start: d.span.start + offset, end: d.span.end + offset },
    })),
  };
}

function near(a: ast.Span, b: ast.Span): boolean {
  // With the space that may stand between.
  return a.start <= b.end + 1 && b.start <= a.end + 1;
}

function bracketDiagnostic(bracket: Bracket, file: string): Diagnostic {
  const { token, message, open } = bracket;
  const span = { start: token.start, end: token.end };
  const closing = token.text === "{" ? "}" : token.text === "(" ? ")" : "]";
  if (message === "unclosed") {
    return {
      code: "E0003",
      level: "error",
      file,
      span,
      message: `The \`${token.text}\` that stands here is never closed`,
      help: `Add the missing \`${closing}\``,
    };
  }
  return {
    code: "E0004",
    level: "error",
    file,
    span,
    message: `The \`${token.text}\` that stands here closes nothing`,
    help: message === "mismatch" ? `Close the \`${open?.text}\` first` : `Remove it`,
    ...(open === undefined ? {} : {
      related: [{ file, span: { start: open.start, end: open.end }, message: "Open since here" }],
    }),
  };
}
