/** The rules and sourcetypes that are loaded, as the API needs them. */
import type { IrProgram, IrRule } from "../../compiler/ir.ts";
import type { Compiled } from "../../compiler/sourcetype/compile.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import type { Bounds } from "../../compiler/explain.ts";

export interface Content {
  readonly program: IrProgram;
  readonly sourcetypes: Compiled;
  readonly diagnostics: readonly Diagnostic[];
  /** Text of each file by its name. */
  readonly texts: ReadonlyMap<string, string>;
  /** Caps that the engine runs with. */
  readonly bounds: Bounds;
}

/** The text of the rule's file between two places. */
export function textOf(content: Content, rule: IrRule) {
  const text = content.texts.get(rule.file) ?? "";
  return (span: { readonly start: number; readonly end: number }) =>
    text.slice(span.start, span.end);
}
