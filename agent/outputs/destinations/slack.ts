/**
 * Slack's incoming webhooks, with blocks (https://api.slack.com/reference/block-kit/blocks). Text of
 * alerts stands in plain text or in code, where Slack neither calls anybody nor makes links.
 */
import { visible } from "../../../grammar/visible.ts";
import { chatText, cut, slackCode, slackText } from "../forms/escape.ts";
import { type AlertMessage, type Fact, type Message, messageOf } from "../forms/message.ts";
import { count } from "../render/text.ts";
import type { DestinationSpec, Notification } from "./destination.ts";
import { send } from "./http.ts";
import { addressOf, required } from "./setup.ts";
import { words } from "./reason.ts";

/** Slack's limits: characters of a header, of a section's text and field, fields of a section. */
const HEADER = 150, TEXT = 3000, FIELDS = 10;
/** Alerts shown, so that a message has fewer than Slack's 50 blocks and is read. */
const ALERTS = 5;

export const slack: DestinationSpec = {
  type: "slack",
  summary: "A channel of Slack, by an incoming webhook",
  settings: [
    { name: "url", kind: "secret", required: true, summary: "Address of the incoming webhook" },
  ],
  make(settings, context) {
    const { href } = addressOf("url", required(settings, "url"));
    return {
      deliver: (notification, signal) =>
        send(context, href, {
          headers: { "content-type": "application/json; charset=utf-8" },
          body: JSON.stringify(slackMessage(notification)),
          signal,
        }, async (answer) => slackError(await answer.text())),
      close: () => Promise.resolve(),
    };
  },
};

/** Slack's errors are words of its own: `invalid_payload`, `no_service`. */
const slackError = (text: string) => /^[a-z_ ]{1,80}$/.test(text.trim()) ? words(text) : "";

const SIGN = { informational: "⚪", low: "🟢", medium: "🟡", high: "🟠", critical: "🔴" } as const;

const plain = (text: string, most: number) => ({
  type: "plain_text",
  text: cut(text, most),
  emoji: false,
});

export function slackMessage(notification: Notification): Record<string, unknown> {
  const message = messageOf(notification);
  const shown = message.alerts.slice(0, ALERTS);
  return {
    // What notifications on phones and screen readers say.
    text: slackText(message.title),
    link_names: false,
    unfurl_links: false,
    unfurl_media: false,
    blocks: [
      {
        type: "header",
        text: plain(`${SIGN[message.severity]} ${chatText(message.title)}`, HEADER),
      },
      ...section(message.text),
      ...shown.flatMap((alert) => alertBlocks(alert, message)),
      ...tail(message, message.more + message.alerts.length - shown.length),
    ],
  };
}

function alertBlocks(alert: AlertMessage, { alerts }: Message) {
  const heading = alerts.length > 1
    ? [{ type: "divider" }, {
      type: "section",
      text: plain(`${SIGN[alert.severity]} ${chatText(alert.heading)}`, TEXT),
    }]
    : [];
  return [
    ...heading,
    ...section(alert.text),
    ...sections(alert.facts.slice(0, 2 * FIELDS)),
  ];
}

function sections(facts: readonly Fact[]) {
  const out = [];
  for (let i = 0; i < facts.length; i += FIELDS) {
    out.push({ type: "section", fields: facts.slice(i, i + FIELDS).map(field) });
  }
  return out;
}

/** Values are code: Slack takes them as they are. Links lead to pages of ours and of ATT&CK. */
function field({ name, value, link }: Fact) {
  // Cut as it is shown: a hidden character is eight that are not.
  const shown = cut(visible(value), 300);
  const label = `*${slackText(cut(visible(name), 60))}*\n`;
  const text = link ? `<${link}|${slackText(shown)}>` : slackCode(shown);
  return { type: "mrkdwn", text: label + text, verbatim: true };
}

/** None for no text: Slack refuses a message with an empty one. */
const section = (text: string) =>
  text.trim() === "" ? [] : [{ type: "section", text: plain(chatText(text), TEXT) }];

function tail({ link }: Message, more: number) {
  const text = [
    ...more > 0 ? [`and ${count(more, "more alert")}`] : [],
    ...link === null ? [] : [`<${link.replaceAll(/[<>|]/g, encodeURIComponent)}|Open in Picket>`],
  ].join(" · ");
  return text ? [{ type: "context", elements: [{ type: "mrkdwn", text, verbatim: true }] }] : [];
}
