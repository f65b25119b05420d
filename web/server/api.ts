/** The HTTP API over a store. */
import { type Context, Hono } from "hono";
import type { Store } from "../../agent/store/mod.ts";
import { readBody } from "./route/body.ts";
import type { Content } from "./route/content.ts";
import { docsPage } from "./docs.ts";
import { openApi } from "./openapi.ts";
import { nearest } from "../../grammar/nearest.ts";
import { ApiError } from "./http/error.ts";
import { failed } from "./route/failed.ts";
import type { Params } from "./http/params.ts";
import { readParam, readQuery } from "./http/query.ts";
import { COUNTED_FROM, countFrom } from "./route/anchor.ts";
import { type Filters, readFilters } from "./route/conditions.ts";
import { Feed } from "./live/feed.ts";
import type { ExceptedCounts, Route, RuleTools, Services } from "./route/route.ts";
import { visibleJson } from "../../grammar/visible.ts";
import { jsonResponse } from "./types/json.ts";
import { type Access, demand } from "./security/access.ts";
import { type WebEnv, within } from "./security/limits.ts";
import { ROUTES } from "./table.ts";
import type { ErrorAnswer } from "./types/mod.ts";

export interface ApiOptions {
  /** Of the program, for the OpenAPI document. */
  readonly version?: string;
  /** Epoch ms for relative times; the clock unless a test says otherwise. */
  readonly now?: () => number;
  /** Told what a client is not: errors that are no client's fault. */
  readonly onError?: (error: unknown) => void;
  /** The rules and sourcetypes that are loaded now; asked for each request. */
  readonly content?: () => Content;
  /** What needs the engine; without it rules cannot be tried. */
  readonly tools?: RuleTools;
  /** Takes lines in, where a pipeline runs. */
  readonly ingest?: (request: Request, peer: string) => Promise<Response>;
  /** Called when an exception was taken or ended, where an agent runs. */
  readonly exceptionsChanged?: () => void;
  /** Rows that exceptions held back, where an agent runs. */
  readonly excepted?: () => ExceptedCounts;
  /** See `Services.lags`. Default: none */
  readonly lags?: () => ReadonlyMap<string, number>;
  /** Ends the streams of server-sent events: the server stops. */
  readonly signal?: AbortSignal;
}

/** Longest that an answer may take, in ms; those that stream begin within it. */
const PATIENCE = 30_000;

/**
 * Makes the API. Every refusal is `{ error: { code, message, field? } }`, and none shows more than
 * its message.
 */
export function createApi(
  store: Store,
  access: Access,
  answered: Readonly<Record<string, number>>,
  options: ApiOptions = {},
): Hono<WebEnv> {
  const { now = Date.now, version = "0" } = options;
  const document = openApi(ROUTES, version);
  const services: Services = {
    version,
    access,
    answered,
    content: () => options.content?.() ?? null,
    tools: options.tools ?? NO_TOOLS,
    ingest: options.ingest ?? null,
    exceptionsChanged: options.exceptionsChanged ?? null,
    excepted: () => options.excepted?.() ?? null,
    lags: () => options.lags?.() ?? new Map(),
    feed: new Feed(store, { now, onError: options.onError, signal: options.signal }),
  };
  const app = new Hono<WebEnv>();
  app.onError((error, c) => refuse(c, failed(error, options.onError)));

  for (const route of ROUTES) {
    for (const path of [route.path, ...(route.also ?? [])]) {
      app.on((route.method ?? "get").toUpperCase(), path, async (c) => {
        const at = now();
        const caller = c.get("caller") ?? null;
        if (route.role !== null) demand(route.role, caller);
        const { plain, conditions } = filtersOf(route, queryOf(c.req.url));
        const anchor = await countFrom(store, plain, at);
        const query = readQuery(route.params ?? {}, plain, anchor.time);
        const ids = readPath(c, route, at);
        const body = route.body ? await readBody(c.req.raw, route.body, route.maxBody) : undefined;
        const context = {
          store,
          query,
          conditions,
          path: ids,
          body,
          now: at,
          caller,
          request: c.req.raw,
          peer: c.env?.remote ?? "",
          services,
        };
        const answer = await within(PATIENCE, route.handle(context));
        const response = answer instanceof Response ? answer : jsonResponse(answer);
        if (anchor.told !== null) response.headers.set(COUNTED_FROM, anchor.told);
        return response;
      });
    }
  }
  serveDocument(app, document, version);
  refuseMethods(app);
  app.all("/api/*", (c) => refuse(c, unknownPath(c.req.path)));
  return app;
}

