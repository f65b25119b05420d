/** The part of the syntax tree below declarations and commands: names, literals and expressions. */

/** Half-open range of UTF-16 offsets into the file's text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Node {
  readonly span: Span;
}

/** A name as written, with where it stands. */
export interface Ident extends Node {
  readonly name: string;
  /** Written between backticks, for what the event has and no schema need know: `Threat Name`. */
  readonly quoted?: boolean;
}

export type Expr =
  | StringLit
  | NumberLit
  | BoolLit
  | IpLit
  | CidrLit
  | DurationLit
  | BytesLit
  | RegexLit
  | RangeLit
  | MitreLit
  | ListLit
  | ListRef
  | FieldRef
  | Call
  | Unary
  | Binary
  | Logic
  | InExpr
  | TextTest
  | LikeExpr
  | MatchExpr
  | ExistsExpr
  | Cond;

export interface StringLit extends Node {
  readonly kind: "string";
  readonly value: string;
  /** `"Root"cs` */
  readonly cs: boolean;
  /** `"""…"""` */
  readonly block: boolean;
}
export interface NumberLit extends Node {
  readonly kind: "number";
  readonly value: number;
  readonly float: boolean;
}
export interface BoolLit extends Node {
  readonly kind: "bool";
  readonly value: boolean;
}
/** Bare IPv4 or IPv6 address, canonical text in `value`. */
export interface IpLit extends Node {
  readonly kind: "ip";
  readonly value: string;
}
export interface CidrLit extends Node {
  readonly kind: "cidr";
  readonly value: string;
}
/** `90s`, `5m`, `1h30m`; milliseconds. */
export interface DurationLit extends Node {
  readonly kind: "duration";
  readonly ms: number;
  readonly text: string;
}
/** `10MB` = 10,000,000; `10MiB` = 10,485,760. */
export interface BytesLit extends Node {
  readonly kind: "bytes";
  readonly value: number;
  readonly text: string;
}
export interface RegexLit extends Node {
  readonly kind: "regex";
  readonly source: string;
  readonly flags: string;
}
/** `1..1023`, both ends included. */
export interface RangeLit extends Node {
  readonly kind: "range";
  readonly from: number;
  readonly to: number;
}
/** `T1110.001`: only in `mitre`. */
export interface MitreLit extends Node {
  readonly kind: "mitre";
  readonly id: string;
}
/** `("a", "b")` after `in` or `any`, `["a", "b"]` in a list. */
export interface ListLit extends Node {
  readonly kind: "listlit";
  readonly items: readonly Expr[];
}
/** `@trusted` */
export interface ListRef extends Node {
  readonly kind: "listref";
  readonly name: string;
}
/** A field, a `let`, a param or a bare severity name; `login.user` reads a step's field. */
export interface FieldRef extends Node {
  readonly kind: "field";
  readonly name: string;
  /** See {@link Ident.quoted}. */
  readonly quoted?: boolean;
}
export interface Call extends Node {
  readonly kind: "call";
  readonly fn: Ident;
  readonly args: readonly Expr[];
}
export interface Unary extends Node {
  readonly kind: "unary";
  readonly op: "not" | "-" | "+";
  readonly arg: Expr;
}
export interface Binary extends Node {
  readonly kind: "binary";
  readonly op: "==" | "!=" | "<" | "<=" | ">" | ">=" | "+" | "-" | "*" | "/" | "%";
  /** Written `=`; the formatter makes it `==`. */
  readonly single: boolean;
  readonly left: Expr;
  readonly right: Expr;
}
export interface Logic extends Node {
  readonly kind: "logic";
  readonly op: "and" | "or";
  readonly left: Expr;
  readonly right: Expr;
  /** True when this node stands in parentheses in the text. */
  readonly parens: boolean;
}
/** The set: ListLit, ListRef, RangeLit, CidrLit, or a FieldRef/Call naming a lookup. */
export interface InExpr extends Node {
  readonly kind: "in";
  readonly negated: boolean;
  readonly value: Expr;
  readonly set: Expr;
}
export interface TextTest extends Node {
  readonly kind: "texttest";
  readonly test: "contains" | "startswith" | "endswith";
  readonly quant: "one" | "any" | "all";
  readonly value: Expr;
  /** `one`: any expression; `any`/`all`: ListLit or ListRef. */
  readonly needle: Expr;
}
export interface LikeExpr extends Node {
  readonly kind: "like";
  readonly value: Expr;
  readonly pattern: Expr;
  /** `escape` behind it: a backslash before `*`, `?` or itself takes its meaning away. */
  readonly escapes?: boolean;
}
export interface MatchExpr extends Node {
  readonly kind: "matches";
  readonly value: Expr;
  readonly regex: RegexLit;
}
export interface ExistsExpr extends Node {
  readonly kind: "exists";
  readonly field: Ident;
}
export interface Cond extends Node {
  readonly kind: "cond";
  readonly test: Expr;
  readonly then: Expr;
  readonly else: Expr;
}
