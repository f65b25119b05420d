/** A notification as people read it: a title, and for each alert a text and facts. Nothing is escaped yet. */
import type { Severity } from "../../../compiler/ir/program.ts";
import { techniqueUrl } from "../../../compiler/schema/attack/mod.ts";
import type { Value } from "../../../compiler/schema/types.ts";
import type { Alert } from "../../event.ts";
import type { AlertEditTold, Notification } from "../notification.ts";
import { numberText } from "../../../grammar/literals.ts";
import { contextFacts, riskText } from "../render/context.ts";
import { count, elapsedText, timeText } from "../render/text.ts";
import { windowText } from "../render/window.ts";
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

/** Alerts shown of a group, fields and marks shown of an alert, and characters of a value. */
const ALERTS = 8, FIELDS = 12, MARKS = 6, VALUE = 300, TEXT = 1000, TITLE = 300;

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
    alerts: shown.map((alert) =>
      alertMessage(alert, notification.edits?.filter((e) => e.alert === alert.id) ?? [])
    ),
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

const VERDICTS: Readonly<Record<string, string>> = {
  true_positive: "True positive",
  false_positive: "False positive",
  benign: "Benign",
  none: "taken back",
};

/** What an edit is called: its change of status, else what else was said. */
function editTitle({ from, to, verdict, assignee }: AlertEditTold): string {
  if (from !== to) return to === "open" ? "Reopened" : to[0].toUpperCase() + to.slice(1);
  if (verdict !== null) return verdict === "none" ? "Verdict taken back" : VERDICTS[verdict];
  return assignee === null ? "Comment" : "Assigned";
}

/** What a person said of an alert, as facts. */
function editFacts({ who, from, to, verdict, assignee, comment }: AlertEditTold): Fact[] {
  return [
    { name: "By", value: cut(who, VALUE) },
    ...from === to ? [] : [{ name: "Status", value: to }],
    ...verdict === null ? [] : [{ name: "Verdict", value: VERDICTS[verdict] ?? verdict }],
    ...assignee === null ? [] : [{ name: "Assigned to", value: cut(assignee, VALUE) || "nobody" }],
    ...comment ? [{ name: "Comment", value: cut(comment, TEXT) }] : [],
  ];
}

/** One line that says what it is about. */
function titleOf({ event, alerts, health, more, edits = [] }: Notification): string {
  if (alerts.length === 0) {
    return `${EVENT[event]}Health of the agent: ${health?.kind ?? "a message"}`;
  }
  if (alerts.length + more === 1) {
    const [edit] = edits;
    const what = edit === undefined ? EVENT[event] : `${editTitle(edit)} by ${edit.who}: `;
    return what + heading(alerts[0]);
  }
  const severity = Math.max(...alerts.map((a) => ORDER.indexOf(a.severity)));
  const gravest = alerts.find((a) => a.severity === ORDER[severity])!;
  const rules = new Set(alerts.map((a) => a.rule)).size - 1;
  const others = rules > 0 ? ` and ${count(rules, "other rule")}` : "";
  return `${EVENT[event]}${count(alerts.length + more, "alert")}: ${heading(gravest)}${others}`;
}

const heading = (alert: Alert) => `${severityName(alert.severity)} ${alert.title || alert.rule}`;

export const severityName = (severity: Severity) =>
  severity === "informational" ? "INFO" : severity.toUpperCase();

function alertMessage(alert: Alert, edits: readonly AlertEditTold[]): AlertMessage {
  return {
    heading: cut(heading(alert), TITLE),
    severity: alert.severity,
    text: cut(alert.message, TEXT),
    facts: [...edits.flatMap(editFacts), ...factsOf(alert)],
  };
}

function factsOf(alert: Alert): Fact[] {
  const time = alert.last > alert.first
    ? `${timeText(alert.first)}, over ${elapsedText(alert.last - alert.first)}`
    : timeText(alert.time);
  const held = alert.suppressed ? `, ${count(alert.suppressed)} held back` : "";
  const fields = { ...alert.entity, ...alert.fields };
  const shown = Object.entries(fields).filter(([, value]) => !emptyValue(value))
    .slice(0, FIELDS).map(([name, value]) => ({
      name: cut(name, 100),
      value: cut(valueText(value), VALUE),
    }));
  const entities = Object.keys(alert.entity).length;
  const { description, cve, risk, also } = alert.metadata;
  const counted = windowText(alert), added = riskText(risk, alert.context);
  // What receivers that show a few facts must not lose stands before the event's other fields.
  return [
    { name: "Rule", value: cut(alert.rule, VALUE) },
    { name: "Time", value: time },
    ...counted === null ? [] : [{ name: "Window", value: counted }],
    { name: "Events", value: count(alert.count) + held },
    ...shown.slice(0, entities),
    ...also?.map((a) => ({ name: "Also", value: cut(`${a.title}: ${a.message}`, VALUE) })) ?? [],
    ...contextFacts(alert.context).slice(0, MARKS)
      .map(({ name, value }) => ({ name, value: cut(value, VALUE) })),
    ...alert.mitre.map(({ id, name }) => ({
      name: "ATT&CK",
      value: name === id ? id : `${id} ${name}`,
      link: techniqueUrl(id),
    })),
    ...cve?.length ? [{ name: "CVE", value: cut(cve.join(", "), VALUE) }] : [],
    ...added === null ? [] : [{ name: "Risk", value: cut(added, VALUE) }],
    ...description ? [{ name: "About", value: cut(description, TEXT) }] : [],
    ...shown.slice(entities),
  ];
}

/** Nothing that could be shown: a fact without a value is a hole in a message. */
const emptyValue = (value: Value) =>
  value === undefined || value === "" || (Array.isArray(value) && value.length === 0);

/** A value as one text, numbers rounded. */
export function valueText(value: Value): string {
  if (typeof value === "number") return numberText(value);
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
      ...alert.facts.map(({ name, value, link }) =>
        `  ${plainText(name)}: ${plainText(value)}${link ? ` ${link}` : ""}`
      ),
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
