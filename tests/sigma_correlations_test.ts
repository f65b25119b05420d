/** Sigma's correlations on events, against what the specification says of them. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { stringify } from "yaml";
import { catalogue, program, run } from "../agent/engine/testing/streams.ts";
import { compileSigma } from "../compiler/sigma/mod.ts";
import { plainCorrelation, type TimedEvent } from "../compiler/sigma/testing/correlations.ts";

const FIELDS = ["kind", "user", "src", "host2", "bytes", "account", "n"];
const CATALOGUE = catalogue(
  Object.fromEntries([...FIELDS, "destination.ip", "source.ip"].map((f) => [f, "string"])),
  {},
  true,
);

function compiled(text: string) {
  const { rules, diagnostics } = compileSigma([{ name: "c.yml", text }], { catalogue: CATALOGUE });
  assert.deepEqual(diagnostics.map((d) => d.message), []);
  return program(...rules);
}

type Fields = Record<string, string | number>;

/** Alerts as `rule@second key`, events as seconds and fields. */
function alerts(text: string, events: readonly (readonly [number, Fields])[]): string[] {
  const rows = events.map(([s, fields]) => ({ t: s * 1000, ...fields }));
  return run(compiled(text), CATALOGUE, rows).map((a) =>
    `${a.rule}@${a.time / 1000} ${Object.values(a.entity).join(" ")}`.trim()
  );
}

const base = (name: string, value = name, head = "") =>
  `---\ntitle: ${name}\nname: ${name}\n${head}logsource: {product: test}\n` +
  `detection:\n  s: {kind: ${value}}\n  condition: s\n`;

const correlation = (lines: string, head = "") =>
  `title: C\n${head}correlation:\n${
    lines.trim().split("\n").map((l) => `  ${l.trim()}`).join("\n")
  }\n`;

const counting = (condition: string, type = "event_count", by = "[user]") =>
  correlation(
    `type: ${type}\nrules: [fail]\ngroup-by: ${by}\ntimespan: 10s\ncondition: ${condition}`,
  ) +
  base("fail");

const fails = (user: string, ...times: number[]) =>
  times.map((t) => [t, { kind: "fail", user }] as [number, Fields]);

const sorted = (...lists: [number, Fields][][]) => lists.flat().sort((a, b) => a[0] - b[0]);

Deno.test("event_count: so many in the time before an event, by group, once while it lasts", () => {
  const rule = counting("{gte: 3}");
  assert.deepEqual(alerts(rule, sorted(fails("a", 0, 4, 9), fails("b", 1, 6))), ["c_1@9 a"]);
  // The time frame is no fixed one, and an event exactly as old has left it.
  assert.deepEqual(alerts(rule, fails("a", 8, 12, 17)), ["c_1@17 a"]);
  assert.deepEqual(alerts(rule, fails("a", 0, 5, 10)), []);
  // Further events go on with the same alert; after a pause there is another.
  assert.deepEqual(alerts(rule, fails("a", 0, 1, 2, 3, 4, 30, 31, 32)), ["c_1@2 a", "c_1@32 a"]);
  // An event without the field is of no group.
  assert.deepEqual(alerts(rule, [0, 1, 2].map((t) => [t, { kind: "fail" }])), []);
  assert.deepEqual(alerts(counting("{gte: 3}", "event_count", "[]"), fails("a", 0, 1, 2)), [
    "c_1@2",
  ]);
});

Deno.test("limits that more events can break are asked when the time frame is over", () => {
  assert.deepEqual(alerts(counting("{eq: 2}"), fails("a", 1, 2, 11, 12, 13)), ["c_1@10 a"]);
  assert.deepEqual(alerts(counting("{gt: 1, lte: 3}"), fails("a", 1, 11, 12, 21, 22, 23, 24)), [
    "c_1@20 a",
  ]);
  assert.deepEqual(alerts(counting("{lt: 2}"), fails("a", 1, 11, 12)), ["c_1@10 a"]);
});

Deno.test("value_count: distinct values, or combinations of several fields", () => {
  const rule = counting("{field: user, gte: 2}", "value_count", "[src]");
  const at = (t: number, user: string | null, host = "h"): [number, Fields] => [
    t,
    { kind: "fail", src: "s", host2: host, ...(user === null ? {} : { user }) },
  ];
  assert.deepEqual(alerts(rule, [at(0, "a"), at(1, "a"), at(2, null), at(3, "b")]), ["c_1@3 s"]);
  const pairs = counting("{field: [user, host2], gte: 3}", "value_count", "[src]");
  assert.deepEqual(alerts(pairs, [at(0, "a"), at(1, "a", "i"), at(2, "a", "i"), at(3, "b", "i")]), [
    "c_1@3 s",
  ]);
});

