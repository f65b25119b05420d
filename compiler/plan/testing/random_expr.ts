/** Random typed expressions and events that they read, for tests of generated code. */
import fc from "fast-check";
import type { IrExpr, IrTable } from "../../ir/program.ts";
import type { Extraction, Type } from "../../schema/types.ts";

export const span = { start: 0, end: 0 };
const STRINGS = [
  "",
  "root",
  "Root",
  "ROOT",
  "a",
  "ab*",
  "roo?",
  "\u0130x",
  "i\u0307x",
  "\u212a",
  "ß",
  "STRASSE",
  "😀",
  "\ud83d",
  "\u2028'\"\\",
  "10",
  "10.1.2.3",
  "010.1.2.3",
  "__proto__",
  "two\nlines",
];
const IPS = ["10.1.2.3", "10.200.0.1", "203.0.113.9", "8.8.8.8", "::1", "fe80::1", "2001:db8::5"];
const CIDRS = [
  "10.0.0.0/8",
  "10.1.2.0/24",
  "0.0.0.0/0",
  "203.0.113.9/32",
  "fe80::/10",
  "::/0",
  "2001:db8::/33",
];
const INTS = [0, 1, -1, 2, 5, 22, 443, 4625, 9007199254740991];
const FLOATS = [0, 0.5, -2.25, 1e308, -1e308, 1e-300];
const TIMES = [0, 1774742535000, 1774857600000, 1709164800000];

const FIELDS: Readonly<Record<string, Type>> = {
  s: "string",
  t: "string",
  extra: "string",
  absent: "string",
  fixed: "string",
  ip: "ip",
  host_name: "host",
  n: "int",
  m: "int",
  port: "int",
  x: "float",
  size: "bytes",
  flag: "bool",
  d: "duration",
  _time: "timestamp",
};

const valueOf = (type: Type): fc.Arbitrary<string | number | boolean> => {
  switch (type) {
    case "int":
    case "bytes":
      return fc.oneof(fc.constantFrom(...INTS), fc.integer({ min: -50, max: 50 }));
    case "float":
      return fc.oneof(
        fc.constantFrom(...FLOATS),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
      );
    case "duration":
      return fc.integer({ min: -10, max: 10 }).map((n) => n * 30_000);
    case "timestamp":
      return fc.constantFrom(...TIMES);
    case "bool":
      return fc.boolean();
    case "ip":
      return fc.constantFrom(...IPS);
    case "host":
      return fc.oneof(fc.constantFrom(...IPS), fc.constantFrom("web1", "WEB1", "db.example"));
    default:
      return fc.oneof(
        { weight: 4, arbitrary: fc.constantFrom(...STRINGS) },
        fc.string({ maxLength: 6, unit: "binary" }),
      );
  }
};

/** What `port` and `fixed` are in every event; `absent` is in none. */
export const CONSTANTS = { port: 22, fixed: "Root" };
export const CAPTURES = ["s", "t", "ip", "host_name", "n", "m", "x", "size", "flag", "d"];
export const extraction: Extraction = {
  id: 0,
  sourcetype: "test",
  pattern: "all",
  datasets: [],
  constants: CONSTANTS,
  captures: CAPTURES.map((name) => ({ name, type: FIELDS[name], always: name === "m" })),
  open: true,
  parseError: false,
};

const maybe = (type: Type) => fc.option(valueOf(type), { nil: undefined, freq: 3 });
export const event: fc.Arbitrary<Record<string, unknown>> = fc.tuple(
  fc.record(Object.fromEntries(CAPTURES.map((name) => [
    name,
    name === "m" ? valueOf("int") : maybe(FIELDS[name]),
  ]))),
  maybe("string"),
  fc.constantFrom(...TIMES),
).map(([fields, extra, _time]) =>
  Object.assign(Object.create(CONSTANTS), fields, {
    _time,
    more: extra === undefined ? null : { extra },
  })
);

export const TABLES: readonly IrTable[] = [
  {
    name: "names",
    columns: [{ name: "name", type: "string" }],
    rows: [["Root"], ["a"], [null], ["İx"]],
  },
  {
    name: "nets",
    columns: [{ name: "net", type: "cidr" }],
    rows: [["10.0.0.0/8"], ["203.0.113.9"], ["fe80::/10"]],
  },
];

type Make = (depth: number) => fc.Arbitrary<IrExpr>;
const text: readonly Type[] = ["string", "ip", "host"];
const plain: readonly Type[] = ["int", "float", "bytes"];

