/** What users change of rules without editing them, as it is written: names are not looked up yet. */
import type { Expr, Span } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import type { Severity } from "./program.ts";

/** A place in a text that diagnostics may point at. */
export interface Place {
  readonly file: string;
  readonly span: Span;
  /** Counted from 1. */
  readonly line: number;
}

/** `agent.yaml:12`, as `explain` and counts name a place. */
export const placeText = ({ file, line }: Place): string => `${file}:${line}`;

/** One value as it is written in YAML. */
export interface WrittenValue extends Place {
  readonly text: string;
  /** It is a text in YAML: where a rule wants text it stands for itself, quoted or not. */
  readonly isText: boolean;
}

/** Another value for a `param`, of one rule or of all that have one of this name. */
export interface ParamSetting extends Place {
  /** Null: every rule that has it. */
  readonly rule: string | null;
  readonly name: string;
  readonly value: WrittenValue | readonly WrittenValue[];
}

/** Entries as they are written, and those of files. */
export interface ListEntries {
  readonly values: readonly WrittenValue[];
  readonly files: readonly (Place & { readonly path: string })[];
}

/** What is changed of a `list`: first `replace`, then `remove`, then `add`. */
export interface ListSetting extends Place {
  readonly name: string;
  readonly replace: ListEntries | null;
  readonly remove: ListEntries | null;
  readonly add: ListEntries | null;
}

/** A rule's name or id, or a glob over names, ids and files. */
export interface RulePattern extends Place {
  readonly text: string;
}

export interface SeveritySetting {
  readonly rule: RulePattern;
  readonly severity: Severity;
}

/** What one alert of a rule adds to the risk of its entities. */
export interface RiskSetting {
  readonly rule: RulePattern;
  readonly points: number;
}

/** Rows that a rule matches and that are no alert. `file` and `span` are those of the entry. */
export interface Exception extends Place {
  /** Names it in counts: `agent.yaml:12`, or `exception 3` of the store. */
  readonly id: string;
  readonly rules: readonly RulePattern[];
  readonly where: Place & {
    /** Its spans are those of `text`. */
    readonly expr: Expr;
    readonly text: string;
    /** Where a part of the text stands in the file. */
    readonly placeOf: (span: Span) => Span;
  };
  readonly reason: string;
  /** Event time from which on it no longer holds, in epoch ms; null: without an end. */
  readonly until: number | null;
  readonly by: string;
  /** What does not fit the rules that are loaded is a warning: it was taken when it did. */
  readonly lenient?: boolean;
}

export interface Tuning {
  readonly params: readonly ParamSetting[];
  readonly lists: readonly ListSetting[];
  readonly disable: readonly RulePattern[];
  readonly severity: readonly SeveritySetting[];
  readonly except: readonly Exception[];
  /** Points by rule, and by severity for rules that give none. */
  readonly risk: {
    readonly rules: readonly RiskSetting[];
    readonly weights: Readonly<Partial<Record<Severity, number>>>;
  };
  /** What does not read, and is left out of the above: told with what does not fit the rules. */
  readonly mistakes: readonly Diagnostic[];
  /** The files that places are in. */
  readonly texts: ReadonlyMap<string, string>;
}

export const NO_TUNING: Tuning = {
  params: [],
  lists: [],
  disable: [],
  severity: [],
  except: [],
  risk: { rules: [], weights: {} },
  mistakes: [],
  texts: new Map(),
};

/** Permanent codes of what does not fit the rules; the others of `agent.yaml` are its reader's. */
export const TUNING_CODES = {
  bad_value: "E0605",
  unknown_name: "E0606",
  /** A warning: what is written takes no effect. */
  unused: "L0601",
} as const;
