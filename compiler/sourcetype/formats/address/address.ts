/**
 * Addresses of clients and servers in one form (RFC 5952): without a port, brackets, a zone or leading
 * zeros, and `::ffff:192.0.2.1` as 192.0.2.1, so that one sender is one key however it was written.
 */
import { formatIp, parseIp, parseIp4 } from "../../../../grammar/ip.ts";

/** Longest text that is looked at, in UTF-16 units: a zone and a port beside the longest address. */
const MAX_LENGTH = 512;

/** The address that a text of type `ip` is; undefined when it is none. */
export function addressOf(text: string | undefined): string | undefined {
  if (text === undefined || text.length < 2 || text.length > MAX_LENGTH) return undefined;
  return parseIp4(text) >= 0 ? text : spelled(text);
}

/**
 * The address or the name that a text of type `host` is. Of a list with commas the last counts: what a
 * proxy wrote before its own peer anyone can send. Undefined for what is neither.
 */
export function hostOf(text: string | undefined): string | undefined {
  if (text === undefined || text === "") return undefined;
  if (parseIp4(text) >= 0) return text;
  if (text.length > MAX_LENGTH) return undefined;
  const address = spelled(text);
  if (address !== undefined) return address;
  const name = withoutPort(lastOf(text));
  // A name has a letter, and nothing that only an address or a sentence has.
  return /[A-Za-z]/.test(name) && !/[\s:,;"'<>()[\]{}]/.test(name) ? name : undefined;
}

function lastOf(text: string): string {
  return (text.includes(",") ? text.slice(text.lastIndexOf(",") + 1) : text).trim();
}

/** `[2001:db8::1]:443`, `203.0.113.7:443`, `203.000.113.007`, `2001:DB8::1%eth0` as addresses. */
function spelled(text: string): string | undefined {
  const one = withoutPort(lastOf(text));
  const ip = parseIp(one) ?? (/^[\d.]+$/.test(one) ? parseIp(withoutZeros(one)) : null);
  return ip === null ? undefined : formatIp(ip);
}

function withoutPort(text: string): string {
  if (text.startsWith("[")) {
    const end = text.indexOf("]");
    return end > 0 && /^(?::\d{1,5})?$/.test(text.slice(end + 1)) ? text.slice(1, end) : text;
  }
  const colon = text.indexOf(":");
  return colon > 0 && colon === text.lastIndexOf(":") && /^\d{1,5}$/.test(text.slice(colon + 1))
    ? text.slice(0, colon)
    : text;
}

function withoutZeros(text: string): string {
  return text.replace(/(^|\.)0+(?=\d)/g, "$1");
}
