/**
 * The client behind proxies that the user trusts. Anyone can send X-Forwarded-For, so that it counts only
 * where a trusted proxy was the peer, and of its list only what trusted proxies appended.
 */
import type { Extraction, Value } from "../../schema/types.ts";
import { addressOf, hostOf } from "../formats/address/address.ts";
import type { ParsedEvent } from "./reader.ts";

/** Where the list stands: fields of patterns, then keys of records. */
const FIELDS = ["forwarded_list", "forwarded_for"];
const KEYS = [
  "x_forwarded_for",
  "http_x_forwarded_for",
  "X-Forwarded-For",
  "request.headers.X-Forwarded-For",
  "request_X-Forwarded-For",
];
/** Hops of one list that are looked at. */
const MAX_HOPS = 64;

/** Puts the client in `src` of each event whose `src` is a trusted proxy that names one. */
export function behindProxies(
  events: readonly ParsedEvent[],
  kinds: Uint16Array,
  extractions: readonly Extraction[],
  trusted: (address: string) => boolean,
): void {
  const withSource = new Map<number, boolean>();
  for (let i = 0; i < events.length; i++) {
    let has = withSource.get(kinds[i]);
    if (has === undefined) {
      has = extractions[kinds[i]].captures.some((c) => c.name === "src");
      withSource.set(kinds[i], has);
    }
    if (!has) continue;
    const event = events[i];
    const peer = event.src;
    if (typeof peer !== "string" || !trusted(peer)) continue;
    const list = listOf(event);
    const client = list === undefined ? undefined : clientOf(list, trusted);
    if (client !== undefined) (event as unknown as { src: Value }).src = client;
  }
}

function listOf(event: ParsedEvent): string | undefined {
  for (const name of FIELDS) if (typeof event[name] === "string") return event[name];
  for (const key of KEYS) {
    const value = event.more?.[key];
    if (typeof value === "string") return value;
    if (Array.isArray(value)) return value.join(",");
  }
  return undefined;
}

/** The last hop that is no trusted proxy; undefined when what stands there is no address. */
export function clientOf(
  list: string,
  trusted: (address: string) => boolean,
): string | undefined {
  const hops = list.split(",").map((h) => h.trim()).filter((h) => h !== "").slice(-MAX_HOPS);
  for (let i = hops.length - 1; i >= 0; i--) {
    const address = addressOf(hostOf(hops[i]));
    if (address === undefined) return undefined;
    if (!trusted(address)) return address;
  }
  return undefined;
}
