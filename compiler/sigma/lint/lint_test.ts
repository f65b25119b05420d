/** Lints of Sigma rules: each at its place, and none on a good rule. */
import assert from "node:assert/strict";
import { compileSourcetypes } from "../../sourcetype/compile/compile.ts";
import { SIGMA_ERRORS, SIGMA_LINTS } from "../codes.ts";
import { lintSigma } from "./mod.ts";

const GOOD = `title: A shell asks who it is
id: 7a1d7f1c-0000-4000-8000-000000000001
status: test
description: Finds whoami
author: Ann
date: 2026-03-29
modified: 2026-04-01
references: [https://example.com/a]
tags: [attack.discovery, attack.t1033, attack.g0007, cve.2021-44228, tlp.clear]
logsource: {product: windows, category: process_creation}
detection:
  selection:
    Image|endswith: '\\whoami.exe'
    CommandLine|contains|all: [' /all', who]
  filter_one: {User: bob}
  filter_two: {User: 'a*b'}
  condition: selection and not 1 of filter_*
level: medium
`;

const SHIPPED = new URL("../../../sourcetypes/", import.meta.url);
const { catalogue } = compileSourcetypes(
  [...Deno.readDirSync(SHIPPED)].filter((e) => e.name.endsWith(".yaml")).map(({ name }) => ({
    name,
    text: Deno.readTextFileSync(new URL(name, SHIPPED)),
  })),
);

const found = (text: string) =>
  lintSigma([{ name: "a.yml", text }], catalogue).map((d) => [
    d.lint,
    text.slice(d.span.start, d.span.end).trimEnd(),
  ]);

Deno.test("a good rule has none", () => assert.deepEqual(found(GOOD), []));

/** What is written in place of what, the lint, and where. */
const CASES: readonly (readonly [from: string, to: string, lint: string, at: string])[] = [
  ["author: Ann\n", "", "missing_metadata", "A shell asks who it is"],
  ["7a1d7f1c-0000", "x", "bad_id", "x-4000-8000-000000000001"],
  ["tlp.clear", "clear", "bad_tag", "clear"],
  ["tlp.clear", "tlpp.clear", "bad_tag", "tlpp.clear"],
  ["cve.2021-44228", "cve.log4j", "bad_tag", "cve.log4j"],
  ["attack.t1033", "attack.t9999", "unknown_attack", "attack.t9999"],
  ["attack.t1033", "attack.t1043", "unknown_attack", "attack.t1043"],
  ["attack.discovery", "attack.discovry", "unknown_attack", "attack.discovry"],
  ["tlp.clear", "attack.T1033", "duplicate_entry", "attack.T1033"],
  ["com/a]", "com/a, https://example.com/a]", "duplicate_entry", "https://example.com/a"],
  ["[' /all', who]", "[who, ' /all', WHO]", "duplicate_entry", "WHO"],
  ["date: 2026-03-29", "date: 2026/03/29", "bad_date", "2026/03/29"],
  ["date: 2026-03-29", "date: 2026-02-30", "bad_date", "2026-02-30"],
  ["modified: 2026-04-01", "modified: 2025-04-01", "bad_date", "2025-04-01"],
  ["status: test", "status: testing", "unknown_status", "testing"],
  ["references:", "refrences:", "unknown_key", "refrences"],
  ["not 1 of filter_*", "not filter_one", "unused_selection", "filter_two"],
  [
    "selection and",
    "1 of selection and",
    "of_one_selection",
    "1 of selection and not 1 of filter_*",
  ],
  ["'a*b'", "'*bob*'", "wildcard_for_modifier", "'*bob*'"],
  ["'a*b'", "'bob*'", "wildcard_for_modifier", "'bob*'"],
  ["'a*b'", "'a**b'", "double_wildcard", "'a**b'"],
  ["'\\whoami.exe'", "'*\\whoami.exe'", "double_wildcard", "'*\\whoami.exe'"],
  ["'a*b'", "'C:\\x\\*.exe'", "escaped_wildcard", "'C:\\x\\*.exe'"],
  ["'a*b'", '"C:\\temp"', "control_character", '"C:\\temp"'],
  ["[' /all', who]", "who", "all_of_one_value", "CommandLine|contains|all"],
  ["'a*b'", "[a, null]", "null_in_list", "null"],
  ["CommandLine|", "ComandLine|", "unknown_field", "ComandLine|contains|all"],
];

for (const [from, to, lint, at] of CASES) {
  Deno.test(`${lint}: ${to || from.trim()}`, () => {
    assert.ok(GOOD.includes(from));
    assert.deepEqual(found(GOOD.replace(from, to)), [[lint, at]]);
  });
}

Deno.test("every lint of rules has a case, and every code stands in the README", () => {
  const tried = new Set([...CASES.map(([, , lint]) => lint), "duplicate_title"]);
  const others = new Set(["unfed_log_source", "idle_filter"]);
  for (const name of Object.keys(SIGMA_LINTS)) assert.ok(tried.has(name) || others.has(name), name);
  const readme = Deno.readTextFileSync(new URL("../README.md", import.meta.url));
  for (const code of [...Object.values(SIGMA_ERRORS), ...Object.values(SIGMA_LINTS)]) {
    assert.ok(readme.includes(`| ${code} |`), `${code} is not in compiler/sigma/README.md`);
  }
});

Deno.test("a title of two rules is told at the second, with the first", () => {
  const files = [{ name: "a.yml", text: GOOD }, { name: "b.yml", text: GOOD }];
  const [only, ...rest] = lintSigma(files, catalogue);
  assert.deepEqual(rest, []);
  assert.equal(only.lint, "duplicate_title");
  assert.equal(only.file, "b.yml");
  assert.equal(only.related?.[0].file, "a.yml");
});

Deno.test("a name that ATT&CK does not have is told once", () => {
  const texts = ["a", "b"].map((name) => ({
    name: `${name}.yml`,
    text: GOOD.replace("A shell", name).replace("attack.t1033", "attack.t9999"),
  }));
  assert.deepEqual(lintSigma(texts, catalogue).map((d) => d.file), ["a.yml"]);
});

Deno.test("what cannot be read, a filter and a correlation have none of these", () => {
  assert.deepEqual(found("title: [\n"), []);
  assert.deepEqual(found("- 1\n"), []);
  const filter = "title: F\nid: 7a1d7f1c-0000-4000-8000-000000000001\ndescription: d\n" +
    "logsource: {product: windows}\nfilter: {rules: any, sel: {User: x}, condition: not sel}\n";
  assert.deepEqual(found(filter), []);
});
