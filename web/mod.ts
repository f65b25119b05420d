/** The HTTP API over a store. */
import { type Context, Hono } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { type Store, StoreError } from "../agent/store/mod.ts";
import { openApi } from "./openapi.ts";
import { ApiError, closest, readQuery } from "./params.ts";
import { ROUTES } from "./routes.ts";

export interface ApiOptions {
  /** Of the program, for the OpenAPI document. */
  readonly version?: string;
  /** Epoch ms for relative times; the clock unless a test says otherwise. */
  readonly now?: () => number;
  /** Told what a client is not: errors that are no client's fault. */
  readonly onError?: (error: unknown) => void;
}

const HEADERS = {
  "Cache-Control": "no-store",
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
} as const;

/**
 * Makes the API. Answers GET, HEAD and PATCH with JSON; every refusal is
 * `{ error: { code, message, field? } }`, and none shows more than its message.
 */
export function createApi(store: Store, options: ApiOptions = {}): Hono {
  const { now = Date.now, onError = () => {}, version = "0" } = options;
  const document = openApi(ROUTES, version);
  const app = new Hono();

  app.use(async (c, next) => {
    await next();
    for (const [name, value] of Object.entries(HEADERS)) c.res.headers.set(name, value);
  });
  app.onError((error, c) => {
    if (error instanceof ApiError) return refuse(c, error);
    onError(error);
    if (error instanceof StoreError) {
      return refuse(c, new ApiError(503, "store_unavailable", "The store does not answer; retry"));
    }
    return c.json({ error: { code: "internal", message: "The request failed" } }, 500);
  });

  for (const route of ROUTES) {
    app.on((route.method ?? "get").toUpperCase(), route.path, async (c) => {
      const query = readQuery(route.params, new URL(c.req.url).searchParams, now());
      const id = route.path.includes(":id") ? readId(c.req.param("id") ?? "") : "";
      const body = route.body ? await readBody(c) : undefined;
      return c.json(await route.handle({ store, query, id, body, now: now() }) as object);
    });
  }
  app.get("/openapi.json", (c) => c.json(document));
  app.get("/", (c) =>
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

  const paths = [...new Set(["/", "/openapi.json", ...ROUTES.map((r) => r.path)])];
  for (const path of paths) {
    const patch = ROUTES.some((r) => r.path === path && r.method === "patch");
    app.all(path, (c) => {
      c.header("Allow", patch ? "GET, HEAD, PATCH" : "GET, HEAD");
      throw new ApiError(
        405,
        "method_not_allowed",
        `${path} answers ${patch ? "GET and PATCH" : "GET"} only`,
      );
    });
  }
  app.notFound((c) => {
    const near = closest(c.req.path, paths);
    return refuse(
      c,
      new ApiError(
        404,
        "unknown_path",
        `There is nothing at this path; ${near ? `did you mean "${near}"?` : 'see "/"'}`,
      ),
    );
  });
  return app;
}

/** Longest body of a request, in bytes. */
const MAX_BODY = 64 * 1024;

/**
 * The JSON of a request. Only as `application/json`: a page of another site can send other types
 * without being asked, and nothing of this API answers to a page of another site.
 */
async function readBody(c: Context): Promise<unknown> {
  if (!/^application\/json\s*(;|$)/i.test(c.req.header("content-type") ?? "")) {
    throw new ApiError(415, "unsupported_type", "Send the body as application/json");
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of c.req.raw.body ?? []) {
    size += chunk.length;
    if (size > MAX_BODY) throw new ApiError(413, "too_large", `Send ${MAX_BODY} bytes at most`);
    chunks.push(chunk);
  }
  try {
    const text = await new Blob(chunks as BlobPart[]).text();
    return JSON.parse(text);
  } catch {
    throw new ApiError(400, "invalid_body", "The body is not JSON; correct it");
  }
}

function readId(text: string): string {
  const id = text.replaceAll("-", "").toLowerCase();
  if (/^[0-9a-f]{32}$/.test(id)) return id;
  throw new ApiError(400, "invalid_id", "The id is not 32 hex digits; copy it whole", "id");
}

function refuse(c: Context, { status, code, message, field }: ApiError): Response {
  return c.json(
    { error: { code, message, ...(field === undefined ? {} : { field }) } },
    status as ContentfulStatusCode,
  );
}
