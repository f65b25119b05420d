/**
 * Tree to text, in the one style. The meaning is kept exactly: parentheses stand where precedence
 * asks for them, and where the author grouped `and` and `or`.
 */
import type * as ast from "./ast.ts";
import { Comments } from "./format_comments.ts";
import { flat, string } from "./format_expr.ts";
import {
  commandLines,
  duration,
  fill,
  itemLines,
  joinItems,
  keys,
  rowLines,
  single,
  WIDTH,
  wrapText,
} from "./format_lines.ts";

/**
 * The text of a file in the one style: idempotent, every comment kept. Only for a file that parsed
 * without an error: declarations with mistakes are not in `file.decls`, and would be lost.
 */
export function format(file: ast.File): string {
  const f = new Formatter(file);
  return f.file();
}

/** Header values are aligned behind the longest key of the rule, and never before this column. */
const KEY_WIDTH = "severity".length;

class Formatter {
  readonly #lines: string[] = [];
  readonly #comments: Comments;
  readonly #file: ast.File;

  constructor(file: ast.File) {
    this.#file = file;
    this.#comments = new Comments(file);
  }

  file(): string {
    const decls = [...this.#file.decls].sort((a, b) => a.span.start - b.span.start);
    let before: ast.Decl | null = null;
    for (const decl of decls) {
      const gap = before !== null &&
        (before.kind === "rule" || decl.kind === "rule" || before.kind !== decl.kind ||
          this.#blankBefore(decl.span.start));
      this.#lead(decl.span.start, "", gap);
      switch (decl.kind) {
        case "list":
          this.#list(decl);
          break;
        case "let":
          this.#node(decl.span, "", wrapText(`let ${decl.name.name} = `, decl.expr));
          break;
        case "rule":
          this.#rule(decl);
          break;
      }
      before = decl;
    }
    this.#lead(this.#file.text.length + 1, "", before !== null && this.#lines.length > 0, true);
    return this.#lines.length === 0 ? "" : this.#lines.join("\n") + "\n";
  }

  /** Writes the comments on lines of their own before `offset`, and the blank line that parts. */
  #lead(offset: number, indent: string, gap: boolean, end = false): void {
    const own = this.#comments.before(offset);
    if (own.length === 0) {
      if (gap && !end) this.#blank();
      return;
    }
    for (const [i, comment] of own.entries()) {
      if (
        i === 0 ? gap && (!end || comment.blankBefore) || comment.blankBefore : comment.blankBefore
      ) {
        this.#blank();
      }
      this.#lines.push(indent + comment.text);
    }
    if (!end && this.#blankBefore(offset)) this.#blank();
  }

  #blank(): void {
    const last = this.#lines.at(-1);
    if (last !== undefined && last !== "" && !last.trimEnd().endsWith("{")) this.#lines.push("");
  }

  /** An empty line stands in the text between `offset` and what is before it. */
  #blankBefore(offset: number): boolean {
    return /\n[ \t\r]*\n[ \t\r]*$/.test(this.#file.text.slice(Math.max(0, offset - 400), offset));
  }

  /** Lines of a node whose own comments cannot stay inside: those on its lines go to its first. */
  #node(span: ast.Span, indent: string, lines: readonly string[]): void {
    const { own, trailing } = this.#comments.within(span);
    for (const text of own) this.#lines.push(indent + text);
    const first = trailing.slice(0, -1);
    for (const text of first) this.#lines.push(indent + text);
    this.#lines.push(...lines);
    const last = trailing.at(-1);
    if (last !== undefined) this.#lines[this.#lines.length - 1] += " " + last;
  }

