/** Expressions that several parts of the translation make. */
import type { Span } from "../../grammar/ast.ts";
import type { IrExpr } from "../ir/program.ts";

/** `test ? then : other`, of texts. */
export const either = (test: IrExpr, then: IrExpr, other: IrExpr, span: Span): IrExpr => ({
  op: "cond",
  test,
  then,
  else: other,
  type: "string",
  span,
});

/** Two texts joined. */
export const plus = (left: IrExpr, right: IrExpr, span: Span): IrExpr => ({
  op: "+",
  left,
  right,
  type: "string",
  span,
});

/** A value as text. */
export const asText = (value: IrExpr, span: Span): IrExpr => ({
  op: "call",
  fn: "tostring",
  args: [value],
  type: "string",
  span,
});
