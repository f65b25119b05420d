/**
 * Query parameters: one description validates them, fills the OpenAPI document and gives the
 * messages. No request can make anything here throw other than ApiError.
 */
import { nearest } from "../../../grammar/nearest.ts";

export type Refusal =
  | 400
  | 401
  | 403
  | 404
  | 405
  | 408
  | 409
  | 413
  | 415
  | 421
  | 429
  | 500
  | 503
  | 504;

/** A refusal, as the client gets it. */
export class ApiError extends Error {
  constructor(
    readonly status: Refusal,
    readonly code: string,
    message: string,
    readonly field?: string,
  ) {
    super(message);
  }
}

/** JSON Schema (2020-12) of a parameter, and how its text reads. */
export interface Param<T> {
  readonly description: string;
  readonly schema: Readonly<Record<string, unknown>>;
  readonly example?: string;
  /** Returns undefined when the text is no value of this kind; `expected` then says what is. */
  read(text: string, now: number): T | undefined;
  readonly expected: string;
}

export type Params = Readonly<Record<string, Param<unknown>>>;
export type ValuesOf<P extends Params> = {
  -readonly [K in keyof P]?: P[K] extends Param<infer T> ? T : never;
};

/** Longest text that a filter takes, in characters. */
const MAX_TEXT = 1024;

/** Text without NUL, which no stored text has. */
export function text(description: string, example?: string): Param<string> {
  return {
    description,
    example,
    schema: { type: "string", minLength: 1, maxLength: MAX_TEXT },
    expected: `text of 1 to ${MAX_TEXT} characters`,
    read: (s) => s.length > 0 && s.length <= MAX_TEXT && !s.includes("\0") ? s : undefined,
  };
}

export function integer(description: string, minimum: number, maximum: number): Param<number> {
  return {
    description,
    schema: { type: "integer", minimum, maximum },
    expected: `a whole number from ${minimum} to ${maximum}`,
    read(s) {
      const n = /^\d{1,16}$/.test(s) ? Number(s) : NaN;
      return n >= minimum && n <= maximum ? n : undefined;
    },
  };
}

/** A number such as `-1.5`. */
export function decimal(description: string): Param<number> {
  return {
    description,
    schema: { type: "number" },
    expected: "a number",
    read: (s) => /^-?\d{1,15}(\.\d{1,15})?$/.test(s) ? Number(s) : undefined,
  };
}

/** Text of a form. */
export function pattern(description: string, form: string, example: string): Param<string> {
  const expression = new RegExp(form, "u");
  return {
    description,
    example,
    schema: { type: "string", pattern: form },
    expected: `text of the form ${form}`,
    read: (s) => expression.test(s) ? s : undefined,
  };
}

/** 32 hex digits, in any case and with the hyphens of a UUID or without. */
export function hexId(description: string): Param<string> {
  return {
    description,
    schema: { type: "string", pattern: "^[0-9a-f]{32}$" },
    expected: "32 hex digits",
    read(s) {
      const id = s.length > 40 ? "" : s.replaceAll("-", "").toLowerCase();
      return /^[0-9a-f]{32}$/.test(id) ? id : undefined;
    },
  };
}

/** Most field names in a list, and the longest. */
const MAX_FIELDS = 100, MAX_NAME = 128;

/** Names with commas between them, each once. */
export function fieldNames(description: string, example: string): Param<readonly string[]> {
  return {
    description,
    example,
    schema: { type: "string", minLength: 1, maxLength: MAX_TEXT },
    expected: `1 to ${MAX_FIELDS} names with commas between them`,
    read(s) {
      const names = s.length > MAX_TEXT ? [] : [...new Set(s.split(","))];
      return names.length > 0 && names.length <= MAX_FIELDS && names.every(isName)
        ? names
        : undefined;
    },
  };
}

const isName = (s: string) => s.length > 0 && s.length <= MAX_NAME && !s.includes("\0");

