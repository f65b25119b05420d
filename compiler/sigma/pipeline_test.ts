/** Processing pipelines: a rule behind one is the rule that one would write by hand. */
import assert from "node:assert/strict";
import { renderText } from "../check/diagnostics.ts";
import { compileSigma } from "./mod.ts";
import { CATALOGUE, ruleText } from "./testing/rules.ts";

const indented = (text: string, by: string) =>
  text.replace(/^\n|\n\s*$/g, "").split("\n").map((l) => by + l).join("\n");

/** A pipeline of these items; lines are indented here. */
const pipeline = (items: string, head = "") =>
  `${head}transformations:\n${indented(items, "  ")}\n`;

function compiled(rule: string, ...pipelines: string[]) {
  return compileSigma([{ name: "rule.yml", text: rule }], {
    catalogue: CATALOGUE,
    pipelines: pipelines.map((text, i) => ({ name: `p${i + 1}.yml`, text })),
  });
}

const one = (selection: string, condition = "s") => `s: ${selection}\ncondition: ${condition}`;

/** The rule behind the pipelines is the other one without. */
function same(before: string, after: string, ...pipelines: string[]): void {
  const results = [compiled(ruleText(before), ...pipelines), compiled(ruleText(after))];
  for (const { diagnostics, pipelineErrors } of results) {
    assert.deepEqual([...pipelineErrors, ...diagnostics].map((d) => d.message), []);
  }
  const [a, b] = results.map((r) => r.rules[0].planHash);
  assert.equal(a, b, `${before}\n→ ${after}\n${pipelines.join("---\n")}`);
}

/** The first thing that is said. */
function said(rule: string, ...pipelines: string[]): string {
  const { pipelineErrors, diagnostics } = compiled(rule, ...pipelines);
  const d = [...pipelineErrors, ...diagnostics][0];
  return `${d?.code} ${d?.message}`;
}

Deno.test("field names: mapping, prefixes, suffixes, of references too", () => {
  const mapping = pipeline("- type: field_name_mapping\n  mapping: {a: x.a, b: [b1, b2]}");
  same(one("{a: 1, c: 2}"), one("{x.a: 1, c: 2}"), mapping);
  same(one("{b|contains: v}"), one("[{b1|contains: v}, {b2|contains: v}]"), mapping);
  same(one("{c|fieldref: a}"), one("{c|fieldref: x.a}"), mapping);
  same(one("{a|all: ['*x*', 'y*']}"), one("{x.a|all: ['*x*', 'y*']}"), mapping);
  const prefixes = pipeline("- type: field_name_prefix_mapping\n  mapping: {win.: [event., e.]}");
  same(
    one("{win.id: 1, id: 1}"),
    "s: {id: 1}\nt: [{event.id: 1}, {e.id: 1}]\ncondition: s and t",
    prefixes,
  );
  same(one("{a: 1}"), one("{p.a: 1}"), pipeline("- type: field_name_prefix\n  prefix: p."));
  same(one("{a: 1}"), one("{a_s: 1}"), pipeline("- type: field_name_suffix\n  suffix: _s"));
  // Keywords have no name: they become texts within a field.
  const keywords = pipeline("- type: field_name_mapping\n  mapping: {null: message}");
  same(one("[x, 'y*']"), one("{message|contains: [x, 'y*']}"), keywords);
});

Deno.test("items of several pipelines go by priority, those of one in their order", () => {
  const first = pipeline("- type: field_name_mapping\n  mapping: {a: b}", "priority: 10\n");
  const second = pipeline("- type: field_name_mapping\n  mapping: {b: c}", "priority: 20\n");
  same(one("{a: 1}"), one("{c: 1}"), second, first);
  same(one("{a: 1}"), one("{b: 1}"), first.replace("10", "30"), second);
});

