/** Random programs for tests: text that parses, in every shape that the grammar has. */
import fc from "fast-check";

const FIELDS = [
  "user",
  "action",
  "app",
  "first",
  "last",
  "status",
  "rate",
  "severity",
  "title",
  "count",
  "to",
  "at",
  "entity",
  "values",
  "src",
  "dest",
  "dest_port",
  "by",
  "over",
  "min",
  "login.user",
  "from",
  "test",
];
const field = fc.constantFrom(...FIELDS);
/** Where names between backticks may stand, too. */
const anyField = fc.constantFrom(...FIELDS, "`Threat Name`", "`from`", "`a.b-c`");
const plain = fc.constantFrom("src", "dest", "user", "host", "n", "every", "any", "all", "at");
const dataset = fc.constantFrom(
  "Authentication",
  "Web",
  "Endpoint.Processes",
  "any",
  "windows:security",
  "`my_log`",
  "linux_secure",
  "signal other_rule",
  "signal other_rule, third_rule",
);
const duration = fc.constantFrom("90s", "5m", "1h30m", "7d", "100ms", "2w", "0s", "1.5h", "3600s");
const quoted = fc.oneof(
  fc.constantFrom("a", "failure", "\\\\", '\\"', "\\n\\t", "\\u{1f600}", "é", "{user} {{x}}", ""),
  fc.string({ maxLength: 8, unit: "grapheme-ascii" }).map((s) => JSON.stringify(s).slice(1, -1)),
).map((s) => `"${s}"`);
const ip = fc.constantFrom("203.0.113.9", "2001:DB8::1", "::1", "::ffff:1.2.3.4");
const cidr = fc.constantFrom("10.0.0.0/8", "2001:db8::/32", "0.0.0.0/0");
const number = fc.oneof(
  fc.nat({ max: 100000 }).map(String),
  fc.constantFrom("0.5", "1.0", "2e3", "1E-2", "9007199254740991"),
);
const range = fc.constantFrom("1..1023", "-5..5", "0..0");
const regex = fc.constantFrom("/a+/", "/a\\/b/i", '/[/"#]x/s', "/^(x|y)$/");
const leaf = fc.oneof(
  { weight: 4, arbitrary: anyField },
  quoted,
  quoted.map((q) => q + "cs"),
  number,
  duration,
  fc.constantFrom("10MB", "10MiB", "1kB", "5B", "1.5GB"),
  ip,
  cidr,
  fc.constantFrom("true", "FALSE", "@trusted", "(any)", "(all)"),
);
const many = fc.oneof(
  fc.array(fc.oneof(leaf, range), { minLength: 1, maxLength: 4 }).map((x) => `(${x.join(", ")})`),
  fc.constant("@trusted"),
);

/** Pieces joined by blanks, comments and line ends, as people and machines do. */
const gap = fc.oneof(
  { weight: 20, arbitrary: fc.constant(" ") },
  { weight: 1, arbitrary: fc.constantFrom("  ", "\n   ", "\t", "\r\n", " # why\n") },
);
const two = (a: fc.Arbitrary<string>, op: fc.Arbitrary<string>, b: fc.Arbitrary<string>) =>
  fc.tuple(a, gap, op, gap, b).map((x) => x.join(""));

/** One expression, as deep as a person would write. */
export const expression: fc.Arbitrary<string> = fc.letrec<{ e: string }>((tie) => {
  const e = tie("e");
  const group = e.map((x) => `(${x})`);
  const operand = fc.oneof(
    { weight: 3, arbitrary: leaf },
    group,
    fc.tuple(fc.constantFrom("lower", "if", "by", "at"), fc.array(e, { maxLength: 3 })).map((
      [f, a],
    ) => `${f}(${a.join(", ")})`),
    group.map((x) => "-" + x),
    group.map((x) => "- -" + x),
  );
  return {
    e: fc.oneof(
      { maxDepth: 4, depthIdentifier: "expr" },
      operand,
      two(operand, fc.constantFrom("==", "!=", "<", "<=", ">", ">=", "="), operand),
      two(operand, fc.constantFrom("+", "-", "*", "/", "%"), operand),
      two(
        operand,
        fc.constantFrom("in", "not in", "NOT IN"),
        fc.oneof(many, range, cidr, field),
      ),
      two(operand, fc.constantFrom("contains", "startswith", "endswith"), operand),
      two(operand, fc.constantFrom("contains any", "startswith all", "endswith ANY"), many),
      two(operand, fc.constant("like"), quoted),
      two(operand, fc.constant("like"), quoted.map((q) => `${q} escape`)),
      two(operand, fc.constantFrom("matches", "MATCHES"), regex),
      anyField.map((f) => `exists ${f}`),
      two(e, fc.constantFrom("and", "or", "AND", "Or"), e).map((x) => `(${x})`),
      two(operand, fc.constantFrom("and", "or"), operand),
      fc.tuple(
        operand,
        operand,
        operand,
        fc.constantFrom("and", "or"),
        fc.constantFrom("and", "or"),
      )
        .map(([a, b, c, x, y]) => `${a} ${x} ${b} ${y} ${c}`),
      group.map((x) => `not ${x}`),
      operand.map((x) => `not not ${x}`),
      fc.tuple(group, e, e).map(([t, a, b]) => `${t} ? ${a} : ${b}`),
    ),
  };
}).e;

const keys = fc.array(fc.tuple(fc.constantFrom("", "", "?"), anyField), {
  minLength: 1,
  maxLength: 3,
})
  .map((k) => k.map(([q, f]) => q + f).join(", "));
