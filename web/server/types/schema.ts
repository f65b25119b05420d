/**
 * JSON Schema (2020-12) and the TypeScript type of a value, said once. The OpenAPI document, the
 * checks of request bodies and the types that the dashboard compiles against all come from here.
 */

import { NOT_IN_NAME, NOT_WRITTEN } from "../../../grammar/visible.ts";

export type Json = Readonly<Record<string, unknown>>;

export interface Schema<T> {
  readonly json: Json;
  /** Definitions of the named schemas that `json` refers to. */
  readonly defs: Readonly<Record<string, Json>>;
  /** Never set: carries the type. */
  readonly type?: T;
}

export type Infer<S> = S extends Schema<infer T> ? T : never;

type Props = Readonly<Record<string, Schema<unknown>>>;
type ObjectOf<R extends Props, O extends Props> =
  & { readonly [K in keyof R]: Infer<R[K]> }
  & { readonly [K in keyof O]?: Infer<O[K]> };

const plain = <T>(json: Json): Schema<T> => ({ json, defs: {} });
const merged = (all: Iterable<Schema<unknown>>) =>
  Object.assign({}, ...[...all].map((s) => s.defs)) as Record<string, Json>;

/** Text; `limits` are JSON Schema's keywords. */
export const text = (limits: Json = {}) => plain<string>({ type: "string", ...limits });
/** Text that a person writes, in lines: nothing in it acts. */
export const prose = (limits: Json = {}) => text({ not: { pattern: NOT_WRITTEN }, ...limits });
/** The name of a person: on one line, not blank, and all of it can be seen. */
export const personName = (limits: Json = {}) =>
  text({ not: { pattern: `${NOT_IN_NAME}|^\\s*$` }, ...limits });
export const number = (limits: Json = {}) => plain<number>({ type: "number", ...limits });
export const integer = (limits: Json = {}) => plain<number>({ type: "integer", ...limits });
export const flag = plain<boolean>({ type: "boolean" });
/** Whatever JSON has. */
export const anything = plain<unknown>({});
/** How many of something. */
export const count = integer({ minimum: 0 });
/** RFC 3339, UTC. */
export const moment = plain<string>({ type: "string", format: "date-time" });
/** Of an event, alert, incident, job or health event. */
export const hexId = text({ pattern: "^[0-9a-f]{32}$" });

export const oneOf = <const T extends string>(values: readonly T[]) =>
  plain<T>({ type: "string", enum: values });

export const list = <T>(items: Schema<T>, limits: Json = {}): Schema<readonly T[]> => ({
  json: { type: "array", items: items.json, ...limits },
  defs: items.defs,
});

/** An object of any names. */
export const map = <T>(values: Schema<T>): Schema<Readonly<Record<string, T>>> => ({
  json: { type: "object", additionalProperties: values.json },
  defs: values.defs,
});

export const nullable = <T>(of: Schema<T>): Schema<T | null> => ({
  json: typeof of.json.type === "string" && of.json.enum === undefined
    ? { ...of.json, type: [of.json.type, "null"] }
    : { anyOf: [of.json, { type: "null" }] },
  defs: of.defs,
});

export const anyOf = <S extends readonly Schema<unknown>[]>(
  ...of: S
): Schema<Infer<S[number]>> => ({ json: { anyOf: of.map((s) => s.json) }, defs: merged(of) });

/** An object with these properties and no others, unless `rest` says what others hold. */
export function object<R extends Props, O extends Props = Record<never, never>>(
  required: R,
  optional: O = {} as O,
  rest?: Schema<unknown>,
): Schema<ObjectOf<R, O>> {
  const all = { ...required, ...optional };
  return {
    json: {
      type: "object",
      properties: Object.fromEntries(Object.entries(all).map(([name, s]) => [name, s.json])),
      required: Object.keys(required),
      additionalProperties: rest ? rest.json : false,
    },
    defs: merged([...Object.values(all), ...(rest ? [rest] : [])]),
  };
}

/** Gives a schema a name of its own in the document. */
export const named = <T>(name: string, of: Schema<T>): Schema<T> => ({
  json: { $ref: `#/components/schemas/${name}` },
  defs: { ...of.defs, [name]: of.json },
});

/** A sentence about a property. */
export const about = <T>(description: string, of: Schema<T>): Schema<T> => ({
  json: { ...of.json, description },
  defs: of.defs,
});

/** Where a value does not fit, and what would; `path` is empty for the value itself. */
export interface Misfit {
  readonly path: string;
  readonly expected: string;
}

