/** Stored things as the API's JSON. */
import type {
  StoredAlert,
  StoredEvent,
  StoredHealth,
  StoredIncident,
  StoredJob,
  StoredSilence,
} from "../../../agent/store/mod.ts";
import { alertObject } from "../../../agent/outputs/render/alert.ts";
import { rfc3339 } from "../../../agent/outputs/render/text.ts";
import { visibleJson } from "../../../grammar/visible.ts";
import type { Alert, Event, HealthEvent, Incident, Job } from "./mod.ts";

export function jsonResponse(value: unknown, status = 200, headers: HeadersInit = {}): Response {
  const all = new Headers(headers);
  all.set("Content-Type", "application/json");
  return new Response(visibleJson(value), { status, headers: all });
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
    ["_time", rfc3339(e.time)],
    ["_ingested", rfc3339(e.ingested)],
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
/** @param silence the one that holds for it now */
export function alertJson(a: StoredAlert, silence: StoredSilence | null = null): Alert {
  return {
    ...alertObject(a),
    plan_hash: a.planHash,
    updated: rfc3339(a.updated),
    ...(a.statusBy === null ? {} : {
      status_by: a.statusBy,
      status_at: a.statusAt === null ? null : rfc3339(a.statusAt),
      comment: a.comment,
    }),
    ...(a.verdict === null ? {} : {
      verdict: a.verdict,
      verdict_by: a.verdictBy ?? "",
      verdict_at: rfc3339(a.verdictAt ?? a.updated),
    }),
    ...(a.assignee === null ? {} : { assignee: a.assignee }),
    ...(silence === null ? {} : {
      silenced: {
        id: silence.id,
        ends: rfc3339(silence.ends),
        reason: silence.reason,
        who: silence.who,
      },
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
    first: rfc3339(i.first),
    last: rfc3339(i.last),
    rules: i.rules,
    tactics: i.tactics,
    techniques: i.techniques,
    alerts: i.alerts,
    headline: i.headline,
    updated: rfc3339(i.updated),
  };
}

export function healthJson(h: StoredHealth): HealthEvent {
  return {
    id: h.id,
    time: rfc3339(h.time),
    kind: h.kind,
    subject: h.subject,
    message: h.message,
    detail: h.detail,
  };
}

/** ms without a line after which nothing of the rate of an input that goes on is left. */
const STILL = 60_000;

/** Lines per second; 0 for what goes on and brings nothing. @param now epoch ms */
export const rateOf = ({ state, updated, rate }: StoredJob, now: number): number =>
  state === "running" && now - updated > STILL ? 0 : rate;

/** @param now epoch ms */
export function jobJson(j: StoredJob, now: number): Job {
  return {
    id: j.id,
    run: j.run,
    source: j.source,
    sourcetype: j.sourcetype,
    state: j.state,
    lines: j.lines,
    events: j.events,
    parse_errors: j.parseErrors,
    understood: j.understood,
    unread: j.unread.map(({ sourcetype, shape, lines }) => ({ sourcetype, shape, lines })),
    rate: rateOf(j, now),
    lag: j.lag,
    error: j.error,
    started: rfc3339(j.started),
    updated: rfc3339(j.updated),
  };
}

/** Those of the event's fields that are asked for, and its id. */
export function chosen(event: Event, names: readonly string[]): Event {
  return Object.fromEntries(
    ["_id", ...names].filter((n) => Object.hasOwn(event, n)).map((n) => [n, event[n]]),
  ) as Event;
}
