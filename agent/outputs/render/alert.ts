/** Alerts as text for a terminal and as JSON lines for programs. */
import type { Alert, AlertChange } from "../../event.ts";
import type { Severity } from "../../../compiler/ir/program.ts";
import type { Value } from "../../../compiler/schema/types.ts";

export const COLOR: Record<Severity, string> = {
  informational: "\x1b[36m",
  low: "\x1b[32m",
  medium: "\x1b[33m",
  high: "\x1b[31m",
  critical: "\x1b[1;97;41m",
};

/**
 * Text from logs, harmless on a terminal: control characters (escape sequences too), line breaks and
 * characters that reorder text are written as `\xNN` and `\u{NNNN}`.
 */
export function inert(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, (c) => {
    const n = c.charCodeAt(0);
    return n < 256 ? `\\x${n.toString(16).padStart(2, "0")}` : `\\u{${n.toString(16)}}`;
  });
}

/** RFC 3339 in UTC; whole seconds are written without a fraction. */
export function rfc3339(ms: number): string {
  const text = new Date(ms).toISOString();
  return ms % 1000 === 0 ? text.slice(0, 19) + "Z" : text;
}

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
    `${alert.count} ${alert.count === 1 ? "event" : "events"}`,
  ];
  if (alert.last > alert.first) notes.push(`over ${span(alert.last - alert.first)}`);
  if (alert.suppressed) notes.push(`${alert.suppressed} held back`);
  const text = [
    rfc3339(alert.time).replace("T", " "),
    options.color
      ? `${COLOR[alert.severity]}${severity}\x1b[0m${padded.slice(severity.length)}`
      : padded,
    ...(options.updates ? [change.change.padEnd(6)] : []),
    alert.rule,
    inert(alert.message),
    options.color ? `\x1b[2m(${notes.join(", ")})\x1b[0m` : `(${notes.join(", ")})`,
  ].join("  ");
  return text + "\n";
}

/** A length of time as people write it: `45 s`, `12 min`, `3 h 20 min`, `2 d 4 h`. */
export function span(ms: number): string {
  const s = Math.round(ms / 1000);
  if (s < 1) return `${ms} ms`;
  if (s < 120) return `${s} s`;
  const min = Math.round(s / 60);
  if (min < 120) return `${min} min`;
  const h = Math.floor(min / 60);
  if (h < 48) return min % 60 ? `${h} h ${min % 60} min` : `${h} h`;
  return h % 24 ? `${Math.floor(h / 24)} d ${h % 24} h` : `${Math.floor(h / 24)} d`;
}

/** The object that `--format ndjson` prints, in the order of the documentation. */
export function alertObject(alert: Alert): Record<string, unknown> {
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
    mitre: alert.mitre,
    message: alert.message,
    suppressed: alert.suppressed,
    event_ids: alert.eventIds,
    id: alert.id,
  };
}

function present(fields: Readonly<Record<string, Value>>): Record<string, Value> {
  return Object.fromEntries(Object.entries(fields).filter(([, v]) => v !== undefined));
}

/** One JSON object a line; with `updates` it says which change it is. */
export function alertJson(change: AlertChange, updates: boolean): string {
  const object = alertObject(change.alert);
  return JSON.stringify(updates ? { change: change.change, ...object } : object) + "\n";
}
