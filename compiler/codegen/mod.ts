/** Writing JavaScript: literals, constants, shared subexpressions, and the functions made of them. */
export { assemble, assembler } from "./function.ts";
export { literal, objectLiteral, property } from "./literal.ts";
export { ConstantPool } from "./pool.ts";
export { Shared } from "./shared.ts";
