/**
 * Text to tree. Each declaration is parsed on its own, and one that has a mistake part by part, so
 * that every mistake of a file is told and every good declaration comes back.
 */
import type * as ast from "./ast.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { run } from "./earley.ts";
import { lex, MAX_MISTAKES } from "./lexer.ts";
import { short, type Token } from "./token.ts";
import { languageOf } from "./languages.ts";
import { explain } from "./mistakes.ts";
import { type Bracket, splitDeclarations, splitRule, splitTest } from "./split.ts";

/** Longest text that is read, in UTF-16 units; a rule file is a few thousand. */
export const MAX_TEXT = 4_000_000;
/** Deepest nesting of brackets, and longest chain of `not`, of signs and of `?`. */
export const MAX_DEPTH = 64;
/** Most operators in one expression: each deepens the tree by one. */
export const MAX_OPERATORS = 1000;

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
  if (text.length > MAX_TEXT) {
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
  const { tokens, comments, diagnostics: lexical } = lex(text, name);
  const diagnostics: Diagnostic[] = [...lexical];
  const decls: ast.Decl[] = [];
  const unread: string[] = [];
  const { parts, brackets } = splitDeclarations(tokens);
  const reported = new Set<Token>();
  const runaway = lexical.some((d) => d.code === "E0006" && text.startsWith('"""', d.span.start));
  for (const bracket of brackets) {
    // A text block without an end has swallowed what would close.
    if (!runaway || bracket.message !== "unclosed") {
      diagnostics.push(bracketDiagnostic(bracket, name));
    }
    reported.add(bracket.token);
  }
  for (const part of parts) {
    if (diagnostics.length >= MAX_MISTAKES) break;
    const slice = tokens.slice(part.from, part.to);
    const broken = slice.some((t) => reported.has(t));
    // A closing bracket too many is told already: what stands around it is read without it.
    const rest = broken ? slice.filter((t) => !(reported.has(t) && /[)\]}]/.test(t.text))) : slice;
    if (rest.length > 0) declaration(rest, broken);
  }
  if (diagnostics.length >= MAX_MISTAKES) {
    diagnostics.push({
      code: "E0024",
      level: "error",
      file: name,
      span: { start: text.length, end: text.length },
      message: `The file has ${MAX_MISTAKES} mistakes or more, and the rest was not read`,
      help: "See whether this is an SDL file at all",
    });
  }
  const language = decls.length === 0 && diagnostics.length > 0 ? languageOf(text) : null;
  const head = tokens[0];
  if (language !== null && head !== undefined) {
    // What another language means by its words is no list of mistakes.
    diagnostics.splice(0, diagnostics.length, {
      code: "E0019",
      level: "error",
      file: name,
      span: { start: head.start, end: head.end },
      message: `This is ${language.name}, not SDL`,
      help: language.help,
    });
  }
  diagnostics.sort((a, b) => a.span.start - b.span.start || a.span.end - b.span.end);
  return { file: { name, text, decls, comments }, diagnostics, unread };

  function declaration(slice: readonly Token[], broken: boolean): void {
    const [word, ruleName, open] = slice;
    const deep = tooDeep(slice, name);
    const outcome = deep === null ? run("decl", slice) : null;
    if (outcome?.kind === "tree") {
      decls.push(outcome.tree as ast.Decl);
      return;
    }
    if (word?.text === "rule") unread.push(ruleName?.raw ?? "");
    if (outcome === null) {
      diagnostics.push(deep as Diagnostic);
      return;
    }
    if (word?.text === "rule" && ruleName?.type === "name" && open?.text !== "{") {
      // The brace that ends the body then closes nothing, and is no mistake of its own.
      const end = parts.find((p) => tokens[p.from] === word)?.to ?? tokens.length;
      const stray = [tokens[end - 1], tokens[end]].find((t) => t !== undefined && reported.has(t));
      const index = diagnostics.findIndex((d) =>
        d.code === "E0004" && d.span.start === stray?.start
      );
      if (index >= 0) diagnostics.splice(index, 1);
      if (open?.text === "-") {
        const until = slice.find((t, i) => i > 2 && t.type !== "name" && t.text !== "-");
        const written = text.slice(ruleName.start, until?.start ?? open.end).trim();
        diagnostics.push({
          code: "E0001",
          level: "error",
          file: name,
          span: { start: ruleName.start, end: ruleName.start + written.length },
          message: `"${short(written)}" is no name: it has a \`-\``,
          help: `Write \`rule ${short(written.replace(/\W+/g, "_"))} {\``,
        });
        return;
      }
      diagnostics.push({
        code: "E0003",
        level: "error",
        file: name,
        span: { start: ruleName.start, end: ruleName.end },
        message: `The body of rule "${ruleName.raw}" has no \`{\``,
        help: `Write \`rule ${ruleName.raw} {\``,
      });
      return;
    }
    const found = slice[0]?.text === "rule" && slice[2]?.text === "{"
      ? ruleMistakes(slice)
      : broken
      ? []
      : [explain("decl", slice, outcome, name, null)];
    if (found.length === 0 && !broken) found.push(explain("decl", slice, outcome, name, null));
    // A character that could not be read, or a bracket, explains the failure at its place.
    diagnostics.push(...found.filter((d) => !lexical.some((l) => near(l.span, d.span))));
  }

  function ruleMistakes(slice: readonly Token[]): Diagnostic[] {
    const closed = slice.at(-1)?.text === "}" && !reported.has(slice[2] as Token);
    const body = slice.slice(3, closed ? -1 : slice.length);
    const found: Diagnostic[] = [];
    let stage = 0;
    const parts = splitRule(body, reported);
    const source = parts.find((p) => p.kind === "source");
    for (const part of parts) {
      if (found.length >= MAX_MISTAKES) break;
      const tokensOf = body.slice(part.from, part.to);
      const after = body[part.to] ?? (closed ? slice.at(-1) ?? null : null);
      const head = tokensOf[0] as Token;
      // What an open bracket does to its part is said by the bracket.
      if (tokensOf.some((t) => reported.has(t))) continue;
      if (part.kind === "command" && source !== undefined && part.from < source.from) {
        found.push({
          code: "E0018",
          level: "error",
          file: name,
          span: { start: head.start, end: head.end },
          message: `"${head.raw}" stands before the rule's source`,
          help: `Begin with \`from DATASET\`, and write \`| ${
            head.raw === "|" ? "where" : head.raw
          } …\` after it`,
        });
        continue;
      }
      if (part.kind === "test") {
        found.push(...testMistakes(tokensOf, after));
      } else if (part.kind === "command" && head.text === "|") {
        attempt("command", tokensOf.slice(1), after, tokensOf, found);
      } else if (part.kind === "other" || part.kind === "command") {
        const outcome = run("rule_part", tokensOf);
        if (outcome.kind === "error") {
          found.push(explain("part", tokensOf, outcome, name, after));
        }
      } else {
        attempt(part.kind, tokensOf, after, tokensOf, found);
      }
      const order = ORDER[part.kind] ?? stage;
      if (order < stage || (part.kind === "source" && stage === order)) {
        found.push({
          code: "E0018",
          level: "error",
          file: name,
          span: { start: head.start, end: head.end },
          message: order < stage
            ? `"${head.raw}" stands too late in the rule`
            : `A rule has one source, and "${head.raw}" is its second`,
          help: order < stage
            ? "The order is: header fields, params and allows; the source; commands; tests"
            : "Use `any`, or one rule for each source",
        });
      }
      stage = Math.max(stage, order);
    }
    return found;
  }

  function attempt(
    start: string,
    tokensOf: readonly Token[],
    after: Token | null,
    whole: readonly Token[],
    found: Diagnostic[],
  ): void {
    const outcome = run(start, tokensOf);
    if (outcome.kind === "error") {
      found.push(explain(start, tokensOf, outcome, name, after, whole[0]));
    }
  }

  function testMistakes(tokensOf: readonly Token[], after: Token | null): Diagnostic[] {
    const outcome = run("test", tokensOf);
    if (outcome.kind === "tree") return [];
    const found: Diagnostic[] = [];
    if (tokensOf[2]?.text === "{") {
      const closed = tokensOf.at(-1)?.text === "}" && !reported.has(tokensOf[2]);
      const body = tokensOf.slice(3, closed ? -1 : tokensOf.length);
      for (const part of splitTest(body)) {
        if (found.length >= MAX_MISTAKES) break;
        const item = body.slice(part.from, part.to);
        attempt("testitem", item, body[part.to] ?? tokensOf.at(-1) ?? after, item, found);
      }
      if (found.length === 0 && !closed) return [];
    }
    if (found.length === 0) found.push(explain("test", tokensOf, outcome, name, after));
    return found;
  }
}

