/** Filters and pages. Times are epoch milliseconds. */
import type { Alert } from "../../event.ts";
import type { Severity } from "../../../compiler/ir/program.ts";
import type { StoredDelivery } from "./delivery_types.ts";
import type { Verdict } from "./triage_types.ts";
import type { Job } from "./write_types.ts";

/** Bounds are `from <= time < to`. */
export interface TimeRange {
  readonly from?: number;
  readonly to?: number;
}

export interface PageRequest {
  /** 1 to 1000. */
  readonly limit: number;
  /** `next` of the page before. */
  readonly cursor?: Cursor;
}

/** The last row of a page: the next page begins after it. */
export interface Cursor {
  readonly time: number;
  readonly id: string;
}

export interface Page<T> {
  /**
   * Newest first; rows of one time by falling id. Of events that a filter rarely takes there may be
   * fewer than the limit, even none, before the last page: each page looks through a part of them.
   */
  readonly items: readonly T[];
  /** Where the page ended, which is how far back was looked. Null on the last page. */
  readonly next: Cursor | null;
}

export interface EventFilter extends TimeRange, PageRequest {
  /** Values by field: a column of the schema or a field in `extra`. */
  readonly fields?: Readonly<Record<string, string>>;
  readonly source?: string;
  readonly sourcetype?: string;
  readonly host?: string;
  readonly dataset?: string;
  readonly parseError?: boolean;
  /** Text anywhere in the raw line, whatever its case. */
  readonly text?: string;
  /** How long to look for enough rare events to fill the page, in ms. One short query unless told. */
  readonly patience?: number;
}

/** @see {@link Queries.exportEvents} */
export interface ExportFilter extends Omit<EventFilter, keyof PageRequest | "patience"> {
  /** Events at most; all when left out. */
  readonly limit?: number;
}

export interface AlertFilter extends TimeRange, PageRequest {
  readonly rule?: string;
  readonly severities?: readonly Severity[];
  readonly status?: Alert["status"];
  /** `none`: those without a verdict. */
  readonly verdict?: Verdict | "none";
  /** "" for those that nobody is assigned to. */
  readonly assignee?: string;
  /** A value that any of the entity's fields has. */
  readonly entity?: string;
  /** Values by field of the entity or of the alert's fields. */
  readonly fields?: Readonly<Record<string, string>>;
}

export interface IncidentFilter extends TimeRange, PageRequest {
  /** Value of the entity, whatever its case. */
  readonly entity?: string;
  readonly severities?: readonly Severity[];
  readonly status?: Alert["status"];
}

export interface HealthFilter extends TimeRange, PageRequest {
  readonly kind?: string;
  readonly subject?: string;
}

export interface JobFilter extends PageRequest {
  readonly state?: Job["state"];
  readonly run?: string;
}

export interface DeliveryFilter extends PageRequest {
  readonly sink?: string;
  readonly state?: StoredDelivery["state"];
}

/** Of the audit list. */
export interface AuditFilter extends TimeRange, PageRequest {
  readonly who?: string;
  readonly action?: string;
  readonly subject?: string;
}
