/**
 * Text of addresses and networks, IPv4 and IPv6. `::ffff:1.2.3.4` means the IPv4 address in it.
 * Text that is no address is null, never an error.
 */

/** An address as numbers: IPv4 as one unsigned 32-bit number, IPv6 as eight 16-bit groups. */
export type Ip = number | readonly number[];

/** A network: the address with its host bits cleared, and the length of its prefix. */
export interface Cidr {
  readonly base: Ip;
  readonly bits: number;
}

/** Reads dotted decimal without leading zeros (which some read as octal); -1 when it is none. */
export function parseIp4(text: string): number {
  const n = text.length;
  if (n < 7 || n > 15) return -1;
  let value = 0;
  let part = -1;
  let dots = 0;
  for (let i = 0; i < n; i++) {
    const c = text.charCodeAt(i);
    if (c === 46) {
      if (part < 0 || ++dots > 3) return -1;
      value = value * 256 + part;
      part = -1;
    } else if (c >= 48 && c <= 57) {
      if (part === 0) return -1;
      part = part < 0 ? c - 48 : part * 10 + c - 48;
      if (part > 255) return -1;
    } else {
      return -1;
    }
  }
  return dots === 3 && part >= 0 ? value * 256 + part : -1;
}

/** Reads either family (RFC 4291 section 2.2; a zone such as `%eth0` is passed over). */
export function parseIp(text: string): Ip | null {
  if (text.indexOf(":") < 0) {
    const v4 = parseIp4(text);
    return v4 < 0 ? null : v4;
  }
  const zone = text.indexOf("%");
  const bare = zone < 0 ? text : text.slice(0, zone);
  if (bare.length > 45) return null;
  const halves = bare.split("::");
  if (halves.length > 2) return null;
  const head = groupsOf(halves[0], halves.length === 1);
  const tail = halves.length === 2 ? groupsOf(halves[1], true) : [];
  if (head === null || tail === null) return null;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null;
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail];
  if (groups[5] === 0xffff && groups.slice(0, 5).every((g) => g === 0)) {
    return groups[6] * 65536 + groups[7];
  }
  return groups;
}

function groupsOf(text: string, last: boolean): number[] | null {
  if (text === "") return [];
  const out: number[] = [];
  const parts = text.split(":");
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i];
    if (last && i === parts.length - 1 && part.includes(".")) {
      const v4 = parseIp4(part);
      if (v4 < 0) return null;
      out.push(Math.floor(v4 / 65536), v4 % 65536);
    } else if (/^[0-9a-f]{1,4}$/i.test(part)) {
      out.push(parseInt(part, 16));
    } else {
      return null;
    }
  }
  return out;
}

/** The one way to write an address (RFC 5952). */
export function formatIp(ip: Ip): string {
  if (typeof ip === "number") {
    return `${ip >>> 24}.${(ip >>> 16) & 255}.${(ip >>> 8) & 255}.${ip & 255}`;
  }
  let start = -1;
  let length = 1;
  for (let i = 0; i < 8; i++) {
    let n = 0;
    while (i + n < 8 && ip[i + n] === 0) n++;
    if (n > length) [start, length] = [i, n];
  }
  const hex = (groups: readonly number[]) => groups.map((g) => g.toString(16)).join(":");
  if (start < 0) return hex(ip);
  return hex(ip.slice(0, start)) + "::" + hex(ip.slice(start + length));
}

/** The canonical text of an address, or null when the text is none. */
export function canonicalIp(text: string): string | null {
  const ip = parseIp(text);
  return ip === null ? null : formatIp(ip);
}

/** Reads `10.0.0.0/8` or `fe80::/10`; a bare address is the network of itself alone. */
export function parseCidr(text: string): Cidr | null {
  const slash = text.indexOf("/");
  const ip = parseIp(slash < 0 ? text : text.slice(0, slash));
  if (ip === null) return null;
  const width = typeof ip === "number" ? 32 : 128;
  let bits = width;
  if (slash >= 0) {
    const length = text.slice(slash + 1);
    if (!/^(0|[1-9]\d{0,2})$/.test(length)) return null;
    bits = Number(length);
    // ::ffff:10.0.0.0/104 is 10.0.0.0/8
    if (typeof ip === "number" && text.includes(":")) bits -= 96;
    if (bits < 0 || bits > width) return null;
  }
  return { base: mask(ip, bits), bits };
}

function mask(ip: Ip, bits: number): Ip {
  if (typeof ip === "number") return bits === 0 ? 0 : (ip & (-1 << (32 - bits))) >>> 0;
  return ip.map((g, i) => {
    const keep = Math.max(0, Math.min(16, bits - i * 16));
    return keep === 0 ? 0 : g & (0xffff << (16 - keep)) & 0xffff;
  });
}

/** Canonical text of a network. */
export const formatCidr = (c: Cidr): string => `${formatIp(c.base)}/${c.bits}`;

/** Whether the network's host bits were all zero as written; `10.1.2.3/8` is likely a mistake. */
export function isExactCidr(text: string): boolean {
  const cidr = parseCidr(text);
  const ip = parseIp(text.split("/")[0]);
  return cidr !== null && ip !== null && formatIp(ip) === formatIp(cidr.base);
}

/** Canonical text of a network as a literal says it, host bits and all; null when it is none. */
export function canonicalCidr(text: string): string | null {
  const cidr = text.includes("/") ? parseCidr(text) : null;
  const ip = parseIp(text.slice(0, text.indexOf("/")));
  return cidr === null || ip === null ? null : `${formatIp(ip)}/${cidr.bits}`;
}
