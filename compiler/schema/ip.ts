/** Which addresses lie in which networks, and which are private or global. */
import { type Cidr, type Ip, parseCidr, parseIp, parseIp4 } from "../../grammar/ip.ts";

/** A test of parsed addresses against networks, IPv4 first: a loop over numbers. */
export function cidrMatcher(cidrs: readonly Cidr[]): (ip: Ip) => boolean {
  const bases: number[] = [];
  const masks: number[] = [];
  const six: { base: readonly number[]; bits: number }[] = [];
  for (const { base, bits } of cidrs) {
    if (typeof base === "number") {
      bases.push(base | 0);
      masks.push(bits === 0 ? 0 : -1 << (32 - bits));
    } else {
      six.push({ base, bits });
    }
  }
  return (ip) => {
    if (typeof ip === "number") {
      for (let i = 0; i < bases.length; i++) if (((ip | 0) & masks[i]) === bases[i]) return true;
      return false;
    }
    return six.some(({ base, bits }) => {
      for (let i = 0, left = bits; left > 0; i++, left -= 16) {
        const shift = left >= 16 ? 0 : 16 - left;
        if (ip[i] >> shift !== base[i] >> shift) return false;
      }
      return true;
    });
  };
}

/**
 * A predicate on text for the networks given as text; what is no address is in none of them.
 * Networks that do not read are left out: the checker has reported them.
 */
export function compileCidrs(cidrs: readonly string[]): (text: string) => boolean {
  const match = cidrMatcher(cidrs.map(parseCidr).filter((c) => c !== null));
  return (text) => {
    const v4 = parseIp4(text);
    if (v4 >= 0) return match(v4);
    const ip = parseIp(text);
    return ip !== null && match(ip);
  };
}

/** RFC 1918 and RFC 4193 addresses, loopback and link-local: what stands inside. */
const PRIVATE = [
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "::1/128",
  "fc00::/7",
  "fe80::/10",
];

/** IANA's IPv4 and IPv6 special-purpose registries: what they call not globally reachable. */
const NOT_GLOBAL = [
  ...PRIVATE,
  "0.0.0.0/8",
  "100.64.0.0/10",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
  "::/128",
  "64:ff9b:1::/48",
  "100::/64",
  "2001::/23",
  "2001:db8::/32",
  "3fff::/20",
  "5f00::/16",
  "ff00::/8",
];
/** What the registries take out of the blocks above as reachable again. */
const GLOBAL_AGAIN = [
  "192.0.0.9/32",
  "192.0.0.10/32",
  "2001:1::1/128",
  "2001:1::2/128",
  "2001:1::3/128",
  "2001:3::/32",
  "2001:4:112::/48",
  "2001:20::/28",
  "2001:30::/28",
];

const inPrivate = compileCidrs(PRIVATE);
const inNotGlobal = compileCidrs(NOT_GLOBAL);
const inGlobalAgain = compileCidrs(GLOBAL_AGAIN);

/** Whether the text is an address of an internal network (RFC 1918, RFC 4193, loopback, link-local). */
export const isPrivate = (text: string): boolean => inPrivate(text);

/** Whether the text is an address that the public internet can reach, by IANA's registries. */
export function isGlobal(text: string): boolean {
  if (parseIp4(text) < 0 && parseIp(text) === null) return false;
  return !inNotGlobal(text) || inGlobalAgain(text);
}
