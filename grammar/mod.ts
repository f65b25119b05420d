/** SDL's syntax: text to tree, and tree to text. */
export type * from "./ast.ts";
export type { Diagnostic } from "./diagnostic.ts";
export { format } from "./format.ts";
export { parse, parseExpression } from "./parse.ts";
