/** A sourcetype as its YAML says it, references resolved. Positions point into the file's text. */
import type { Span } from "../../../grammar/ast.ts";
import type { Type } from "../../schema/types.ts";
import type { KeyedFormat } from "../formats/keyed.ts";

/** How a line's time is written; README.md of the sourcetypes says what each reads. */
export const TIME_FORMATS = ["rfc3164", "iso", "clf", "asctime", "epoch", "tai64n", "any"] as const;
export type TimeFormat = typeof TIME_FORMATS[number];

/** Group names that are not fields of their own. */
export const SPECIAL_GROUPS = ["time", "host", "program", "pri", "keyed"] as const;

export interface Regex {
  /** `%{name}` already replaced. */
  readonly source: string;
  readonly span: Span;
}

export interface Header {
  readonly name: string;
  readonly regex: Regex;
  readonly time: TimeFormat | null;
  /** Program whose patterns the lines go to, where the header itself says none. */
  readonly program: string | null;
}

export type Constant = string | number | boolean;

/** A field whose value follows from another's: `{ of: status, "2*": success }`. */
export interface ValueMap {
  readonly field: string;
  /** The fields it may follow from: the first whose value is among the keys decides. */
  readonly of: readonly string[];
  /** Keys are whole values, or beginnings when they end in `*`; `*` alone is everything else. */
  readonly values: ReadonlyMap<string, string>;
  /** Where its fields are named. */
  readonly place: SourcePlace;
}

/** A place in a file that may be a parent's. */
export interface SourcePlace {
  readonly file: string;
  readonly span: Span;
}

/** A field that is a part of another's text: the expression's first group. */
export interface MessagePart {
  readonly field: string;
  readonly of: string;
  readonly regex: Regex;
  readonly place: SourcePlace;
}

/** Lines that are whole records with names for their values: patterns look at those, not at text. */
export interface Records {
  readonly read: KeyedFormat;
  /** Keys that choose among the programs: the first whose value is the name of one. */
  readonly program: readonly string[];
  /** Key that chooses among a program's patterns, by their `when`. */
  readonly by: string | null;
}

export interface Pattern {
  readonly name: string;
  /** Empty, which fits anything, where the sourcetype reads records. */
  readonly regex: Regex;
  readonly datasets: readonly string[];
  readonly set: ReadonlyMap<string, Constant>;
  /** Field → the field that it is a copy of. */
  readonly alias: ReadonlyMap<string, string>;
  readonly maps: readonly ValueMap[];
  readonly parts: readonly MessagePart[];
  /** Fields that, when the line lacks them, come from an earlier line of the same process. */
  readonly recall: readonly string[];
  /** Field that the earlier line has to share, instead of `process_id`. */
  readonly recallBy: string | null;
  /** How the group `keyed` is written; null without one. */
  readonly read: KeyedFormat | null;
  /** Field (or `_time`, `host`) → the keys of `keyed` that give it, the first present one wins. */
  readonly take: ReadonlyMap<string, readonly string[]>;
  /** Keys of `keyed` that must be there with one of these values; `*` is any, `x*` a beginning. */
  readonly when: ReadonlyMap<string, readonly string[]>;
  /**
   * Lines that stand in the keys, as texts with keys in braces; the first whose keys are there is read.
   * Without keys `{message}`: what the pattern leaves may be a line of another sourcetype.
   */
  readonly inner: readonly string[];
  /** It says no more than that the line is of its sourcetype: the general reading looks at it as well. */
  readonly general: boolean;
  /** Its lines are no events: why, as they are counted. */
  readonly drop: string | null;
  readonly time: TimeFormat | null;
  readonly span: Span;
}

export interface Program {
  readonly names: readonly string[];
  readonly patterns: readonly Pattern[];
}

export interface Sample {
  readonly line: string;
  readonly expect: ReadonlyMap<string, unknown>;
  readonly span: Span;
}

export interface Sourcetype {
  readonly name: string;
  readonly summary: string;
  readonly file: string;
  /** The sourcetype whose headers and general patterns it shares. */
  readonly parent: string | null;
  readonly open: boolean;
  readonly recognise: readonly { readonly regex: RegExp; readonly weight: number }[];
  readonly headers: readonly Header[];
  readonly records: Records | null;
  readonly fields: ReadonlyMap<string, Type>;
  /** Values that mean that there is none: `-`. */
  readonly missing: readonly string[];
  readonly programs: readonly Program[];
  /** Patterns for any program; an inherited one comes after the sourcetype's own. */
  readonly patterns: readonly Pattern[];
  readonly samples: readonly Sample[];
}
