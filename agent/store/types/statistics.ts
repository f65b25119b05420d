/** Series, top values and statistics. Times are epoch milliseconds. */
import type { Alert } from "../../event.ts";
import type { IrExpr, Severity } from "../../../compiler/ir/program.ts";
import type { EventFilter, PageRequest, TimeRange } from "./filters.ts";

/** What a series can be split by: events by the first four, alerts by the others. */
export const SERIES_FIELDS = [
  "sourcetype",
  /** The first of an event's datasets. */
  "dataset",
  "parse_error",
  "action",
  "severity",
  "rule",
  "alert_severity",
  "alert_status",
] as const;
export type SeriesField = typeof SERIES_FIELDS[number];

export interface SeriesRequest extends TimeRange {
  /**
   * Width of a bucket in ms; buckets begin at its multiples (days at midnight UTC). Five minutes or
   * a multiple is read from counts. Less scans the events of the range: ask for an hour at most.
   */
  readonly bucketMs: number;
  /** `events` unless `by` is a field of alerts. */
  readonly of?: "events" | "alerts";
  /** One series of all when left out. `severity` is what the event itself says. */
  readonly by?: SeriesField;
  /**
   * Which events are counted, whatever the width. Sourcetype, dataset, parse errors, action and
   * severity are in the counts of five minutes, where the width is a multiple of it. A name (src, dest, user, host) of at most 20,000
   * events is counted whole, and one of more when it is all that is asked for and buckets are whole
   * hours: see `exact`. Anything else is held against the newest 10,000 of the range, a text against
   * 5000: see `since`.
   */
  readonly filter?: TopRequest["filter"];
  /** Further conditions; see {@link Queries.countedSeries}. */
  readonly where?: readonly IrExpr[];
  /** Series kept apart, the largest; the others are added up in one whose value is null. Default 20. */
  readonly limit?: number;
}

/** Counts by time. Of a range without bounds, from the first to the last that is stored. */
export interface Timeseries {
  readonly bucketMs: number;
  /** Beginnings of the buckets, without gaps: at most 5000. Empty when nothing is stored. */
  readonly times: readonly number[];
  /** What is before this was not looked at; null when all of the range was. */
  readonly since: number | null;
  /** False when there may be more: of very many values in an hour some are not counted apart. */
  readonly exact: boolean;
  /** Largest first; `""` stands for events without the field, null for the rest. */
  readonly series: readonly {
    readonly value: string | null;
    readonly total: number;
    /** One for each of `times`. Those at the ends count the whole five minutes, or hour, that they touch. */
    readonly counts: readonly number[];
  }[];
}

/** Fields that `top` knows without scanning, in an order fit to be shown. */
export const TOP_FIELDS = [
  "src",
  "dest",
  "user",
  "host",
  "app",
  "action",
  "severity",
  "sourcetype",
  "signature",
  "dest_port",
  "status",
  "http_method",
  "url",
  "source",
] as const;

export interface TopRequest extends TimeRange {
  /** Only values that no event before `from` has, to the hour; of VALUE_FIELDS, without a filter. */
  readonly unseen?: boolean;
  /** Any other field of an event is counted by scanning. */
  readonly field: string;
  /** 1 to 1000. */
  readonly limit: number;
  /** Only events that this takes; its range, limit and cursor do not count. */
  readonly filter?: Omit<EventFilter, keyof PageRequest | keyof TimeRange | "patience">;
}

export interface TopValues {
  /** Most frequent first. Values are cut at 200 characters. */
  readonly values: readonly { readonly value: string; readonly events: number }[];
  /** Events with the field that none of `values` counts. */
  readonly others: number;
  /**
   * False when counts may be too low: a field had too many values in one transaction to keep them
   * all apart, or only the newest events were scanned.
   */
  readonly exact: boolean;
  /** What was counted: whole hours, or as far back as the scan went. Null without events. */
  readonly from: number | null;
  readonly to: number | null;
}

export interface Stats {
  readonly events: number;
  readonly parseErrors: number;
  readonly alerts: number;
  /** Of events; to five minutes, or to the hour without a range. Null without events. */
  readonly first: number | null;
  readonly last: number | null;
  /** Time of the newest event of all that is stored, whatever the range. Null without events. */
  readonly newest: number | null;
  readonly sourcetypes: readonly {
    readonly sourcetype: string;
    readonly events: number;
    readonly parseErrors: number;
  }[];
  readonly alertsBySeverity: Readonly<Record<Severity, number>>;
  /** Of the open alerts alone. */
  readonly openBySeverity: Readonly<Record<Severity, number>>;
  readonly alertsByStatus: Readonly<Record<Alert["status"], number>>;
  readonly alertsByRule: readonly { readonly rule: string; readonly alerts: number }[];
}