const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** Holds a value against a schema of the kinds made above; the first misfit, or null. */
export function misfit(
  json: Json,
  value: unknown,
  defs: Readonly<Record<string, Json>>,
  path = "",
): Misfit | null {
  const wrong = (expected: string): Misfit => ({ path, expected });
  if (typeof json.$ref === "string") {
    return misfit(defs[json.$ref.slice(json.$ref.lastIndexOf("/") + 1)], value, defs, path);
  }
  if (json.anyOf) {
    const tried = (json.anyOf as Json[]).map((option) => misfit(option, value, defs, path));
    if (tried.includes(null)) return null;
    // The option that came furthest says best what is wrong.
    return tried.reduce((a, b) => b!.path.length > a!.path.length ? b : a);
  }
  if (json.type !== undefined) {
    const types = Array.isArray(json.type) ? json.type as string[] : [json.type as string];
    if (!types.some((t) => isType(t, value))) return wrong(types.map(nameOf).join(" or "));
  }
  if (Array.isArray(json.enum) && !json.enum.includes(value)) {
    return wrong(`one of ${json.enum.join(", ")}`);
  }
  if (typeof value === "string") return textMisfit(json, value, path);
  if (typeof value === "number") {
    const { minimum = -Infinity, maximum = Infinity } = json as Record<string, number>;
    return value >= minimum && value <= maximum ? null : wrong(
      maximum === Infinity ? `at least ${minimum}` : `from ${minimum} to ${maximum}`,
    );
  }
  if (Array.isArray(value)) {
    const { minItems = 0, maxItems = Infinity } = json as Record<string, number>;
    if (value.length < minItems || value.length > maxItems) {
      return wrong(`a list of ${minItems} to ${maxItems}`);
    }
    return first(
      value,
      (item, i) => json.items ? misfit(json.items as Json, item, defs, `${path}[${i}]`) : null,
    );
  }
  if (typeof value === "object" && value !== null) return objectMisfit(json, value, defs, path);
  return null;
}

function textMisfit(json: Json, value: string, path: string): Misfit | null {
  const { minLength = 0, maxLength = Infinity } = json as Record<string, number>;
  const wrong = (expected: string): Misfit => ({ path, expected });
  const length = value.length <= maxLength ? value.length : [...value].length;
  if (length < minLength || length > maxLength) {
    return wrong(`text of ${minLength} to ${maxLength} characters`);
  }
  if (typeof json.pattern === "string" && !new RegExp(json.pattern, "u").test(value)) {
    return wrong(`text of the form ${json.pattern}`);
  }
  const { pattern } = (json.not ?? {}) as Json;
  if (typeof pattern === "string" && new RegExp(pattern, "u").test(value)) {
    return wrong(
      pattern === NOT_WRITTEN
        ? "text without control characters"
        : "a name on one line, without control or invisible characters",
    );
  }
  if (json.format === "date-time" && !DATE_TIME.test(value)) return wrong("a time");
  return null;
}

function objectMisfit(
  json: Json,
  value: object,
  defs: Readonly<Record<string, Json>>,
  path: string,
): Misfit | null {
  const properties = (json.properties ?? {}) as Record<string, Json>;
  const inner = (name: string) => path === "" ? name : `${path}.${name}`;
  for (const name of (json.required ?? []) as string[]) {
    if (!Object.hasOwn(value, name)) return { path: inner(name), expected: "there" };
  }
  return first(Object.entries(value), ([name, item]) => {
    if (Object.hasOwn(properties, name)) return misfit(properties[name], item, defs, inner(name));
    const rest = json.additionalProperties;
    if (rest === false) {
      return { path: inner(name), expected: `left out: there are ${Object.keys(properties)}` };
    }
    return typeof rest === "object" ? misfit(rest as Json, item, defs, inner(name)) : null;
  });
}

function first<T>(items: readonly T[], of: (item: T, i: number) => Misfit | null): Misfit | null {
  for (let i = 0; i < items.length; i++) {
    const found = of(items[i], i);
    if (found) return found;
  }
  return null;
}

function isType(type: string, value: unknown): boolean {
  switch (type) {
    case "null":
      return value === null;
    case "array":
      return Array.isArray(value);
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    case "integer":
      return Number.isInteger(value);
    case "string":
    case "number":
    case "boolean": {
      const is: string = typeof value;
      return is === type;
    }
    default:
      return false;
  }
}

function nameOf(type: string): string {
  switch (type) {
    case "string":
      return "text";
    case "integer":
      return "a whole number";
    case "number":
      return "a number";
    case "boolean":
      return "true or false";
    case "array":
      return "a list";
    case "object":
      return "an object";
    default:
      return type;
  }
}
