/**
 * Kinds of parameters: one description validates a value, fills the OpenAPI document and gives the
 * message. `time.ts` has those of times and pages.
 */
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
export function text(
  description: string,
  example?: string,
  maxLength = MAX_TEXT,
): Param<string> {
  return {
    description,
    example,
    schema: { type: "string", minLength: 1, maxLength },
    expected: `text of 1 to ${maxLength} characters`,
    read: (s) => s.length > 0 && s.length <= maxLength && !s.includes("\0") ? s : undefined,
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
