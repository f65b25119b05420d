/** Rates and times: what a client may cost. */
import type { Context, MiddlewareHandler } from "hono";
import { ApiError } from "../http/error.ts";
import type { Access, Caller } from "./access.ts";
import { Buckets, clientOf, type Rate } from "./rate.ts";

/** Of an address whose requests bring no token that is in force. */
const STRANGERS: Rate = { perSecond: 2, burst: 20 };

/** What the server says of a request beside it. */
export interface WebEnv {
  readonly Bindings: {
    /** Address of the other end; absent in tests. */
    readonly remote?: string;
  };
  Variables: {
    caller: Caller | null;
  };
}

/** What a path is: open to monitoring without end, a page without data, or the API. */
export type PathKind = "monitoring" | "page" | "api";

/**
 * Counts each client's requests, clients with a token by its name, others by address, and finds who
 * asks the API. Requests to it without a token that is in force are counted apart, and once they
 * are too many the store is not asked any more, but for tokens that were in force before: behind a
 * proxy everybody has one address.
 */
export function limited(
  rate: Rate | null,
  now: () => number,
  access: Access,
  kindOf: (path: string) => PathKind,
): MiddlewareHandler<WebEnv> {
  const clients = rate && new Buckets(rate);
  const strangers = rate && new Buckets(STRANGERS);
  const take = (buckets: Buckets | null, key: string, c: Context) => {
    const wait = buckets?.take(key, now()) ?? 0;
    if (wait > 0) tooMany(c, wait);
  };
  return async (c, next) => {
    const kind = kindOf(c.req.path);
    const client = clientOf(c.env?.remote ?? "");
    c.set("caller", null);
    if (kind === "page") take(clients, client, c);
    if (kind === "api") {
      const { headers } = c.req.raw;
      if (strangers && !strangers.has(client, now()) && !await access.familiar(headers)) {
        take(strangers, client, c);
      }
      const caller = await access.callerOrAnyone(headers);
      c.set("caller", caller);
      if (caller === null) take(strangers, client, c);
      else take(clients, caller.name === null ? client : `token ${caller.name}`, c);
    }
    await next();
  };
}

function tooMany(c: Context, seconds: number): never {
  c.header("Retry-After", String(seconds));
  throw new ApiError(429, "too_many_requests", `Too many requests; go on in ${seconds} s`);
}

/** Answers with 504 when the work takes longer than `ms`. */
export async function within<T>(ms: number, work: Promise<T> | T): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new ApiError(504, "timeout", "The answer takes too long; ask for less");
    timer = setTimeout(() => reject(error), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
