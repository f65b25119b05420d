/**
 * Resolved rules: every name bound, every expression typed, lets and params substituted, lists
 * inlined. Made by the checker, read by the planner, the code generator, `explain` and the tests'
 * naive evaluator. Missing values are `undefined` at run time and two-valued everywhere.
 */
import type { Span } from "../../grammar/ast.ts";
import type { Type } from "../schema/types.ts";
import type { RuleMetadata } from "./metadata.ts";
import type { Severity } from "./severity.ts";

export { SEVERITIES, type Severity } from "./severity.ts";

/** A constant as it is held at run time: durations and timestamps in ms, ip as canonical text. */
export type Const = string | number | boolean | readonly (string | number)[];

export type IrExpr =
  & { readonly type: Type; readonly span: Span }
  & (
    | { readonly op: "const"; readonly value: Const; /** `"x"cs` */ readonly cs?: boolean }
    | { readonly op: "field"; readonly name: string }
    | { readonly op: "and" | "or"; readonly args: readonly IrExpr[] }
    | { readonly op: "not" | "neg"; readonly arg: IrExpr }
    | {
      readonly op: "==" | "!=" | "<" | "<=" | ">" | ">=";
      readonly left: IrExpr;
      readonly right: IrExpr;
      /** Strings compare by case. */
      readonly cs: boolean;
    }
    | { readonly op: "+" | "-" | "*" | "/" | "%"; readonly left: IrExpr; readonly right: IrExpr }
    | { readonly op: "in"; readonly negated: boolean; readonly value: IrExpr; readonly set: IrSet }
    | {
      readonly op: "contains" | "startswith" | "endswith";
      readonly quant: "any" | "all";
      readonly value: IrExpr;
      /** One or more; constants or expressions of type string. */
      readonly needles: readonly IrExpr[];
    }
    | {
      readonly op: "like";
      readonly value: IrExpr;
      readonly pattern: string;
      readonly cs: boolean;
      /** A backslash before `*`, `?` or itself takes its meaning away; else it is a character. */
      readonly escapes?: boolean;
    }
    | {
      readonly op: "matches";
      readonly value: IrExpr;
      readonly source: string;
      readonly flags: string;
    }
    | { readonly op: "exists"; readonly name: string }
    | {
      readonly op: "cond";
      readonly test: IrExpr;
      readonly then: IrExpr;
      readonly else: IrExpr;
    }
    | { readonly op: "call"; readonly fn: string; readonly args: readonly IrExpr[] }
    /** `gap()`: ms since the previous row of the same key; only as an aggregate's argument. */
    | { readonly op: "gap" }
  );

export type IrSet =
  | {
    readonly kind: "values";
    readonly values: readonly (string | number | boolean)[];
    readonly cs: boolean;
  }
  | { readonly kind: "cidrs"; readonly cidrs: readonly string[] }
  | { readonly kind: "range"; readonly from: number; readonly to: number }
  /** Membership of a table's key column. */
  | { readonly kind: "table"; readonly table: string };

/** Which rows a rule or a step reads. */
export type IrRows =
  | {
    readonly kind: "events";
    /** `{ any: true }`, or a dataset, or a sourcetype. */
    readonly from: {
      readonly any?: boolean;
      readonly dataset?: string;
      readonly sourcetype?: string;
    };
    readonly where: IrExpr | null;
    readonly span: Span;
  }
  | {
    readonly kind: "signal";
    /** Names of rules; one or more, or none with `any`. */
    readonly rules: readonly string[];
    /** The alerts of every rule of the first stage, a row for each entity: see signals.ts. */
    readonly any?: true;
    readonly where: IrExpr | null;
    readonly span: Span;
  };

export interface IrKey {
  readonly field: string;
  readonly type: Type;
  readonly nullable: boolean;
}

/** A field that a row is given. */
export interface IrAssign {
  readonly name: string;
  readonly expr: IrExpr;
}

export interface IrStep {
  readonly negated: boolean;
  readonly rows: IrRows;
  readonly as: string | null;
}

export type IrSource =
  | { readonly kind: "from"; readonly rows: IrRows }
  | {
    readonly kind: "sequence" | "together";
    readonly by: readonly IrKey[];
    readonly within: number;
    readonly steps: readonly IrStep[];
    readonly until: IrRows | null;
    readonly span: Span;
  };

export interface IrAgg {
  /** Its name in the table of aggregates. */
  readonly fn: string;
  /** Constant arguments: `perc(x, 95)` and `perc95(x)` have 95. Left out when there are none. */
  readonly constants?: readonly number[];
  readonly arg: IrExpr | null;
  readonly as: string;
  readonly type: Type;
}

export type IrWindow =
  | {
    readonly kind: "sliding" | "tumbling";
    readonly ms: number;
    /** Of a search's `timechart`: the zone by whose clock windows begin; UTC when left out. */
    readonly zone?: string;
  }
  | { readonly kind: "session"; readonly ms: number; readonly max: number | null };

