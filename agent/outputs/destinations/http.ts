/**
 * Requests to destinations. The address is looked up once, checked (guard.ts), and the socket is opened
 * to the address that was checked, so that a second answer of the DNS server changes nothing. That takes
 * node's client with a `lookup` of its own: Deno's `fetch` looks names up by itself, and a fetch of the
 * bare address would lose the name that the certificate is verified for.
 */
import http from "node:http";
import https from "node:https";
import type { LookupAddress } from "node:dns";
import { isIP } from "node:net";
import type { DestinationContext, GuardedRequest, Outcome } from "./destination.ts";
import { AddressRefused, checkedAddresses, type Lookup, systemLookup } from "./guard.ts";
import { reasonOf } from "./reason.ts";

/** Bytes of an answer that are read unless a request says otherwise; the rest of it is not waited for. */
const MAX_ANSWER = 256 * 1024;

/** Longest wait that a receiver may ask for. */
const MAX_RETRY_AFTER = 24 * 3_600_000;

export interface NetworkOptions {
  /** Addresses of the machine's own network may be reached, too. */
  readonly allowPrivate: boolean;
  readonly lookup?: Lookup;
}

/** What {@link DestinationContext} says of the network. */
export function guardedNetwork(
  { allowPrivate, lookup = systemLookup }: NetworkOptions,
): Pick<DestinationContext, "fetch" | "resolve"> {
  const addresses = (host: string) => checkedAddresses(host, { allowPrivate, lookup });
  return {
    resolve: async (host) => (await addresses(host))[0],
    async fetch(url, init) {
      init.signal.throwIfAborted();
      const target = new URL(url);
      if (target.protocol !== "https:" && target.protocol !== "http:") {
        throw new AddressRefused(
          `Addresses begin with https:// or http://, not ${target.protocol}`,
        );
      }
      const found = await aborted(addresses(target.hostname), init.signal);
      return await request(target, found, init);
    },
  };
}

/** The promise, or a rejection as soon as the signal is aborted: a lookup cannot be called off. */
async function aborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  const stop = () => reject(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([promise, stopped]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** One request on a connection of its own; redirects are answers like others. */
function request(
  target: URL,
  addresses: readonly string[],
  { method = "POST", headers = {}, body, signal, ca, most = MAX_ANSWER }: GuardedRequest,
): Promise<Response> {
  const checked: LookupAddress[] = addresses.map((address) => ({ address, family: isIP(address) }));
  const { promise, resolve, reject } = Promise.withResolvers<Response>();
  const client = target.protocol === "https:" ? https : http;
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const sent = client.request(target, {
    method,
    agent: false,
    signal,
    ca,
    headers: { ...headers, ...(bytes ? { "content-length": String(bytes.length) } : {}) },
    lookup: (_host, options, done) => {
      if (options.all) done(null, checked);
      else done(null, checked[0].address, checked[0].family);
    },
  }, (answer) => {
    readBounded(answer, most).then((content) => {
      const status = answer.statusCode ?? 0;
      // Response takes no 1xx and no body where HTTP has none.
      if (status < 200 || status > 599) throw new Error(`HTTP ${status} is no answer`);
      const empty = status === 204 || status === 205 || status === 304;
      const names = Object.entries(answer.headers).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, String(value)]]
      );
      resolve(
        new Response(empty ? null : content, { status, headers: names as [string, string][] }),
      );
    }).catch(reject).finally(() => sent.destroy());
  });
  sent.on("error", reject);
  sent.end(bytes);
  return promise;
}

async function readBounded(
  answer: http.IncomingMessage,
  most: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of answer as AsyncIterable<Uint8Array>) {
    const part = chunk.subarray(0, most - length);
    parts.push(part);
    length += part.length;
    if (length === most) break;
  }
  const content = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    content.set(part, at);
    at += part.length;
  }
  return content;
}

/** A request and what its answer means. What fails on the way is worth another attempt. */
export async function send(
  context: DestinationContext,
  url: string,
  init: GuardedRequest,
  words: (answer: Response) => Promise<string> = () => Promise.resolve(""),
): Promise<Outcome> {
  try {
    const answer = await context.fetch(url, init);
    return outcomeOf(answer, context.now(), answer.ok ? "" : await words(answer));
  } catch (error) {
    if (error instanceof AddressRefused) return { state: "rejected", reason: error.message };
    return { state: "retry", reason: reasonOf(error, init.signal) };
  }
}

/**
 * What a status means: 2xx delivered; 408, 425, 429 and 5xx retry after what `Retry-After` says; others
 * rejected.
 *
 * @param said what the receiver says of it, in words
 */
export function outcomeOf(answer: Response, now: number, said = ""): Outcome {
  const { status } = answer;
  if (status >= 200 && status < 300) return { state: "delivered" };
  const reason = `The receiver answers HTTP ${status}${said ? `: ${said}` : ""}`;
  if (status >= 500 || status === 408 || status === 425 || status === 429) {
    return { state: "retry", reason, after: retryAfter(answer.headers.get("retry-after"), now) };
  }
  return {
    state: "rejected",
    reason: status < 400
      ? `${reason}, a redirect, which is not followed; set the address that it leads to`
      : reason,
  };
}

/** Milliseconds that a `Retry-After` header asks for, as seconds or as a date (RFC 9110 10.2.3). */
export function retryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  const text = header.trim();
  const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isNaN(ms) ? undefined : Math.round(Math.min(Math.max(ms, 0), MAX_RETRY_AFTER));
}
