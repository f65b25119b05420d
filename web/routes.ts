/** What the API has, as data: the server and the OpenAPI document are both made from it. */
import { SEVERITIES } from "../compiler/ir.ts";
import { FIELD_TYPES } from "../compiler/schema/cim.ts";
import type { Store, StoredAlert, StoredEvent } from "../agent/store/mod.ts";
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
  readonly now: number;
}

export interface Route<P extends Params = Params> {
  readonly path: string;
  readonly summary: string;
  readonly params: P;
  /** Name of the answer's schema in the OpenAPI document. */
  readonly answers: string;
  handle(context: Context<P>): Promise<unknown>;
}

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
  status: oneOf("Status", ["open", "acknowledged", "closed"] as const),
  entity: text("Value of any field of the entity", "203.0.113.9"),
  src: text("Value of src in the entity or the alert's fields"),
  user: text("Value of user in the entity or the alert's fields"),
  dest: text("Value of dest in the entity or the alert's fields"),
};

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
      const notes = await store.health(20);
      return {
        status: "ok",
        store: store.kind,
        notes: notes.map((n) => ({ ...n, time: iso(n.time) })),
      };
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