const constant = (type: Type): fc.Arbitrary<IrExpr> =>
  fc.tuple(valueOf(type), fc.boolean()).map(([value, cs]): IrExpr => ({
    op: "const",
    value,
    type,
    span,
    ...(cs && type === "string" ? { cs } : {}),
  }));
const fieldOf = (type: Type): fc.Arbitrary<IrExpr> => {
  const names = Object.keys(FIELDS).filter((n) => FIELDS[n] === type);
  return fc.constantFrom(...names).map((name): IrExpr => ({ op: "field", name, type, span }));
};
const leaf = (type: Type) => fc.oneof({ weight: 3, arbitrary: fieldOf(type) }, constant(type));

const call = (fn: string, type: Type, ...args: fc.Arbitrary<IrExpr>[]): fc.Arbitrary<IrExpr> =>
  fc.tuple(...args).map((args): IrExpr => ({ op: "call", fn, args, type, span }));
const conditional = (type: Type, depth: number): fc.Arbitrary<IrExpr> =>
  fc.tuple(bool(depth), exprOf(type, depth), exprOf(type, depth)).map(
    ([test, then, other]): IrExpr => ({ op: "cond", test, then, else: other, type, span }),
  );

const textual: Make = (depth) => {
  if (depth <= 0) return fc.constantFrom(...text).chain(leaf);
  const inner = textual(depth - 1);
  return fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...text).chain(leaf) },
    conditional("string", depth - 1),
    fc.constantFrom("lower", "upper", "trim", "urldecode", "base64decode").chain((f) =>
      call(f, "string", inner)
    ),
    call("replace", "string", inner, inner, inner),
    call("substr", "string", inner, constant("int"), constant("int")),
    call("coalesce", "string", inner, inner),
    call("if", "string", bool(depth - 1), inner, inner),
    call("tostring", "string", number(depth - 1)),
    call("weekday", "string", leaf("timestamp")),
    fc.tuple(inner, inner).map(([left, right]): IrExpr => ({
      op: "+",
      left,
      right,
      type: "string",
      span,
    })),
  );
};

const number: Make = (depth) => {
  if (depth <= 0) return fc.constantFrom(...plain).chain(leaf);
  const inner = number(depth - 1);
  return fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...plain).chain(leaf) },
    fc.tuple(fc.constantFrom("+", "-", "*", "/", "%"), inner, inner).map(
      ([op, left, right]) => ({ op, left, right, type: "float", span }) as IrExpr,
    ),
    inner.map((arg): IrExpr => ({ op: "neg", arg, type: "float", span })),
    conditional("float", depth - 1),
    fc.constantFrom("abs", "floor", "ceil", "round", "sqrt", "exp", "log").chain((f) =>
      call(f, "float", inner)
    ),
    fc.constantFrom("min", "max", "pow").chain((f) => call(f, "float", inner, inner)),
    call("len", "int", textual(depth - 1)),
    call("tonumber", "float", textual(depth - 1)),
    call("hour", "int", leaf("timestamp")),
    fc.tuple(leaf("duration"), leaf("duration")).map(([left, right]): IrExpr => ({
      op: "/",
      left,
      right,
      type: "float",
      span,
    })),
  );
};

const exprOf = (type: Type, depth: number): fc.Arbitrary<IrExpr> =>
  type === "string" ? textual(depth) : type === "float" ? number(depth) : leaf(type);

const PATTERNS = [
  "",
  "*",
  "?",
  "ro*",
  "*O?",
  "r\\\\\\*?*",
  "\\?*",
  "?oo?",
  "a*b*",
  "ROOT",
  "r**t",
  "??",
  "*\u0130*",
  "*😀",
];
const REGEXES: readonly (readonly [string, string])[] = [
  ["^root$", ""],
  ["^root$", "i"],
  ["o+", "g"],
  ["^.$", "s"],
  // These run on the linear engine.
  ["(o+)+t$", ""],
  ["r.*o.*t", "i"],
  ["[\\/\"']", ""],
  ["^lines", "m"],
];

