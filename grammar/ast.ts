/**
 * The syntax tree of SDL. Every node carries the span it was read from, as offsets into the text of
 * its file, so that any later pass can point at it.
 */
import type { DurationLit, Expr, Ident, Node, StringLit } from "./ast_expr.ts";
export type * from "./ast_expr.ts";

/** A comment, `#` included; kept for the formatter. */
export interface Comment extends Node {
  readonly text: string;
  /** True when nothing but white space stands before it on its line. */
  readonly ownLine: boolean;
}

export interface File {
  readonly name: string;
  readonly text: string;
  readonly decls: readonly Decl[];
  readonly comments: readonly Comment[];
}

export type Decl = ListDecl | LetDecl | RuleDecl;

/** `list trusted: cidr = [...]`, or `list assets = file "assets.csv"`. */
export interface ListDecl extends Node {
  readonly kind: "list";
  readonly name: Ident;
  readonly type: TypeName | null;
  readonly items: readonly Expr[] | null;
  readonly file: StringLit | null;
}

export interface LetDecl extends Node {
  readonly kind: "let";
  readonly name: Ident;
  readonly expr: Expr;
}

export interface TypeName extends Node {
  readonly name: string;
}

export interface RuleDecl extends Node {
  readonly kind: "rule";
  readonly name: Ident;
  /** Header fields in the order written; a repeated one is the checker's to report. */
  readonly header: readonly HeaderField[];
  readonly params: readonly ParamDecl[];
  /** `allow LINT "reason"`: lints silenced on this rule. */
  readonly allows: readonly Allow[];
  readonly source: Source | null;
  readonly commands: readonly Command[];
  readonly tests: readonly TestDecl[];
}

/** `title "…"`, `description "…"`, `severity expr`, `mitre T1110.001, T1078`, and what `split.ts` lists. */
export interface HeaderField extends Node {
  readonly kind: "header";
  readonly key: Ident;
  readonly values: readonly Expr[];
}

export interface ParamDecl extends Node {
  readonly kind: "param";
  readonly name: Ident;
  readonly type: TypeName | null;
  readonly value: Expr;
}

export interface Allow extends Node {
  readonly kind: "allow";
  readonly lint: Ident;
  readonly reason: StringLit | null;
}

/** What a rule reads. */
export type Source = FromSource | SequenceSource;

export interface FromSource extends Node {
  readonly kind: "from";
  readonly row: RowSource;
}

/** `Authentication where e`, `windows:security`, `any`, `signal ssh_brute_force, web_scan`. */
export interface RowSource extends Node {
  readonly signal: boolean;
  /** Dataset, sourcetype, `any`, or for a signal the rule; dots and colons included. */
  readonly name: Ident;
  /** Of signals, the rules behind the first. */
  readonly more: readonly Ident[];
  readonly where: Expr | null;
}

export interface SequenceSource extends Node {
  readonly kind: "sequence" | "together";
  readonly by: readonly Key[];
  /** `by *`: steps of any two rows join. */
  readonly keyless?: boolean;
  readonly within: DurationLit | null;
  readonly steps: readonly Step[];
  readonly until: RowSource | null;
}

export interface Step extends Node {
  readonly negated: boolean;
  readonly row: RowSource;
  readonly as: Ident | null;
}

/** A group-by key; `?k` keeps rows in which it is missing. */
export interface Key extends Node {
  readonly field: Ident;
  readonly nullable: boolean;
}

export type Command =
  | WhereCommand
  | EvalCommand
  | LookupCommand
  | StatsCommand
  | DedupCommand
  | FirstSeenCommand
  | BaselineCommand
  | ThrottleCommand
  | AbsentCommand
  | AlertCommand
  | RenameCommand
  | FieldsCommand
  | SortCommand
  | LimitCommand
  | TopCommand
  | TimechartCommand;

