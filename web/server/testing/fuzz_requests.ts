/** Requests from an OpenAPI document: valid ones, and all that a hostile client may send. */
import fc from "fast-check";
import type { Json } from "../types/schema.ts";

/** Text that acts on something: spreadsheets, browsers, terminals, readers, databases, JavaScript. */
export const HOSTILE = [
  `=cmd|' /C calc'!A0`,
  "+1+1",
  "-2+3",
  "@SUM(1)",
  " =1+1",
  "\t=1",
  "＝1",
  '<script>alert(1)</script><img src=x onerror="alert(1)">',
  "</script><svg/onload=alert(1)>",
  "\x1b[31m\x1b]0;pwned\x07",
  "\u009b31m",
  "a\u202etxt.exe",
  "ad\u061cmin\u200b\u{e0041}\ufeff",
  "line\u2028sep\u2029",
  "' OR 1=1; DROP TABLE events; --",
  "%' ESCAPE '",
  "\\",
  "__proto__",
  "constructor",
  "${7*7}{{7*7}}",
  "../../../../etc/passwd",
  "a,b;c\r\nSet-Cookie: x=1",
  "𝕌𝕟𝕚𝕔𝕠𝕕𝕖 😀",
  "x".repeat(3000),
  "10.0.0.0/33",
  "NaN",
  "1e400",
  "-0",
  "null",
  "%00",
];
const NUL = "a\0b";

interface Parameter {
  readonly name: string;
  readonly in: "path" | "query";
  readonly schema: Json;
  readonly example?: string;
}
export interface Operation {
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly content: Record<string, { schema: Json }> };
  readonly responses: Record<string, { content?: Record<string, { schema: Json }> }>;
}

const hostile = fc.oneof(
  fc.constantFrom(...HOSTILE, NUL, "", "\ud800"),
  fc.string({ unit: "grapheme", maxLength: 40 }),
  fc.string({ unit: "binary", maxLength: 20 }),
);

