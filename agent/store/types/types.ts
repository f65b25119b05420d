/** The store's interface and the shapes that it takes and gives. Times are epoch milliseconds. */
import type { Alert } from "../../event.ts";
import type { Value } from "../../../compiler/schema/types.ts";
import type { Severity } from "../../../compiler/ir/program.ts";
import type { ValueField } from "../write/rollup.ts";
import type {
  HealthEvent,
  Job,
  SavedCheckpoint,
  Write,
  WriteSequence,
  Written,
} from "./write_types.ts";

export * from "./write_types.ts";

export interface StoredEvent {
  readonly id: string;
  readonly time: number;
  readonly ingested: number;
  readonly source: string;
  readonly sourcetype: string;
  readonly datasets: readonly string[];
  readonly parseError: string | null;
  readonly host: string | null;
  readonly raw: string;
  /** CIM and vendor fields that the event has. */
  readonly fields: Readonly<Record<string, Value>>;
}

/** An alert with what people did to it. */
export interface StoredAlert extends Alert {
  readonly updated: number;
  readonly statusBy: string | null;
  readonly statusAt: number | null;
  readonly comment: string | null;
}

/** An incident; its timeline is its alerts. */
export interface StoredIncident {
  readonly id: string;
  readonly entity: { readonly field: string; readonly value: string };
  readonly severity: Severity;
  /** Open while one of its alerts is, else acknowledged while one is. */
  readonly status: Alert["status"];
  readonly first: number;
  readonly last: number;
  readonly rules: readonly string[];
  /** In the order of the kill chain. */
  readonly tactics: readonly string[];
  readonly techniques: readonly string[];
  /** How many. */
  readonly alerts: number;
  readonly updated: number;
}

export interface StoredHealth extends HealthEvent {
  readonly id: string;
}

export interface StoredJob extends Job {
  readonly updated: number;
}

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

export interface StatusChange {
  readonly status: Alert["status"];
  readonly comment: string | null;
  readonly who: string;
}

/** One change of an alert's status by a person. Changes that the engine makes are not recorded. */
export interface StatusEntry {
  readonly alert: string;
  readonly at: number;
  readonly who: string;
  /** Null for a change that was made before history was kept. */
  readonly from: Alert["status"] | null;
  readonly to: Alert["status"];
  readonly comment: string | null;
}

export interface AlertChanges {
  /** Each alert once, as it stands now, in the order of its last change. */
  readonly alerts: readonly StoredAlert[];
  /** What to pass next. The same number as was passed when nothing changed. */
  readonly last: number;
}

export interface RuleHits {
  readonly rule: string;
  readonly alerts: number;
  /** Alerts that are open now. */
  readonly open: number;
  /** Rows that took part in the alerts. */
  readonly events: number;
  /** Hits held back by `throttle`. */
  readonly suppressed: number;
  /** Event time of the newest alert. */
  readonly last: number;
}

/** A rule that lost state to its limits, so that it may have missed attacks. */
export interface Degraded {
  readonly rule: string;
  /** Event times between which it was said. */
  readonly first: number;
  readonly last: number;
  /** Of the newest note. */
  readonly message: string;
}

