/** Alerts as text for a terminal and as JSON lines for programs. */
import type { AlertContext } from "../../context.ts";
import type { Alert, AlertChange } from "../../event.ts";
import type { Severity } from "../../../compiler/ir/program.ts";
import type { Value } from "../../../compiler/schema/types.ts";
import { visible, visibleJson } from "../../../grammar/visible.ts";
import type { AlsoFound, RuleWindow } from "../../../compiler/ir/metadata.ts";
import { techniqueUrl } from "../../../compiler/schema/attack/mod.ts";
import { count, elapsedText, rfc3339, timeText } from "./text.ts";
import { alertWindow } from "./window.ts";

export const COLOR: Record<Severity, string> = {
  informational: "\x1b[36m",
  low: "\x1b[32m",
  medium: "\x1b[33m",
  high: "\x1b[31m",
  critical: "\x1b[1;97;41m",
};

/** `2026-03-29 00:02:15Z  HIGH      ssh_brute_force  message  (T1110.001, 5 events)` */
export function alertLine(
  change: AlertChange,
  options: { color: boolean; updates: boolean },
): string {
  const { alert } = change;
  const severity = alert.severity === "informational" ? "INFO" : alert.severity.toUpperCase();
  const padded = severity.padEnd(8);
  const notes = [
    ...alert.mitre.map((m) => m.id),
    ...alert.metadata.cve ?? [],
    count(alert.count, "event"),
  ];
  if (alert.last > alert.first) notes.push(`over ${elapsedText(alert.last - alert.first)}`);
  if (alert.metadata.also) notes.push(`also: ${visible(alsoTitles(alert.metadata.also))}`);
  if (alert.suppressed) notes.push(`${count(alert.suppressed)} held back`);
  const text = [
    timeText(alert.time),
    options.color
      ? `${COLOR[alert.severity]}${severity}\x1b[0m${padded.slice(severity.length)}`
      : padded,
    ...(options.updates ? [change.change.padEnd(6)] : []),
    alert.rule,
    visible(alert.message),
    options.color ? `\x1b[2m(${notes.join(", ")})\x1b[0m` : `(${notes.join(", ")})`,
  ].join("  ");
  return text + "\n";
}

/** What other rules called the same, in a word each. */
export const alsoTitles = (also: readonly AlsoFound[]): string =>
  also.map((found) => found.title).join(", ");

type Present = Exclude<Value, undefined>;

/** An alert as JSON: what `--format ndjson` prints and the API and the report give, in this order. */
export interface AlertJson {
  readonly time: string;
  readonly rule: string;
  readonly title: string;
  readonly severity: Severity;
  readonly status: Alert["status"];
  readonly entity: Record<string, Present>;
  readonly first: string;
  readonly last: string;
  readonly count: number;
  readonly fields: Record<string, Present>;
  readonly mitre: readonly (Alert["mitre"][number] & { readonly url: string })[];
  readonly window: AlertWindowJson | null;
  /** What it adds to the risk of its entities. */
  readonly risk: number;
  readonly metadata: Omit<Alert["metadata"], "window" | "risk" | "also">;
  /** What other rules of its throttle's group found of the same; left out where none did. */
  readonly also?: readonly AlsoFound[];
  readonly context?: AlertContext;
  readonly message: string;
  readonly suppressed: number;
  readonly event_ids: Alert["eventIds"];
  readonly id: string;
}

/** The window that an alert's numbers were counted over. */
export interface AlertWindowJson {
  readonly kind: RuleWindow["kind"];
  readonly from: string;
  readonly to: string;
  /** Length of the rule's window: a session's or a sequence's own is `from` to `to`. */
  readonly seconds: number;
}

function windowObject(alert: Alert): AlertWindowJson | null {
  const window = alertWindow(alert);
  return window && {
    kind: window.kind,
    from: rfc3339(window.from),
    to: rfc3339(window.to),
    seconds: window.ms / 1000,
  };
}

/** Times as RFC 3339; fields without a value are left out. */
export function alertObject(alert: Alert): AlertJson {
  const { window: _, risk = 0, also, ...metadata } = alert.metadata;
  return {
    time: rfc3339(alert.time),
    rule: alert.rule,
    title: alert.title,
    severity: alert.severity,
    status: alert.status,
    entity: present(alert.entity),
    first: rfc3339(alert.first),
    last: rfc3339(alert.last),
    count: alert.count,
    fields: present(alert.fields),
    mitre: alert.mitre.map((m) => ({ ...m, url: techniqueUrl(m.id) })),
    window: windowObject(alert),
    risk,
    metadata,
    ...(also === undefined ? {} : { also }),
    ...(alert.context === undefined ? {} : { context: alert.context }),
    message: alert.message,
    suppressed: alert.suppressed,
    event_ids: alert.eventIds,
    id: alert.id,
  };
}

function present(fields: Readonly<Record<string, Value>>): Record<string, Present> {
  return Object.fromEntries(
    Object.entries(fields).filter((field): field is [string, Present] => field[1] !== undefined),
  );
}

/** One JSON object a line; with `updates` it says which change it is. */
export function alertJson(change: AlertChange, updates: boolean): string {
  const object = alertObject(change.alert);
  return visibleJson(updates ? { change: change.change, ...object } : object) + "\n";
}
