/** What is stored, as it is given back. Times are epoch milliseconds. */
import type { Alert } from "../../event.ts";
import type { Value } from "../../../compiler/schema/types.ts";
import type { Severity } from "../../../compiler/ir/program.ts";
import type { Verdict } from "./triage_types.ts";
import type { HealthEvent, Job } from "./write_types.ts";

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
  readonly verdict: Verdict | null;
  readonly verdictBy: string | null;
  readonly verdictAt: number | null;
  readonly assignee: string | null;
}

/** What people did to an alert that nobody has seen yet. */
export const UNTOUCHED = {
  statusBy: null,
  statusAt: null,
  comment: null,
  verdict: null,
  verdictBy: null,
  verdictAt: null,
  assignee: null,
} as const;

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
  /** The alert that says most of it. */
  readonly headline: { readonly alert: string; readonly message: string };
}

export interface StoredHealth extends HealthEvent {
  readonly id: string;
}

export interface StoredJob extends Job {
  readonly updated: number;
}

export interface StatusChange {
  readonly status: Alert["status"];
  readonly comment: string | null;
  readonly who: string;
}

/** What a person said of an alert. Changes that the engine makes are not recorded. */
export interface StatusEntry {
  readonly alert: string;
  readonly at: number;
  readonly who: string;
  /** Null for a change that was made before history was kept. */
  readonly from: Alert["status"] | null;
  /** The same as `from` where the status was left as it is. */
  readonly to: Alert["status"];
  readonly comment: string | null;
  /** The verdict that was given, `none` where one was taken back; null where it was left. */
  readonly verdict: Verdict | "none" | null;
  /** Who it was assigned to, "" where nobody is any more; null where it was left. */
  readonly assignee: string | null;
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

/** Rows of a host that came behind the watermark, of all runs. */
export interface LateHost {
  readonly input: string;
  /** As its lines name it; empty where they name none, and for hosts that are counted together. */
  readonly host: string;
  readonly rows: number;
  /** ms by which the row furthest behind was too late. */
  readonly behindMs: number;
}

/** What a host's clock is off by. */
export interface HostClock {
  readonly input: string;
  readonly host: string;
  /** ms ahead of this machine; negative: behind; 0: right again. */
  readonly offsetMs: number;
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
  /** Who made it, for the audit list. */
  readonly who?: string;
}