Deno.test("conditions are added, with templates, negated", () => {
  const added = (more = "") =>
    pipeline(`- type: add_condition\n  conditions: {index: [win, sec*]}\n${indented(more, "  ")}`);
  same(one("{a: 1}"), "s: {a: 1}\nt: {index: [win, sec*]}\ncondition: t and s", added());
  same(
    one("{a: 1}"),
    "s: {a: 1}\nt: {index: [win, sec*]}\ncondition: not t and s",
    added("negated: true"),
  );
  const template = pipeline(
    "- type: add_condition\n  template: true\n  conditions: {index: '$product-${service}'}",
  );
  same(one("{a: 1}"), "s: {a: 1}\nt: {index: test-log}\ncondition: t and s", template);
});

Deno.test("log sources, rules that are refused, items that are dropped", () => {
  const change = pipeline("- type: change_logsource\n  product: other\n  service: log");
  const { unfed } = compiled(ruleText(one("{a: 1}")), change);
  assert.match(unfed[0].message, /product other, service log/);
  const fail = pipeline(`
- type: rule_failure
  message: Not for Linux
  rule_conditions: [{type: logsource, product: linux}]
- type: detection_item_failure
  message: No PIDs
  field_name_conditions: [{type: include_fields, fields: [pid]}]`);
  same(one("{a: 1}"), one("{a: 1}"), fail);
  assert.equal(said(ruleText(one("{pid: 1}")), fail), "E0317 No PIDs");
  const linux = ruleText(one("{a: 1}")).replace("product: test", "product: linux");
  assert.equal(said(linux, fail), "E0317 Not for Linux");
  const drop = pipeline(
    "- type: drop_detection_item\n  field_name_conditions: [{type: include_fields, fields: ['E.*'], mode: re}]",
  );
  same(one("{a: 1, EventID: 4}"), one("{a: 1}"), drop);
  same("s: {a: 1}\nt: {EventID: 4}\ncondition: s and not t", one("{a: 1}"), drop);
  same("s1: {a: 1}\ns2: {EventID: 4}\ncondition: all of s*", one("{a: 1}"), drop);
  assert.match(said(ruleText(one("{EventID: 4}")), drop), /^E0317 The pipeline drops everything/);
});

Deno.test("strings are replaced and mapped, values set", () => {
  const replace = (more: string) => pipeline(`- type: replace_string\n${indented(more, "  ")}`);
  const slashes = replace("regex: '^\\*\\\\'\nreplacement: '*/'");
  same(one("{a|endswith: '\\cmd.exe'}"), one("{a|endswith: /cmd.exe}"), slashes);
  same(
    one("{a: x-12}"),
    one("{a: 12_x}"),
    replace("regex: '(\\w)-(\\d+)'\nreplacement: '\\2_\\g<1>'"),
  );
  // A backslash before a wildcard stays one, and a star that is meant as itself too.
  same(
    one("{a|contains: 'Q:\\x\\'}"),
    one("{a|contains: 'R:\\x\\'}"),
    replace("regex: 'Q'\nreplacement: R"),
  );
  same(one("{a: 'Q\\*Q*'}"), one("{a: 'R\\*R*'}"), replace("regex: Q\nreplacement: R"));
  same(
    one("{a: 'x*x'}"),
    one("{a: 'y\\**y\\*'}"),
    replace("regex: x\nreplacement: 'y*'\nskip_special: true"),
  );
  const map = pipeline("- type: map_string\n  mapping: {low: [1, 2], '*hi*': high}");
  same(one("{a: low}"), one("{a: [1, 2]}"), map);
  same(one("{a|contains: hi}"), one("{a: high}"), map);
  const set = pipeline(
    "- type: set_value\n  value: null\n  detection_item_conditions: [{type: match_value, value: '-'}]",
  );
  same(one("{a: '-', b: x}"), one("{a: null, b: x}"), set);
  const hashes = pipeline(
    "- type: hashes_fields\n  valid_hash_algos: [MD5, SHA1]\n  field_prefix: file\n" +
      "  field_name_conditions: [{type: include_fields, fields: [Hashes]}]",
  );
  same(
    one("{Hashes|contains: ['MD5=aa', 'SHA1=bb']}"),
    one("[{fileMD5: 'aa*'}, {fileSHA1: 'bb*'}]"),
    hashes,
  );
});

