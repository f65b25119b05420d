/** The counts of events that are kept beside them: widths, fields and rows of their tables. */

/** Widths of the buckets of `event_series` and of `event_values`, in seconds, narrow first. */
export const SERIES_WIDTHS = [300, 3600] as const;
export const VALUE_WIDTHS = [3600, 21_600, 86_400, 604_800] as const;

/** Fields whose most frequent values are kept, by hour, six hours, day and week. */
export const VALUE_FIELDS = [
  "src",
  "dest",
  "user",
  "host",
  "app",
  "dest_port",
  "status",
  "http_method",
  "url",
  "signature",
  "source",
] as const;
export type ValueField = typeof VALUE_FIELDS[number];

/** Characters of a value that are kept: an index entry has a bounded size. */
export const VALUE_LENGTH = 200;
export const LABEL_LENGTH = 64;
export const OTHER = "(other)";

/** What `event_series` gains. */
export interface SeriesCount {
  /** Seconds. */
  readonly width: number;
  /** Beginning, in seconds since the epoch. */
  readonly bucket: number;
  readonly sourcetype: string;
  readonly parseError: boolean;
  /** The events' datasets, with commas. */
  readonly datasets: string;
  /** `""` when the events have none. */
  readonly action: string;
  readonly severity: string;
  events: number;
}

/** What `event_values` gains; `value` is `""` for all that were not kept apart. */
export interface ValueCount {
  readonly width: number;
  readonly bucket: number;
  readonly field: string;
  readonly value: string;
  readonly events: number;
}

/** What a transaction adds to the tables of counts. */
export interface Counts {
  /** Days since the epoch of the events' times. */
  readonly days: readonly number[];
  readonly series: readonly SeriesCount[];
  readonly values: readonly ValueCount[];
}

/** Rows by their columns: of each the literal of an array. */
export type Columns = readonly string[];

/** Many small objects cost more on their way to another thread, and JSON of them in the database. */
export interface CountTexts {
  /** Days since the epoch of the rows' times. */
  readonly days: readonly number[];
  /** Of each portion that goes in one statement. */
  readonly series: readonly Columns[];
  readonly values: readonly Columns[];
  /** Whether something that was added before is taken back. */
  readonly lessens: boolean;
}

/** Counts of stored events, to go on from. */
export interface CountedEvents {
  readonly heading: string;
  /** Index of VALUE_FIELDS; null for a series. */
  readonly field: number | null;
  /** Beginning of the narrowest bucket, in seconds. */
  readonly bucket: number;
  readonly name: string;
  readonly events: number;
}
