/** What is too deep to be read. */
import type { Diagnostic } from "./diagnostic.ts";
import type { Token } from "./token.ts";

/** Deepest nesting of brackets, and longest chain of `not`, of signs and of `?`. */
export const MAX_DEPTH = 64;
/** Most operators in one expression: each deepens the tree by one. */
export const MAX_OPERATORS = 1000;

/** Refuses what would make a tree too deep to walk. */
export function tooDeep(tokens: readonly Token[], file: string): Diagnostic | null {
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