Deno.test("value_sum, avg, min, max, median and percentile of numbers, also written as text", () => {
  const values = (...list: (number | string)[]): [number, Fields][] =>
    list.map((bytes, t) => [t, { kind: "fail", user: "a", bytes }]);
  const said = (type: string, condition: string, ...list: (number | string)[]) =>
    alerts(counting(`{field: bytes, ${condition}}`, type), values(...list));
  assert.deepEqual(said("value_sum", "gt: 10", 5, "5", 0.5), ["c_1@2 a"]);
  assert.deepEqual(said("value_avg", "gt: 4", 1, "many", 3, 20), ["c_1@3 a"]);
  assert.deepEqual(said("value_avg", "gte: 2.5", 2, 3), ["c_1@1 a"]);
  assert.deepEqual(said("value_max", "gte: 20", 1, 3, 20), ["c_1@2 a"]);
  assert.deepEqual(said("value_min", "lte: 1", 3, 2, 1), ["c_1@2 a"]);
  assert.deepEqual(said("value_median", "gt: 4", 1, 2, 5, 6, 7), ["c_1@4 a"]);
  // The 95th percentile of twenty values is the nineteenth: it is compared, not the 95.
  const twenty = Array.from({ length: 20 }, (_, i) => i === 19 ? 1000 : 1);
  assert.deepEqual(said("value_percentile", "percentile: 95, gt: 100", ...twenty.slice(0, 19)), []);
  const rows = [...Array(18).fill(1), 500, 500].map((bytes, i): [number, Fields] => [
    i / 10,
    { kind: "fail", user: "a", bytes },
  ]);
  const rule = counting("{field: bytes, percentile: 95, gt: 100}", "value_percentile");
  // With nineteen values it is the nineteenth of them, 500.
  assert.deepEqual(alerts(rule, rows), ["c_1@1.8 a"]);
  assert.deepEqual(alerts(rule, [...rows.slice(0, 18), rows[19], rows[0]].slice(0, 18)), []);
});

const temporal = (type: string, more = "", by = "[user]") =>
  correlation(`type: ${type}\nrules: [a, b, c]\ngroup-by: ${by}\ntimespan: 10s\n${more}`) +
  base("a") + base("b") + base("c");

const kinds = (...list: [number, string, string?][]): [number, Fields][] =>
  list.map(([t, kind, user = "u"]) => [t, { kind, user }]);

Deno.test("temporal: all rules within the time span, in any order, of one group", () => {
  const rule = temporal("temporal");
  assert.deepEqual(alerts(rule, kinds([0, "c"], [4, "a"], [10, "b"])), ["c_1@10 u"]);
  assert.deepEqual(alerts(rule, kinds([0, "c"], [4, "a"], [11, "b"])), []);
  assert.deepEqual(alerts(rule, kinds([0, "c"], [4, "a", "v"], [9, "b"])), []);
});

Deno.test("temporal_ordered: the same in the order of the rules", () => {
  const rule = temporal("temporal_ordered");
  assert.deepEqual(alerts(rule, kinds([0, "a"], [4, "b"], [10, "c"])), ["c_1@10 u"]);
  assert.deepEqual(alerts(rule, kinds([0, "a"], [4, "c"], [6, "b"])), []);
  // An event that several rules match does not follow itself.
  const both =
    correlation("type: temporal_ordered\nrules: [a, b]\ngroup-by: [user]\ntimespan: 10s") +
    base("a", "x*") + base("b", "'*y'");
  assert.deepEqual(alerts(both, kinds([0, "xy"])), []);
  assert.deepEqual(alerts(both, kinds([0, "xy"], [1, "xy"])), ["c_1@1 u"]);
});