export interface Made {
  readonly operation: Operation;
  readonly method: string;
  readonly path: string;
  readonly query: readonly (readonly [string, (pool: readonly string[]) => string])[];
  readonly ids: Readonly<Record<string, (pool: readonly string[]) => string>>;
  readonly body: { readonly type: string; readonly text: string } | null;
  readonly token: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Headers that are looked at, with what a header may hold at all. */
const headers = fc.oneof(
  { weight: 8, arbitrary: fc.constant({}) },
  fc.dictionary(
    fc.constantFrom(
      ...["last-event-id", "origin", "host", "cookie", "accept", "range", "if-none-match"],
      ...["sec-fetch-site", "x-forwarded-for", "content-length", "x-http-method-override"],
    ),
    fc.oneof(
      fc.constantFrom("localhost", "cross-site", "7", "-1", "null", "picket_session=x"),
      fc.constantFrom(...HOSTILE).map((s) => s.replace(/[^\x20-\x7e\xa0-\xff]/g, "")),
    ),
    { maxKeys: 2 },
  ),
);

const SSHD =
  "Mar 29 00:02:11 web1 sshd[911]: Failed password for root from 203.0.113.47 port 40001 ssh2";

/** What requests are made of. */
export interface Making {
  readonly operations: readonly Operation[];
  readonly defs: Readonly<Record<string, Json>>;
  /** Texts of rules for the route that tries them. */
  readonly rules: readonly string[];
  /** Tokens, the first of them most of the time; "" sends none. */
  readonly tokens: readonly string[];
}

/** Whether a schema's `not` lets a text through. */
function allowedBy({ not }: Json): (text: string) => boolean {
  const { pattern } = (not ?? {}) as { pattern?: string };
  if (pattern === undefined) return () => true;
  const refused = new RegExp(pattern, "u");
  return (text) => !refused.test(text);
}

/** Requests of all operations alike. */
export function requests({ operations, defs, rules, tokens }: Making): fc.Arbitrary<Made> {
  /** Values that a schema takes. */
  function valid(schema: Json): fc.Arbitrary<unknown> {
    if (typeof schema.$ref === "string") return valid(defs[schema.$ref.split("/").at(-1)!]);
    if (schema.anyOf) return fc.oneof(...(schema.anyOf as Json[]).map(valid));
    if (schema.enum) return fc.constantFrom(...schema.enum as unknown[]);
    if (Array.isArray(schema.type)) {
      return fc.oneof(...schema.type.map((type) => valid({ ...schema, type })));
    }
    const { minimum, maximum, minLength = 0, maxLength = 60, minItems = 0, maxItems = 5 } =
      schema as Record<string, number>;
    switch (schema.type) {
      case "string":
        if (schema.format === "date-time") {
          return fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true })
            .map((d) => d.toISOString());
        }
        if (typeof schema.pattern === "string") {
          return fc.stringMatching(new RegExp(schema.pattern));
        }
        return fc.oneof(
          fc.constantFrom(...HOSTILE.filter((s) => s.length >= minLength && s.length <= maxLength)),
          fc.string({ unit: "grapheme", minLength, maxLength: Math.min(maxLength, 60) }),
        ).filter(allowedBy(schema));
      case "integer":
        return fc.integer({ min: minimum ?? -1000, max: maximum ?? 100_000 });
      case "number":
        return fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 });
      case "boolean":
        return fc.boolean();
      case "null":
        return fc.constant(null);
      case "array":
        return fc.array(valid((schema.items ?? {}) as Json), {
          minLength: minItems,
          maxLength: Math.min(maxItems, 5),
        });
      case "object": {
        const required = (schema.required ?? []) as string[];
        const properties = (schema.properties ?? {}) as Record<string, Json>;
        return fc.record(
          Object.fromEntries(Object.entries(properties).map(([n, s]) => [n, valid(s)])),
          { requiredKeys: required.filter((n) => n in properties) },
        );
      }
      default:
        return fc.jsonValue();
    }
  }

  /** A parameter's text: of its schema, its example, something that an answer gave, or anything. */
  function parameterText(p: Parameter): fc.Arbitrary<(pool: readonly string[]) => string> {
    const fits = valid(p.schema).map((v) => () => String(v));
    const pooled = fc.nat().map((n) => (pool: readonly string[]) => pool[n % pool.length]);
    const some = [fits, fits, pooled, hostile.map((s) => () => s)];
    if (p.example !== undefined) some.push(fc.constant(() => p.example!));
    if (/^(from|to)$/.test(p.name)) {
      some.push(
        fc.constantFrom("now", "-1h", "2026-03-29", "1774742535", "-9999w").map((t) => () => t),
      );
    }
    return fc.oneof(...some);
  }

  function bodies(operation: Operation): fc.Arbitrary<Made["body"]> {
    const content = operation.requestBody?.content;
    const junk = fc.record({
      type: fc.constantFrom("application/json", "text/plain", "application/x-ndjson", "x"),
      text: fc.oneof(hostile, fc.json(), fc.constant("{"), fc.constant("[".repeat(5000))),
    });
    if (!content) return fc.oneof({ weight: 9, arbitrary: fc.constant(null) }, junk);
    const [type, { schema }] = Object.entries(content)[0];
    const right = valid(schema).chain((value) =>
      operation.path.endsWith("/check")
        ? fc.record({
          text: fc.constantFrom(...rules),
          lines: fc.array(fc.constantFrom(...HOSTILE, SSHD)).map((l) => l.join("\n")),
          tests: fc.boolean(),
          shipped: fc.boolean(),
        })
        : fc.constant(value)
    );
    const wrong = fc.tuple(right, hostile, fc.jsonValue()).map(([value, name, more]) => ({
      ...value as Record<string, unknown>,
      [name]: more,
    }));
    return fc.oneof(
      { weight: 6, arbitrary: right.map((v) => ({ type, text: JSON.stringify(v) })) },
      { weight: 2, arbitrary: wrong.map((v) => ({ type, text: JSON.stringify(v) })) },
      { weight: 1, arbitrary: junk },
    );
  }

  return fc.constantFrom(...operations).chain((operation) => {
    const inQuery = operation.parameters.filter((p) => p.in === "query");
    const inPath = operation.parameters.filter((p) => p.in === "path");
    const pair = inQuery.length === 0
      ? hostile.chain((name) => fc.constant([name, () => "x"] as const))
      : fc.constantFrom(...inQuery).chain((p) =>
        parameterText(p).map((text) => [p.name, text] as const)
      );
    return fc.record({
      operation: fc.constant(operation),
      method: fc.oneof(
        { weight: 12, arbitrary: fc.constant(operation.method) },
        fc.constantFrom("head", "options", "put", "post", "delete", "patch", "get"),
      ),
      path: fc.constant(operation.path),
      query: fc.oneof(
        fc.constant([]),
        fc.uniqueArray(pair, { maxLength: 4, selector: ([name]) => name }),
      ),
      ids: fc.record(
        Object.fromEntries(inPath.map((p) => [p.name, parameterText(p)])),
      ),
      body: bodies(operation),
      headers,
      token: fc.oneof(
        { weight: 10, arbitrary: fc.constant(tokens[0]) },
        fc.constantFrom(...tokens, "", "picket_no", "x y"),
      ),
    });
  });
}
