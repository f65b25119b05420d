/** Values by network: the narrowest that has an address, by one look for each length of a prefix. */
import { type Ip, parseCidr, parseIp } from "../../../grammar/ip.ts";

/** Added to the length of a prefix of IPv6, so that those of IPv4 (0 to 32) are others. */
const SIX = 64;

export class NetworkMap<T> {
  size = 0;
  /** Values by base, by length of prefix; the lengths fall. */
  readonly #lengths: { readonly bits: number; readonly values: Map<string | number, T> }[] = [];

  /** Adds a network or an address; false for a text that is neither. The first of two equal ones stays. */
  add(text: string, value: T): boolean {
    const cidr = text.includes("/") ? parseCidr(text) : alone(text);
    if (cidr === null) return false;
    const bits = cidr.bits + (typeof cidr.base === "number" ? 0 : SIX);
    let at = this.#lengths.findIndex((l) => l.bits <= bits);
    if (at < 0) at = this.#lengths.length;
    if (this.#lengths[at]?.bits !== bits) this.#lengths.splice(at, 0, { bits, values: new Map() });
    const { values } = this.#lengths[at];
    const key = keyOf(cidr.base, cidr.bits);
    if (!values.has(key)) {
      values.set(key, value);
      this.size++;
    }
    return true;
  }

  /** The value of the narrowest network that has the address; undefined for what is no address. */
  find(text: string): T | undefined {
    if (this.size === 0) return undefined;
    const ip = parseIp(text);
    if (ip === null) return undefined;
    const four = typeof ip === "number";
    for (const { bits, values } of this.#lengths) {
      if ((bits < SIX && four) || (bits >= SIX && !four)) {
        const value = values.get(keyOf(ip, four ? bits : bits - SIX));
        if (value !== undefined) return value;
      }
    }
    return undefined;
  }
}

function alone(text: string): { base: Ip; bits: number } | null {
  const ip = parseIp(text);
  return ip === null ? null : { base: ip, bits: typeof ip === "number" ? 32 : 128 };
}

/** The address with its host bits cleared. */
function keyOf(ip: Ip, bits: number): string | number {
  if (typeof ip === "number") return bits === 0 ? 0 : (ip & (-1 << (32 - bits))) >>> 0;
  const groups: number[] = [];
  for (let i = 0, left = bits; left > 0; i++, left -= 16) {
    groups.push(left >= 16 ? ip[i] : ip[i] & (0xffff << (16 - left)) & 0xffff);
  }
  return groups.join(":");
}
