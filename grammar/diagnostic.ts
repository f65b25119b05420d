/** What the lexer, the parser, the checker and the sourcetype compiler report. */
import type { Span } from "./ast.ts";

export interface Diagnostic {
  /** Permanent: `E0101` for errors, `L0101` for lints. A lint also has a name. */
  readonly code: string;
  readonly level: "error" | "warning";
  /** The lint's name, by which a rule silences it. */
  readonly lint?: string;
  /** Name of the file (a path, or `<stdin>`). */
  readonly file: string;
  readonly span: Span;
  /** A capitalised sentence without a full stop, that quotes the value. */
  readonly message: string;
  /** What to do, as a sentence of the same form. */
  readonly help?: string;
  /** Did you mean: a replacement for the text of the span. */
  readonly suggestion?: string;
  /** Other places that matter: "first declared here". */
  readonly related?: readonly {
    readonly file: string;
    readonly span: Span;
    readonly message: string;
  }[];
}
