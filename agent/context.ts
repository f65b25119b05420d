/**
 * What is known of the values that an alert names beyond its events: marks from the organisation's own
 * tables of assets and identities, from lists and services of threat intelligence, and from databases of
 * geography. Times are RFC 3339 texts. What is not known is left out.
 */
import type { Severity } from "../compiler/ir/program.ts";

/** How much depends on an asset or an identity. */
export const PRIORITIES = ["low", "medium", "high", "critical"] as const;
export type Priority = typeof PRIORITIES[number];

/** The value that a mark is about, and the field of the alert that has it. */
export interface Mark {
  readonly field: string;
  readonly value: string;
}

/** A row of `assets:` or `identities:`. */
export interface AssetMark extends Mark {
  readonly kind: "asset" | "identity";
  readonly name: string;
  readonly priority?: Priority;
  readonly owner?: string;
  /** What the points that the alert adds to its risk are multiplied by, where that is not 1. */
  readonly risk_weight?: number;
}

/** AbuseIPDB's bands of its score: 0–24, 25–74, 75–100. */
export type Band = "low" | "medium" | "high";

/** An entry of a list, or what a service says. */
export interface IntelligenceMark extends Mark {
  /** The list's name, or the service's. */
  readonly source: string;
  /** What the source says of the value, in its words. */
  readonly description?: string;
  /** 0 to 100. */
  readonly score?: number;
  readonly band?: Band;
  readonly reports?: number;
  /** When it was last reported. */
  readonly last?: string;
  /** ISO 3166-1, two letters. */
  readonly country?: string;
  readonly isp?: string;
  /** When it was learnt: the age of what is said. */
  readonly as_of?: string;
  /** Why nothing, or nothing newer, is known. */
  readonly note?: string;
}

/** Where an address is, by the databases of `geography:`. */
export interface PlaceMark extends Mark {
  /** ISO 3166-1, two letters. */
  readonly country?: string;
  readonly city?: string;
  readonly asn?: number;
  readonly org?: string;
}

/** Why the severity is not the rule's. */
export interface Raise {
  readonly from: Severity;
  readonly to: Severity;
  /** `asset db1, priority critical`. */
  readonly because: string;
}

/** Kinds without a mark are left out. */
export interface AlertContext {
  readonly assets?: readonly AssetMark[];
  readonly intelligence?: readonly IntelligenceMark[];
  readonly geography?: readonly PlaceMark[];
  readonly raised?: Raise;
}
