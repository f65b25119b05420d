/** Random events with values that SQL and the language could take differently, and random searches over them. */
import fc from "fast-check";
import type { Catalogue, Extraction, Value } from "../../../compiler/schema/types.ts";
import type { EventBatch } from "../../event.ts";
import { InputHandle } from "../../input.ts";

export const T0 = Date.UTC(2026, 2, 29);
const HOUR = 3_600_000;

const kind = (id: number, of: Partial<Extraction>): Extraction => ({
  id,
  sourcetype: "app",
  pattern: `p${id}`,
  datasets: ["Authentication"],
  constants: {},
  captures: [],
  open: false,
  parseError: false,
  ...of,
});
const capture = (name: string, type: Extraction["captures"][number]["type"]) => ({
  name,
  type,
  always: false,
});

const EXTRACTIONS: readonly Extraction[] = [
  kind(0, {
    constants: { action: "failure", app: "sshd", severity: "low" },
    captures: [capture("src", "host"), capture("user", "string"), capture("src_port", "int")],
  }),
  kind(1, {
    sourcetype: "web",
    datasets: ["Web"],
    captures: [
      capture("src", "host"),
      capture("status", "int"),
      capture("url", "string"),
      capture("bytes_out", "int"),
      capture("dest_port", "int"),
      capture("user", "string"),
      capture("http_referrer", "string"),
    ],
  }),
  kind(2, { sourcetype: "json", datasets: ["Authentication"], open: true }),
];

export const CATALOGUE: Catalogue = {
  extractions: EXTRACTIONS,
  sourcetypes: ["app", "web", "json"].map((name) => ({ name, open: name === "json", fields: [] })),
};

const TEXTS = [
  "root",
  "Root",
  "ROOT",
  "kim",
  "\u212aim",
  "\u0130x",
  "ß",
  "STRASSE",
  "a%b_c",
  "back\\slash",
  "it's",
  '"quoted"',
  "200",
  "404",
  "two words",
  "",
  "😀",
  "?",
  "*",
];
const ADDRESSES = [
  "10.1.2.3",
  "10.200.0.1",
  "203.0.113.9",
  "::ffff:10.1.2.3",
  "2001:db8::5",
  "web1",
  "010.1.2.3",
];
const NUMBERS = [0, 1, 22, 443, -5, 70_000_000_000, 1.5];

const optional = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });
const text = fc.constantFrom(...TEXTS), address = fc.constantFrom(...ADDRESSES);
const whole = fc.constantFrom(...NUMBERS.filter(Number.isInteger));
const FIELDS: Readonly<Record<string, fc.Arbitrary<Value>>> = {
  src: address,
  user: text,
  src_port: whole,
  status: fc.constantFrom(200, 404, 500),
  url: text,
  bytes_out: whole,
  dest_port: whole,
  http_referrer: text,
};

interface RandomEvent {
  readonly kind: number;
  readonly time: number;
  readonly host: string | undefined;
  readonly raw: string;
  readonly fields: Readonly<Record<string, Value>>;
}

const event: fc.Arbitrary<RandomEvent> = fc.record({
  kind: fc.constantFrom(0, 1, 2),
  time: fc.integer({ min: 0, max: 5 * HOUR }).map((t) => T0 + t),
  host: optional(fc.constantFrom("web1", "WEB1", "db\u212a")),
  raw: fc.tuple(text, text).map((t) => t.join(" ")),
  fields: fc.record(Object.fromEntries(
    Object.entries(FIELDS).map(([name, of]) => [name, optional(of)]),
  )),
});

/** Events as the parser hands them on. */
export function randomBatch(count: number, seed: number): EventBatch {
  const random = fc.sample(event, { numRuns: count, seed });
  const input = new InputHandle({ name: "random.log", identity: "00112233445566aa" });
  const events = random.map((r) => {
    const x = EXTRACTIONS[r.kind];
    const own = Object.fromEntries(x.captures.map((c) => [c.name, r.fields[c.name]]));
    const more = x.open
      ? Object.fromEntries(Object.entries(r.fields).filter(([, v]) => v !== undefined))
      : null;
    return {
      _raw: r.raw,
      _time: r.time,
      host: r.host,
      _time_from: undefined,
      more: more as Record<string, Value> | null,
      ...own,
    };
  });
  return {
    lines: {
      input,
      lines: events.map((e) => e._raw),
      arrival: T0,
      offset: (i) => i * 100,
    },
    events,
    extractionIds: Uint16Array.from(random, (r) => r.kind),
    extractions: EXTRACTIONS,
    lineOf: (i) => i,
  };
}

