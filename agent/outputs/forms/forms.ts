/** The forms that a destination's `form` names, and the records of a notification in one of them. */
import { VERSION } from "../../program.ts";
import { visible, visibleJson } from "../../../grammar/visible.ts";
import type { Alert } from "../../event.ts";
import type { Notification } from "../notification.ts";
import { alertObject } from "../render/alert.ts";
import { alertCef, healthCef } from "./cef.ts";
import { ecs } from "./ecs.ts";
import type { Form, FormContext } from "./form.ts";
import { healthObject } from "./json.ts";
import { plainMessage } from "./message.ts";
import { ocsf } from "./ocsf.ts";

/** The product's own: an alert as `--format ndjson` prints it, and what it is told for. */
const own: Form = {
  summary: "Picket's own JSON, as `--format ndjson` prints it, with `event`, `key` and `link`",
  alert: (alert, { notification: { key, event, link } }) => ({
    event,
    key,
    ...link === null ? {} : { link },
    ...alertObject(alert),
  }),
  health: (_health, { notification }) => ({
    event: "health",
    key: notification.key,
    ...healthObject(notification),
  }),
};

/** Forms whose records are JSON objects. */
export const JSON_FORMS: Readonly<Record<string, Form>> = { json: own, ocsf, ecs };

/** What `form` may be where a record is a line of text. */
export const RECORD_FORMS: readonly string[] = ["json", "ocsf", "ecs", "cef", "text"];

export interface FormRecord {
  /** The notification's key, and for a further alert of a group its place: `KEY.1`. */
  readonly id: string;
  /** Epoch ms. */
  readonly time: number;
  /** Null for a health event. */
  readonly alert: Alert | null;
  /** One line, whatever the form. */
  readonly text: string;
}

export function formContext(notification: Notification, host: string): FormContext {
  return { notification, host, version: VERSION };
}

/** The alerts of a notification, or its health event, as objects of a JSON form. */
export function objectsOf(
  notification: Notification,
  form: string,
  host: string,
): { [name: string]: unknown }[] {
  const context = formContext(notification, host);
  const { alert, health } = JSON_FORMS[form];
  return notification.health !== null
    ? [{ ...health(notification.health, context) }]
    : notification.alerts.map((a) => ({ ...alert(a, context) }));
}

/** One record for each alert, or one for the health event. */
export function recordsOf(notification: Notification, form: string, host: string): FormRecord[] {
  const { key, alerts, health } = notification;
  const texts = recordTexts(notification, form, host);
  return texts.map((text, i) => ({
    id: i === 0 ? key : `${key}.${i}`,
    time: health?.time ?? alerts[i].time,
    alert: health === null ? alerts[i] : null,
    text,
  }));
}

function recordTexts(notification: Notification, form: string, host: string): string[] {
  const { alerts, health } = notification;
  if (form === "cef") {
    const context = formContext(notification, host);
    return health === null ? alerts.map((a) => alertCef(a, context)) : [healthCef(health, context)];
  }
  if (form === "text") {
    const one = (n: Notification) => visible(plainMessage(n).replaceAll(/\n+ */g, " | "));
    return health === null
      ? alerts.map((a) => one({ ...notification, alerts: [a], more: 0 }))
      : [one(notification)];
  }
  return objectsOf(notification, form, host).map((object) => visibleJson(object));
}
