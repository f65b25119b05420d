/** What the API has, as data: the server and the OpenAPI document are both made from it. */
import { SEVERITIES } from "../compiler/ir.ts";
import { FIELD_TYPES } from "../compiler/schema/cim.ts";
import type {
  StatusChange,
  Store,
  StoredAlert,
  StoredEvent,
  StoredHealth,
  StoredIncident,
} from "../agent/store/mod.ts";
import {
  ApiError,
  cursor,
  flag,
  integer,
  levels,
  oneOf,
  type Params,
  text,
  time,
  type ValuesOf,
  writeCursor,
} from "./params.ts";

export interface Context<P extends Params> {
  readonly store: Store;
  readonly query: ValuesOf<P>;
  /** The id of a path that has one, checked. */
  readonly id: string;
  /** The request's JSON, when the route takes one. */
  readonly body: unknown;
  readonly now: number;
}

export interface Route<P extends Params = Params> {
  /** GET unless told. */
  readonly method?: "patch";
  readonly path: string;
  readonly summary: string;
  readonly params: P;
  /** Name of the answer's schema in the OpenAPI document. */
  readonly answers: string;
  /** Name of the schema of the JSON that it takes. */
  readonly body?: string;
  handle(context: Context<P>): Promise<unknown>;
}

const STATUSES = ["open", "acknowledged", "closed"] as const;
/** Longest comment and name, in characters. */
export const MAX_COMMENT = 4096, MAX_WHO = 200;

const range = {
  from: time("Earliest time, included"),
  to: time("Latest time, left out"),
};
const paging = {
  limit: integer("Rows in a page; 100 when left out", 1, 1000),
  cursor: cursor(),
};
/** Parameters whose names are not those of event fields, or that read in their own way. */
const eventParams = {
  ...range,
  ...paging,
  src: text("Where it came from: a host name, an address or a network", "203.0.113.0/24"),
  dest: text("Where it went: a host name, an address or a network"),
  dest_port: integer("Port that it went to", 0, 65535),
  user: text("Account, as it is written in the event", "root"),
  action: text("What was done or how it ended", "failure"),
  app: text("Program or protocol", "sshd"),
  status: text("Status, such as an HTTP status", "404"),
  url: text("URL, whole"),
  http_method: text("HTTP method", "GET"),
  severity: text("Severity that the event itself carries"),
  signature: text("Name of the event in its vendor's words"),
  host: text("Host that logged it"),
  source: text("Input that it was read from"),
  sourcetype: text("Sourcetype", "linux_secure"),
  dataset: text("CIM dataset", "Authentication"),
  parse_error: flag("Only lines that no pattern matches, or only the others"),
  q: text("Text anywhere in the raw line, whatever its case", "failed password"),
};
const alertParams = {
  ...range,
  ...paging,
  rule: text("Name of the rule", "ssh_brute_force"),
  severity: levels(
    `Severities: some of ${SEVERITIES.join(", ")}, with commas; ">=high" for that and above`,
    SEVERITIES,
  ),
  status: oneOf("Status", STATUSES),
  entity: text("Value of any field of the entity", "203.0.113.9"),
  src: text("Value of src in the entity or the alert's fields"),
  user: text("Value of user in the entity or the alert's fields"),
  dest: text("Value of dest in the entity or the alert's fields"),
};

const incidentParams = {
  ...range,
  ...paging,
  entity: text("Value of the entity, whatever its case", "203.0.113.9"),
  severity: levels(
    `Severities: some of ${SEVERITIES.join(", ")}, with commas; ">=high" for that and above`,
    SEVERITIES,
  ),
  status: oneOf(
    "Status: open while one of its alerts is, else acknowledged while one is",
    STATUSES,
  ),
};
const healthParams = {
  ...range,
  ...paging,
  kind: text("Kind of event", "gap"),
  subject: text("The rule or input that it is about", "stdin"),
};
/** Alerts in the answer for one incident. */
const TIMELINE = 1000;

function route<P extends Params>(r: Route<P>): Route {
  return r as unknown as Route;
}