Deno.test("temporal with a number of rules, or a condition in words", () => {
  const two = temporal("temporal", "condition: {gte: 2}");
  assert.deepEqual(alerts(two, kinds([0, "a"], [1, "a"], [5, "c"])), ["c_1@5 u"]);
  const words = temporal("temporal", "condition: a and (b or c)");
  assert.deepEqual(alerts(words, kinds([0, "b"], [1, "c"], [5, "a"])), ["c_1@5 u"]);
  const all = temporal("temporal_ordered", "condition: a AND b AND c");
  assert.deepEqual(alerts(all, kinds([0, "a"], [4, "b"], [10, "c"])), ["c_1@10 u"]);
  // What must not happen is known when the time span from the first event is over.
  const not = temporal("temporal", "condition: a and b and not c");
  assert.deepEqual(alerts(not, kinds([0, "a"], [4, "b"], [30, "x"])).length, 1);
  assert.deepEqual(alerts(not, kinds([0, "a"], [4, "b"], [6, "c"], [30, "x"])), []);
});

Deno.test("aliases: one group over fields of different names", () => {
  const rule = correlation(`type: temporal
rules: [internal_error, new_connection]
group-by: [internal_ip, remote_ip]
timespan: 10s
aliases: {internal_ip: {internal_error: destination.ip, new_connection: source.ip}, remote_ip: {internal_error: source.ip, new_connection: destination.ip}}`) +
    base("internal_error", "error") + base("new_connection", "conn");
  const error: Fields = { kind: "error", "destination.ip": "10.0.0.1", "source.ip": "9.9.9.9" };
  const back: Fields = { kind: "conn", "source.ip": "10.0.0.1", "destination.ip": "9.9.9.9" };
  assert.deepEqual(alerts(rule, [[0, error], [3, back]]), ["c_1@3 10.0.0.1 9.9.9.9"]);
  assert.deepEqual(alerts(rule, [[0, error], [3, { ...back, "destination.ip": "8.8.8.8" }]]), []);
  const counted = correlation(`type: event_count
rules: [a, b]
group-by: [who]
timespan: 10s
condition: {gte: 2}
aliases: {who: {a: user, b: account}}`) + base("a") + base("b");
  assert.deepEqual(
    alerts(counted, [[0, { kind: "a", user: "x" }], [1, { kind: "b", account: "x" }]]),
    [
      "c_1@1 x",
    ],
  );
});

Deno.test("an event does not follow itself under aliases either", () => {
  const rule = correlation(`type: temporal_ordered
rules: [a, b]
group-by: [who]
timespan: 10s
aliases: {who: {a: user, b: account}}`) + base("a", "x*") + base("b", "'*y'");
  const both: Fields = { kind: "xy", user: "u", account: "u" };
  assert.deepEqual(alerts(rule, [[0, both]]), []);
  assert.deepEqual(alerts(rule, [[0, both], [1, both]]), ["c_1@1 u"]);
  const { rules } = compiled(rule);
  assert.deepEqual(rules.map((r) => [r.name, r.silent ?? false]), [
    ["c_1_from_1", true],
    ["c_1_from_2", true],
    ["c_1", false],
  ]);
});

Deno.test("an event that several rules match counts once", () => {
  const rule = correlation(
    "type: event_count\nrules: [a, b]\ngroup-by: [user]\ntimespan: 10s\ncondition: {gte: 2}",
  ) + base("a", "x*") + base("b", "'*y'");
  assert.deepEqual(alerts(rule, kinds([0, "xy"])), []);
  assert.deepEqual(alerts(rule, kinds([0, "xy"], [1, "x"])), ["c_1@1 u"]);
});

Deno.test("rules and correlations counted together, and some of several correlations", () => {
  const many = (name: string, kind: string) =>
    `---\ntitle: ${name}\nname: ${name}\ncorrelation: {type: event_count, rules: [${kind}], ` +
    `group-by: [user], timespan: 10s, condition: {gte: 2}}\n`;
  const parts = many("many_a", "a") + many("many_b", "b") + base("a") + base("b") + base("c");
  const head = (rules: string, more: string) =>
    correlation(`${rules}\ngroup-by: [user]\ntimespan: 10s\n${more}`) + parts;
  const counted = head("type: event_count\nrules: [many_a, c]", "condition: {gte: 2}");
  assert.deepEqual(alerts(counted, kinds([0, "a"], [1, "a"], [2, "c"])), ["c_1@2 u"]);
  assert.deepEqual(alerts(counted, kinds([0, "a"], [2, "c"])), []);
  const some = head("type: temporal\nrules: [many_a, many_b, c]", "condition: {gte: 2}");
  assert.deepEqual(alerts(some, kinds([0, "a"], [1, "a"], [2, "b"], [3, "b"])), ["c_1@3 u"]);
  assert.deepEqual(alerts(some, kinds([0, "a"], [1, "a"], [2, "a"], [3, "b"])), []);
  const words = head("type: temporal\nrules: [many_a, c]", "condition: many_a or c");
  assert.deepEqual(alerts(words, kinds([0, "a"], [1, "a"])), ["c_1@1 u"]);
});

