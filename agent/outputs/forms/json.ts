/** The product's own JSON of a notification and of each of its alerts. */
import type { AlertEditTold, Notification } from "../notification.ts";
import { type AlertJson, alertObject } from "../render/alert.ts";
import { rfc3339 } from "../render/text.ts";

export interface HealthJson {
  readonly time: string;
  readonly kind: string;
  readonly subject: string;
  readonly message: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Names follow Standard Webhooks' recommendation: `type`, `timestamp`, `data`. */
export interface NotificationJson {
  /** `alert.opened`, `alert.changed`, `alert.closed`, `health`, `test`. */
  readonly type: string;
  readonly timestamp: string;
  readonly data: {
    readonly key: string;
    readonly link: string | null;
    readonly alerts: readonly AlertJson[];
    /** Alerts of the group that are not in `alerts`. */
    readonly more: number;
    /** What people said of the alerts; left out where that is not why it is told. */
    readonly edits?: readonly (Omit<AlertEditTold, "at"> & { readonly at: string })[];
    readonly health: HealthJson | null;
  };
}

export function notificationObject(notification: Notification): NotificationJson {
  const { key, event, alerts, more, edits, time, link } = notification;
  return {
    type: event === "health" || event === "test" ? event : `alert.${event}`,
    timestamp: rfc3339(time),
    data: {
      key,
      link,
      alerts: alerts.map(alertObject),
      more,
      ...edits === undefined ? {} : { edits: edits.map((e) => ({ ...e, at: rfc3339(e.at) })) },
      health: healthObject(notification),
    },
  };
}

export function healthObject({ health }: Notification): HealthJson | null {
  if (health === null) return null;
  const { time, kind, subject, message, detail } = health;
  return { time: rfc3339(time), kind, subject, message, detail };
}