const ORDER: Readonly<Record<string, number>> = { head: 0, source: 1, command: 2, test: 3 };

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

/** Refuses what would make a tree too deep to walk. */
function tooDeep(tokens: readonly Token[], file: string): Diagnostic | null {
  let depth = 0;
  let chain = 0;
  let operators = 0;
  let questions = 0;
  for (const [i, t] of tokens.entries()) {
    if (t.type === "op" || t.type === "word") {
      if (t.text === "{" || t.text === "(" || t.text === "[") depth++;
      else if (t.text === "}" || t.text === ")" || t.text === "]") depth--;
      const prev = tokens[i - 1];
      const prefix = t.text === "not" || t.text === "-" || t.text === "+";
      chain = prefix && (prev?.text === t.text || chain === 0 || prev?.text === "not" ||
          prev?.text === "-" || prev?.text === "+")
        ? chain + 1
        : 0;
      if (t.text === "," || t.text === "|" || t.text === "{" || t.text === "}") {
        operators = 0;
        questions = 0;
      } else if (t.text === "?") questions++;
      else if (!/[()[\]:]/.test(t.text)) operators++;
    } else chain = 0;
    const over = depth > MAX_DEPTH || chain > MAX_DEPTH || questions > MAX_DEPTH
      ? `is nested more than ${MAX_DEPTH} deep`
      : operators > MAX_OPERATORS
      ? `has more than ${MAX_OPERATORS} operators`
      : null;
    if (over !== null) {
      return {
        code: "E0016",
        level: "error",
        file,
        span: { start: t.start, end: t.end },
        message: `What stands here ${over}`,
        help: "Name parts of it with `let`, or use a list",
      };
    }
  }
  return null;
}
