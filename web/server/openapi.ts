/** The OpenAPI 3.1 document, from the routes that the server runs. */
import type { Params } from "./http/params.ts";
import type { Route } from "./route/route.ts";
import type { Json } from "./types/schema.ts";
import { ErrorAnswer } from "./types/mod.ts";

const json = (schema: Json) => ({ "application/json": { schema } });
const refusal = (description: string) => ({ description, content: json(ErrorAnswer.json) });

/** What each refusal means; those that a route can give are in its responses. */
function refusals(route: Route): Record<string, Json> {
  return {
    400: refusal("The request does not read; `field` names what is wrong"),
    ...(route.role === null ? {} : { 401: refusal("A token is needed that is in force") }),
    403: refusal("The token's role does not allow it, or another site's page asked"),
    ...(route.ids ? { 404: refusal("There is none with this id or name") } : {}),
    ...(route.body || route.takes
      ? {
        408: refusal("The body did not come in time"),
        413: refusal("The body is too long"),
        415: refusal("The body is of another type"),
      }
      : {}),
    421: refusal("The Host header names a host that this server does not answer for"),
    429: refusal("Too many requests; Retry-After says when to go on"),
    503: refusal("The store, or what the answer is made from, is not there now"),
    504: refusal("The answer took too long"),
    ...Object.fromEntries(
      Object.entries(route.refuses ?? {}).map(([status, text]) => [status, refusal(text)]),
    ),
  };
}

function parameters(params: Params | undefined, where: "query" | "path"): Json[] {
  return Object.entries(params ?? {}).map(([name, p]) => ({
    name,
    in: where,
    required: where === "path",
    description: p.description,
    schema: p.schema,
    ...(p.example === undefined ? {} : { example: p.example }),
  }));
}

function operation(route: Route): Json {
  const content = route.media
    ? Object.fromEntries(
      Object.entries(route.media).map(([type, description]) => [
        type,
        { schema: { type: "string", description } },
      ]),
    )
    : json(route.answer.json);
  const also = route.also ? `The same at ${route.also.join(", ")}.` : "";
  const said = [route.description ?? "", also].filter(Boolean).join(" ");
  return {
    tags: [route.tag],
    summary: route.summary,
    ...(said === "" ? {} : { description: said }),
    operationId: operationId(route),
    ...(route.role === null ? { security: [] } : {
      security: [{ token: [] }, { session: [] }, {}],
      "x-role": route.role,
    }),
    parameters: [...parameters(route.ids, "path"), ...parameters(route.params, "query")],
    ...(route.body ? { requestBody: { required: true, content: json(route.body.json) } } : {}),
    ...(route.takes
      ? {
        requestBody: {
          required: true,
          content: Object.fromEntries(route.takes.map((type) => [type, { schema: {} }])),
        },
      }
      : {}),
    responses: {
      [route.answers ?? 200]: { description: route.summary, content },
      ...refusals(route),
    },
  };
}

/** `GET /api/events/:id` is `get_events_id`. */
function operationId({ method = "get", path }: Route): string {
  return method + path.replace(/^\/api/, "").replace(/[^A-Za-z0-9]+/g, "_");
}

/** @param version of the program */
export function openApi(routes: readonly Route[], version: string): Json {
  const paths: Record<string, Json> = {};
  let schemas: Record<string, Json> = { ...ErrorAnswer.defs };
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [route.method ?? "get"]: operation(route) };
    schemas = { ...schemas, ...route.answer.defs, ...route.body?.defs };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Picket",
      version,
      description: "What the agent stored and found: events, alerts, incidents, and the rules " +
        "and sourcetypes behind them",
      license: { name: "MIT", identifier: "MIT" },
    },
    tags: [...new Set(routes.map((r) => r.tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => a < b ? -1 : 1)),
      securitySchemes: {
        token: {
          type: "http",
          scheme: "bearer",
          description: "A token of `token create`; asked for once there is one",
        },
        session: {
          type: "apiKey",
          in: "cookie",
          name: "picket_session",
          description: "What POST /api/session sets, for browsers",
        },
      },
    },
  };
}
