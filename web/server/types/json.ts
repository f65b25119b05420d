/** Stored things as the API's JSON. */
import type {
  StoredAlert,
  StoredEvent,
  StoredHealth,
  StoredIncident,
  StoredJob,
} from "../../../agent/store/mod.ts";
import type { Alert, Event, HealthEvent, Incident, Job } from "./mod.ts";

/** RFC 3339 in UTC, without milliseconds where there are none. */
export function iso(ms: number): string {
  return new Date(ms).toISOString().replace(".000Z", "Z");
}

/** Characters that act on a terminal or turn the reading around, and that JSON lets stand. */
const ACTING = /[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

const escaped = (c: string) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** Text in which nothing acts; tabs and line ends stay. */
export function inert(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f]/g, escaped).replace(ACTING, escaped);
}

/** JSON in which no text of a log acts on whoever looks at it raw. */
export function toJson(value: unknown): string {
  return JSON.stringify(value).replace(ACTING, escaped);
}

export function jsonResponse(value: unknown, status = 200, headers: HeadersInit = {}): Response {
  const all = new Headers(headers);
  all.set("Content-Type", "application/json");
  return new Response(toJson(value), { status, headers: all });
}

const RESERVED = new Set([
  "_id",
  "_time",
  "_ingested",
  "_raw",
  "host",
  "source",
  "sourcetype",
  "datasets",
  "parse_error",
  "parse_error_reason",
]);

/** An event as `parse` prints it, with its id as `_id`, since vendors have an `id`: one flat object. */
export function eventJson(e: StoredEvent): Event {
  return Object.fromEntries([
    ["_id", e.id],
    ["_time", iso(e.time)],
    ["_ingested", iso(e.ingested)],
    ["_raw", e.raw],
    ...(e.host === null ? [] : [["host", e.host]]),
    ["source", e.source],
    ["sourcetype", e.sourcetype],
    ["datasets", e.datasets],
    // No field of a log line may stand in for what the agent says about the event.
    ...Object.entries(e.fields).filter(([name]) => !RESERVED.has(name)),
    ...(e.parseError === null ? [] : [["parse_error", true], ["parse_error_reason", e.parseError]]),
  ]);
}

/** An alert as `agent` prints it, with what people did to it. */
export function alertJson(a: StoredAlert): Alert {
  return {
    id: a.id,
    time: iso(a.time),
    rule: a.rule,
    title: a.title,
    severity: a.severity,
    status: a.status,
    entity: a.entity as Alert["entity"],
    first: iso(a.first),
    last: iso(a.last),
    count: a.count,
    suppressed: a.suppressed,
    fields: a.fields as Alert["fields"],
    mitre: a.mitre,
    message: a.message,
    event_ids: a.eventIds,
    plan_hash: a.planHash,
    updated: iso(a.updated),
    ...(a.statusBy === null ? {} : {
      status_by: a.statusBy,
      status_at: a.statusAt === null ? null : iso(a.statusAt),
      comment: a.comment,
    }),
  };
}

/** An incident; its entity as an object of one field, as in alerts. */
export function incidentJson(i: StoredIncident): Incident {
  return {
    id: i.id,
    entity: { [i.entity.field]: i.entity.value },
    severity: i.severity,
    status: i.status,
    first: iso(i.first),
    last: iso(i.last),
    rules: i.rules,
    tactics: i.tactics,
    techniques: i.techniques,
    alerts: i.alerts,
    updated: iso(i.updated),
  };
}

export function healthJson(h: StoredHealth): HealthEvent {
  return {
    id: h.id,
    time: iso(h.time),
    kind: h.kind,
    subject: h.subject,
    message: h.message,
    detail: h.detail,
  };
}

export function jobJson(j: StoredJob): Job {
  return {
    id: j.id,
    run: j.run,
    source: j.source,
    sourcetype: j.sourcetype,
    state: j.state,
    lines: j.lines,
    events: j.events,
    parse_errors: j.parseErrors,
    rate: j.rate,
    error: j.error,
    started: iso(j.started),
    updated: iso(j.updated),
  };
}

/** Those of the event's fields that are asked for, and its id. */
export function chosen(event: Event, names: readonly string[]): Event {
  return Object.fromEntries(
    ["_id", ...names].filter((n) => Object.hasOwn(event, n)).map((n) => [n, event[n]]),
  ) as Event;
}
