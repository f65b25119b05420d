/** A notification as mail: its subject and its HTML, whose values are text alone. */
import type { Notification } from "../notification.ts";
import { count } from "../render/text.ts";
import { visible } from "../../../grammar/visible.ts";
import { cut, htmlText } from "./escape.ts";
import { type AlertMessage, type Fact, type Message, messageOf } from "./message.ts";

const SUBJECT = 200;

/** One line; the mail library encodes what is not ASCII. */
export function mailSubject(notification: Notification): string {
  return cut(`[Picket] ${visible(messageOf(notification).title)}`, SUBJECT);
}

const COLOR = {
  informational: "#57606a",
  low: "#1a7f37",
  medium: "#9a6700",
  high: "#bc4c00",
  critical: "#cf222e",
} as const;

/** No script, picture, form or style sheet; links lead to the dashboard and to ATT&CK alone. */
export function mailHtml(notification: Notification): string {
  const message = messageOf(notification);
  const { title, text, alerts, link } = message;
  return [
    '<!doctype html><html><body style="font-family:sans-serif;font-size:14px;color:#1f2328">',
    `<h2 style="font-size:18px;color:${COLOR[message.severity]}">${htmlText(title)}</h2>`,
    ...text ? [`<p>${htmlText(text)}</p>`] : [],
    ...alerts.map((alert) => alertHtml(alert, message)),
    ...message.more > 0 ? [`<p>and ${count(message.more, "more alert")}</p>`] : [],
    ...link === null ? [] : [`<p><a href="${attribute(link)}">Open in Picket</a></p>`],
    "</body></html>",
  ].join("\n");
}

function alertHtml(alert: AlertMessage, { alerts }: Message): string {
  const heading = alerts.length > 1
    ? `<h3 style="font-size:15px;color:${COLOR[alert.severity]}">${htmlText(alert.heading)}</h3>\n`
    : "";
  return `${heading}<p>${htmlText(alert.text)}</p>\n<table cellpadding="3">\n` +
    alert.facts.map(row).join("") + "</table>";
}

function row({ name, value, link }: Fact): string {
  const shown = link ? `<a href="${attribute(link)}">${htmlText(value)}</a>` : htmlText(value);
  return `<tr><th align="left" valign="top">${
    htmlText(name)
  }</th><td><code>${shown}</code></td></tr>\n`;
}

/** An address of ours in an attribute. */
const attribute = (link: string) => link.replaceAll("&", "&amp;").replaceAll('"', "%22");
