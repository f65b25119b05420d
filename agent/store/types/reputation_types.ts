/** What services of threat intelligence said of addresses, and how often they were asked. */
import type { IntelligenceMark } from "../../context.ts";

/** What a service said, without the field of an alert. */
export type Reputation = Omit<IntelligenceMark, "field" | "source">;

export interface StoredReputation {
  readonly address: string;
  /** Epoch ms. */
  readonly asked: number;
  readonly mark: Reputation;
}

/** A mark for alerts that are stored. */
export interface ReputationMark {
  readonly mark: IntelligenceMark;
  readonly alerts: readonly string[];
}

/** All of one service by its name. */
export interface Reputations {
  /** The newest answers since a time, at most `limit`. */
  answers(source: string, since: number, limit: number): Promise<StoredReputation[]>;
  /**
   * Counts one more request of a day (UTC, `2026-03-29`) before it is sent; false where the day has had so
   * many. Processes that share a database share the count.
   */
  spend(source: string, day: string, limit: number): Promise<boolean>;
  /** Requests of a day. */
  spent(source: string, day: string): Promise<number>;
  /** Remembers an answer; those that were asked before a time are forgotten. */
  remember(source: string, answer: StoredReputation, forget: number): Promise<void>;
  /** Adds marks to alerts; one of the same source and value is replaced. Alerts that are gone are left. */
  mark(marks: readonly ReputationMark[]): Promise<void>;
}
