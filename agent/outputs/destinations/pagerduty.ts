/**
 * PagerDuty's Events API v2 (https://developer.pagerduty.com/docs/events-api-v2/overview/). An alert is
 * an event whose `dedup_key` is the alert's id: it is triggered, acknowledged and resolved under it, and
 * a repeat changes nothing.
 */
import type { Alert } from "../../event.ts";
import { chatText, cut } from "../forms/escape.ts";
import { messageOf, severityOf, valueText } from "../forms/message.ts";
import { rfc3339 } from "../render/text.ts";
import { techniqueUrl } from "../../../compiler/schema/attack/mod.ts";
import type { DestinationContext, DestinationSpec, Notification, Outcome } from "./destination.ts";
import { send } from "./http.ts";
import { words } from "./reason.ts";
import { addressOf, required } from "./setup.ts";

/** PagerDuty's limits, in characters. */
const SUMMARY = 1024, KEY = 255;

const SEVERITY = {
  informational: "info",
  low: "info",
  medium: "warning",
  high: "error",
  critical: "critical",
} as const;

export const pagerduty: DestinationSpec = {
  type: "pagerduty",
  summary: "An incident of PagerDuty for each alert, by Events API v2",
  settings: [
    {
      name: "routing_key",
      kind: "secret",
      required: true,
      summary: "Integration key of the service (Events API v2)",
    },
    {
      name: "url",
      kind: "url",
      default: "https://events.pagerduty.com/v2/enqueue",
      summary: "Address; in Europe https://events.eu.pagerduty.com/v2/enqueue",
    },
  ],
  make(settings, context) {
    const routingKey = required(settings, "routing_key");
    const { href } = addressOf("url", required(settings, "url"));
    return {
      async deliver(notification, signal) {
        const outcomes: Outcome[] = [];
        for (const event of pagerdutyEvents(notification, context)) {
          const body = JSON.stringify({ routing_key: routingKey, ...event });
          const headers = { "content-type": "application/json" };
          const outcome = await send(
            context,
            href,
            { headers, body, signal },
            async (answer) => errorsOf(await answer.text(), routingKey),
          );
          // What was sent is known by its key: the next attempt may send it again.
          if (outcome.state === "retry") return outcome;
          outcomes.push(outcome);
        }
        return outcomes.find((o) => o.state === "rejected") ?? { state: "delivered" };
      },
      close: () => Promise.resolve(),
    };
  },
};

/** `{"status":"invalid event","message":"Event object is invalid","errors":["…"]}` */
function errorsOf(text: string, secret: string): string {
  try {
    const { message, errors } = JSON.parse(text) as { message?: unknown; errors?: unknown };
    const all = [message, ...Array.isArray(errors) ? errors : []];
    return words(all.filter((t) => typeof t === "string").join(": ").replaceAll(secret, "…"));
  } catch {
    return "";
  }
}

export function pagerdutyEvents(
  notification: Notification,
  { host }: Pick<DestinationContext, "host">,
): Record<string, unknown>[] {
  const { health, alerts } = notification;
  const client = {
    client: "Picket",
    ...notification.link === null ? {} : { client_url: notification.link },
  };
  if (health === null) {
    return alerts.map((alert) => ({ ...alertEvent(alert, notification, host), ...client }));
  }
  const { title, text } = messageOf(notification);
  return [{
    event_action: "trigger",
    dedup_key: cut(`picket-health-${host}-${health.kind}-${health.subject}`, KEY),
    payload: {
      summary: cut(chatText(`${title}: ${text}`), SUMMARY),
      source: host,
      severity: SEVERITY[severityOf(notification)],
      timestamp: rfc3339(health.time),
      custom_details: details(health.detail),
    },
    ...client,
  }];
}

function actionOf(alert: Alert, { event }: Notification): "trigger" | "acknowledge" | "resolve" {
  if (event === "closed" || alert.status === "closed") return "resolve";
  return alert.status === "acknowledged" ? "acknowledge" : "trigger";
}

function alertEvent(alert: Alert, notification: Notification, host: string) {
  const action = actionOf(alert, notification);
  const key = { event_action: action, dedup_key: cut(alert.id, KEY) };
  if (action !== "trigger") return key;
  const { entity, fields, mitre } = alert;
  return {
    ...key,
    payload: {
      summary: cut(chatText(`${alert.title || alert.rule}: ${alert.message}`), SUMMARY),
      source: chatText(cut(valueText(fields.host ?? fields.dest ?? fields.src) || host, 255)),
      severity: SEVERITY[alert.severity],
      timestamp: rfc3339(alert.time),
      component: cut(
        Object.entries(entity).map(([k, v]) => chatText(`${k}=${valueText(v)}`)).join(" "),
        255,
      ),
      class: alert.rule,
      custom_details: details({
        rule: alert.rule,
        first: rfc3339(alert.first),
        last: rfc3339(alert.last),
        count: alert.count,
        fields: { ...entity, ...fields },
        attack: mitre.map((m) => `${m.id} ${m.name}`),
      }),
    },
    links: mitre.map(({ id, name }) => ({
      href: techniqueUrl(id),
      text: chatText(`${id} ${name}`),
    })),
  };
}

/** Numbers stay numbers; texts are inert, and what PagerDuty's pages would link is broken. */
function details(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const inert = (value: unknown): unknown => {
    if (typeof value === "string") return chatText(cut(value, 2000));
    if (Array.isArray(value)) return value.slice(0, 100).map(inert);
    if (typeof value === "object" && value !== null) {
      return details(value as Record<string, unknown>);
    }
    return value;
  };
  return Object.fromEntries(Object.entries(fields).map(([k, v]) => [chatText(k), inert(v)]));
}