/** The OpenAPI document, the page made from it, and the index of the API. */
function serveDocument(app: Hono<WebEnv>, document: ReturnType<typeof openApi>, version: string) {
  let written: string | null = null;
  for (const path of ["/openapi.json", "/api/openapi.json"]) {
    app.get(path, (c) => c.body(written ??= visibleJson(document), 200, JSON_TYPE));
  }
  let docs: ReturnType<typeof docsPage> | null = null;
  for (const path of ["/docs", "/api/docs"]) {
    app.get(path, (c) => {
      docs ??= docsPage(document);
      c.header("Content-Security-Policy", docs.policy);
      return c.html(docs.page);
    });
  }
  app.get("/api", (c) =>
    c.json({
      name: "Picket",
      version,
      paths: [
        ...ROUTES.map(({ method = "get", path, summary }) => ({
          method: method.toUpperCase(),
          path,
          summary,
        })),
        { method: "GET", path: "/openapi.json", summary: "This API's OpenAPI document" },
      ],
    }));
}

/** 405, with the methods that it takes, for every address that answers to others. */
function refuseMethods(app: Hono<WebEnv>): void {
  const allowed = new Map<string, string[]>([
    ["/api", ["GET", "HEAD"]],
    ["/openapi.json", ["GET", "HEAD"]],
    ["/api/openapi.json", ["GET", "HEAD"]],
    ["/docs", ["GET", "HEAD"]],
    ["/api/docs", ["GET", "HEAD"]],
  ]);
  for (const { method = "get", path, also = [] } of ROUTES) {
    for (const p of [path, ...also]) {
      const names = method === "get" ? ["GET", "HEAD"] : [method.toUpperCase()];
      allowed.set(p, [...allowed.get(p) ?? [], ...names]);
    }
  }
  for (const [path, methods] of allowed) {
    app.all(path, (c) => {
      c.header("Allow", methods.join(", "));
      throw new ApiError(
        405,
        "method_not_allowed",
        `This path answers ${methods.join(", ")} only`,
      );
    });
  }
}

const JSON_TYPE = { "Content-Type": "application/json" };

function noTools(): never {
  throw new ApiError(503, "no_engine", "Rules cannot be tried in this process");
}
const NO_TOOLS: RuleTools = {
  bounds: { keysPerRule: 0, keysInAll: 0, rowsPerKey: 0, exact: 0 },
  checkRules: noTools,
  draft: noTools,
  testRule: noTools,
};

const PATHS = ROUTES.flatMap((r) => [r.path, ...r.also ?? []]);

/** The refusal of a path that nothing answers. */
export function unknownPath(path: string): ApiError {
  const near = nearest(path, PATHS);
  return new ApiError(
    404,
    "unknown_path",
    `There is nothing at this path; ${near ? `did you mean "${near}"?` : 'see "/api"'}`,
  );
}

function filtersOf(route: Route, query: URLSearchParams): Filters {
  return route.filters ? readFilters(query, route.filters) : { plain: query, conditions: [] };
}

/** What follows the first question mark. The rest of the URL has the client's Host, whatever it is. */
function queryOf(url: string): URLSearchParams {
  const at = url.indexOf("?");
  return new URLSearchParams(at < 0 ? "" : url.slice(at + 1));
}

/** The values of the path's parameters. */
function readPath(c: Context, route: Route, now: number): Record<string, never> {
  const out: Record<string, unknown> = {};
  for (const [name, param] of Object.entries((route.ids ?? {}) as Params)) {
    out[name] = readParam(name, c.req.param(name) ?? "", param, now);
  }
  return out as Record<string, never>;
}

/** A refusal as its answer. */
export function refuse(c: Context, { status, code, message, field }: ApiError): Response {
  const answer: ErrorAnswer = {
    error: { code, message, ...(field === undefined ? {} : { field }) },
  };
  return c.body(visibleJson(answer), status, JSON_TYPE);
}