const VARS =
  "vars:\n  admins: [root, 'adm*']\n  one: 7\n  text: root\n  nets: [10.0.0.0/8, 192.168.0.0/16]\n";

Deno.test("placeholders get their values, or wildcards", () => {
  const values = pipeline("- type: value_placeholders", VARS);
  same(one("{a|expand: '%admins%'}"), one("{a: [root, adm*]}"), values);
  same(
    one("{a|contains|expand: 'x%one%y%admins%'}"),
    one("{a|contains: [x7yroot, 'x7yadm*']}"),
    values,
  );
  same(
    one("{a|contains|all|expand: ['%admins%', z]}"),
    one("{a|contains|all: [root, adm*, z]}"),
    values,
  );
  same(one("{a|cidr|expand: '%nets%'}"), one("{a|cidr: [10.0.0.0/8, 192.168.0.0/16]}"), values);
  same(one("{a|gt|expand: '%one%'}"), one("{a|gt: 7}"), values);
  same(one("{a: '%admins%'}"), one("{a: '%admins%'}"), values);
  const wild = pipeline("- type: wildcard_placeholders\n  exclude: [admins]");
  same(one("{a|expand: 'x%y%z'}"), one("{a: 'x*z'}"), wild);
  same(one("{a|expand: ['%admins%', '%y%']}"), one("{a: [root, adm*, '*']}"), values, wild);
  const missing = 'E0311 Nothing gives the placeholder "%nobody%" its values';
  assert.equal(said(ruleText(one("{a|expand: '%nobody%'}")), values), missing);
  assert.equal(said(ruleText(one("{a|expand: '%admins%'}")), wild).slice(0, 5), "E0311");
  assert.equal(
    said(ruleText(one("{a|gt|expand: '%text%'}")), values),
    'E0306 "root" is not a number',
  );
});

Deno.test("state, ids and conditions with their expressions", () => {
  const items = pipeline(`
- id: is_low
  type: set_state
  key: index
  val: low
  rule_conditions: [{type: rule_attribute, attribute: level, op: lt, value: high}]
- id: renamed
  type: field_name_mapping
  mapping: {a: b}
  field_name_conditions: [{type: exclude_fields, fields: [c]}]
- type: field_name_prefix
  prefix: low.
  field_name_conditions:
    - {type: processing_state, key: index, val: low}
    - {type: processing_item_applied, processing_item_id: renamed}
- type: set_value
  value: seen
  rule_cond_expr: one and not (two or three)
  rule_conditions:
    one: {type: processing_item_applied, processing_item_id: is_low}
    two: {type: contains_field, field: zzz}
    three: {type: contains_detection_item, field: q, value: 9}
  detection_item_cond_op: or
  detection_item_cond_not: true
  detection_item_conditions:
    - {type: match_string, cond: any, pattern: 'k.*p'}
    - {type: is_null, cond: all}
    - {type: contains_wildcard, cond: any}`);
  const low = (text: string) => `level: low\n${text}`;
  const run = (before: string, after: string) => {
    const [a, b] = [
      compiled(low(ruleText(before)), items),
      compiled(low(ruleText(after))),
    ];
    assert.deepEqual([...a.diagnostics, ...a.pipelineErrors], []);
    assert.equal(a.rules[0].planHash, b.rules[0].planHash, before);
  };
  run(one("{a: x, c: keep, d: null, e: w*}"), one("{low.b: seen, c: keep, d: null, e: w*}"));
  run(one("{a: x, zzz: 1}"), one("{low.b: x, zzz: 1}"));
  run(one("{a: x, q: 9}"), one("{low.b: x, q: 9}"));
  const nested = pipeline(`
- type: nest
  rule_conditions: [{type: tag, tag: attack.t1059}]
  items:
    - {type: field_name_mapping, mapping: {a: b}}
    - {type: field_name_mapping, mapping: {b: c}}`);
  same(one("{a: 1}"), one("{a: 1}"), nested);
  const tagged = compiled(`tags: [attack.t1059]\n${ruleText(one("{a: 1}"))}`, nested);
  assert.equal(tagged.rules[0].planHash, compiled(ruleText(one("{c: 1}"))).rules[0].planHash);
});

