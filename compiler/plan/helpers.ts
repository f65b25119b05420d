/**
 * What generated code calls: comparisons, sets, addresses and text tests on values that may be
 * missing. Missing is `undefined`; every test on it is false, every computation on it is missing.
 */
import { durationText, numberText } from "../../grammar/literals.ts";
import { concat } from "../schema/bounds.ts";
import { compileCidrs } from "../schema/ip.ts";
import { LIKE_ANY, LIKE_ONE, likeTokens } from "../schema/like.ts";
import { keep } from "../schema/keep.ts";
import type { Value } from "../schema/types.ts";

/** Lower-cases text; anything else has no case and comes back as it is. */
export function lower(v: Value): Value {
  return typeof v === "string" ? v.toLowerCase() : v;
}

/** {@link lower}, which many rules ask of one value in turn. */
export function rememberedLower(): (v: Value) => Value {
  let last: Value, low: Value;
  return (v) => {
    if (v !== last) low = lower(last = v);
    return low;
  };
}

/** Equality of two present values, strings without regard to case. */
export function equal(a: Value, b: Value): boolean {
  if (a === undefined || b === undefined) return false;
  if (a === b) return true;
  return typeof a === "string" && typeof b === "string" && a.toLowerCase() === b.toLowerCase();
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

/**
 * An event with fields laid over it. It is a copy of the event's own fields: an object that is made the
 * prototype of another loses the shape that it shares with others, and code that reads it gets slow.
 */
export function layOver(event: object, fields: object): object {
  // The fields come first, as they do where they stand before the event.
  const row = Object.assign(Object.create(Object.getPrototypeOf(event)), fields, event);
  return Object.assign(row, fields);
}

/** Arithmetic; missing when an operand is, when it is no number, or when no finite number results. */
export function arith(op: string, a: Value, b: Value): Value {
  if (op === "+" && typeof a === "string" && typeof b === "string") return concat(a, b);
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

/** Longest text of an IPv4 address: one reads faster than it is remembered. */
const IP4 = 15;

/** Membership of any of the networks. The last long address tested is remembered: logs repeat them. */
export function cidrSet(cidrs: readonly string[]): (v: Value) => boolean {
  const match = compileCidrs(cidrs);
  let lastText = "", last = match("");
  return (v) => {
    if (typeof v !== "string") return false;
    if (v.length <= IP4) return match(v);
    if (v === lastText) return last;
    last = match(v);
    lastText = keep(v);
    return last;
  };
}

/**
 * `*` any run, `?` any one character, over the whole text; time is at most text × pattern.
 * @param escapes as {@link likeTokens} has it
 */
export function likeTest(pattern: string, cs: boolean, escapes = false): (v: Value) => boolean {
  const p = likeTokens(cs ? pattern : pattern.toLowerCase(), escapes);
  if (!p.includes(LIKE_ONE) && !SURROGATE.test(pattern)) return runsTest(runsOf(p), cs);
  // Text is compared by code unit as long as nothing in the pattern takes two of them.
  const byPoint = p.includes(LIKE_ONE) || p.some((t) => t.codePointAt(0)! > 0xffff);
  return (v) => {
    if (typeof v !== "string") return false;
    const text = cs ? v : v.toLowerCase();
    const s = byPoint && /[\ud800-\udbff]/.test(text) ? Array.from(text) : text;
    let i = 0, j = 0, star = -1, mark = 0;
    while (i < s.length) {
      if (j < p.length && p[j] === LIKE_ANY) {
        star = j++;
        mark = i;
      } else if (j < p.length && (p[j] === LIKE_ONE || p[j] === s[i])) {
        i++;
        j++;
      } else if (star >= 0) {
        j = star + 1;
        i = ++mark;
      } else return false;
    }
    while (j < p.length && p[j] === LIKE_ANY) j++;
    return j === p.length;
  };
}

const SURROGATE = /[\ud800-\udfff]/;

/** The texts between the tokens for any run. */
function runsOf(tokens: readonly string[]): string[] {
  const runs = [""];
  for (const t of tokens) {
    if (t === LIKE_ANY) runs.push("");
    else runs[runs.length - 1] += t;
  }
  return runs;
}

/** Whether a text is these texts in turn, with any runs of characters between them. */
function runsTest(runs: readonly string[], cs: boolean): (v: Value) => boolean {
  const first = runs[0], last = runs[runs.length - 1];
  const between = runs.slice(1, -1).filter((run) => run !== "");
  const least = first.length + last.length;
  return (v) => {
    if (typeof v !== "string") return false;
    const text = cs ? v : v.toLowerCase();
    if (runs.length === 1) return text === first;
    if (text.length < least || !text.startsWith(first) || !text.endsWith(last)) return false;
    const end = text.length - last.length;
    let at = first.length;
    for (let i = 0; i < between.length; i++) {
      const found = text.indexOf(between[i], at);
      if (found < 0) return false;
      at = found + between[i].length;
    }
    return at <= end;
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

/**
 * A value as text in a message: `unknown` for a missing one, RFC 3339 for a timestamp, `5m` for a
 * duration, numbers rounded.
 */
export function show(v: Value, type: string): string {
  if (v === undefined) return "unknown";
  if (typeof v === "number") {
    if (type === "timestamp" && Math.abs(v) < 8.64e15) return new Date(v).toISOString();
    return type === "duration" && v >= 0 ? durationText(Math.round(v)) : numberText(v);
  }
  return Array.isArray(v) ? v.join(", ") : String(v);
}