/** The specification's own example, with small numbers. */
const CHAIN = (generate = "") =>
  correlation(
    "type: temporal_ordered\nrules: [many, success]\ngroup-by: [user]\ntimespan: 10s",
    generate,
  ) +
  `---\ntitle: Many\nname: many\nlevel: high\ncorrelation: {type: event_count, rules: [fail], group-by: [user], timespan: 10s, condition: {gte: 3}}\n` +
  base("fail") + base("success");

Deno.test("correlations of correlations; what they name is silent unless it is to be generated", () => {
  const events = sorted(
    fails("a", 0, 1, 2, 3),
    kinds([5, "success", "a"]),
    kinds([6, "success", "b"]),
  );
  assert.deepEqual(alerts(CHAIN(), events), ["c_1@5 a"]);
  // Rules of one event are held back by host: these have none.
  const all = alerts(CHAIN("generate: true\n"), events).sort();
  assert.deepEqual(all, ["c_1@5 a", "c_2@2 a", "c_4@5", "c_4@6"]);
  const { rules } = compiled(CHAIN());
  assert.deepEqual(rules.map((r) => [r.name, r.silent ?? false]), [["c_2", true], ["c_1", false]]);
  // Without a level of its own it has its rules' gravest.
  assert.equal(rules[1].alert.severity, "high");
});

Deno.test("a rule is named by its id, and may stand in another file", () => {
  const files = [
    {
      name: "c.yml",
      text: correlation(
        "type: event_count\nrules: 0a1b2c3d-0000-4000-8000-000000000001\ngroup-by: user\ntimespan: 10s\ncondition: {gte: 2}",
      ),
    },
    {
      name: "base.yml",
      text: base("fail", "fail", "id: 0a1b2c3d-0000-4000-8000-000000000001\n").slice(4),
    },
  ];
  const { rules, diagnostics } = compileSigma(files, { catalogue: CATALOGUE });
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(rules.map((r) => r.name), ["c"]);
  const rows = fails("a", 0, 1).map(([s, f]) => ({ t: s * 1000, ...f }));
  assert.equal(run(program(...rules), CATALOGUE, rows).length, 1);
});

Deno.test("filters narrow the rules that they name, also below correlations", () => {
  const filter = (rules: string, condition = "not sel") =>
    `---\ntitle: Admins\nlogsource: {product: test}\nfilter:\n  rules: ${rules}\n  sel: {user|startswith: adm_}\n  condition: ${condition}\n`;
  const rule = counting("{gte: 2}");
  assert.deepEqual(alerts(rule, fails("adm_x", 0, 1)), ["c_1@1 adm_x"]);
  for (const rules of ["[fail]", "any", "fail"]) {
    assert.deepEqual(alerts(rule + filter(rules), fails("adm_x", 0, 1)), []);
    assert.deepEqual(alerts(rule + filter(rules), fails("x", 0, 1)), ["c_1@1 x"]);
  }
  const { lints, rules, ruleCount } = compileSigma(
    [{ name: "c.yml", text: rule + filter("[nobody]") }],
    { catalogue: CATALOGUE },
  );
  assert.deepEqual(lints.map((l) => l.code), ["L0302"]);
  assert.deepEqual([rules.length, ruleCount], [1, 2]);
  const elsewhere = rule + filter("any").replace("product: test", "product: linux");
  assert.deepEqual(alerts(elsewhere, fails("adm_x", 0, 1)), ["c_1@1 adm_x"]);
});

const old = (condition: string, timeframe = "timeframe: 10s\n  ") =>
  `title: Old\nlogsource: {product: test}\ndetection:\n  s: {kind: fail}\n  t: {kind: tool}\n  ${timeframe}condition: ${condition}\n`;

