/** The store's interface and the shapes that it takes and gives. Times are epoch milliseconds. */
import type { Alert, EventBatch } from "../event.ts";
import type { Value } from "../../compiler/schema/types.ts";
import type { Severity } from "../../compiler/ir.ts";
import type { Rows } from "./rows.ts";

/** Where reading of one input stands. */
export interface Position {
  /** The input's identity. */
  readonly input: string;
  readonly source: string;
  /** Id of its job, which goes on when the run does. */
  readonly job: string;
  /** Bytes read and stored, up to the end of a line. */
  readonly offset: number;
  readonly lines: number;
  readonly encoding: string | null;
  readonly sourcetype: string | null;
  /** Largest event time seen. */
  readonly time: number | null;
  /** What its parser remembers, as JSON. */
  readonly parser: string | null;
  /** Whether it was read to its end. */
  readonly done: boolean;
}

/** Names one entry of the engine's state. */
export interface StateKey {
  readonly rule: string;
  /** Stage of the rule, or a negative number for what belongs to no stage. */
  readonly part: number;
  /** 32 hex digits. */
  readonly key: string;
}

export interface StateEntry extends StateKey {
  /** Entries are given back in this order. */
  readonly ord: number;
  /** JSON. */
  readonly state: string;
}

/** How a transaction changes the checkpoint of a stream; see agent/checkpoint.ts. */
export interface CheckpointChange {
  readonly stream: string;
  readonly run: string;
  readonly head: string | null;
  readonly positions: readonly Position[];
  /** Whether all entries written before go first. */
  readonly reset: boolean;
  readonly put: readonly StateEntry[];
  readonly gone: readonly StateKey[];
}

/** A checkpoint of a run that did not end. */
export interface SavedCheckpoint {
  readonly run: string;
  readonly head: string | null;
  readonly positions: readonly Position[];
  readonly state: readonly StateEntry[];
}

/** One input of one run. */
export interface Job {
  /** 32 hex digits, as is `run`. */
  readonly id: string;
  readonly run: string;
  readonly source: string;
  readonly sourcetype: string | null;
  readonly state: "running" | "done" | "failed" | "stopped";
  readonly lines: number;
  readonly events: number;
  readonly parseErrors: number;
  /** Lines per second. */
  readonly rate: number;
  readonly error: string | null;
  readonly started: number;
}

/** Something that the operator should know: late rows, evicted state, a gap in an input. */
export interface HealthEvent {
  readonly time: number;
  readonly kind: string;
  /** The rule or source that it is about. */
  readonly subject: string;
  readonly message: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** What one transaction carries. Everything in it is stored, or nothing. */
export interface Write {
  /** Batches are serialised before `write` returns its promise; nothing of them is kept after. */
  readonly batches?: readonly (EventBatch | Rows)[];
  /** The last state of each alert that changed. Of several with one id the last counts. */
  readonly alerts?: readonly Alert[];
  readonly checkpoint?: CheckpointChange;
  /** The stream that ended: its checkpoint goes. */
  readonly ended?: string;
  readonly jobs?: readonly Job[];
  readonly health?: readonly HealthEvent[];
}

export interface Written {
  /** Rows added. */
  readonly events: number;
  /** Rows that were there already. */
  readonly duplicates: number;
  /** Alerts that were not there before. */
  readonly alerts: number;
}

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
  /** Newest first; rows of one time by falling id. */
  readonly items: readonly T[];
  /** Null on the last page. */
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

export interface StatusChange {
  readonly status: Alert["status"];
  readonly comment: string | null;
  readonly who: string;
}

export interface Stats {
  readonly events: number;
  readonly parseErrors: number;
  readonly alerts: number;
  /** Of events; to the hour. Null without events. */
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
export interface Store {
  readonly kind: "pglite" | "postgresql";
  /** How the user knows it: the folder, or `host:port/database`. */
  readonly place: string;
  /**
   * Writes all of it in one transaction. Resolves when it is on disk: await it, or keep at most two
   * writes under way (`createWriter` does), to hold memory down. With `retry`, a write waits for a
   * database that does not answer, and what is sent again is stored once.
   */
  write(write: Write): Promise<Written>;
  events(filter: EventFilter): Promise<Page<StoredEvent>>;
  event(id: string): Promise<StoredEvent | null>;
  /** Those that are stored, by time. */
  eventsById(ids: readonly string[]): Promise<StoredEvent[]>;
  alerts(filter: AlertFilter): Promise<Page<StoredAlert>>;
  alert(id: string): Promise<StoredAlert | null>;
  /** Alerts that name the event, newest first. */
  alertsOfEvent(id: string): Promise<StoredAlert[]>;
  /** Null when there is no such alert. */
  setAlertStatus(id: string, change: StatusChange): Promise<StoredAlert | null>;
  stats(range?: TimeRange): Promise<Stats>;
  /** Incidents that reach into the range, those that began last first: a page's time is `first`. */
  incidents(filter: IncidentFilter): Promise<Page<StoredIncident>>;
  incident(id: string): Promise<StoredIncident | null>;
  /** An incident's alerts by time, the first `limit` of them. */
  timeline(id: string, limit: number): Promise<StoredAlert[]>;
  /** Null unless a run of this stream began and did not end. */
  checkpoint(stream: string): Promise<SavedCheckpoint | null>;
  /** Newest first. */
  jobs(limit: number): Promise<StoredJob[]>;
  health(filter: HealthFilter): Promise<Page<StoredHealth>>;
  /** Waits for the writes under way. */
  close(): Promise<void>;
}
