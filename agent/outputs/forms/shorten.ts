/** Notifications whose long texts are cut, for receivers that take only so much. */
import type { Notification } from "../notification.ts";
import { cut } from "./escape.ts";

/** Texts of at most `most` characters and lists of at most 100 values, in alerts and health events. */
export function shortened(notification: Notification, most: number): Notification {
  return {
    ...notification,
    alerts: notification.alerts.map((alert) => short(alert, most)),
    health: notification.health && short(notification.health, most),
  };
}

function short<T>(value: T, most: number): T {
  if (typeof value === "string") return cut(value, most) as T;
  if (Array.isArray(value)) return value.slice(0, 100).map((v) => short(v, most)) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, short(v, most)])) as T;
}
