/** SDL's syntax: text to tree, and tree to text. */
export { parse, parseExpression } from "./parse.ts";
export { format } from "./format.ts";