const quoted = (s: string) => JSON.stringify(s);
const field = fc.constantFrom(
  "user",
  "url",
  "http_referrer",
  "action",
  "app",
  "host",
  "sourcetype",
  "_raw",
);
const numeric = fc.constantFrom("src_port", "bytes_out", "dest_port", "status");
const literal = fc.constantFrom(...TEXTS, "failure", "sshd", "web", "WEB").map(quoted);

const atom: fc.Arbitrary<string> = fc.oneof(
  fc.tuple(field, fc.constantFrom("==", "!="), literal, fc.constantFrom("", "", "cs"))
    .map(([f, op, v, cs]) => `${f} ${op} ${v}${cs}`),
  fc.tuple(field, fc.constantFrom("contains", "startswith", "endswith"), literal)
    .map((p) => p.join(" ")),
  fc.tuple(field, fc.constantFrom("any", "all"), fc.array(literal, { minLength: 1, maxLength: 3 }))
    .map(([f, q, v]) => `${f} contains ${q} (${v.join(", ")})`),
  fc.tuple(field, fc.constantFrom('"*oo*"', '"?oot"', '"*k*"', '"a%*"', '"*\\\\*"'))
    .map(([f, p]) => `${f} like ${p}`),
  fc.tuple(
    field,
    fc.array(literal, { minLength: 1, maxLength: 4 }),
    fc.constantFrom("in", "not in"),
  )
    .map(([f, v, op]) => `${f} ${op} (${v.join(", ")})`),
  fc.tuple(field, fc.constantFrom("/^r/", "/OO/i", "/\\d{3}/")).map((p) => p.join(" matches ")),
  fc.tuple(numeric, fc.constantFrom("==", "!=", "<", "<=", ">", ">="), whole)
    .map((p) => p.join(" ")),
  fc.tuple(numeric, fc.constantFrom("in 1..443", "not in 0..100", "in (22, 443)")).map((p) =>
    p.join(" ")
  ),
  fc.constantFrom("src in 10.0.0.0/8", "src not in 10.0.0.0/8", "src in ::/0", "is_private(src)"),
  fc.tuple(fc.constantFrom("==", "!="), fc.constantFrom("10.1.2.3", "2001:db8::5", '"web1"'))
    .map(([op, v]) => `src ${op} ${v}`),
  fc.oneof(field, numeric, fc.constant("src")).map((f) => `exists ${f}`),
  fc.tuple(fc.constantFrom(...["url", "user", "action"]), field).map(([a, b]) => `${a} == ${b}`),
  fc.constantFrom("len(user) > 3", "bytes_out + dest_port > 100", "hour(_time) >= 2"),
);

export const condition: fc.Arbitrary<string> = fc.letrec<{ c: string }>((tie) => ({
  c: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    atom,
    fc.tuple(tie("c"), fc.constantFrom("and", "or"), tie("c")).map(([a, op, b]) =>
      `(${a} ${op} ${b})`
    ),
    tie("c").map((c) => `not (${c})`),
  ),
})).c;

const key = fc.constantFrom(
  "src",
  "user",
  "action",
  "host",
  "sourcetype",
  "dest_port",
  "url",
  "http_referrer",
  "src_port",
  "severity",
  "nothing",
);
const aggregate = fc.constantFrom(
  "count() as n",
  "count(user) as users_present",
  "dc(user) as users",
  "dc(src) as sources",
  "dc(src_port) as ports",
  "count(http_referrer) as referred",
  "dc(http_referrer) as referrers",
  "sum(bytes_out) as bytes",
  "min(dest_port) as least",
  "max(bytes_out) as most",
  "max(src_port) as port",
);

export const stats: fc.Arbitrary<string> = fc.tuple(
  fc.uniqueArray(aggregate, { minLength: 1, maxLength: 3 }),
  fc.uniqueArray(key, { maxLength: 2 }),
  fc.boolean(),
  fc.constantFrom("", " over tumbling 1h", " over tumbling 30m"),
).map(([aggs, by, nullable, over]) =>
  `stats ${aggs.join(", ")}${
    by.length > 0 ? ` by ${by.map((k) => (nullable ? "?" : "") + k).join(", ")}` : ""
  }${over}`
);

/** What `timechart` counts, without its width. */
export const chart: fc.Arbitrary<string> = fc.tuple(
  fc.uniqueArray(aggregate, { minLength: 1, maxLength: 2 }),
  fc.option(key, { nil: null }),
).map(([aggs, by]) => aggs.join(", ") + (by === null ? "" : ` by ${by}`));

export const source = fc.constantFrom("any", "Authentication", "Web", "app", "json");
