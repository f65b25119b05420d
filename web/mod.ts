/** The web server's application: the API, and the pages of the dashboard over it. */
import { Hono } from "hono";
import type { Store } from "../agent/store/mod.ts";
import { type ApiOptions, createApi, refuse, unknownPath } from "./api/mod.ts";

export interface WebOptions extends ApiOptions {}

const HEADERS = {
  "Cache-Control": "no-store",
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
} as const;

/** Makes the application that a server runs. An answer's own headers win over those set here. */
export function createWeb(store: Store, options: WebOptions = {}): Hono {
  const app = new Hono();
  app.use(async (c, next) => {
    await next();
    for (const [name, value] of Object.entries(HEADERS)) {
      if (!c.res.headers.has(name)) c.res.headers.set(name, value);
    }
  });
  app.route("/", createApi(store, options));
  app.notFound((c) => refuse(c, unknownPath(c.req.path)));
  return app;
}
