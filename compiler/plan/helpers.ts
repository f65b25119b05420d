/**
 * What generated code calls: comparisons, sets, addresses and text tests on values that may be
 * missing. Missing is `undefined`; every test on it is false, every computation on it is missing.
 */
import type { Value } from "../schema/types.ts";

/** Lower-cases text; anything else has no case and comes back as it is. */
export function lower(v: Value): Value {
  return typeof v === "string" ? v.toLowerCase() : v;
}

/** Equality of two present values, strings without regard to case. */
export function equal(a: Value, b: Value): boolean {
  if (a === undefined || b === undefined) return false;
  if (a === b) return true;
  return typeof a === "string" && typeof b === "string" && a.length === b.length &&
    a.toLowerCase() === b.toLowerCase();
}

/** -1, 0, 1, or NaN when the two do not compare (one is missing, or their types differ). */
export function order(a: Value, b: Value, cs: boolean): number {
  if (typeof a === "number" && typeof b === "number") {
    return a < b ? -1 : a > b ? 1 : a === b ? 0 : NaN;
  }
  if (typeof a === "string" && typeof b === "string") {
    const x = cs ? a : a.toLowerCase(), y = cs ? b : b.toLowerCase();
    return x < y ? -1 : x > y ? 1 : 0;
  }
  return NaN;
}

/** Arithmetic; missing when an operand is, when it is no number, or when no finite number results. */
export function arith(op: string, a: Value, b: Value): Value {
  if (op === "+" && typeof a === "string" && typeof b === "string") return a + b;
  if (typeof a !== "number" || typeof b !== "number") return undefined;
  const r = op === "+"
    ? a + b
    : op === "-"
    ? a - b
    : op === "*"
    ? a * b
    : op === "/"
    ? a / b
    : a % b;
  return Number.isFinite(r) ? r : undefined;
}

/** A field of any row: an own or constant field, else one of the vendor's. */
export function field(row: Record<string, unknown>, name: string): Value {
  const v = row[name];
  if (v !== undefined && typeof v !== "function") return v as Value;
  // A field that a command took away hides the vendor's field of that name.
  if (v === undefined && name in row) return undefined;
  const more = row.more as Record<string, Value> | null | undefined;
  return more !== null && more !== undefined && Object.hasOwn(more, name) ? more[name] : undefined;
}

/** Eight groups of 16 bits, or four bytes as one number; null for what is no address. */
export function parseIp(text: string): number | number[] | null {
  const v4 = parseIpv4(text);
  if (v4 >= 0) return v4;
  if (text.length < 2 || text.length > 45 || text.indexOf(":") < 0) return null;
  let t = text;
  const dot = t.lastIndexOf(":");
  if (t.indexOf(".") >= 0) {
    const tail = parseIpv4(t.slice(dot + 1));
    if (tail < 0) return null;
    t = t.slice(0, dot + 1) + (tail >>> 16).toString(16) + ":" + (tail % 65536).toString(16);
  }
  const halves = t.split("::");
  if (halves.length > 2) return null;
  const groups = (s: string) => s === "" ? [] : s.split(":");
  const head = groups(halves[0]), tail = halves.length === 2 ? groups(halves[1]) : [];
  if (halves.length === 1 ? head.length !== 8 : head.length + tail.length > 7) return null;
  const fill = new Array<string>(8 - head.length - tail.length).fill("0");
  const out: number[] = [];
  for (const g of [...head, ...fill, ...tail]) {
    if (!/^[0-9a-fA-F]{1,4}$/.test(g)) return null;
    out.push(parseInt(g, 16));
  }
  // An IPv4-mapped address is the IPv4 address.
  if (out[5] === 0xffff && !out[0] && !out[1] && !out[2] && !out[3] && !out[4]) {
    return out[6] * 65536 + out[7];
  }
  return out;
}

/** A dotted quad as an unsigned number; -1 for anything else. */
export function parseIpv4(s: string): number {
  const n = s.length;
  if (n < 7 || n > 15) return -1;
  let out = 0, part = 0, digits = 0, dots = 0;
  for (let i = 0; i < n; i++) {
    const c = s.charCodeAt(i);
    if (c === 46) {
      if (digits === 0 || ++dots > 3) return -1;
      out = out * 256 + part;
      part = 0;
      digits = 0;
    } else if (c >= 48 && c <= 57) {
      part = part * 10 + c - 48;
      if (++digits > 3 || part > 255) return -1;
    } else return -1;
  }
  return dots === 3 && digits > 0 ? out * 256 + part : -1;
}

