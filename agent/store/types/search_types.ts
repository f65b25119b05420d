/** What searches ask of the store, and what they get. Times are epoch milliseconds. */
import type { IrExpr, IrRows } from "../../../compiler/ir/program.ts";
import type { Value } from "../../../compiler/schema/types.ts";
import type { Cursor, TimeRange } from "./filters.ts";
import type { StoredEvent } from "./stored.ts";

/** Smallest and largest id of events, 32 hex digits. */
export type IdSpan = readonly [string, string];

/** Events between two times, where `ids` are given only those in one of these. */
export interface EventSpan extends TimeRange {
  readonly ids?: readonly IdSpan[];
}

/** What rows a search wants. */
export interface SearchedRows extends EventSpan {
  readonly rows: IrRows;
  /** Further conditions that all rows have to fulfil. */
  readonly where: readonly IrExpr[];
}

export interface SliceRequest extends SearchedRows {
  readonly order: "newest" | "oldest";
  /** Where the slice before ended. */
  readonly cursor?: Cursor;
  /** Events to look at, at most; null for all of the range. */
  readonly scan: number | null;
  /** Rows to give, at most. */
  readonly limit: number;
  /**
   * Only rows that are not counted in groups: of which SQL cannot tell whether they fit, or that have
   * values of these fields which their columns do not hold.
   */
  readonly undecided?: readonly string[];
  /** Only rows of these times, in their order; `scan` is null with them. */
  readonly times?: readonly number[];
}

export interface Slice {
  /** In the order asked for. Some may not fit: the condition is to be asked of each. */
  readonly events: readonly StoredEvent[];
  /** Where the next slice begins; null at the end of the range. */
  readonly next: Cursor | null;
}

export interface GroupRequest extends SearchedRows {
  /** Fields whose values make the groups. */
  readonly by: readonly string[];
  /** Width of the buckets of time, ms, or where each begins, in order; null for none. */
  readonly bucket: number | readonly number[] | null;
  /** A field whose values are told apart within each group, for counting distinct ones; else null. */
  readonly distinct: string | null;
  /** Fields whose numbers are added up and compared. */
  readonly numbers: readonly string[];
  /** Fields whose presence is counted. */
  readonly present: readonly string[];
  /** Groups to give, at most. */
  readonly limit: number;
}

/** Groups of which only the events are counted. */
export type CountedRequest = SearchedRows & Pick<GroupRequest, "by" | "bucket">;

/** What the kept counts know of a range. */
export interface CountedGroups {
  /** What is counted of it: whole five minutes or hours. */
  readonly from: number;
  readonly to: number;
  readonly groups: readonly {
    readonly key: readonly string[];
    readonly bucket: number | null;
    readonly count: number;
    /** Before this time its last event was: the end of five minutes, an hour or more. */
    readonly end: number;
  }[];
}

export interface SearchedGroup {
  /** Its rows have values that columns do not hold: they are to be looked at one by one. */
  readonly odd: boolean;
  /** Values of `by`; undefined where one is missing. */
  readonly key: readonly Value[];
  /** Start of the bucket, epoch ms; null without one. */
  readonly bucket: number | null;
  readonly distinct: Value;
  readonly count: number;
  readonly numbers: readonly {
    readonly count: number;
    readonly sum: number;
    readonly min: number;
    readonly max: number;
  }[];
  readonly present: readonly number[];
  /** Event time of the earliest and the latest row, ms. */
  readonly first: number;
  readonly last: number;
}

/** What columns of blocks know of the groups of a range. */
export interface ColumnGroups {
  readonly groups: readonly SearchedGroup[];
  /** Event times, epoch ms, in order: events of these are in no group, and are to be looked at one by one. */
  readonly undecided: readonly number[];
}

export interface ColumnTimesRequest extends SearchedRows {
  readonly order: "newest" | "oldest";
  /** Times to give, at most. */
  readonly limit: number;
}

/** When events of a range were that may fit, by columns of blocks. */
export interface ColumnTimes {
  /** Epoch ms, each once, in the order asked for. */
  readonly times: readonly number[];
  /** How many events of the range may fit. */
  readonly events: number;
  /** Whether those are all times of the range; else it ends at the last of them. */
  readonly all: boolean;
}

/** What events there are: sourcetypes with their datasets, by the patterns that read them. */
export interface StoredKind {
  readonly sourcetype: string;
  readonly datasets: readonly string[];
  readonly parseError: boolean;
}

/** Events of an hour. */
export interface HourCount {
  /** Its start. */
  readonly bucket: number;
  readonly events: number;
}