Deno.test("aggregations of old conditions", () => {
  assert.deepEqual(alerts(old("s | count() by user > 2"), fails("a", 0, 1, 2)), ["c@2 a"]);
  assert.deepEqual(alerts(old("s | count() by user>=3"), fails("a", 0, 1, 2)), ["c@2 a"]);
  assert.deepEqual(alerts(old("s or t | count() > 1"), kinds([0, "fail"], [1, "tool"])), ["c@1"]);
  assert.deepEqual(
    alerts(old("s | count(user) by kind > 1"), sorted(fails("a", 0, 1), fails("b", 2))),
    ["c@2 fail"],
  );
  const sizes = [4, 3, 5].map((
    bytes,
    t,
  ): [number, Fields] => [t, { kind: "fail", user: "a", bytes }]);
  assert.deepEqual(alerts(old("s | sum(bytes) by user > 10"), sizes), ["c@2 a"]);
  assert.deepEqual(alerts(old("s | max(bytes) by user >= 5"), sizes), ["c@2 a"]);
  assert.deepEqual(alerts(old("s | min(bytes) by user < 4"), sizes), ["c@1 a"]);
  assert.deepEqual(alerts(old("s | avg(bytes) by user > 3.9"), sizes), ["c@0 a", "c@2 a"]);
  assert.deepEqual(alerts(old("s | near t"), kinds([0, "tool"], [9, "fail"])), ["c@9"]);
  assert.deepEqual(alerts(old("s | near t"), kinds([0, "tool"], [11, "fail"])), []);
});

/** The errors of a text. */
function refused(text: string): string[] {
  const { diagnostics } = compileSigma([{ name: "c.yml", text }], { catalogue: CATALOGUE });
  return diagnostics.map((d) => `${d.code} ${d.message}`);
}

Deno.test("what has no certain meaning is refused by name", () => {
  const said: [string, string][] = [
    [old("s | count() by user > 2", ""), 'E0312 An aggregation without a "timeframe"'],
    [old("s | near t and s"), 'E0312 "near" with more than one selection'],
    [old("s | near nobody"), 'E0308 The detection has no selection "nobody"'],
    [old("s | count() by user > 2 and not t"), "E0312 The aggregation does not read"],
    [old("s | stdev(x) > 2"), "E0312 The aggregation does not read"],
    [old("s | count() by user < 1"), "E0307 The condition holds for no number of events"],
    [old("count(x) per user > 2"), 'E0308 The detection has no selection "count"'],
    [counting("{gte: 3}", "event_sum"), 'E0306 Unknown type of correlation "event_sum"'],
    [counting("{lt: 1}"), "E0307 The condition holds for no number of events"],
    [counting("{eq: 2.5}"), "E0307 The condition holds for no number of events"],
    [counting("{gte: many}"), 'E0306 "gte" takes a number, this is "many"'],
    [counting("{gte: 3}", "value_count"), 'E0307 The condition of a "value_count" names no field'],
    [counting("{gte: 3, field: x}"), 'E0307 The condition of a "event_count" has no field'],
    [counting("{field: x, lte: 1}", "value_percentile"), "E0312 The condition does not say which"],
    [counting("{gte: 3, field: x, percentile: 101}", "value_percentile"), 'E0306 "101" is no perc'],
    [counting("{above: 3}"), 'E0306 A condition has no "above"'],
    [counting("{gte: 3}").replace("10s", "10x"), 'E0306 "10x" is not a time span'],
    [
      counting("{gte: 3}").replace("[fail]", "[nobody]"),
      'E0315 No loaded rule has the name or id "nob',
    ],
    [counting("{gte: 3}", "event_count", "[__proto__]"), 'E0306 No event has a field "__proto__"'],
    [
      temporal("temporal", "condition: {gte: 4}"),
      "E0307 The condition holds for no number of the 3",
    ],
    [temporal("temporal_ordered", "condition: {gte: 2}"), "E0312 temporal_ordered takes all"],
    [temporal("temporal", "condition: a or not b"), "E0312 What must not happen can only stand"],
    [temporal("temporal", "condition: a and d"), 'E0308 The correlation\'s rules have no "d"'],
    [temporal("temporal", "aliases: {user: {a: x}}"), 'E0306 The alias "user" names no field of'],
    [temporal("temporal", "aliases: {user: {d: x}}"), 'E0315 The alias "user" speaks of "d"'],
    [
      CHAIN().replace("group-by: [user]", "group-by: [host]"),
      'E0312 The matches of "many" have no',
    ],
    [
      counting("{gte: 2}").replace("s: {kind: fail}", "s: [null]"),
      'E0315 No loaded rule has the name or id "fail"',
    ],
    [
      CHAIN().replace("rules: [fail]", "rules: [many]"),
      'E0315 The rule "many" is this correlation',
    ],
    [
      CHAIN().replace("success]", "success]\n  generate: perhaps"),
      'E0306 "generate" takes true or false',
    ],
  ];
  for (const [text, message] of said) {
    const found = refused(text);
    assert.ok(
      found.some((f) => f.startsWith(message)),
      `${found.join("\n")}\nfor ${message}\n${text}`,
    );
  }
});

