/** Hands out a file's comments in order, each once, so that the formatter can lose none. */
import type * as ast from "./ast.ts";

export interface OwnLine {
  readonly text: string;
  /** An empty line stands before it. */
  readonly blankBefore: boolean;
}

export class Comments {
  readonly #file: ast.File;
  readonly #comments: readonly ast.Comment[];
  #next = 0;

  constructor(file: ast.File) {
    this.#file = file;
    this.#comments = file.comments;
  }

  /** All comments that stand before `offset` and were not handed out. */
  before(offset: number): OwnLine[] {
    const out: OwnLine[] = [];
    for (let c = this.#comments[this.#next]; c !== undefined && c.span.start < offset;) {
      out.push({ text: c.text, blankBefore: c.ownLine && this.#blankBefore(c.span.start) });
      c = this.#comments[++this.#next];
    }
    return out;
  }

  /** Where the next comment stands, when it is before `offset`. */
  peek(offset: number): number | null {
    const c = this.#comments[this.#next];
    return c !== undefined && c.span.start < offset ? c.span.start : null;
  }

  /** True when a comment stands inside of the span. */
  has(span: ast.Span): boolean {
    const c = this.#comments[this.#next];
    return c !== undefined && c.span.start < span.end;
  }

  /** Comments inside of a node, and the one behind it on its last line. */
  within(span: ast.Span): { own: string[]; trailing: string[] } {
    const own: string[] = [];
    const trailing: string[] = [];
    for (let c = this.#comments[this.#next]; c !== undefined && c.span.start < span.end;) {
      own.push(c.text);
      c = this.#comments[++this.#next];
    }
    const behind = this.#behind(span.end);
    if (behind !== null) trailing.push(behind);
    return { own, trailing };
  }

  /** The comment behind `offset` on the same line, with a space before it, or nothing. */
  trailing(offset: number): string {
    const text = this.#behind(offset);
    return text === null ? "" : " " + text;
  }

  #behind(offset: number): string | null {
    const c = this.#comments[this.#next];
    if (c === undefined || c.ownLine || c.span.start < offset) return null;
    // Brackets and commas may stand between, but no word: that would own the comment.
    if (!/^[ \t\r\f\v,{[\]]*$/.test(this.#file.text.slice(offset, c.span.start))) return null;
    this.#next++;
    return c.text;
  }

  #blankBefore(offset: number): boolean {
    return /\n[ \t\r]*\n[ \t\r]*$/.test(this.#file.text.slice(Math.max(0, offset - 400), offset));
  }
}