export interface WhereCommand extends Node {
  readonly kind: "where";
  readonly expr: Expr;
}
export interface EvalCommand extends Node {
  readonly kind: "eval";
  readonly assigns: readonly { readonly name: Ident; readonly expr: Expr }[];
}
/** `lookup assets(src) as a` */
export interface LookupCommand extends Node {
  readonly kind: "lookup";
  readonly table: Ident;
  readonly key: Expr;
  readonly as: Ident | null;
}
export interface StatsCommand extends Node {
  readonly kind: "stats";
  readonly aggs: readonly { readonly call: Expr; readonly as: Ident | null }[];
  readonly by: readonly Key[];
  readonly window: Window | null;
}
export interface Window extends Node {
  readonly kind: "sliding" | "tumbling" | "session";
  readonly length: DurationLit;
  /** `session 30m max 8h` */
  readonly max: DurationLit | null;
}
export interface DedupCommand extends Node {
  readonly kind: "dedup";
  readonly by: readonly Key[];
  readonly within: DurationLit | null;
}
export interface FirstSeenCommand extends Node {
  readonly kind: "first_seen";
  readonly by: readonly Key[];
  readonly history: DurationLit | null;
  readonly warmup: DurationLit | null;
}
export interface BaselineCommand extends Node {
  readonly kind: "baseline";
  readonly field: Ident;
  readonly history: DurationLit | null;
  readonly min: Expr | null;
}
/** How long an alert stands for hits of other rules; the throttle's length where it is left out. */
export interface ThrottleGroup {
  readonly name: Ident;
  readonly within: DurationLit | null;
}
/** `throttle 6h by src [group guessing [within 45m]]` */
export interface ThrottleCommand extends Node {
  readonly kind: "throttle";
  readonly length: DurationLit;
  readonly by: readonly Key[];
  /** Rules that name the same group hold back each other's hits. */
  readonly group: ThrottleGroup | null;
}
/** `absent 15m by host [expect lookup assets] [clock | live]` */
export interface AbsentCommand extends Node {
  readonly kind: "absent";
  readonly length: DurationLit;
  readonly by: readonly Key[];
  readonly expect: Ident | null;
  readonly clock: boolean;
  /** The end of an input is not the silence of what it told of last. */
  readonly live: boolean;
}
/** `alert "text {field}" [severity e] [entity f, …]` */
export interface AlertCommand extends Node {
  readonly kind: "alert";
  /** Null: the rule raises no alert, others read its signals. */
  readonly text: StringLit | null;
  readonly severity: Expr | null;
  readonly entity: readonly Ident[];
}
export interface RenameCommand extends Node {
  readonly kind: "rename";
  readonly pairs: readonly { readonly from: Ident; readonly to: Ident }[];
}
/** `fields a, b` keeps, `fields - a, b` removes. */
export interface FieldsCommand extends Node {
  readonly kind: "fields";
  readonly remove: boolean;
  readonly names: readonly Ident[];
}

/** `sort -failures, src`: of searches alone, as are the three below. */
export interface SortCommand extends Node {
  readonly kind: "sort";
  readonly keys: readonly SortKey[];
}
export interface SortKey extends Node {
  readonly field: Ident;
  readonly descending: boolean;
}
export interface LimitCommand extends Node {
  readonly kind: "limit";
  readonly count: number;
}
/** `top 10 src, user`: the commonest values, with `count` and `percent`. */
export interface TopCommand extends Node {
  readonly kind: "top";
  readonly count: number | null;
  readonly fields: readonly Ident[];
}
/** `timechart count() as n by action span 1h` */
export interface TimechartCommand extends Node {
  readonly kind: "timechart";
  readonly aggs: StatsCommand["aggs"];
  readonly by: readonly Key[];
  readonly width: DurationLit | null;
}

// --- tests -------------------------------------------------------------------------------------

export interface TestDecl extends Node {
  readonly kind: "test";
  readonly name: StringLit;
  readonly items: readonly TestItem[];
}
export type TestItem = AtItem | GivenItem | ExpectItem;

/** `at 0s repeat 5 every 1s { app: "sshd", src: 203.0.113.9 }` */
export interface AtItem extends Node {
  readonly kind: "at";
  readonly time: DurationLit;
  readonly repeat: number | null;
  readonly every: DurationLit | null;
  readonly fields: readonly FieldValue[];
}
/** `given linux_secure """…"""`; the text is dedented. */
export interface GivenItem extends Node {
  readonly kind: "given";
  readonly sourcetype: Ident;
  readonly text: StringLit;
}
/** `expect 1 alert at 4s { failures: 5 }`, `expect none` (count 0). */
export interface ExpectItem extends Node {
  readonly kind: "expect";
  readonly count: number;
  readonly at: DurationLit | null;
  readonly fields: readonly FieldValue[];
}
export interface FieldValue extends Node {
  readonly name: Ident;
  readonly value: Expr;
}