/** Membership of any of the networks. The last address tested is remembered: logs repeat them. */
export function cidrSet(cidrs: readonly string[]): (v: Value) => boolean {
  const v4: { base: number; size: number }[] = [];
  const v6: { groups: number[]; bits: number }[] = [];
  for (const cidr of cidrs) {
    const [text, bitsText] = cidr.split("/");
    const ip = parseIp(text);
    if (typeof ip === "number") {
      const size = 2 ** (32 - Number(bitsText ?? 32));
      v4.push({ base: Math.floor(ip / size) * size, size });
    } else if (ip) v6.push({ groups: ip, bits: Number(bitsText ?? 128) });
  }
  let lastText = "", last = false;
  return (v) => {
    if (typeof v !== "string") return false;
    if (v === lastText) return last;
    const ip = parseIp(v);
    let hit = false;
    if (typeof ip === "number") {
      for (const c of v4) {
        if (ip >= c.base && ip < c.base + c.size) {
          hit = true;
          break;
        }
      }
    } else if (ip) hit = v6.some((c) => inV6(ip, c.groups, c.bits));
    lastText = keep(v);
    return last = hit;
  };
}

function inV6(ip: number[], net: number[], bits: number): boolean {
  for (let i = 0, left = bits; left > 0; i++, left -= 16) {
    const mask = left >= 16 ? 0xffff : 0xffff << (16 - left) & 0xffff;
    if ((ip[i] & mask) !== (net[i] & mask)) return false;
  }
  return true;
}

/**
 * Text that may be held in state: a slice of a chunk would pin the whole chunk. V8 copies what is
 * shorter than 13 characters by itself.
 */
export function keep(s: string): string {
  return s.length < 13 ? s : [s.slice(0, 6), s.slice(6)].join("");
}

/** {@link keep} for any value. */
export function keepValue(v: Value): Value {
  return typeof v === "string"
    ? keep(v)
    : Array.isArray(v)
    ? v.map((x) => typeof x === "string" ? keep(x) : x)
    : v;
}

/** `*` any run, `?` any one character, over the whole text; time is at most text × pattern. */
export function likeTest(pattern: string, cs: boolean): (v: Value) => boolean {
  const p = cs ? pattern : pattern.toLowerCase();
  return (v) => {
    if (typeof v !== "string") return false;
    const s = cs ? v : v.toLowerCase();
    let i = 0, j = 0, star = -1, mark = 0;
    while (i < s.length) {
      if (j < p.length && p[j] === "*") {
        star = j++;
        mark = i;
      } else if (j < p.length && (p[j] === "?" || p[j] === s[i])) {
        i++;
        j++;
      } else if (star >= 0) {
        j = star + 1;
        i = ++mark;
      } else return false;
    }
    while (j < p.length && p[j] === "*") j++;
    return j === p.length;
  };
}

/** One part of a group's key. The length before each part keeps ("a","bc") and ("ab","c") apart. */
export function keyPart(v: Value): string {
  if (v === undefined) return "-";
  const s = typeof v === "string" ? v : String(v);
  return s.length + ":" + s;
}

/** The key of a group with one field. */
export function key1(v: Value): string | undefined {
  return typeof v === "string" ? v : v === undefined ? undefined : String(v);
}

let lastA: Value, lastB: Value, lastPair: string | undefined;

/** The key of a group with two fields. The last one is remembered: rows of one attack come together. */
export function key2(a: Value, b: Value): string | undefined {
  if (a === lastA && b === lastB) return lastPair;
  if (a === undefined || b === undefined) return undefined;
  const key = keyPart(a) + keyPart(b);
  lastA = keepValue(a);
  lastB = keepValue(b);
  return lastPair = key;
}

/** A value as text in a message: nothing for a missing one, RFC 3339 for a timestamp. */
export function show(v: Value, timestamp: boolean): string {
  if (v === undefined) return "";
  if (timestamp && typeof v === "number" && Math.abs(v) < 8.64e15) return new Date(v).toISOString();
  return Array.isArray(v) ? v.join(", ") : String(v);
}
