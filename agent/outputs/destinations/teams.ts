/**
 * Microsoft Teams by its Workflows app ("Post to a channel when a webhook request is received"): an
 * Adaptive Card 1.4 as an attachment. Text of alerts stands in `TextRun`s, which read no Markdown.
 */
import { chatText } from "../forms/escape.ts";
import { type AlertMessage, type Fact, type Message, messageOf } from "../forms/message.ts";
import { count } from "../render/text.ts";
import type { DestinationSpec, Notification } from "./destination.ts";
import { send } from "./http.ts";
import { addressOf, required } from "./setup.ts";

/** Teams takes 28 KB; what Workflows adds is little. */
const MAX_CARD = 27_000;

export const teams: DestinationSpec = {
  type: "teams",
  summary: "A channel or chat of Microsoft Teams, by a workflow's webhook",
  settings: [
    { name: "url", kind: "secret", required: true, summary: "Address of the workflow's webhook" },
  ],
  make(settings, context) {
    const { href } = addressOf("url", required(settings, "url"));
    return {
      deliver: (notification, signal) =>
        send(context, href, {
          headers: { "content-type": "application/json; charset=utf-8" },
          body: teamsMessage(notification),
          signal,
        }),
      close: () => Promise.resolve(),
    };
  },
};

/** The message as JSON, with as many alerts as Teams takes. */
export function teamsMessage(notification: Notification): string {
  const message = messageOf(notification);
  for (let shown = message.alerts.length;; shown--) {
    const text = JSON.stringify(envelope(card(message, shown)));
    if (shown === 0 || new TextEncoder().encode(text).length <= MAX_CARD) return text;
  }
}

const envelope = (content: unknown) => ({
  type: "message",
  attachments: [{
    contentType: "application/vnd.microsoft.card.adaptive",
    contentUrl: null,
    content,
  }],
});

const COLOR = {
  informational: "Default",
  low: "Good",
  medium: "Warning",
  high: "Attention",
  critical: "Attention",
} as const;

interface Run {
  readonly text: string;
  readonly weight?: "Bolder";
  readonly size?: "Large";
  readonly color?: string;
  readonly fontType?: "Monospace";
}

const line = (...inlines: Run[]) => ({
  type: "RichTextBlock",
  inlines: inlines.map((run) => ({ type: "TextRun", ...run, text: chatText(run.text) })),
});

function card(message: Message, shown: number) {
  const more = message.more + message.alerts.length - shown;
  return {
    $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
    type: "AdaptiveCard",
    version: "1.4",
    msteams: { width: "Full" },
    body: [
      line({
        text: message.title,
        weight: "Bolder",
        size: "Large",
        color: COLOR[message.severity],
      }),
      ...message.text ? [line({ text: message.text })] : [],
      ...message.alerts.slice(0, shown).flatMap((alert) => alertBody(alert, message)),
      ...more > 0 ? [line({ text: `and ${count(more, "more alert")}` })] : [],
    ],
    actions: [
      ...message.link === null
        ? []
        : [{ type: "Action.OpenUrl", title: "Open in Picket", url: message.link }],
      ...techniques(message.alerts.slice(0, shown)),
    ],
  };
}

function alertBody(alert: AlertMessage, { alerts }: Message) {
  const heading: Run = { text: alert.heading, weight: "Bolder", color: COLOR[alert.severity] };
  return [
    ...alerts.length > 1 ? [{ ...line(heading), separator: true }] : [],
    line({ text: alert.text }),
    ...alert.facts.map(({ name, value }) =>
      line({ text: `${name}: `, weight: "Bolder" }, { text: value, fontType: "Monospace" })
    ),
  ];
}

/** Teams shows six actions. */
function techniques(alerts: readonly AlertMessage[]) {
  const links = new Map<string, Fact>();
  for (const fact of alerts.flatMap((a) => a.facts)) if (fact.link) links.set(fact.link, fact);
  return [...links].slice(0, 5).map(([url, { value }]) => ({
    type: "Action.OpenUrl",
    title: chatText(value),
    url,
  }));
}
