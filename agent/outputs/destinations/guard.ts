/**
 * Which addresses a destination may connect to. A rule's author, a log or a DNS server must not make the
 * agent speak to what only this machine or its network reaches (SSRF): its own services, the cloud's
 * metadata service, a router's administration.
 */
import { lookup } from "node:dns/promises";
import { compileCidrs, isGlobal } from "../../../compiler/schema/ip.ts";
import { formatIp, type Ip, parseIp } from "../../../grammar/ip.ts";

/** Refused by the guard: another attempt is refused as well, so it is no failure of the network. */
export class AddressRefused extends Error {}

/** All addresses of a host name; rejects when it has none. */
export type Lookup = (host: string) => Promise<readonly string[]>;

/**
 * Beyond what IANA calls not globally reachable: anycast addresses that the next router answers, 6to4
 * (carries any IPv4 address), site-local, and Azure's host services behind a public address.
 */
const REFUSED = compileCidrs([
  "192.0.0.0/24",
  "192.88.99.0/24",
  "168.63.129.16/32",
  "2001::/23",
  "2002::/16",
  "fec0::/10",
  // IPv4-compatible addresses, long out of use.
  "::/96",
]);
/** NAT64: the last 32 bits are the IPv4 address that is reached (RFC 6052). */
const inNat64 = compileCidrs(["64:ff9b::/96"]);

/** Whether the text is an address on the public internet that is safe to connect to. */
export function isPublicAddress(text: string): boolean {
  const ip = parseIp(text);
  if (ip === null || text.includes("%")) return false;
  return inNat64(text) ? isPublicAddress(formatIp(embedded(ip))) : isGlobal(text) && !REFUSED(text);
}

function embedded(ip: Ip): Ip {
  return typeof ip === "number" ? ip : ip[6] * 65536 + ip[7];
}

/** By the machine's own resolver, so that its hosts file counts. */
export const systemLookup: Lookup = async (host) =>
  (await lookup(host, { all: true })).map((a) => a.address);

/**
 * The addresses to connect to for a host, in the resolver's order. A name with one private and one
 * public address gives the public one.
 *
 * @param host a name, or an address with or without the brackets of a URL
 * @throws {AddressRefused} where none is allowed; what the resolver throws where there is none
 */
export async function checkedAddresses(
  host: string,
  { allowPrivate, lookup }: { readonly allowPrivate: boolean; readonly lookup: Lookup },
): Promise<string[]> {
  const bare = host.startsWith("[") ? host.slice(1, -1) : host;
  const found = parseIp(bare) === null ? await lookup(bare) : [bare];
  const allowed = found.filter((a) => allowPrivate ? parseIp(a) !== null : isPublicAddress(a));
  if (allowed.length > 0) return allowed;
  throw new AddressRefused(
    `"${bare}" is an address of a private network or of this machine; set "allow_private: true" ` +
      `for this destination where that is meant`,
  );
}