const times = fc.array(
  fc.record({
    gap: fc.constantFrom(0, 1, 2, 3, 5, 9, 10, 11),
    kind: fc.constantFrom("a", "b", "c", "ab", "abc", "x"),
    user: fc.constantFrom("u", "v", undefined),
    n: fc.constantFrom("1", "2", "3", "50", "", "y", undefined),
  }),
  { minLength: 5, maxLength: 25 },
);

const limit = fc.tuple(
  fc.constantFrom("gt", "gte", "gte", "gte", "lt", "lte", "eq", "neq"),
  fc.integer({ min: 1, max: 4 }),
);

const generated = fc.record({
  type: fc.constantFrom(
    ...["event_count", "value_count", "value_sum", "value_avg", "value_min", "value_max"],
    ...["value_median", "value_percentile", "temporal", "temporal", "temporal_ordered"],
  ),
  rules: fc.subarray(["a", "b", "c"], { minLength: 1 }),
  by: fc.constantFrom([], ["user"]),
  timespan: fc.constantFrom("10s", "5s", "3s"),
  limits: fc.oneof(limit.map((l) => [l]), fc.constant([["gt", 1], ["lte", 3]] as const)),
  percentile: fc.constantFrom(0, 25, 50, 90, 99, 100),
  numbered: fc.boolean(),
}).map(({ type, rules, by, timespan, limits, percentile, numbered }) => {
  const field = type.startsWith("value_") ? { field: "n" } : {};
  const rank = type === "value_percentile" ? { percentile } : {};
  const temporal = type.startsWith("temporal");
  const condition = temporal
    ? type === "temporal" && numbered ? { gte: Math.min(2, rules.length) } : undefined
    : { ...Object.fromEntries(limits), ...field, ...rank };
  const head = stringify({
    title: "Random",
    correlation: { type, rules, "group-by": by, timespan, ...(condition ? { condition } : {}) },
  });
  const bases = rules.map((name) =>
    stringify({
      title: name,
      name,
      logsource: { product: "test" },
      detection: { s: { "kind|contains": name }, condition: "s" },
    })
  );
  return [head, ...bases].join("---\n");
});

const runs = Math.ceil(Number(Deno.env.get("PICKET_PAIRS") ?? 6000) / 20);

Deno.test(`correlations match when a plain evaluator says so, on ${runs} random streams`, () => {
  let matched = 0, taken = 0;
  fc.assert(
    fc.property(generated, times, (text, list) => {
      const { rules, diagnostics } = compileSigma([{ name: "c.yml", text }], {
        catalogue: CATALOGUE,
      });
      // Limits that nothing reaches.
      fc.pre(diagnostics.every((d) => d.code !== "E0307"));
      assert.deepEqual(diagnostics, []);
      let t = 0;
      const events: TimedEvent[] = list.map(({ gap, kind, user, n }) => ({
        t: t += gap * 1000,
        fields: Object.fromEntries(
          Object.entries({ _raw: "", kind, user, n }).filter(([, v]) => v !== undefined),
        ) as TimedEvent["fields"],
      }));
      const rows = events.map((e) => ({ ...e.fields, t: e.t }));
      const found = run(program(...rules), CATALOGUE, rows)
        .map((a) => ({ t: a.time, key: JSON.stringify(Object.values(a.entity)) }))
        .sort((a, b) => a.t - b.t || (a.key < b.key ? -1 : 1));
      // The search goes on after a match where the engine begins anew: the first says whether.
      const first = /type: temporal/.test(text);
      const shown = first
        ? found.filter((a, i) => found.findIndex((b) => b.key === a.key) === i)
        : found;
      const expected = plainCorrelation(text, events);
      assert.deepEqual(shown, expected, `${text}\n${JSON.stringify(list)}`);
      taken++;
      if (expected.length > 0) matched++;
    }),
    { numRuns: runs },
  );
  assert.ok(matched > 0.2 * taken && matched < 0.95 * taken, `${matched} of ${taken} match`);
});