export const ROUTES: readonly Route[] = [
  route({
    path: "/health",
    summary: "Whether the API and its store answer",
    params: {},
    answers: "Health",
    async handle({ store }) {
      const { items } = await store.health({ limit: 20 });
      return { status: "ok", store: store.kind, notes: items.map(healthJson) };
    },
  }),
  route({
    path: "/health-events",
    summary: "What the operator should know, newest first: gaps, evicted state, changed plans",
    params: healthParams,
    answers: "HealthPage",
    async handle({ store, query }) {
      ordered(query.from, query.to);
      const page = await store.health({ limit: 100, ...query });
      return { events: page.items.map(healthJson), next: writeCursor(page.next) };
    },
  }),
  route({
    path: "/events",
    summary: "Events, newest first",
    params: eventParams,
    answers: "EventPage",
    async handle({ store, query }) {
      const { from, to, limit = 100, cursor, host, source, sourcetype, dataset, q, ...rest } =
        query;
      ordered(from, to);
      const { parse_error, ...named } = rest;
      const fields: Record<string, string> = {};
      for (const [name, value] of Object.entries(named)) fields[name] = String(value);
      const page = await store.events({
        from,
        to,
        limit,
        cursor,
        host,
        source,
        sourcetype,
        dataset,
        parseError: parse_error,
        text: q,
        fields,
      });
      return { events: page.items.map(eventJson), next: writeCursor(page.next) };
    },
  }),
  route({
    path: "/events/:id",
    summary: "One event, with the alerts that name it",
    params: {},
    answers: "EventWithAlerts",
    async handle({ store, id }) {
      const event = await store.event(id);
      if (!event) throw missing("event", id);
      const alerts = await store.alertsOfEvent(id);
      return { event: eventJson(event), alerts: alerts.map(alertJson) };
    },
  }),
  route({
    path: "/alerts",
    summary: "Alerts, newest first",
    params: alertParams,
    answers: "AlertPage",
    async handle({ store, query }) {
      const { from, to, limit = 100, cursor, rule, severity, status, entity, ...rest } = query;
      ordered(from, to);
      const fields: Record<string, string> = {};
      for (const [name, value] of Object.entries(rest)) {
        if (value !== undefined) fields[name] = value;
      }
      const page = await store.alerts({
        from,
        to,
        limit,
        cursor,
        rule,
        severities: severity,
        status,
        entity,
        fields,
      });
      return { alerts: page.items.map(alertJson), next: writeCursor(page.next) };
    },
  }),
  route({
    path: "/alerts/:id",
    summary: "One alert, with its events",
    params: {},
    answers: "AlertWithEvents",
    async handle({ store, id }) {
      const alert = await store.alert(id);
      if (!alert) throw missing("alert", id);
      const events = await store.eventsById(alert.eventIds);
      return { alert: alertJson(alert), events: events.map(eventJson) };
    },
  }),
  route({
    method: "patch",
    path: "/alerts/:id",
    summary: "Gives an alert a status: what a person says of it stays",
    params: {},
    answers: "AlertAnswer",
    body: "StatusChange",
    async handle({ store, id, body }) {
      const alert = await store.setAlertStatus(id, readStatusChange(body));
      if (!alert) throw missing("alert", id);
      return { alert: alertJson(alert) };
    },
  }),
  route({
    path: "/incidents",
    summary: "Alerts of several rules about one entity; those that began last first",
    params: incidentParams,
    answers: "IncidentPage",
    async handle({ store, query }) {
      const { severity, ...rest } = query;
      ordered(query.from, query.to);
      const page = await store.incidents({ limit: 100, ...rest, severities: severity });
      return { incidents: page.items.map(incidentJson), next: writeCursor(page.next) };
    },
  }),
  route({
    path: "/incidents/:id",
    summary: `One incident, with its alerts in order of time, the first ${TIMELINE} of them`,
    params: {},
    answers: "IncidentWithTimeline",
    async handle({ store, id }) {
      const incident = await store.incident(id);
      if (!incident) throw missing("incident", id);
      const timeline = await store.timeline(id, TIMELINE);
      return { incident: incidentJson(incident), timeline: timeline.map(alertJson) };
    },
  }),
  route({
    path: "/stats",
    summary: "Counts of events and alerts; events are counted by whole hours",
    params: range,
    answers: "Stats",
    async handle({ store, query }) {
      ordered(query.from, query.to);
      const s = await store.stats(query);
      return {
        ...s,
        first: s.first === null ? null : iso(s.first),
        last: s.last === null ? null : iso(s.last),
      };
    },
  }),
];

