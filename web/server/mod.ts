/** The web server's application: the API, and the pages of the dashboard over it. */
import { Hono } from "hono";
import type { Store } from "../../agent/store/mod.ts";
import { type ApiOptions, createApi, refuse, unknownPath } from "./api.ts";
import { failed } from "./route/failed.ts";
import { createPages } from "./pages/mod.ts";
import { Access } from "./security/access.ts";
import { securityHeaders } from "./security/headers.ts";
import { limited, type PathKind, type WebEnv } from "./security/limits.ts";
import { DEFAULT_RATE } from "./security/rate.ts";
import { sameOrigin } from "./security/origin.ts";
import type { Rate } from "./security/rate.ts";

export interface WebOptions extends ApiOptions {
  /** Whether the server listens on loopback only; true unless told. Elsewhere a token is needed. */
  readonly loopback?: boolean;
  /** Names beside those of loopback that a server on loopback answers to. */
  readonly allowedHosts?: readonly string[];
  /** Whether it is reached by TLS. */
  readonly secure?: boolean;
  /** What one client may ask; null for no limit. */
  readonly rate?: Rate | null;
}

/** Makes the application that a server runs. An answer's own headers win over those set here. */
export function createWeb(store: Store, options: WebOptions = {}): Hono<WebEnv> {
  const { now = Date.now, loopback = true, secure = false, rate = DEFAULT_RATE } = options;
  const access = new Access(store, now, !loopback, secure);
  const app = new Hono<WebEnv>();
  app.onError((error, c) => refuse(c, failed(error, options.onError)));
  const answered: Record<string, number> = {};
  app.use(async (c, next) => {
    await next();
    const kind = `${Math.floor(c.res.status / 100)}xx`;
    answered[kind] = (answered[kind] ?? 0) + 1;
  });
  app.use(securityHeaders(secure));
  app.use(sameOrigin({ loopback, allowedHosts: options.allowedHosts ?? [] }));
  app.use(limited(rate, now, access, kindOf));
  app.route("/", createApi(store, access, answered, options));
  app.route("/", createPages());
  app.notFound((c) => refuse(c, unknownPath(c.req.path)));
  return app;
}

function kindOf(path: string): PathKind {
  if (/^(\/api)?\/(health|ready)$/.test(path)) return "monitoring";
  return /^\/(api|ingest|metrics)(\/|$)/.test(path) ? "api" : "page";
}
