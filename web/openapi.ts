/** The OpenAPI 3.1 document, from the routes that the server runs. */
import { SEVERITIES } from "../compiler/ir.ts";
import { FIELD_TYPES } from "../compiler/schema/cim.ts";
import { fieldSchema, MAX_COMMENT, MAX_WHO, type Route } from "./routes.ts";

type Schema = Record<string, unknown>;

const string: Schema = { type: "string" };
const number: Schema = { type: "number" };
const count: Schema = { type: "integer", minimum: 0 };
const moment: Schema = { type: "string", format: "date-time" };
const id: Schema = { type: "string", pattern: "^[0-9a-f]{32}$" };
const next: Schema = { type: ["string", "null"], description: "Cursor of the next page" };
const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
const list = (items: Schema): Schema => ({ type: "array", items });
const object = (properties: Record<string, Schema>, optional: readonly string[] = []): Schema => ({
  type: "object",
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
});

/** Fields of an event that the document names; further vendor fields may be there. */
const NAMED = [...FIELD_TYPES.keys()].sort();

function schemas(): Record<string, Schema> {
  const fields = Object.fromEntries(NAMED.map((name) => [name, fieldSchema(name)]));
  const base = {
    _id: id,
    _time: moment,
    _ingested: moment,
    _raw: string,
    host: string,
    source: string,
    sourcetype: string,
    datasets: list(string),
    parse_error: { type: "boolean" },
    parse_error_reason: string,
  };
  const severity = { type: "string", enum: SEVERITIES };
  const status = { type: "string", enum: ["open", "acknowledged", "closed"] };
  return {
    Error: object({
      error: object({ code: string, message: string, field: string }, ["field"]),
    }),
    Health: object({
      status: { const: "ok" },
      store: { enum: ["pglite", "postgresql"] },
      notes: list(ref("HealthEvent")),
    }),
    HealthEvent: object({
      id,
      time: moment,
      kind: string,
      subject: string,
      message: string,
      detail: { type: "object" },
    }),
    HealthPage: object({ events: list(ref("HealthEvent")), next }),
    Event: {
      ...object(
        { ...fields, ...base },
        [
          ...NAMED,
          "host",
          "parse_error",
          "parse_error_reason",
        ].filter((name) => !["source", "sourcetype"].includes(name)),
      ),
      additionalProperties: true,
    },
    Alert: object({
      id,
      time: moment,
      rule: string,
      title: string,
      severity,
      status,
      entity: { type: "object" },
      first: moment,
      last: moment,
      count,
      suppressed: count,
      fields: { type: "object" },
      mitre: list(object({ id: string, name: string, tactics: list(string) })),
      message: string,
      event_ids: list(id),
      plan_hash: string,
      updated: moment,
      status_by: string,
      status_at: { type: ["string", "null"], format: "date-time" },
      comment: { type: ["string", "null"] },
    }, ["status_by", "status_at", "comment"]),
    StatusChange: {
      ...object({
        status,
        comment: { type: ["string", "null"], minLength: 1, maxLength: MAX_COMMENT },
        who: { type: "string", minLength: 1, maxLength: MAX_WHO },
      }, ["comment", "who"]),
      additionalProperties: false,
    },
    AlertAnswer: object({ alert: ref("Alert") }),
    Incident: object({
      id,
      entity: { type: "object", additionalProperties: string },
      severity,
      status,
      first: moment,
      last: moment,
      rules: list(string),
      tactics: list(string),
      techniques: list(string),
      alerts: count,
      updated: moment,
    }),
    IncidentPage: object({ incidents: list(ref("Incident")), next }),
    IncidentWithTimeline: object({ incident: ref("Incident"), timeline: list(ref("Alert")) }),
    EventPage: object({ events: list(ref("Event")), next }),
    AlertPage: object({ alerts: list(ref("Alert")), next }),
    EventWithAlerts: object({ event: ref("Event"), alerts: list(ref("Alert")) }),
    AlertWithEvents: object({ alert: ref("Alert"), events: list(ref("Event")) }),
    Stats: object({
      events: count,
      parseErrors: count,
      alerts: count,
      first: { type: ["string", "null"], format: "date-time" },
      last: { type: ["string", "null"], format: "date-time" },
      sourcetypes: list(object({ sourcetype: string, events: count, parseErrors: count })),
      alertsBySeverity: { type: "object", additionalProperties: number },
      alertsByStatus: { type: "object", additionalProperties: number },
      alertsByRule: list(object({ rule: string, alerts: count })),
    }),
  };
}

/** @param version of the program */
export function openApi(routes: readonly Route[], version: string): Schema {
  const content = (schema: Schema) => ({ "application/json": { schema } });
  const failure = (description: string) => ({ description, content: content(ref("Error")) });
  const paths: Record<string, Schema> = {};
  for (const route of routes) {
    const hasId = route.path.includes(":id");
    const path = route.path.replace(":id", "{id}");
    paths[path] = {
      ...paths[path],
      [route.method ?? "get"]: {
        summary: route.summary,
        parameters: [
          ...(hasId ? [{ name: "id", in: "path", required: true, schema: id }] : []),
          ...Object.entries(route.params).map(([name, p]) => ({
            name,
            in: "query",
            required: false,
            description: p.description,
            schema: p.schema,
            ...(p.example === undefined ? {} : { example: p.example }),
          })),
        ],
        ...(route.body
          ? { requestBody: { required: true, content: content(ref(route.body)) } }
          : {}),
        responses: {
          200: { description: route.summary, content: content(ref(route.answers)) },
          400: failure("The request does not read"),
          ...(hasId ? { 404: failure("There is none with this id") } : {}),
          503: failure("The store does not answer"),
        },
      },
    };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Picket",
      version,
      description: "What the agent stored: events, alerts and their counts",
      license: { name: "MIT", identifier: "MIT" },
    },
    paths,
    components: { schemas: schemas() },
  };
}
