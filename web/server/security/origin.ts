/**
 * Keeps other sites' pages out. A server on loopback is reached by every page that its user's
 * browser shows: a name that such a page controls and points at 127.0.0.1 (DNS rebinding) is told
 * by the Host header, a request that it sends across sites by Origin and Sec-Fetch-Site.
 */
import type { MiddlewareHandler } from "hono";
import { ApiError } from "../http/error.ts";

export interface OriginOptions {
  /** Whether the server listens on loopback, and so answers to names of loopback only. */
  readonly loopback: boolean;
  /** Further names that it answers to: those of a proxy before it. */
  readonly allowedHosts: readonly string[];
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Whether an address to listen on, or a name in a Host header, is of this machine alone. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host.includes(":") && !host.startsWith("[") ? `[${host}]` : host);
}

/** The name in a Host header, in lower case; null when it is no host and port. */
function nameOf(host: string): string | null {
  const m = /^(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::(\d{1,5}))?$/.exec(host.toLowerCase());
  return m && Number(m[2] ?? 0) <= 65_535 ? m[1].replace(/\.$/, "") : null;
}

export function sameOrigin(options: OriginOptions): MiddlewareHandler {
  const allowed = new Set(options.allowedHosts.map((h) => h.toLowerCase()));
  return async (c, next) => {
    const host = c.req.header("host") ?? new URL(c.req.url).host;
    const name = nameOf(host);
    if (name === null) {
      throw new ApiError(421, "unknown_host", "The Host header is no host and port");
    }
    if (options.loopback && !isLoopback(name) && !allowed.has(name)) {
      throw new ApiError(
        421,
        "unknown_host",
        "This server answers to names of this machine only; start it with --allow-host NAME to " +
          "have another",
      );
    }
    const writes = !["GET", "HEAD", "OPTIONS"].includes(c.req.method);
    const origin = c.req.header("origin");
    const crossing = c.req.header("sec-fetch-site") === "cross-site" &&
      (writes || c.req.header("sec-fetch-mode") !== "navigate");
    if (crossing || (writes && origin !== undefined && hostOf(origin) !== host.toLowerCase())) {
      throw new ApiError(403, "other_origin", "Pages of other sites may not ask this server");
    }
    await next();
  };
}

/** The host and port of an origin; null for `null` and what is none. */
function hostOf(origin: string): string | null {
  try {
    return new URL(origin).host || null;
  } catch {
    return null;
  }
}
