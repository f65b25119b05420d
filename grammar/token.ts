/** What a token is. */

export type TokenType =
  | "name"
  | "quoted"
  | "word"
  | "mitre"
  | "string"
  | "block"
  | "regex"
  | "duration"
  | "bytes"
  | "ip"
  | "cidr"
  | "number"
  | "listref"
  | "quant"
  | "atclause"
  | "op";

export interface Token {
  readonly type: TokenType;
  /** Words in lower case, operators as settled: what the grammar's literals are compared with. */
  readonly text: string;
  /** As written. */
  readonly raw: string;
  readonly value: string | number;
  readonly start: number;
  readonly end: number;
  /** First token on its line. */
  readonly first: boolean;
  readonly column: number;
  /** A string asks for case; a number is a float. */
  readonly flag: boolean;
}

/** Words that are operators or constants everywhere; all other keywords may also name a field. */
export const RESERVED: ReadonlySet<string> = new Set([
  "and",
  "or",
  "not",
  "in",
  "contains",
  "startswith",
  "endswith",
  "like",
  "matches",
  "exists",
  "true",
  "false",
]);

/** A quotation for a message, cut to what a line can hold. */
export function short(text: string): string {
  return text.length > 40 ? text.slice(0, 37) + "…" : text;
}