const optional = (a: fc.Arbitrary<string>) => fc.oneof(fc.constant(""), a.map((x) => " " + x));
const name = fc.constantFrom("r1", "x", "brute_force", "list", "rule", "by");
const row = fc.tuple(dataset, optional(expression.map((e) => `where ${e}`))).map((x) => x.join(""));
const agg = fc.tuple(
  fc.constantFrom("count()", "dc(user)", "values(a.b)", "avg(gap())", "first(src)"),
  optional(plain.map((p) => `as ${p}`)),
).map((x) => x.join(""));
const win = fc.oneof(
  duration,
  duration.map((d) => `tumbling ${d}`),
  duration.map((d) => `session ${d}`),
  duration.map((d) => `SESSION ${d} max 8h`),
);
const listOf = (a: fc.Arbitrary<string>) =>
  fc.array(a, { minLength: 1, maxLength: 3 }).map((x) => x.join(", "));
const command = fc.oneof(
  expression.map((e) => `where ${e}`),
  listOf(fc.tuple(plain, expression).map(([n, e]) => `${n} = ${e}`)).map((x) => `eval ${x}`),
  fc.tuple(plain, expression, optional(plain.map((p) => `as ${p}`)))
    .map(([t, e, a]) => `lookup ${t}(${e})${a}`),
  fc.tuple(listOf(agg), optional(keys.map((k) => `by ${k}`)), optional(win.map((w) => `over ${w}`)))
    .map(([a, k, w]) => `stats ${a}${k}${w}`),
  fc.tuple(keys, optional(duration.map((d) => `within ${d}`))).map(([k, d]) => `dedup ${k}${d}`),
  keys.map((k) => `first_seen ${k} history 30d warmup 7d`),
  field.map((f) => `baseline ${f} history 14d min 48`),
  fc.tuple(duration, keys).map(([d, k]) => `throttle ${d} by ${k}`),
  keys.map((k) => `absent 15m by ${k} expect lookup assets clock`),
  fc.tuple(
    quoted,
    optional(expression.map((e) => `severity ${e}`)),
    optional(
      listOf(field).map(
        (f) => `entity ${f}`,
      ),
    ),
  ).map((x) => `alert ${x.join("")}`),
  fc.constant("alert none"),
  listOf(fc.tuple(field, plain).map(([a, b]) => `${a} as ${b}`)).map((x) => `rename ${x}`),
  listOf(field).map((f) => `fields ${f}`),
  listOf(field).map((f) => `fields - ${f}`),
);
const record = fc.array(fc.tuple(field, leaf).map(([n, v]) => `${n}: ${v}`), { maxLength: 4 })
  .map((x) => `{ ${x.join(", ")} }`);
const item = fc.oneof(
  fc.tuple(duration, optional(fc.constantFrom("repeat 5 every 1s", "repeat 2")), record)
    .map(([d, r, v]) => `at ${d}${r} ${v}`),
  fc.constantFrom(
    "expect none",
    "expect 1 alert",
    "expect 2 alerts",
    'given linux_secure """\n      one\n        two # not a comment\n\n      three\n    """',
    'given windows:security "Host=a"',
  ),
  fc.tuple(duration, record).map(([d, r]) => `expect 1 alert at ${d} ${r}`),
  record.map((r) => `expect 3 alerts ${r}`),
);
const test = fc.tuple(quoted, fc.array(item, { maxLength: 4 }))
  .map(([n, i]) => `  test ${n} {\n${i.map((x) => "    " + x + "\n").join("")}  }\n`);
const step = fc.tuple(fc.constantFrom("", "! "), row, optional(plain.map((p) => `as ${p}`)))
  .map((x) => x.join(""));
const source = fc.oneof(
  row.map((r) => `from ${r}`),
  fc.tuple(
    fc.constantFrom("sequence", "together"),
    keys,
    fc.array(step, { maxLength: 3 }),
    optional(row.map((r) => `until ${r}`)),
  ).map(([k, y, s, u]) => `${k} by ${y} within 15m {\n${s.join("\n")}\n${u}}`),
);
const head = fc.oneof(
  quoted.map((q) => `title ${q}`),
  expression.map((e) => `severity ${e}`),
  fc.constantFrom("mitre T1110.001, t1078", 'tags "a", "b"', 'allow no_test "later"', "STATUS new"),
  expression.map((e) => `param p: int = ${e}`),
);
const comment = fc.constantFrom("", "", "", "# why", "  # indented", "\n# apart\n");
const rule = fc.tuple(
  name,
  fc.array(fc.tuple(head, comment), { maxLength: 3 }),
  source,
  fc.array(fc.tuple(command, fc.constantFrom("", "", " # why")), { maxLength: 4 }),
  fc.array(test, { maxLength: 2 }),
).map(([n, h, s, c, t]) =>
  `rule ${n} {\n${h.map(([x, y]) => `  ${x}\n${y}\n`).join("")}  ${s}\n${
    c.map(([x, y]) => `  | ${x}${y}\n`).join("")
  }${t.join("")}}`
);
const declaration = fc.oneof(
  { weight: 4, arbitrary: rule },
  fc.tuple(plain, expression).map(([n, e]) => `let ${n} = ${e}`),
  fc.tuple(plain, fc.array(leaf, { maxLength: 6 })).map(([n, i]) =>
    `list ${n}: string = [${i.join(", ")}]`
  ),
  fc.constant('list bad: ip = file "bad.txt"'),
  fc.constant("list long = [\n  1, # one\n  # two\n  2\n]"),
);

/** A whole file of one to four declarations with comments between them. */
export const program: fc.Arbitrary<string> = fc.array(fc.tuple(comment, declaration), {
  minLength: 1,
  maxLength: 4,
}).map((d) => d.map(([c, x]) => `${c}\n${x}\n`).join(""));
