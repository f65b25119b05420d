/** What waits to be delivered, and what became of it. Times are epoch ms, ids 32 hex digits. */
import type { Alert } from "../../event.ts";
import type { Severity } from "../../../compiler/ir/program.ts";
import type { HealthEvent } from "./health_event.ts";

export type DeliveryEvent = "opened" | "changed" | "closed" | "health";

/** What a person said of an alert. Null where the edit changed none. */
export interface TriageEdit {
  readonly who: string;
  readonly at: number;
  readonly from: string | null;
  readonly to: string;
  /** `none`: taken back. */
  readonly verdict: string | null;
  /** "": taken back. */
  readonly assignee: string | null;
  readonly comment: string | null;
}

/** An edit, with the alert as it stands now. */
export interface AlertEdited {
  /** Numbers rise. */
  readonly number: number;
  readonly edit: TriageEdit;
  readonly alert: Alert;
}

export interface EditsRequest {
  /** Number of the last that is known; 0: none. */
  readonly after: number;
  /** Not those before. */
  readonly since: number;
  readonly limit: number;
}

/** What is told, as it stood when that was decided. */
export type DeliveryBody =
  | { readonly alert: Alert; readonly edit?: TriageEdit }
  | { readonly health: HealthEvent };

/** One alert for one sink, as routing decided. Whether and when it is sent, `admit` decides with what is stored. */
export interface NewDelivery {
  /** From the sink, the alert and what happened to it: written again, it is the same row. */
  readonly id: string;
  readonly sink: string;
  readonly event: DeliveryEvent;
  /** Id of the alert; null for health. */
  readonly alert: string | null;
  /** The rule, or the kind of a health event. */
  readonly subject: string;
  readonly title: string;
  readonly severity: Severity | null;
  /** What is sent in order: of one sink about one entity. */
  readonly lane: string;
  /** Event time, which throttles go by. */
  readonly time: number;
  readonly created: number;
  /** Not before: `created`, or the end of quiet hours. */
  readonly due: number;
  /** Within `ms` of event time another of this key is not told. */
  readonly throttle: { readonly key: string; readonly ms: number } | null;
  /** Id of the delivery without which this one means nothing to who gets it; null: none. */
  readonly after: string | null;
  readonly group: { readonly key: string; readonly wait: number; readonly interval: number } | null;
  /** Notifications of the sink in a time; `key` names the group of what is above. */
  readonly limit: { readonly key: string; readonly count: number; readonly per: number } | null;
  /** ms after which it is told again while nobody has taken the alert up; null: never. */
  readonly repeat: number | null;
  readonly body: DeliveryBody;
}

/** What a write added to the outbox. */
export interface DeliveriesWritten {
  readonly queued: number;
  /** Not written, since the same rule and entity was told a short time ago. */
  readonly throttled: number;
  /** Not written, since a person has silenced such alerts. */
  readonly silenced: number;
}

/** One notification that a worker has for itself until `until`. */
export interface ClaimedNotification {
  /** The same on each attempt. */
  readonly key: string;
  readonly lane: string;
  readonly event: DeliveryEvent;
  /** 1 at the first. */
  readonly attempt: number;
  readonly created: number;
  readonly until: number;
  /** The first 20. */
  readonly bodies: readonly DeliveryBody[];
  /** How many of them there are. */
  readonly count: number;
}

export interface ClaimRequest {
  readonly sink: string;
  readonly worker: string;
  readonly now: number;
  /** Rows at most; one is taken with all that are told together with it. */
  readonly limit: number;
  /** ms. */
  readonly lease: number;
}

/** What became of a claimed notification. */
export interface Settlement {
  readonly key: string;
  readonly attempt: number;
  /** `waiting`: it is tried again at `due`. `released`: it was not tried at all. */
  readonly state: "delivered" | "waiting" | "dead" | "released";
  readonly due: number;
  readonly error: string | null;
}

/** What is to be delivered, wherever it is kept. Several processes may share one. */
export interface Outbox {
  /** The clock that `due` is of: the database's, which all processes share. */
  clock(): Promise<number>;
  /**
   * Takes what is due for this worker alone, oldest first. Of a lane nothing is taken while an earlier
   * one of it was tried and waits, so that what is about one entity comes in order.
   */
  claim(request: ClaimRequest): Promise<ClaimedNotification[]>;
  /**
   * Takes out what waits of a sink, is due, and is of alerts that a person has silenced since it was
   * written. Gives how many.
   */
  dropSilenced(sink: string, now: number): Promise<number>;
  /** What people have said of alerts since a time, behind an edit's number; oldest first. */
  edits(request: EditsRequest): Promise<readonly AlertEdited[]>;
  /** Writes deliveries by themselves. */
  put(deliveries: readonly NewDelivery[]): Promise<DeliveriesWritten>;
  settle(worker: string, now: number, settled: readonly Settlement[]): Promise<void>;
  /** When the next of a sink is due after `now`; null when nothing is. */
  nextDue(sink: string, now: number): Promise<number | null>;
  /** Gives up what was written before a time and nobody has in hand. Gives how many. */
  expire(sink: string, expiry: { now: number; before: number; error: string }): Promise<number>;
  /** Writes again what was told `repeat` ago and is still open and unacknowledged. Gives how many. */
  repeat(now: number): Promise<number>;
  /** Frees what a process that was killed had in hand, where it surely was killed. */
  recover(): Promise<void>;
  /** What waits for its next attempt is due at once. */
  hasten(sink: string, now: number): Promise<void>;
  /** Forgets what was settled before a time. */
  purge(before: number): Promise<void>;
}

/** One row of the outbox. */
export interface StoredDelivery {
  readonly id: string;
  /** When it was written. */
  readonly time: number;
  readonly sink: string;
  readonly event: DeliveryEvent;
  readonly state: "waiting" | "delivered" | "dead";
  readonly alert: string | null;
  readonly subject: string;
  readonly title: string;
  readonly severity: Severity | null;
  readonly attempts: number;
  /** When it is tried next; of one that is settled, when that was. */
  readonly due: number;
  /** Of the last attempt that failed. */
  readonly error: string | null;
}

/** How a sink stands. */
export interface SinkState {
  readonly sink: string;
  readonly waiting: number;
  readonly dead: number;
  /** Of the last seven days. */
  readonly delivered: number;
  /** When the oldest that waits was written; null when none does. */
  readonly oldest: number | null;
  readonly lastDelivered: number | null;
  /** Of the newest that failed and is not delivered. */
  readonly lastError: string | null;
}