/** The name of one field. */
export function fieldName(description: string, example: string): Param<string> {
  return {
    description,
    example,
    schema: { type: "string", minLength: 1, maxLength: MAX_NAME },
    expected: `the name of a field, of 1 to ${MAX_NAME} characters`,
    read: (s) => isName(s) ? s : undefined,
  };
}

/** `NAME:VALUE`; the first colon parts them. */
export function named(
  description: string,
  example: string,
): Param<{ readonly name: string; readonly value: string }> {
  return {
    description,
    example,
    schema: { type: "string", pattern: "^[^:]+:.", maxLength: MAX_TEXT },
    expected: `a field and its value as in ${example}`,
    read(s) {
      const at = s.indexOf(":");
      if (at < 1 || at === s.length - 1 || s.length > MAX_TEXT || s.includes("\0")) {
        return undefined;
      }
      return at > MAX_NAME ? undefined : { name: s.slice(0, at), value: s.slice(at + 1) };
    },
  };
}

export function oneOf<const T extends string>(description: string, values: readonly T[]): Param<T> {
  return {
    description,
    schema: { type: "string", enum: values },
    expected: `one of ${values.join(", ")}`,
    read: (s) => values.find((v) => v === s),
  };
}

export function flag(description: string): Param<boolean> {
  return {
    description,
    schema: { type: "boolean" },
    expected: "true or false",
    read: (s) => s === "true" ? true : s === "false" ? false : undefined,
  };
}

/** `high,critical`, or `high+` (written `high%2B` in a URL) or `>=high` for that and above. */
export function levels<T extends string>(
  description: string,
  order: readonly T[],
): Param<readonly T[]> {
  return {
    description,
    schema: { type: "string", minLength: 1 },
    example: `>=${order.at(-2)}`,
    expected: `some of ${order.join(", ")}, or one of them with ">=" before it`,
    read(s) {
      // An unescaped "+" in a query means a blank.
      const least = /^(?:>=(\w+)|(\w+)[+ ])$/.exec(s);
      if (least) {
        const at = order.indexOf((least[1] ?? least[2]) as T);
        return at < 0 ? undefined : order.slice(at);
      }
      const names = s.split(",");
      return names.every((n) => order.includes(n as T)) ? names as T[] : undefined;
    },
  };
}

const UNITS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
const RFC3339 =
  /^\d{4}-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?(?:[Zz]|[+-]\d\d:\d\d)?)?$/;
const EARLIEST = Date.UTC(1, 0, 1), LATEST = Date.UTC(9999, 11, 31);

/**
 * A time in epoch ms: RFC 3339 (UTC without a zone), epoch seconds (up to 11 digits) or ms, `now`,
 * or an offset from now such as `-1h` in s, m, h, d or w.
 */
export function readTime(s: string, now: number): number | undefined {
  const within = (t: number) => t >= EARLIEST && t <= LATEST ? t : undefined;
  if (s === "now") return now;
  const offset = /^([+-])(\d{1,9})([smhdw])$/.exec(s.replace(/^ /, "+"));
  if (offset) {
    return within(now + (offset[1] === "-" ? -1 : 1) * Number(offset[2]) * UNITS[offset[3]]);
  }
  if (/^\d{1,11}(\.\d{1,6})?$/.test(s)) return within(Math.round(Number(s) * 1000));
  if (/^\d{12,15}$/.test(s)) return within(Number(s));
  // A "+" of the zone that was not escaped came as a blank.
  const text = s.replace(/ (\d\d:\d\d)$/, (all, zone, at) => at > 11 ? `+${zone}` : all);
  const m = RFC3339.exec(text);
  if (!m) return undefined;
  const day = text.slice(0, 10);
  // Date.parse takes 31 February for 3 March.
  const midnight = Date.parse(day + "T00:00:00Z");
  if (Number.isNaN(midnight) || new Date(midnight).toISOString().slice(0, 10) !== day) {
    return undefined;
  }
  if (text.length === 10) return within(midnight);
  const zoned = /(?:z|[+-]\d\d:\d\d)$/i.test(text) ? text : text + "Z";
  return within(Date.parse(zoned.replace(/[ t]/, "T").toUpperCase()));
}