export type IrCommand =
  & { readonly span: Span }
  & (
    | { readonly kind: "where"; readonly expr: IrExpr }
    | IrExcept
    | {
      readonly kind: "eval";
      readonly assigns: readonly IrAssign[];
    }
    | {
      readonly kind: "lookup";
      readonly table: string;
      readonly key: IrExpr;
      /** Columns are read as `${as}.${column}` (as defaults to the table's name). */
      readonly as: string;
    }
    | {
      readonly kind: "stats";
      readonly aggs: readonly IrAgg[];
      readonly by: readonly IrKey[];
      readonly window: IrWindow;
    }
    | { readonly kind: "dedup"; readonly by: readonly IrKey[]; readonly within: number }
    | {
      readonly kind: "first_seen";
      readonly by: readonly IrKey[];
      readonly history: number;
      readonly warmup: number;
    }
    | {
      readonly kind: "baseline";
      readonly field: string;
      readonly history: number;
      readonly min: number;
    }
    | {
      readonly kind: "throttle";
      readonly ms: number;
      readonly by: readonly IrKey[];
      /** Rules that name the same group hold back each other's hits. */
      readonly group?: string;
      /** How long its alert stands for hits of the others, ms; the throttle's length when left out. */
      readonly groupMs?: number;
    }
    | {
      readonly kind: "absent";
      readonly ms: number;
      readonly by: readonly IrKey[];
      readonly expect: string | null;
      readonly clock: boolean;
      /** The end of an input is not the silence of what it told of last. */
      readonly live?: boolean;
    }
    | {
      readonly kind: "rename";
      readonly pairs: readonly { readonly from: string; readonly to: string }[];
    }
    | { readonly kind: "fields"; readonly remove: boolean; readonly names: readonly string[] }
  );

/** Rows that the rule matches and that are no alert: `except` of `agent.yaml`, and the store's. */
export interface IrExcept {
  readonly kind: "except";
  readonly span: Span;
  /** Its number among those of the rule. */
  readonly index: number;
  /** Names it in counts and in `explain`. */
  readonly id: string;
  /** The condition as it is written, which stands in no file of rules. */
  readonly text: string;
  readonly reason: string;
  /** Rows of which it is true go no further. The end of the exception is a part of it. */
  readonly expr: IrExpr;
}

/** What a search has besides: rows in another order, and the first of them. */
export type IrSearchCommand =
  & { readonly span: Span }
  & (
    | { readonly kind: "sort"; readonly keys: readonly IrSortKey[] }
    | { readonly kind: "limit"; readonly count: number }
  );

export interface IrSortKey {
  readonly field: string;
  readonly descending: boolean;
}

/**
 * Length of a window, or of `dedup`, that reaches over all that a search reads, ms. Only searches
 * have it: rows of a rule never end.
 */
export const WHOLE_RANGE = 2 ** 52;

/** A search: what it reads and what is done with the rows, resolved as a rule is. */
export interface IrSearch {
  readonly source: IrSource;
  readonly commands: readonly (IrCommand | IrSearchCommand)[];
  /** The type of every field of the rows that it gives. */
  readonly rowType: Readonly<Record<string, Type>>;
  /** Rows may have further fields: nothing has chosen among those of events. */
  readonly open: boolean;
  readonly tables: readonly IrTable[];
}

/** The message: text and expressions in turn. */
export type IrText = readonly (string | IrExpr)[];

export interface IrAlert {
  readonly text: IrText | null;
  readonly severity: IrExpr | Severity;
  /** Fields whose values name who the alert is about; by default the keys of the last stateful command, else src, user, dest as present. */
  readonly entity: readonly string[];
}

export interface IrTest {
  readonly name: string;
  readonly span: Span;
  readonly items: readonly IrTestItem[];
}
export type IrTestItem =
  & { readonly span: Span }
  & (
    | {
      readonly kind: "at";
      readonly ms: number;
      readonly repeat: number;
      readonly every: number;
      /** The dataset named in the fields, or the rule's own. Null: `any`. */
      readonly dataset: string | null;
      readonly sourcetype: string | null;
      /** Values by field; `{n}` in strings is still unexpanded. */
      readonly fields: Readonly<Record<string, Const>>;
    }
    | { readonly kind: "given"; readonly sourcetype: string; readonly text: string }
    | {
      readonly kind: "expect";
      readonly count: number;
      /** So many alerts or more; false when missing. */
      readonly least?: boolean;
      readonly at: number | null;
      readonly fields: Readonly<Record<string, Const>>;
    }
  );

export interface IrRule extends RuleMetadata {
  readonly name: string;
  readonly file: string;
  readonly span: Span;
  readonly title: string;
  /** Technique ids as written. */
  readonly mitre: readonly string[];
  /** Gives signals to the rules that read them, and no alerts. */
  readonly silent?: boolean;
  /** What one of its alerts adds to the risk of its entities; by severity where it is left out. */
  readonly risk?: number;
  /** Other points by severity than those of risk.ts. */
  readonly weights?: Readonly<Partial<Record<Severity, number>>>;
  readonly source: IrSource;
  readonly commands: readonly IrCommand[];
  readonly alert: IrAlert;
  readonly tests: readonly IrTest[];
  /** Rules whose signals this one reads. */
  readonly signals: readonly string[];
  /** The type of every field of the rows that reach the alert. */
  readonly rowType: Readonly<Record<string, Type>>;
  /** Hex digest of what the rule does (not of its tests, text or layout): state is kept while it stays. */
  readonly planHash: string;
  /** What was changed of it without editing it. */
  readonly changes?: readonly RuleChange[];
}

/** A change of one rule, as `explain` tells it. */
export interface RuleChange {
  /** `agent.yaml:12`. */
  readonly where: string;
  readonly what: string;
}

/** A lookup table, read before compilation: rows by key. */
export interface IrTable {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: Type }[];
  readonly rows: readonly (readonly (string | number | boolean | null)[])[];
  /** Its rows are what a run knows when it looks: see live_tables.ts. */
  readonly live?: true;
}

/** Tells the file of a list from others: the path as written, and the file that it is written in. */
export const listFileKey = (file: string, path: string): string => `${file}\n${path}`;

/** Everything that one compile resolved, rules in an order in which signals come before their readers. */
export interface IrProgram {
  readonly rules: readonly IrRule[];
  readonly tables: readonly IrTable[];
}
