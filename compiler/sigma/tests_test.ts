/** Tests in Sigma rules, and what is wrong with them. */
import assert from "node:assert/strict";
import type { IrTestItem } from "../ir/program.ts";
import { readRegressionInfo, regressionPaths } from "./regression.ts";
import { CATALOGUE, compileText, ruleText } from "./testing/rules.ts";
import { readTests } from "./tests.ts";

function read(tests: string) {
  const text = ruleText("sel: {a.b: x, Count: 3}\ncondition: sel") + tests;
  const { rules, diagnostics } = compileText(text);
  assert.deepEqual(diagnostics, []);
  const found = readTests([{ name: "rule.yml", text }], rules, CATALOGUE);
  return { tests: found.tests.get("rule") ?? [], diagnostics: found.diagnostics, text };
}

const kinds = (items: readonly IrTestItem[]) =>
  items.map((i) =>
    i.kind === "at"
      ? [i.ms, i.sourcetype, i.fields]
      : i.kind === "expect"
      ? [i.least ? "at least" : "exactly", i.count]
      : [i.sourcetype, i.text]
  );

Deno.test("events and lines, with what comes of them", () => {
  const { tests, diagnostics } = read(`tests:
  - name: one
    expect: match
    event: {a: {b: x}, Count: 3, Flag: true, none: null, list: [1, two]}
  - expect: no-match
    event: {}
  - expect: 2
    events:
      - {a.b: x}
      - {a.b: y}
  - expect: match
    events:
      - {offset: 5m, event: {a.b: x}}
  - expect: match
    sourcetype: test_log
    log: |
      first
      second
`);
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(tests.map((t) => t.name), ["one", "test 2", "test 3", "test 4", "test 5"]);
  assert.deepEqual(tests.map((t) => kinds(t.items)), [
    [
      [0, "test_log", { "a.b": "x", Count: 3, Flag: true, list: ["1", "two"] }],
      ["at least", 1],
    ],
    [[0, "test_log", {}], ["exactly", 0]],
    [[0, "test_log", { "a.b": "x" }], [1000, "test_log", { "a.b": "y" }], ["exactly", 2]],
    [[300_000, "test_log", { "a.b": "x" }], ["at least", 1]],
    [["test_log", "first\nsecond"], ["at least", 1]],
  ]);
});

Deno.test("the forms of others", () => {
  const exemplars = `rsigma.exemplars: [{name: e, expect: match, event: {a.b: x}}]`;
  for (const text of [`${exemplars}\n`, `custom_attributes: {${exemplars}}\n`]) {
    assert.deepEqual(read(text).tests.map((t) => t.name), ["e"]);
  }
  const { tests } = read("testcases:\n  match: [{a.b: x}]\n  dont-match: [{a.b: y}, {a.b: z}]\n");
  assert.deepEqual(tests.map((t) => [t.name, kinds(t.items)[1]]), [
    ["match 1", ["at least", 1]],
    ["dont-match 1", ["exactly", 0]],
    ["dont-match 2", ["exactly", 0]],
  ]);
});

for (
  const [written, at, message] of [
    ["tests: {a: b}", "{a: b}", "Tests must be a list"],
    ["tests: [x]", "x", "A test must be a mapping"],
    ["tests: [{event: {}, expect: maybe}]", "maybe", 'A test cannot expect "maybe"'],
    ["tests: [{event: {}}]", "{event: {}}", 'The test has no "expect"'],
    ["tests: [{expect: match}]", "{expect: match}", "The test has no event"],
    ["tests: [{expect: match, event: 7}]", "7", "An event must be a mapping"],
    ["tests: [{expect: match, evnt: {}}]", "evnt", 'Unknown key "evnt" of a test'],
    [
      "tests: [{expect: 1, log: x}]",
      "{expect: 1, log: x}",
      "Lines of a log need their sourcetype",
    ],
    [
      "tests: [{expect: 1, events: [{offset: soon, event: {}}]}]",
      "{offset: soon, event: {}}",
      '"soon" is no time',
    ],
    ["testcases: {matches: []}", "matches", 'Unknown key "matches" of "testcases"'],
  ]
) {
  Deno.test(`wrong: ${written}`, () => {
    const { tests, diagnostics, text } = read(written + "\n");
    assert.deepEqual(tests, []);
    assert.deepEqual(
      diagnostics.map((d) => [d.code, text.slice(d.span.start, d.span.end).trim(), d.message]),
      [["E0331", at, message]],
    );
  });
}

Deno.test("a wrong test leaves the others", () => {
  const { tests, diagnostics } = read("tests: [x, {name: good, expect: match, event: {a.b: x}}]\n");
  assert.deepEqual(tests.map((t) => t.name), ["good"]);
  assert.equal(diagnostics.length, 1);
});

Deno.test("recordings: where they are and how often they match", () => {
  const text = ruleText("sel: {a: x}\ncondition: sel") + "regression_tests_path: data/x/info.yml\n";
  const paths = regressionPaths({ name: "rule.yml", text });
  assert.deepEqual(paths.map((p) => p.path), ["data/x/info.yml"]);
  const info = readRegressionInfo({
    name: "info.yml",
    text: `id: i
rule_metadata: [{id: r1, title: T}]
regression_tests_info:
  - {name: A, type: evtx, path: data/x/r1.evtx, match_count: 2}
  - {path: b.json}
  - {name: C, path: c.json, match_count: many}
`,
  });
  assert.deepEqual(info.rules, ["r1"]);
  assert.deepEqual(info.tests.map((t) => [t.name, t.path, t.count]), [
    ["A", "data/x/r1.evtx", 2],
    ["b.json", "b.json", 1],
  ]);
  assert.deepEqual(info.diagnostics.map((d) => d.message), ['"many" is no number of matches']);
});

Deno.test("a null among keywords is refused by name", () => {
  const { diagnostics } = compileText(ruleText("kw: [a, null]\ncondition: kw"));
  assert.deepEqual(diagnostics.map((d) => [d.code, d.message]), [
    ["E0306", "Nothing cannot be looked for in the whole event"],
  ]);
});
