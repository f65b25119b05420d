/** What `agent.yaml` says of deliveries, as delivery uses it. Times and durations are ms. */
import type { IrExpr, Severity } from "../../../compiler/ir/program.ts";
import type { Span } from "../../../grammar/ast.ts";
import type { DestinationSpec, SettingValue } from "../destinations/destination.ts";

/** What happens to an alert that may be told. */
export const ALERT_EVENTS = ["opened", "changed", "closed"] as const;
export type AlertEvent = typeof ALERT_EVENTS[number];

/** A setting of a destination as it was given: as it is, or where it is to be read. */
export interface GivenSetting {
  readonly name: string;
  readonly from: "value" | "file" | "env";
  /** The value, the file's path or the variable's name. */
  readonly value: SettingValue;
  /** Where it stands in `agent.yaml`. */
  readonly span: Span;
}

/** Alerts that are told together. */
export interface Grouping {
  /** `rule`, `severity`, `title`, `entity`, `tactic`, or a field of the alert; none: all in one. */
  readonly by: readonly string[];
  /** From the first alert of a group to its first notification. */
  readonly wait: number;
  /** Between two notifications about one group at least. */
  readonly interval: number;
  /** After which an alert that is still open is told again; null: never. */
  readonly repeat: number | null;
}

/** Hours of the day in which nothing is sent but what is grave. */
export interface QuietHours {
  /** Minutes from midnight; the same as `to`: the whole day. */
  readonly from: number;
  readonly to: number;
  /** Of the tz database. */
  readonly zone: string;
  /** On which it begins, 0 is Sunday. */
  readonly days: ReadonlySet<number>;
  /** Alerts of this severity or above are sent all the same; null: none. */
  readonly exceptSeverity: Severity | null;
}

export interface SinkConfig {
  readonly name: string;
  /** Where the name stands in `agent.yaml`. */
  readonly span: Span;
  readonly spec: DestinationSpec;
  readonly settings: readonly GivenSetting[];
  /** Over `alertRows`; null: every alert. */
  readonly where: IrExpr | null;
  readonly minSeverity: Severity;
  readonly on: ReadonlySet<AlertEvent>;
  /** Health events that go there: all, those of some kinds, or none. */
  readonly health: "all" | ReadonlySet<string>;
  /** Within which one rule and entity is told once. */
  readonly throttle: number;
  readonly group: Grouping | null;
  /** At most so many notifications in a time; what is above follows together in one. */
  readonly limit: { readonly count: number; readonly per: number } | null;
  readonly quiet: QuietHours | null;
  /** Of one attempt. */
  readonly timeout: number;
  /** Attempts under way at once. */
  readonly concurrency: number;
  /** Addresses of the machine's own network may be reached. */
  readonly allowPrivate: boolean;
}

export interface DeliveryConfig {
  /** Address of the dashboard, for links. */
  readonly dashboard: string | null;
  /** Alerts of events that are long past are sent too. */
  readonly deliverPast: boolean;
  /** From when a notification was written to when it goes to the dead letters. */
  readonly giveUpAfter: number;
}

export const HOUR = 3_600_000, DAY = 24 * HOUR;

export const DELIVERY_DEFAULTS: DeliveryConfig = {
  dashboard: null,
  deliverPast: false,
  giveUpAfter: DAY,
};