  #list(decl: ast.ListDecl): void {
    const head = `list ${decl.name.name}${decl.type === null ? "" : `: ${decl.type.name}`} = `;
    if (decl.file !== null) {
      return this.#node(decl.span, "", [head + "file " + string(decl.file)]);
    }
    const items = decl.items ?? [];
    const line = `${head}[${items.map((i) => flat(i)).join(", ")}]`;
    const inside = this.#comments.has(decl.span);
    if (!inside && line.length <= WIDTH) return this.#node(decl.span, "", [line]);
    if (!inside) {
      return this.#node(decl.span, "", [head + "[", ...fill(items.map((i) => flat(i)), "  "), "]"]);
    }
    // With comments among them, each item has its line.
    this.#lines.push(head + "[" + this.#comments.trailing(headEnd(decl)));
    for (const item of items) {
      this.#lead(item.span.start, "  ", false);
      this.#lines.push(`  ${flat(item)},` + this.#comments.trailing(item.span.end));
    }
    this.#lead(decl.span.end, "  ", false, true);
    this.#lines.push("]" + this.#comments.trailing(decl.span.end));
  }

  #rule(rule: ast.RuleDecl): void {
    this.#lines.push(`rule ${rule.name.name} {` + this.#comments.trailing(rule.name.span.end));
    const heads = [...rule.header, ...rule.params, ...rule.allows]
      .sort((a, b) => a.span.start - b.span.start);
    const keyOf = (h: (typeof heads)[number]) => h.kind === "header" ? h.key.name : h.kind;
    const width = Math.max(KEY_WIDTH, ...heads.map((h) => keyOf(h).length));
    for (const head of heads) {
      this.#lead(head.span.start, "  ", this.#blankBefore(head.span.start));
      const lead = `  ${keyOf(head).padEnd(width)} `;
      switch (head.kind) {
        case "header":
          this.#node(
            head.span,
            "  ",
            head.values.length === 1
              ? wrapText(lead, head.values[0] as ast.Expr)
              : joinItems(lead, head.values.map((v) => flat(v))),
          );
          break;
        case "param": {
          const type = head.type === null ? "" : `: ${head.type.name}`;
          const start = `${lead}${head.name.name}${type} = `;
          this.#node(head.span, "  ", wrapText(start, head.value));
          break;
        }
        case "allow":
          this.#node(head.span, "  ", [
            lead + head.lint.name + (head.reason === null ? "" : ` ${string(head.reason)}`),
          ]);
          break;
      }
    }
    if (rule.source !== null) {
      const start = rule.source.span.start;
      this.#lead(start, "  ", heads.length > 0 && this.#blankBefore(this.#firstComment(start)));
      if (rule.source.kind === "from") {
        const lines = rowLines("  from ", rule.source.row);
        this.#node(rule.source.span, "  ", lines);
      } else this.#sequence(rule.source);
    }
    for (const command of rule.commands) {
      this.#lead(command.span.start, "  ", false);
      this.#node(command.span, "  ", commandLines(command));
    }
    for (const [i, test] of rule.tests.entries()) {
      this.#lead(
        test.span.start,
        "  ",
        i === 0
          ? heads.length + rule.commands.length > 0 || rule.source !== null
          : this.#blankBefore(test.span.start),
      );
      this.#test(test);
    }
    this.#lead(rule.span.end, "  ", false, true);
    this.#lines.push("}" + this.#comments.trailing(rule.span.end));
  }

  /** Where the comments that belong to what stands at `offset` begin. */
  #firstComment(offset: number): number {
    return this.#comments.peek(offset) ?? offset;
  }

  #sequence(source: ast.SequenceSource): void {
    const open = this.#file.text.indexOf(
      "{",
      (source.within ?? source.by.at(-1) ?? source).span.end,
    );
    const by = source.keyless ? " by *" : keys(source.by);
    const within = source.within === null ? "" : ` within ${duration(source.within)}`;
    this.#lines.push(
      `  ${source.kind}${by}${within} {` +
        this.#comments.trailing(source.within?.span.end ?? open),
    );
    for (const step of source.steps) {
      this.#lead(step.span.start, "    ", false);
      const lines = rowLines(`    ${step.negated ? "! " : ""}`, step.row);
      if (step.as !== null) lines[lines.length - 1] += ` as ${step.as.name}`;
      this.#node(step.span, "    ", lines);
    }
    if (source.until !== null) {
      this.#lead(source.until.span.start, "    ", false);
      this.#node(source.until.span, "    ", rowLines("    until ", source.until));
    }
    this.#lead(source.span.end, "    ", false, true);
    this.#lines.push("  }" + this.#comments.trailing(source.span.end));
  }

  #test(test: ast.TestDecl): void {
    this.#lines.push(`  test ${string(test.name)} {` + this.#comments.trailing(test.name.span.end));
    const pad = Math.max(
      0,
      ...test.items.map((i) => i.kind === "at" && single(i) ? duration(i.time).length : 0),
    );
    for (const item of test.items) {
      this.#lead(item.span.start, "    ", this.#blankBefore(item.span.start));
      this.#node(item.span, "    ", itemLines(item, pad));
    }
    this.#lead(test.span.end, "    ", false, true);
    this.#lines.push("  }" + this.#comments.trailing(test.span.end));
  }
}

const headEnd = (decl: ast.ListDecl): number => (decl.type ?? decl.name).span.end;