const bool: Make = (depth) => {
  const next = Math.max(0, depth - 1);
  const t = textual(next), n = number(next);
  const pair = fc.oneof(
    fc.tuple(t, t),
    fc.tuple(n, n),
    fc.constantFrom<Type>("bool", "duration", "timestamp").chain((type) =>
      fc.tuple(leaf(type), leaf(type))
    ),
  );
  const tests: fc.Arbitrary<IrExpr>[] = [
    leaf("bool"),
    fc.constantFrom(...Object.keys(FIELDS)).map((name): IrExpr => ({
      op: "exists",
      name,
      type: "bool",
      span,
    })),
    fc.tuple(fc.constantFrom("==", "!="), pair, fc.boolean()).map(
      ([op, [left, right], cs]) => ({ op, left, right, cs, type: "bool", span }) as IrExpr,
    ),
    fc.tuple(
      fc.constantFrom("<", "<=", ">", ">="),
      fc.oneof(fc.tuple(n, n), fc.tuple(leaf("timestamp"), leaf("timestamp")), fc.tuple(t, t)),
      fc.boolean(),
    ).map(([op, [left, right], cs]) => ({ op, left, right, cs, type: "bool", span }) as IrExpr),
    fc.tuple(
      fc.oneof(
        fc.tuple(
          t,
          fc.record({
            kind: fc.constant("values" as const),
            values: fc.array(valueOf("string"), { maxLength: 7 }),
            cs: fc.boolean(),
          }),
        ),
        fc.tuple(
          n,
          fc.record({
            kind: fc.constant("values" as const),
            values: fc.array(valueOf("int"), { maxLength: 7 }),
            cs: fc.constant(false),
          }),
        ),
        fc.tuple(
          fc.oneof(leaf("ip"), leaf("host"), t),
          fc.record({
            kind: fc.constant("cidrs" as const),
            cidrs: fc.array(fc.constantFrom(...CIDRS), { maxLength: 4 }),
          }),
        ),
        fc.tuple(
          n,
          fc.record({
            kind: fc.constant("range" as const),
            from: fc.integer({ min: -5, max: 30 }),
            to: fc.integer({ min: 0, max: 5000 }),
          }),
        ),
        fc.tuple(
          t,
          fc.record({
            kind: fc.constant("table" as const),
            table: fc.constantFrom("names", "nets", "none"),
          }),
        ),
      ),
      fc.boolean(),
    ).map(([[value, set], negated]) =>
      ({ op: "in", negated, value, set, type: "bool", span }) as IrExpr
    ),
    fc.tuple(
      fc.constantFrom("contains", "startswith", "endswith"),
      fc.constantFrom("any", "all"),
      t,
      fc.array(fc.oneof({ weight: 3, arbitrary: constant("string") }, t), { maxLength: 4 }),
    ).map(([op, quant, value, needles]) =>
      ({ op, quant, value, needles, type: "bool", span }) as IrExpr
    ),
    fc.tuple(t, fc.constantFrom(...PATTERNS), fc.boolean(), fc.boolean()).map((
      [value, pattern, cs, escapes],
    ): IrExpr => ({
      op: "like",
      value,
      pattern,
      cs,
      escapes,
      type: "bool",
      span,
    })),
    fc.tuple(t, fc.constantFrom(...REGEXES)).map(([value, [source, flags]]): IrExpr => ({
      op: "matches",
      value,
      source,
      flags,
      type: "bool",
      span,
    })),
    fc.constantFrom("isnull", "isnotnull", "isnum").chain((f) => call(f, "bool", t)),
    fc.constantFrom("is_private", "is_global").chain((f) => call(f, "bool", leaf("ip"))),
    call(
      "in_hours",
      "bool",
      leaf("timestamp"),
      fc.constant<IrExpr>({
        op: "const",
        value: "08:00-18:00 mon-fri",
        type: "string",
        span,
      }),
    ),
  ];
  if (depth > 0) {
    const inner = bool(depth - 1);
    tests.push(
      fc.tuple(fc.constantFrom("and", "or"), fc.array(inner, { minLength: 1, maxLength: 3 })).map(
        ([op, args]) => ({ op, args, type: "bool", span }) as IrExpr,
      ),
      inner.map((arg): IrExpr => ({ op: "not", arg, type: "bool", span })),
      conditionalBool(inner),
    );
  }
  return fc.oneof(...tests);
};
const conditionalBool = (inner: fc.Arbitrary<IrExpr>): fc.Arbitrary<IrExpr> =>
  fc.tuple(inner, inner, inner).map(([test, then, other]): IrExpr => ({
    op: "cond",
    test,
    then,
    else: other,
    type: "bool",
    span,
  }));

export const predicate = bool(2);
export const anything = fc.oneof({ weight: 3, arbitrary: predicate }, textual(2), number(2));
