/** How lints say what they found. */
import type { Span } from "../../../grammar/ast.ts";
import type { SigmaLintName } from "../codes.ts";

/** Reports a lint of the file at hand. */
export type Report = (name: SigmaLintName, span: Span, message: string, help: string) => void;
