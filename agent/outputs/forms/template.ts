/**
 * Templates: text with `{{ path }}` in it. A value is put in once, escaped for the place; what it says is
 * never read as a template again, and a path reaches nothing but the notification's own data.
 */
import { visibleJson } from "../../../grammar/visible.ts";
import type { Notification } from "../notification.ts";
import { alertObject } from "../render/alert.ts";
import { headerText, htmlText, markdownText, plainText, slackText, urlText } from "./escape.ts";
import { notificationObject } from "./json.ts";
import { markdownMessage, messageOf, plainMessage } from "./message.ts";

/** What stands in a template is not right. */
export class TemplateError extends Error {}

/** Escapes by the place that a template's text is for. */
export const PLACES = {
  url: urlText,
  header: headerText,
  html: htmlText,
  markdown: markdownText,
  slack: slackText,
  text: plainText,
  /** For strings of JSON, whose characters are escaped when the whole is written. */
  json: (text: string) => text,
} as const;

export type Place = keyof typeof PLACES;

/** What paths lead to. */
export type Scope = Readonly<Record<string, unknown>>;

/** Names that a path may begin with, for messages and the reference. */
export const SCOPE: Readonly<Record<string, string>> = {
  type: "`alert.opened`, `alert.changed`, `alert.closed`, `health` or `test`",
  event: "`opened`, `changed`, `closed`, `health` or `test`",
  key: "the same on each attempt, and no other notification's",
  timestamp: "when the notification was written, RFC 3339",
  link: "its page on the dashboard",
  count: "how many alerts it is about",
  more: "how many of them are not in `alerts`",
  severity: "the gravest of its alerts' severities",
  title: "one line that says what it is about",
  text: "the whole message as plain text",
  markdown: "the whole message as Markdown",
  alert:
    "its first alert: `alert.rule`, `alert.message`, `alert.entity.user`, `alert.fields.src` …",
  alerts: "its alerts, as a list",
  health: "a health event: `health.kind`, `health.subject`, `health.message`",
};

export function scopeOf(notification: Notification): Scope {
  const { type, timestamp, data } = notificationObject(notification);
  const message = messageOf(notification);
  const [first] = notification.alerts;
  return {
    ...data,
    type,
    event: notification.event,
    timestamp,
    count: notification.alerts.length + notification.more,
    severity: message.severity,
    title: message.title,
    text: plainMessage(notification),
    markdown: markdownMessage(notification),
    alert: first === undefined ? null : alertObject(first),
  };
}

const PLACEHOLDER = /\{\{\s*([^{}]*?)\s*\}\}/g;
const PATH = /^[a-z]+(\.[A-Za-z_][\w-]*)*$/;

/** The names of the scope that a path gives, checked. */
function pathOf(text: string): string[] {
  const names = text.split(".");
  if (!PATH.test(text)) {
    throw new TemplateError(
      `"{{ ${text} }}" is no path; write names with dots between them, as {{ alert.rule }}`,
    );
  }
  if (!Object.hasOwn(SCOPE, names[0])) {
    throw new TemplateError(
      `"{{ ${text} }}" begins with an unknown name; use one of ${Object.keys(SCOPE).join(", ")}`,
    );
  }
  return names;
}

function valueAt(scope: Scope, path: readonly string[]): unknown {
  let value: unknown = scope;
  for (const name of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return null;
    value = (value as Scope)[name];
  }
  return value ?? null;
}

/** A value as text: lists of values by commas, what is deeper as JSON, nothing for what is missing. */
function asText(value: unknown): string {
  if (value === null) return "";
  if (Array.isArray(value) && value.every((v) => typeof v !== "object")) return value.join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

export type Template = (scope: Scope) => string;

/** @throws {TemplateError} */
export function textTemplate(text: string, place: Place): Template {
  const parts: (string | readonly string[])[] = [];
  let end = 0;
  for (const match of text.matchAll(PLACEHOLDER)) {
    parts.push(text.slice(end, match.index), pathOf(match[1]));
    end = match.index + match[0].length;
  }
  const rest = text.slice(end);
  const left = parts.filter((p) => typeof p === "string").concat(rest).find((p) =>
    p.includes("{{")
  );
  if (left !== undefined) throw new TemplateError(`"{{" has no "}}" behind it`);
  const put = (scope: Scope, path: readonly string[]) => {
    const value = asText(valueAt(scope, path));
    return place === "markdown" && path[0] === "markdown" ? value : PLACES[place](value);
  };
  return (scope) => parts.map((p) => typeof p === "string" ? p : put(scope, p)).join("") + rest;
}

/**
 * A template that is JSON: placeholders stand in its strings. A string that is one placeholder alone
 * becomes the value itself: a number, a list, an object or null.
 *
 * @param place what the receiver makes of the strings, `json` when it takes them as they are
 * @throws {TemplateError}
 */
export function jsonTemplate(text: string, place: Place = "json"): Template {
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch {
    throw new TemplateError(
      'This is no JSON; a placeholder stands within quotes: {"count": "{{ count }}"} gives a number',
    );
  }
  const fill = filler(root, place);
  return (scope) => visibleJson(fill(scope));
}

function filler(node: unknown, place: Place): (scope: Scope) => unknown {
  if (typeof node === "string") return stringFiller(node, place);
  if (Array.isArray(node)) {
    const items = node.map((item) => filler(item, place));
    return (scope) => items.map((fill) => fill(scope));
  }
  if (typeof node !== "object" || node === null) return () => node;
  const entries = Object.entries(node).map(([name, value]) =>
    [name, filler(value, place)] as const
  );
  return (scope) => Object.fromEntries(entries.map(([name, fill]) => [name, fill(scope)]));
}

function stringFiller(text: string, place: Place): (scope: Scope) => unknown {
  const alone = /^\{\{\s*([^{}]*?)\s*\}\}$/.exec(text);
  if (alone) {
    const path = pathOf(alone[1]);
    return (scope) => {
      const value = valueAt(scope, path);
      return typeof value === "string" && path[0] !== "markdown" ? PLACES[place](value) : value;
    };
  }
  return textTemplate(text, place);
}