function ordered(from: number | undefined, to: number | undefined): void {
  if (from !== undefined && to !== undefined && from > to) {
    throw new ApiError(400, "invalid_range", '"from" is after "to"; exchange them', "from");
  }
}

function missing(what: string, id: string): ApiError {
  return new ApiError(404, "not_found", `There is no ${what} "${id}"`, "id");
}

function iso(ms: number): string {
  return new Date(ms).toISOString().replace(".000Z", "Z");
}

/** An event as `parse` prints it, with its id as `_id`, since vendors have an `id`: one flat object. */
export function eventJson(e: StoredEvent): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  // No field of a log line may stand in for what the agent says about the event.
  for (const [name, value] of Object.entries(e.fields)) {
    if (!RESERVED.has(name)) fields[name] = value;
  }
  return {
    _id: e.id,
    _time: iso(e.time),
    _ingested: iso(e.ingested),
    _raw: e.raw,
    ...(e.host === null ? {} : { host: e.host }),
    source: e.source,
    sourcetype: e.sourcetype,
    datasets: e.datasets,
    ...fields,
    ...(e.parseError === null ? {} : { parse_error: true, parse_error_reason: e.parseError }),
  };
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

/** An alert as `agent` prints it, with what people did to it. */
export function alertJson(a: StoredAlert): Record<string, unknown> {
  return {
    id: a.id,
    time: iso(a.time),
    rule: a.rule,
    title: a.title,
    severity: a.severity,
    status: a.status,
    entity: a.entity,
    first: iso(a.first),
    last: iso(a.last),
    count: a.count,
    suppressed: a.suppressed,
    fields: a.fields,
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
export function incidentJson(i: StoredIncident): Record<string, unknown> {
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

function healthJson(h: StoredHealth): Record<string, unknown> {
  return { ...h, time: iso(h.time) };
}

/** `{ status, comment?, who? }`; anything else is refused. */
function readStatusChange(body: unknown): StatusChange {
  const wrong = (field: string, expected: string) =>
    new ApiError(400, "invalid_body", `"${field}" has to be ${expected}`, field);
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new ApiError(400, "invalid_body", 'Send a JSON object such as {"status":"closed"}');
  }
  const { status, comment = null, who = "api", ...more } = body as Record<string, unknown>;
  for (const name of Object.keys(more)) {
    throw new ApiError(
      400,
      "unknown_parameter",
      `The body has no "${name.slice(0, 100)}"; it takes status, comment and who`,
      name.slice(0, 100),
    );
  }
  const known = STATUSES.find((s) => s === status);
  if (!known) throw wrong("status", `one of ${STATUSES.join(", ")}`);
  const fits = (value: unknown, max: number): value is string =>
    typeof value === "string" && value.length > 0 && value.length <= max && !value.includes("\0") &&
    value.isWellFormed();
  if (comment !== null && !fits(comment, MAX_COMMENT)) {
    throw wrong("comment", `text of 1 to ${MAX_COMMENT} characters`);
  }
  if (!fits(who, MAX_WHO)) throw wrong("who", `text of 1 to ${MAX_WHO} characters`);
  return { status: known, comment, who };
}

/** JSON Schema of an event field by its CIM type. */
export function fieldSchema(name: string): Record<string, unknown> {
  switch (FIELD_TYPES.get(name)) {
    case "int":
    case "float":
    case "bytes":
    case "duration":
      return { type: "number" };
    case "bool":
      return { type: "boolean" };
    default:
      return { type: "string" };
  }
}
