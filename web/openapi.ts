/** The OpenAPI 3.1 document, from the routes that the server runs. */
import { SEVERITIES } from "../compiler/ir.ts";
import { FIELD_TYPES } from "../compiler/schema/cim.ts";
import { fieldSchema, type Route } from "./routes.ts";

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
      notes: list(
        object({ time: moment, kind: string, subject: string, message: string, detail: {} }),
      ),
    }),
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
    paths[route.path.replace(":id", "{id}")] = {
      get: {
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
