/** What people make of alerts. Times are epoch ms, ids 32 hex digits. */
import type { Alert } from "../../event.ts";

export const VERDICTS = ["true_positive", "false_positive", "benign"] as const;
/** What an alert was found to be: an attack, a mistake of the rule, or something wanted. */
export type Verdict = typeof VERDICTS[number];

/** What a person says of alerts: whatever is left out stays, null takes it back. */
export interface AlertEdit {
  readonly status?: Alert["status"];
  readonly verdict?: Verdict | null;
  readonly assignee?: string | null;
  readonly comment: string | null;
  readonly who: string;
}

/** Which alerts are not delivered for a time. At least one of `rule` and `fields` says something. */
export interface NewSilence {
  /** Null: those of every rule. */
  readonly rule: string | null;
  /** Values as text, by field of the entity or of the alert's fields; all have to match. */
  readonly fields: Readonly<Record<string, string>>;
  readonly reason: string;
  readonly who: string;
  readonly ends: number;
}

export interface StoredSilence extends NewSilence {
  readonly id: string;
  readonly created: number;
  /** When a person ended it before its time; null otherwise. */
  readonly ended: number | null;
  readonly endedBy: string | null;
}

/** What a rule matches and is no alert. */
export interface NewException {
  readonly rule: string;
  /** SDL over the fields of the rule's alerts. */
  readonly condition: string;
  readonly reason: string;
  readonly who: string;
  /** Event time from which on it no longer holds; null: without an end. */
  readonly until: number | null;
  /** The alert that it was made from. */
  readonly alert: string | null;
}

export interface StoredException extends NewException {
  readonly id: string;
  readonly created: number;
  readonly ended: number | null;
  readonly endedBy: string | null;
}

export interface ListRequest {
  /** Those that are over are left out. */
  readonly active: boolean;
  /** Epoch ms. */
  readonly now: number;
}

/** One thing that somebody did. */
export interface AuditEntry {
  readonly id: string;
  readonly time: number;
  readonly who: string;
  /** As `alert.edit`, `silence.create`, `token.revoke`. */
  readonly action: string;
  /** Id of the alert, silence or exception, or the token's name. */
  readonly subject: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Verdicts of the alerts of a rule. */
export type VerdictCounts = Readonly<Record<Verdict, number>>;
