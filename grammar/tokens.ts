/** What nearley needs to know of the tokens: it is fed tokens that are read already. */
import type { Token } from "./token.ts";

const TYPES: ReadonlySet<string> = new Set([
  "name",
  "quoted",
  "mitre",
  "string",
  "block",
  "regex",
  "duration",
  "bytes",
  "ip",
  "cidr",
  "number",
  "listref",
  "quant",
  "atclause",
]);

let queue: readonly Token[] = [];
let at = 0;

/** Sets the tokens that the next `parser.feed("")` reads. */
export function serve(tokens: readonly Token[]): void {
  queue = tokens;
  at = 0;
}

/** nearley's view of a lexer over the tokens that were served. */
export const lexer = {
  next: (): Token | undefined => queue[at++],
  reset: (): void => {},
  save: (): Record<string, never> => ({}),
  formatError: (): string => "",
  has: (name: string): boolean => TYPES.has(name),
};

const NOT_ROWS: ReadonlySet<string> = new Set(["signal", "where", "as", "until", "escape"]);

/** A name that can stand for rows: steps follow each other without a mark, so these words cannot. */
// The type that nearley's generated code gives to what it does not know.
// deno-lint-ignore no-explicit-any
export const rowname: any = {
  test: (token: Token): boolean => token.type === "name" && !NOT_ROWS.has(token.text),
};
