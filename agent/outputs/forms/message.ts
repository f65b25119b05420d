/** A notification as people read it: a title, and for each alert a text and facts. Nothing is escaped yet. */
import type { Severity } from "../../../compiler/ir/program.ts";
import { techniqueUrl } from "../../../compiler/schema/attack/mod.ts";
import type { Value } from "../../../compiler/schema/types.ts";
import type { Alert } from "../../event.ts";
import type { Notification } from "../notification.ts";
import { count, elapsedText, timeText } from "../render/text.ts";
import { cut, markdownCode, markdownText, plainText } from "./escape.ts";

export interface Fact {
  readonly name: string;
  readonly value: string;
  /** A page of ours or of ATT&CK, never one that a log names. */
  readonly link?: string;
}

export interface AlertMessage {
  /** `HIGH SSH brute force` */
  readonly heading: string;
  readonly severity: Severity;
  readonly text: string;
  readonly facts: readonly Fact[];
}

export interface Message {
  readonly title: string;
  readonly severity: Severity;
  readonly alerts: readonly AlertMessage[];
  /** What there is to say of it as a whole; "" for alerts. */
  readonly text: string;
  /** Alerts that are not shown. */
  readonly more: number;
  readonly link: string | null;
}

const ORDER: readonly Severity[] = ["informational", "low", "medium", "high", "critical"];

/** Alerts shown of a group, fields shown of an alert, and characters of a value. */
const ALERTS = 8, FIELDS = 12, VALUE = 300, TEXT = 1000, TITLE = 300;

/** The gravest severity of a notification's alerts; of a health event `medium`. */
export function severityOf({ alerts }: Notification): Severity {
  const found = alerts.map((a) => ORDER.indexOf(a.severity));
  return alerts.length === 0 ? "medium" : ORDER[Math.max(...found)];
}

export function messageOf(notification: Notification): Message {
  const { alerts, health, more, link } = notification;
  const shown = alerts.slice(0, ALERTS);
  return {
    title: cut(titleOf(notification), TITLE),
    severity: severityOf(notification),
    alerts: shown.map(alertMessage),
    text: health === null
      ? ""
      : cut(health.subject ? `${health.subject}: ${health.message}` : health.message, TEXT),
    more: more + alerts.length - shown.length,
    link,
  };
}

const EVENT: Readonly<Record<Notification["event"], string>> = {
  opened: "",
  changed: "Changed: ",
  closed: "Closed: ",
  health: "",
  test: "Test: ",
};

/** One line that says what it is about. */
function titleOf({ event, alerts, health, more }: Notification): string {
  if (alerts.length === 0) {
    return `${EVENT[event]}Health of the agent: ${health?.kind ?? "a message"}`;
  }
  if (alerts.length + more === 1) return EVENT[event] + heading(alerts[0]);
  const severity = Math.max(...alerts.map((a) => ORDER.indexOf(a.severity)));
  const gravest = alerts.find((a) => a.severity === ORDER[severity])!;
  const rules = new Set(alerts.map((a) => a.rule)).size - 1;
  const others = rules > 0 ? ` and ${count(rules, "other rule")}` : "";
  return `${EVENT[event]}${count(alerts.length + more, "alert")}: ${heading(gravest)}${others}`;
}

const heading = (alert: Alert) => `${severityName(alert.severity)} ${alert.title || alert.rule}`;

export const severityName = (severity: Severity) =>
  severity === "informational" ? "INFO" : severity.toUpperCase();

function alertMessage(alert: Alert): AlertMessage {
  return {
    heading: cut(heading(alert), TITLE),
    severity: alert.severity,
    text: cut(alert.message, TEXT),
    facts: factsOf(alert),
  };
}

function factsOf(alert: Alert): Fact[] {
  const window = alert.last > alert.first
    ? `${timeText(alert.first)}, over ${elapsedText(alert.last - alert.first)}`
    : timeText(alert.time);
  const held = alert.suppressed ? `, ${count(alert.suppressed)} held back` : "";
  const fields = { ...alert.entity, ...alert.fields };
  const { description, cve } = alert.metadata;
  return [
    { name: "Rule", value: cut(alert.rule, VALUE) },
    { name: "Time", value: window },
    { name: "Events", value: count(alert.count) + held },
    ...Object.entries(fields).filter(([, value]) => value !== undefined).slice(0, FIELDS)
      .map(([name, value]) => ({ name: cut(name, 100), value: cut(valueText(value), VALUE) })),
    ...alert.mitre.map(({ id, name }) => ({
      name: "ATT&CK",
      value: `${id} ${name}`,
      link: techniqueUrl(id),
    })),
    ...cve?.length ? [{ name: "CVE", value: cut(cve.join(", "), VALUE) }] : [],
    ...description ? [{ name: "About", value: cut(description, VALUE) }] : [],
  ];
}

/** A value as one text. */
export function valueText(value: Value): string {
  return Array.isArray(value) ? value.join(", ") : String(value ?? "");
}

/** The message as plain text, one fact a line. */
export function plainMessage(notification: Notification): string {
  const { title, text, alerts, more, link } = messageOf(notification);
  return [
    plainText(title),
    ...text ? [plainText(text)] : [],
    ...alerts.flatMap((alert) => [
      "",
      ...alerts.length > 1 ? [plainText(alert.heading)] : [],
      plainText(alert.text),
      ...alert.facts.map(({ name, value }) => `  ${plainText(name)}: ${plainText(value)}`),
    ]),
    ...more > 0 ? ["", `and ${count(more, "more alert")}`] : [],
    ...link === null ? [] : ["", link],
  ].join("\n");
}

/** The message as Markdown. Values are in code spans, where chats neither link nor call anybody. */
export function markdownMessage(notification: Notification): string {
  const { title, text, alerts, more, link } = messageOf(notification);
  return [
    `**${markdownText(title)}**`,
    ...text ? ["", markdownCode(text)] : [],
    ...alerts.flatMap((alert) => [
      "",
      ...alerts.length > 1 ? [`**${markdownText(alert.heading)}**`, ""] : [],
      markdownCode(alert.text),
      "",
      ...alert.facts.map(({ name, value, link }) =>
        `- ${markdownText(name)}: ${markdownCode(value)}${link ? ` ([page](${link}))` : ""}`
      ),
    ]),
    ...more > 0 ? ["", `and ${count(more, "more alert")}`] : [],
    ...link === null ? [] : ["", `[Open in the dashboard](${markdownLink(link)})`],
  ].join("\n");
}

/** A link's target holds no parenthesis or space that would end it. */
const markdownLink = (link: string) =>
  link.replaceAll(/[()<>\s\\]/g, (c) => `%${c.charCodeAt(0).toString(16).padStart(2, "0")}`);