/** What a series can be split by: events by the first four, alerts by the others. */
export const SERIES_FIELDS = [
  "sourcetype",
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
   * Which events are counted, whatever the width. A name (src, dest, user, host) of at most 20,000
   * events is counted whole, and one of more when it is all that is asked for and buckets are whole
   * hours: see `exact`. Anything else is held against the newest 10,000 of the range, a text against
   * 5000: see `since`.
   */
  readonly filter?: TopRequest["filter"];
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
export type TopField = ValueField | "sourcetype" | "action" | "severity";

export interface TopRequest extends TimeRange {
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

export const ROLES = ["read", "write", "admin"] as const;
export type Role = typeof ROLES[number];

/** A token of the API, without what would let anyone use it. */
export interface StoredToken {
  /** 32 hex digits. */
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly created: number;
  readonly revoked: number | null;
}

export interface NewToken {
  readonly name: string;
  readonly role: Role;
  /** SHA-256 of the token, 64 hex digits. Tokens have 128 random bits or more, so no salt is needed. */
  readonly hash: string;
}

export interface Stats {
  readonly events: number;
  readonly parseErrors: number;
  readonly alerts: number;
  /** Of events; to five minutes, or to the hour without a range. Null without events. */
  readonly first: number | null;
  readonly last: number | null;
  readonly sourcetypes: readonly {
    readonly sourcetype: string;
    readonly events: number;
    readonly parseErrors: number;
  }[];
  readonly alertsBySeverity: Readonly<Record<Severity, number>>;
  readonly alertsByStatus: Readonly<Record<Alert["status"], number>>;
  readonly alertsByRule: readonly { readonly rule: string; readonly alerts: number }[];
}

/** Results that last. Both databases give the same answers. Every method throws StoreError. */
export interface Store extends Queries {
  readonly kind: "pglite" | "postgresql";
  /** How the user knows it: the folder, or `host:port/database`. */
  readonly place: string;
  /**
   * Writes all of it in one transaction. Resolves when it is on disk: await it, or keep at most three
   * writes under way (`createWriter` does), to hold memory down. With `retry`, a write waits for a
   * database that does not answer, and what is sent again is stored once; an early one does not.
   */
  write(write: Write, turn?: WriteSequence): Promise<Written>;
  /**
   * Takes away events of the days (UTC) before a time, and their counts. Events that alerts name stay
   * to be found by their ids, and so do alerts and incidents. Gives how many events went.
   */
  retain(before: number): Promise<number>;
  /**
   * Takes a stream for this process until it closes the store; false when another has it. Its
   * checkpoint is to be read and written by who has it.
   */
  claim(stream: string): Promise<boolean>;
  /** Null unless a run of this stream began and did not end. */
  checkpoint(stream: string): Promise<SavedCheckpoint | null>;
  /** Waits for the writes under way. */
  close(): Promise<void>;
}

/** What is asked of a store, and what people and the API change in it. */
export interface Queries {
  /** Resolves when the database answers and has this program's schema. */
  ready(): Promise<void>;

  events(filter: EventFilter): Promise<Page<StoredEvent>>;
  event(id: string): Promise<StoredEvent | null>;
  /** Those that are stored, by time. */
  eventsById(ids: readonly string[]): Promise<StoredEvent[]>;
  /**
   * All events that the filter takes, newest first, in pages of at most 1000. Each page is a query
   * of its own: events that are written meanwhile may be left out, none comes twice. Stop iterating
   * to stop reading.
   */
  exportEvents(filter: ExportFilter): AsyncIterable<readonly StoredEvent[]>;
  /** Events, or alerts, by time. @throws {StoreError} `invalid` for more than 5000 buckets */
  timeseries(request: SeriesRequest): Promise<Timeseries>;
  /** The most frequent values of a field. */
  top(request: TopRequest): Promise<TopValues>;
  stats(range?: TimeRange): Promise<Stats>;

  alerts(filter: AlertFilter): Promise<Page<StoredAlert>>;
  alert(id: string): Promise<StoredAlert | null>;
  /** Alerts that name the event, newest first. */
  alertsOfEvent(id: string): Promise<StoredAlert[]>;
  /** Null when there is no such alert. */
  setAlertStatus(id: string, change: StatusChange): Promise<StoredAlert | null>;
  /**
   * The same for at most 1000 at once, all of them or, when it fails, none. Gives those that are
   * there, in no order. Each change is recorded, also one to the status that an alert has.
   */
  setAlertStatuses(ids: readonly string[], change: StatusChange): Promise<StoredAlert[]>;
  /** What people did to an alert, oldest first. */
  alertHistory(id: string): Promise<StatusEntry[]>;
  /**
   * Alerts that are new or changed since a number that an earlier call gave as `last`, by the engine
   * or by a person, oldest change first. Numbers only rise, survive restarts, and none appears after
   * a larger one: pass `last` again and nothing is missed. Ask again at once while `limit` came.
   */
  changesSince(last: number, limit: number): Promise<AlertChanges>;
  /** The number of the newest change: where one begins who wants only what is still to come. */
  lastChange(): Promise<number>;
  /** Rules that ever raised an alert within the range, those with most alerts first. */
  ruleHits(range?: TimeRange): Promise<RuleHits[]>;
  /** Rules of which health says that they lost state, newest first. */
  degraded(range?: TimeRange): Promise<Degraded[]>;

  /** Incidents that reach into the range, those that began last first: a page's time is `first`. */
  incidents(filter: IncidentFilter): Promise<Page<StoredIncident>>;
  incident(id: string): Promise<StoredIncident | null>;
  /** An incident's alerts by time, the first `limit` of them. */
  timeline(id: string, limit: number): Promise<StoredAlert[]>;

  /**
   * Inputs of runs, those that began last first: a page's time is `started`. One that says `running`
   * and was not `updated` for a minute was killed, or its database is away.
   */
  jobs(filter: JobFilter): Promise<Page<StoredJob>>;
  health(filter: HealthFilter): Promise<Page<StoredHealth>>;

  /** @throws {StoreError} `exists` when a token of that name is not revoked */
  addToken(token: NewToken): Promise<StoredToken>;
  /** By name, with those that were revoked. */
  tokens(): Promise<StoredToken[]>;
  /** False when no token of that name is in use. */
  revokeToken(name: string): Promise<boolean>;
  /** The token in use with this hash; null when there is none. */
  findToken(hash: string): Promise<StoredToken | null>;
}
