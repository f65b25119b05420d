/** Addresses as the type inet has them. */
import { type Ip, parseIp, parseIp4 } from "../../../grammar/ip.ts";

/** The groups of an IPv6 address without a zone, which inet cannot hold; null when the text is none. */
export function ipv6(text: string): readonly number[] | null {
  if (!text.includes(":") || text.includes("%")) return null;
  const ip: Ip | null = parseIp(text);
  if (typeof ip !== "number") return ip;
  return [0, 0, 0, 0, 0, 0xffff, ip >>> 16, ip & 0xffff];
}

/** Whether a text is an address as the type inet has it. */
export function isAddress(text: string): boolean {
  return parseIp4(text) >= 0 || ipv6(text) !== null;
}

/** Whether it is a network such as `10.0.0.0/8`. */
export function isNetwork(value: string): boolean {
  const [address, bits, more] = value.split("/");
  return more === undefined && bits !== undefined && /^\d{1,3}$/.test(bits) && isAddress(address) &&
    Number(bits) <= (address.includes(":") ? 128 : 32);
}