Deno.test("correlations: group-by, aliases and fields are renamed, log sources are their rules'", () => {
  const text = (by: string, field: string, own: string) =>
    `title: C\ncorrelation:\n  type: value_count\n  rules: [x]\n  group-by: [${by}]\n  timespan: 1m\n` +
    `  condition: {field: ${field}, gte: 2}\n---\ntitle: X\nname: x\n` +
    `logsource: {product: test, service: log}\ndetection:\n  s: {${own}: 1}\n  condition: s\n`;
  const mapping = pipeline(
    "- type: field_name_mapping\n  mapping: {a: x.a, b: x.b, c: x.c}\n" +
      "  rule_conditions: [{type: logsource, product: test}]",
  );
  const [a, b] = [compiled(text("a", "b", "c"), mapping), compiled(text("x.a", "x.b", "x.c"))];
  assert.deepEqual(a.diagnostics, []);
  assert.equal(a.rules[0].planHash, b.rules[0].planHash);
  const several = mapping.replace("a: x.a", "a: [x.a, y.a]");
  assert.match(
    said(text("a", "b", "c"), several),
    /^E0317 The pipeline gives the field "a" 2 names/,
  );
});

Deno.test("filters go through pipelines with their rules", () => {
  const rule = (field: string) =>
    `${ruleText(one(`{${field}: 1}`), "name: r\n")}---\ntitle: F\nlogsource: {product: test}\n` +
    `filter: {rules: [r], t: {${field}: 2}, condition: not t}\n`;
  const mapped = compiled(rule("a"), pipeline("- type: field_name_mapping\n  mapping: {a: b}"));
  assert.equal(mapped.rules[0].planHash, compiled(rule("b")).rules[0].planHash);
});

Deno.test("what a pipeline cannot say is an error of the configuration, with its place", () => {
  const cases: [string, string][] = [
    [pipeline("- type: field_name_maping"), 'E0316 Unknown transformation "field_name_maping"'],
    [
      pipeline("- type: query_expression_placeholders\n  expression: x"),
      'E0316 The transformation "query_expression_placeholders" is not taken',
    ],
    [pipeline("- type: field_name_prefix"), 'E0316 A transformation has no "prefix"'],
    [pipeline("- type: set_state\n  key: a\n  value: b"), 'E0316 A transformation has no "value"'],
    [
      pipeline("- type: drop_detection_item\n  rule_conditions: [{type: logsorce}]"),
      'E0316 Unknown condition "logsorce"',
    ],
    [
      pipeline(
        "- type: drop_detection_item\n  rule_conditions: {a: {type: is_sigma_rule}}\n  rule_cond_expr: b",
      ),
      'E0308 There is no condition "b"',
    ],
    [
      pipeline("- type: replace_string\n  regex: '(x+)+y'\n  replacement: z"),
      "E0316 The regex can take for ever",
    ],
    [
      pipeline("- type: field_name_mapping\n  mapping: {a: __proto__}"),
      "E0306 No event has a field",
    ],
    ["finalizers: [{type: concat}]\ntransformations: []\n", 'E0316 "finalizers" changes queries'],
    ["transformations: {}\n", "E0316 Transformations must be a list"],
    ["transforms: []\n", 'E0316 A pipeline has no "transforms"'],
    ["transformations: [\n", "E0301 This is not valid YAML"],
  ];
  for (const [text, message] of cases) {
    const found = said(ruleText(one("{a: 1}")), text);
    assert.ok(found.startsWith(message), `${found}\nfor ${message}`);
  }
  const text = pipeline("- type: field_name_maping");
  const [d] = compiled(ruleText(one("{a: 1}")), text).pipelineErrors;
  assert.equal(
    renderText(d, text, { color: false }),
    `error[E0316]: Unknown transformation "field_name_maping"
 --> p1.yml:2:11
  |
2 |   - type: field_name_maping
  |           ^^^^^^^^^^^^^^^^^
  = help: Did you mean field_name_mapping?
`,
  );
});
