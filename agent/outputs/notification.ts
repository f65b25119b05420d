/** What is delivered at once, wherever it goes. */
import type { Alert } from "../event.ts";
import type { HealthEvent } from "./sink.ts";

/** What a person said of an alert; epoch ms. Null where nothing was said of it. */
export interface AlertEditTold {
  /** Id of the alert. */
  readonly alert: string;
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

/** One alert, a group of them, or a health event. */
export interface Notification {
  /** The same on each attempt, and no other notification's: receivers that know it take it once. */
  readonly key: string;
  readonly event: "opened" | "changed" | "closed" | "health" | "test";
  /** As they stood when the notification was written; by time, at most 20. Empty for health. */
  readonly alerts: readonly Alert[];
  /** Alerts of the group that are not in `alerts`. */
  readonly more: number;
  /** What people said of the alerts, where that is why it is told. */
  readonly edits?: readonly AlertEditTold[];
  readonly health: HealthEvent | null;
  /** When it was written, epoch ms. */
  readonly time: number;
  /** Address of the alert, or of the list, on the dashboard; null when none is set. */
  readonly link: string | null;
}