/** A length of time such as `90s`, `5m`, `1h`, `1d`, `2w`, or in seconds; milliseconds. */
export function duration(description: string, example: string): Param<number> {
  return {
    description,
    example,
    schema: { type: "string", pattern: "^[1-9][0-9]{0,7}[smhdw]?$" },
    expected: "a length of time such as 90s, 5m, 1h or 1d",
    read(s) {
      const m = /^([1-9]\d{0,7})([smhdw]?)$/.exec(s);
      const ms = m ? Number(m[1]) * UNITS[m[2] || "s"] : NaN;
      return ms <= UNITS.d * 36_600 ? ms : undefined;
    },
  };
}

export function time(description: string): Param<number> {
  return {
    description,
    schema: { type: "string", minLength: 1 },
    example: "-1h",
    expected: 'a time such as 2026-03-29T00:02:15Z, 1774742535, "now" or "-1h"',
    read: readTime,
  };
}

/** Where a page ended: `time.id` in base64url, so that nobody builds on its inside. */
export interface Position {
  readonly time: number;
  readonly id: string;
}

export function writeCursor(at: Position | null): string | null {
  return at && btoa(`${at.time}.${at.id}`).replace(/=+$/, "").replaceAll("+", "-")
    .replaceAll("/", "_");
}

export function cursor(): Param<Position> {
  return {
    description: "`next` of the page before",
    schema: { type: "string", minLength: 1, maxLength: 100 },
    expected: 'the "next" of an earlier page',
    read(s) {
      if (!/^[\w-]{1,100}$/.test(s)) return undefined;
      let text: string;
      try {
        text = atob(s.replaceAll("-", "+").replaceAll("_", "/"));
      } catch {
        return undefined;
      }
      const m = /^(-?\d{1,15}(?:\.\d{1,6})?)\.([0-9a-f]{32})$/.exec(text);
      if (!m) return undefined;
      const time = Number(m[1]);
      return time >= EARLIEST && time <= LATEST ? { time, id: m[2] } : undefined;
    },
  };
}

/** Checks every parameter of a query. */
export function readQuery<P extends Params>(
  params: P,
  query: URLSearchParams,
  now: number,
): ValuesOf<P> {
  const out: Record<string, unknown> = {};
  for (const [name, value] of query) {
    const param = Object.hasOwn(params, name) ? params[name] : undefined;
    if (!param) {
      const near = nearest(name, Object.keys(params));
      throw new ApiError(
        400,
        "unknown_parameter",
        `There is no parameter ${quote(name)}; ${
          near
            ? `did you mean "${near}"?`
            : Object.keys(params).length === 0
            ? "this address takes none"
            : `use ${Object.keys(params).join(", ")}`
        }`,
        short(name),
      );
    }
    if (Object.hasOwn(out, name)) {
      throw new ApiError(400, "repeated_parameter", `Give "${name}" once`, name);
    }
    out[name] = readParam(name, value, param, now);
  }
  return out as ValuesOf<P>;
}

/** One value, or an ApiError that says what would do. */
export function readParam<T>(name: string, value: string, param: Param<T>, now: number): T {
  const read = param.read(value, now);
  if (read !== undefined) return read;
  throw new ApiError(
    400,
    "invalid_parameter",
    `"${name}" is ${quote(value)}; give ${param.expected}`,
    name,
  );
}

function short(s: string): string {
  return s.length > 60 ? s.slice(0, 60).toWellFormed() + "…" : s;
}

function quote(s: string): string {
  return JSON.stringify(short(s));
}
