/** What Sigma rules mean, and what is said of those that cannot be taken. */
import assert from "node:assert/strict";
import { format, parse } from "../../grammar/mod.ts";
import { renderText } from "../check/diagnostics.ts";
import { check as checkProgram } from "../check/mod.ts";
import { holds } from "../ir/evaluate.ts";
import { alertMetadata } from "../ir/alert_metadata.ts";
import type { IrRule } from "../ir/program.ts";
import { evaluator } from "../plan/conditions.ts";
import type { Value } from "../schema/types.ts";
import { isSigma } from "./is_sigma.ts";
import { compileSigma } from "./mod.ts";
import { base64Offsets, parseString, patternText, windash } from "./strings.ts";
import { CATALOGUE, compileText, ruleText } from "./testing/rules.ts";

type Row = Record<string, Value>;

function only(text: string): IrRule {
  const { rules, diagnostics } = compileText(text);
  assert.deepEqual(diagnostics, []);
  return rules[0];
}

function whereOf(rule: IrRule) {
  assert.ok(rule.source.kind === "from" && rule.source.rows.where !== null);
  return rule.source.rows.where;
}

/** Whether the detection holds on each row: by the plain evaluator and by generated code. */
function verdicts(detection: string, rows: readonly Row[]): boolean[] {
  const where = whereOf(only(ruleText(detection)));
  const compiled = evaluator(where, [], true);
  return rows.map((row) => {
    const plain = holds(where, row);
    assert.equal(compiled(row, 0), plain);
    return plain;
  });
}

const selection = (entry: string) => `selection:\n  ${entry}\ncondition: selection`;

function check(entry: string, yes: readonly Row[], no: readonly Row[]): void {
  assert.deepEqual(
    verdicts(selection(entry), [...yes, ...no]),
    [...yes.map(() => true), ...no.map(() => false)],
    entry,
  );
}

/** The errors of a rule: code and message. */
const refusals = (detection: string, head = "") =>
  compileText(ruleText(detection, head)).diagnostics.map((d) => `${d.code} ${d.message}`);

Deno.test("texts compare without case, wildcards and escapes as the specification has them", () => {
  check("a: Root", [{ a: "rOOt" }], [{ a: "roots" }, { a: "" }, {}]);
  check("a|cased: Root", [{ a: "Root" }], [{ a: "root" }]);
  check("a: r*t", [{ a: "root" }, { a: "RT" }], [{ a: "rooty" }]);
  check("a: r?t", [{ a: "rat" }], [{ a: "rt" }, { a: "raat" }]);
  check("a: 'r\\*t'", [{ a: "r*t" }], [{ a: "root" }]);
  check("a: 'r\\?*'", [{ a: "r?oot" }], [{ a: "root" }]);
  // A backslash is itself unless a wildcard or another backslash follows.
  check("a: 'C:\\Temp'", [{ a: "c:\\temp" }], []);
  check("a: 'C:\\\\Temp'", [{ a: "c:\\temp" }], [{ a: "c:\\\\temp" }]);
  check("a: 'C:\\\\*'", [{ a: "c:\\temp" }], [{ a: "c:*" }]);
  check("a: '\\\\\\\\srv'", [{ a: "\\\\srv" }], [{ a: "\\srv" }]);
  check("a|contains: 'x\\*y*z'", [{ a: "-x*y-z-" }], [{ a: "x-y-z" }]);
  check("a|startswith: 'b*'", [{ a: "bc" }], [{ a: "ab" }]);
  check("a|endswith: 'b?'", [{ a: "abc" }], [{ a: "ab" }]);
});

Deno.test("numbers, true and text compare as text", () => {
  check("a: 3", [{ a: "3" }], [{ a: "03" }, { a: "30" }]);
  check("Count: '3'", [{ Count: 3 }, { Count: "3" }], [{ Count: 4 }]);
  check("Count|startswith: 46", [{ Count: 4625 }, { Count: "46" }], [{ Count: 5 }]);
  check("Count: [1, 2*]", [{ Count: 1 }, { Count: 25 }], [{ Count: 3 }]);
  check("Flag: true", [{ Flag: true }, { Flag: "True" }], [{ Flag: false }, {}]);
  check("a: 9007199254740993", [{ a: "9007199254740993" }], [{ a: "9007199254740992" }]);
});

Deno.test("missing, empty and existing fields are told apart", () => {
  check("a: null", [{}, { b: "x" }], [{ a: "" }, { a: "x" }]);
  check("a:", [{}], [{ a: "x" }]);
  check("a: ''", [{ a: "" }], [{}, { a: "x" }]);
  check("a: '*'", [{ a: "" }, { a: "x" }], [{}]);
  check("a: [x, null]", [{ a: "x" }, {}], [{ a: "y" }]);
  check("a|exists: true", [{ a: "" }], [{}]);
  check("a|exists: false", [{}], [{ a: "" }]);
  check("a|neq: x", [{ a: "y" }], [{ a: "X" }, {}]);
});

Deno.test("lists are any of their values, with all every one", () => {
  check("a|contains: [x, y]", [{ a: "-X-" }, { a: "y" }], [{ a: "z" }]);
  check("a|contains|all: [x, y]", [{ a: "yx" }], [{ a: "x" }]);
  check("a|all: ['*x*', 'a*']", [{ a: "a-x" }], [{ a: "x" }]);
  const both = "selection:\n  - a: x\n    b: y\n  - c|endswith: z\ncondition: selection";
  assert.deepEqual(
    verdicts(both, [{ a: "x", b: "y" }, { c: "yz" }, { a: "x" }, {}]),
    [true, true, false, false],
  );
});

Deno.test("modifiers that make other texts", () => {
  check("a|windash|contains: ' -f '", [{ a: "x /f y" }, { a: "x \u2013f y" }], [{ a: "x f y" }]);
  check("a|windash: 'a-b'", [{ a: "a-b" }], [{ a: "a/b" }]);
  check("a|base64: foo", [{ a: "Zm9v" }], [{ a: "foo" }]);
  check(
    "a|base64offset|contains: /bin/bash",
    ["/bin/bash", " /bin/bash", "x /bin/bash y"].map((t) => ({ a: btoa(t) })),
    [{ a: btoa("/bin/zsh") }],
  );
  check("a|wide|base64: ab", [{ a: btoa("a\0b\0") }], [{ a: btoa("ab") }]);
  check("a|utf16be|base64: ab", [{ a: btoa("\0a\0b") }], []);
  check("a|utf16|base64: ab", [{ a: btoa("\xff\xfea\0b\0") }], []);
  assert.deepEqual(base64Offsets("foobar"), ["Zm9vYmFy", "Zvb2Jhc", "mb29iYX"]);
  assert.equal(windash(parseString("-a -b"), 625)!.length, 25);
  assert.equal(windash(parseString("-a -b -c -d -e"), 625), null);
  assert.equal(patternText(parseString("\\*a\\\\*?")), "\\*a\\\\*?");
});

Deno.test("regexes, networks, numbers, fields and parts of times", () => {
  check("a|re: '^x\\d$'", [{ a: "x1" }], [{ a: "X1" }, { a: "x" }, {}]);
  check("a|re|i: '^x\\d$'", [{ a: "X1" }], [{ a: "y1" }]);
  check("a|re: '(?i)^x\\d$'", [{ a: "X1" }], [{ a: "y1" }]);
  check("a|re|m: '^x$'", [{ a: "y\nx" }], [{ a: "yx" }]);
  check("a|re|s: '^x.y$'", [{ a: "x\ny" }], []);
  check("a|cidr: [10.0.0.0/8, 'fe80::/10']", [{ a: "10.1.2.3" }, { a: "fe80::1" }], [
    { a: "11.0.0.1" },
    { a: "ten" },
  ]);
  check("a|gte: 5", [{ a: "5" }, { a: "10" }], [{ a: "4.9" }, { a: "x" }, {}]);
  check("a|lt: 5", [{ a: "-1" }], [{ a: "5" }, {}]);
  check("a|fieldref: b", [{ a: "X", b: "x" }], [{ a: "x" }, { a: "x", b: "y" }, {}]);
  check("Count|fieldref: b", [{ Count: 3, b: "3" }], [{ Count: 3, b: "4" }]);
  check("a|fieldref|startswith: b", [{ a: "xy", b: "x" }], [{ a: "yx", b: "x" }]);
  check("a|hour: 22", [{ a: "2026-03-29 22:01:02.5" }, { a: "2026-03-29T22:01:02Z" }], [
    { a: "2026-03-29T21:59:59Z" },
    { a: "22" },
  ]);
  check("a|week|gt: 12", [{ a: "2026-03-29" }], [{ a: "2026-03-20" }]);
});

Deno.test("keywords are looked for in the event's text, as XML and JSON write them", () => {
  const words = "keywords:\n  - 'a\"b'\n  - 'C:\\x'\n  - 42\n  - true\ncondition: keywords";
  const texts = ['a"b', "<v>a&quot;b</v>", '{"v":"A\\"b"}', '{"v":"c:\\\\x"}', "n=142", "TRUE"];
  assert.deepEqual(
    verdicts(words, [...texts, "ab", "x"].map((_raw) => ({ _raw }))),
    [true, true, true, true, true, true, false, false],
  );
  const all = "keywords:\n  '|all': [x, 'y*z']\ncondition: keywords";
  assert.deepEqual(
    verdicts(all, ["y-z x", "x", "yz"].map((_raw) => ({ _raw }))),
    [true, false, false],
  );
});

Deno.test("conditions: precedence, patterns, them, numbers of selections", () => {
  const names = "sel_a: {a: '1'}\nsel_b: {b: '1'}\nsel_c: {c: '1'}\n_d: {d: '1'}\n";
  const rows = (...list: string[]) =>
    list.map((l) => Object.fromEntries([...l].map((k) => [k, "1"])));
  const test = (condition: string, list: string[]) =>
    verdicts(`${names}condition: ${condition}`, rows(...list));
  assert.deepEqual(test("sel_a or sel_b and not sel_c", ["a", "b", "bc", "ac", ""]), [
    true,
    true,
    false,
    true,
    false,
  ]);
  assert.deepEqual(test("(sel_a or sel_b) and not sel_c", ["a", "ac"]), [true, false]);
  assert.deepEqual(test("1 of sel_*", ["a", "d", ""]), [true, false, false]);
  assert.deepEqual(test("any of sel_*", ["b", ""]), [true, false]);
  assert.deepEqual(test("2 of sel_*", ["a", "ab", "abc", "ad"]), [false, true, true, false]);
  assert.deepEqual(test("all of them", ["abc", "ab"]), [true, false]);
  assert.deepEqual(test("NOT 1 OF sel_a*", ["a", "b"]), [false, true]);
  assert.deepEqual(test("[sel_a, sel_b]", ["a", "b", "c"]), [true, true, false]);
});

Deno.test("metadata is carried into the rule", () => {
  const rule = only(ruleText(
    selection("User|contains: adm"),
    "id: 5d3c8f0e-0000-4000-8000-000000000001\nstatus: test\nlevel: high\nauthor: A, B\n" +
      "date: 2026-01-02\nreferences: [https://example.com/]\nfalsepositives: [Backups]\n" +
      "description: |\n  What it is.\ntags: [attack.execution, attack.t1059.001, cve.2026-1]\n",
  ));
  assert.equal(rule.name, "rule");
  assert.equal(rule.alert.severity, "high");
  assert.deepEqual(rule.mitre, ["T1059.001"]);
  assert.deepEqual(rule.tags, ["attack.execution", "attack.t1059.001", "cve.2026-1"]);
  assert.deepEqual([rule.id, rule.status, rule.date], [
    "5d3c8f0e-0000-4000-8000-000000000001",
    "test",
    "2026-01-02",
  ]);
  assert.equal(rule.description, "What it is.");
  assert.deepEqual(rule.falsepositives, ["Backups"]);
  // One attack, one alert: by host, and by the user where the rule asks for one.
  const [throttle] = rule.commands;
  assert.ok(throttle.kind === "throttle" && throttle.ms === 3_600_000);
  assert.deepEqual(throttle.by.map((k) => k.field), ["host", "user"]);
});

Deno.test("metadata in any shape is kept, and is no reason to leave a rule out", () => {
  const rule = only(ruleText(
    selection("a: b"),
    "author: [A, B]\nlicense: DRL-1.1\nmodified: 2026/03/04\ndate: [x]\nstatus: Experimental\n" +
      "tags: [CVE.2021-44228, cve.2021-44228, cve-2014-6271, attack.t1059, attack.T1059]\n" +
      "related:\n  - {id: 'one', type: derived}\n  - {id: two}\n  - {type: similar}\n  - text\n" +
      "falsepositives: {a: b}\nreferences:\n  - \n  - [x]\n  - https://example.com/\n",
  ));
  const { author, license, modified, date, status, related, falsepositives, references } = rule;
  assert.deepEqual(
    { author, license, modified, date, status, related, falsepositives, references },
    {
      author: "A, B",
      license: "DRL-1.1",
      modified: "2026/03/04",
      date: "x",
      status: "experimental",
      related: ["derived one", "similar two"],
      falsepositives: [],
      references: ["https://example.com/"],
    },
  );
  assert.deepEqual(rule.mitre, ["T1059"]);
  assert.deepEqual(alertMetadata(rule).cve, ["CVE-2021-44228", "CVE-2014-6271"]);
});

Deno.test("SDL says all that a Sigma rule says of itself", () => {
  const sigma = only(ruleText(
    selection("a: b"),
    "id: 5d3c8f0e-0000-4000-8000-000000000001\nstatus: test\nauthor: 'A \"B\"'\nlicense: MIT\n" +
      'date: 2026-01-02\nmodified: 2026-02-03\ndescription: "one\\ntwo"\n' +
      "references: [https://example.com/, two]\nfalsepositives: [Backups, Admins]\n" +
      "related: [{id: x, type: derived}]\ntags: [attack.t1059, cve.2021-44228]\n",
  ));
  const { file, diagnostics } = parse(
    `rule r {
      title "t" id "5d3c8f0e-0000-4000-8000-000000000001" status test author "A \\"B\\""
      license "MIT" date "2026-01-02" modified "2026-02-03" description "one\\ntwo"
      references "https://example.com/", "two" falsepositives "Backups", "Admins"
      related "derived x" tags "attack.t1059", "cve.2021-44228"
      from any where id == "x" and date == "y" and license == "z"
    }`,
    "r.sdl",
  );
  assert.deepEqual(diagnostics, []);
  const again = parse(format(file), "r.sdl");
  assert.deepEqual(again.diagnostics, []);
  const checked = checkProgram([again.file], {
    catalogue: CATALOGUE,
    tables: [],
    syntaxErrors: [],
  });
  assert.deepEqual(checked.diagnostics, []);
  assert.deepEqual(alertMetadata(checked.program.rules[0]), alertMetadata(sigma));
});

Deno.test("what alerts carry of a rule is bounded", () => {
  const rule = only(ruleText(
    selection("a: b"),
    `description: ${"x".repeat(10_000)}\nreferences: [${"y, ".repeat(200)}${"z".repeat(5000)}]\n`,
  ));
  const { description, references } = alertMetadata(rule);
  assert.equal(description?.length, 4_001);
  assert.equal(references?.length, 50);
});

Deno.test("several documents, a global one merged into each", () => {
  const { rules, diagnostics } = compileText(`action: global
title: Both
id: 0a1b2c3d-2
level: low
detection:
  condition: selection
---
logsource: {product: test, service: log}
detection:
  selection: {a: x}
---
title: Second
logsource: {product: test, service: log}
detection:
  selection: {b: y}
`);
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(rules.map((r) => [r.name, r.title, r.alert.severity]), [
    ["rule_1", "Both", "low"],
    ["rule_2", "Second", "low"],
  ]);
  assert.deepEqual(rules.map((r) => r.id), ["0a1b2c3d-2", "0a1b2c3d-2"]);
  assert.ok(holds(whereOf(rules[1]), { b: "y" }) && !holds(whereOf(rules[1]), { a: "x" }));
});

Deno.test("what cannot be taken says why", () => {
  const said: [string, string][] = [
    [selection("a|contain: x"), 'E0304 Unknown modifier "contain"'],
    [
      selection("a|re|contains: x"),
      'E0305 The modifiers "re" and "contains" have no meaning together',
    ],
    [selection("a|re: '(x+)+(?!y)'"), "E0310 The regex can take for ever"],
    [selection("a|re: '(?<=x'"), "E0309 The regex does not read"],
    [selection("a|re: '\\Aabc\\Z'"), "E0309 The regex does not read"],
    [selection("a|re: '[[:alpha:]]x'"), "E0309 The regex does not read"],
    ["selection: {a: x}\ncondition: []", "E0307 The list of conditions is empty"],
    [selection("a|cidr: 10.0.0.0/40"), 'E0306 "10.0.0.0/40" is not a network'],
    [selection("a|gt: many"), 'E0306 "many" is not a number'],
    [
      selection("a|expand: '%admins%'"),
      'E0311 Nothing gives the placeholder "%admins%" its values',
    ],
    [selection("a|base64: 'x*'"), 'E0306 "base64" cannot encode wildcards'],
    [selection("a|windash: '-a -b -c -d -e'"), "E0313 The value has over 625 writings"],
    ["selection: {a: x}\ncondition: selektion", 'E0308 The detection has no selection "selektion"'],
    [
      "selection: {a: x}\ncondition: 1 of filter_*",
      'E0308 The detection has no selection "filter_*"',
    ],
    [
      "selection: {a: x}\ncondition: 0 of selection",
      'E0307 "0 of selection" holds for every event',
    ],
    ["selection: {a: x}\ncondition: (selection", 'E0307 The condition has a "(" without its ")"'],
    ["selection: {a: x}\ncondition: selection | count() > 5", "E0312 An aggregation without"],
    ["selection: {a: x}", 'E0302 The "detection" has no "condition"'],
    [selection("__proto__: x"), 'E0306 No event has a field "__proto__"'],
    [selection("a|fieldref: constructor"), 'E0306 No event has a field "constructor"'],
    ["selection: {}\ncondition: selection", 'E0306 The selection "selection" is empty'],
  ];
  for (const [detection, message] of said) {
    const found = refusals(detection);
    assert.equal(found.length, 1, detection);
    assert.ok(found[0].startsWith(message), `${found[0]} for ${detection}`);
  }
  assert.deepEqual(refusals(selection("a: x"), "level: urgent\n"), [
    'E0306 Unknown level "urgent"',
  ]);
  assert.match(compileText("title: x\ndetection: [").diagnostics[0].message, /not valid YAML/);
});

Deno.test("a diagnostic points into the YAML", () => {
  const text = ruleText("selection: {a: x}\ncondition: selection and selektion");
  const [d] = compileText(text).diagnostics;
  assert.equal(
    renderText(d, text, { color: false }),
    `error[E0308]: The detection has no selection "selektion"
 --> rule.yml:5:28
  |
5 |   condition: selection and selektion
  |                            ^^^^^^^^^
  = help: Did you mean selection?
`,
  );
});

Deno.test("aliases that stand for each other without end are bounded", () => {
  let detection = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (let i = 1; i < 9; i++) {
    detection += `a${i}: &a${i} [${Array(10).fill(`*a${i - 1}`).join(", ")}]\n`;
  }
  const found = refusals(`${detection}condition: a8`);
  assert.equal(found.length, 1);
  assert.match(found[0], /^E0313/);
});

Deno.test("conditions and patterns of any size take no time of their own", () => {
  const many = Array.from({ length: 3000 }, (_, i) => `s${i}: {a: x${i}, b|contains: y}`);
  const [yes, no] = verdicts(
    `${many.join("\n")}\ncondition: 1 of s1* and not 2 of s*`,
    [{ a: "x12", b: "y" }, { a: "x2", b: "y" }],
  );
  assert.deepEqual([yes, no], [true, false]);
  const long = `${"s".repeat(900)}y`;
  const found = refusals(`${long}: {a: x}\ncondition: 1 of ${"*s".repeat(40)}*x`);
  assert.match(found[0], /^E0308/);
  const nested = refusals(`s: {a: x}\ncondition: ${"(".repeat(50_000)}s`);
  assert.match(nested[0], /^E0313 The condition nests deeper/);
  const [deep] = compileText(`detection: ${"[".repeat(50_000)}`).diagnostics;
  assert.equal(deep.code, "E0301");
  assert.match(deep.message, /it nests too deeply$/);
});

Deno.test("rules that cannot be taken leave the others as they are, names stay apart", () => {
  const good = ruleText(selection("a: x"));
  const files = [
    ...Array.from({ length: 30 }, (_, i) => ({ name: `broken${i}.yml`, text: "detection: [" })),
    { name: "one/same.yml", text: good },
    { name: "two/same.yml", text: good.replace("title: Test", "title: Test\nid: 0a1b2c3d-1") },
    { name: "4.yml", text: good },
  ];
  const { rules, diagnostics, ruleCount } = compileSigma(files, { catalogue: CATALOGUE });
  assert.equal(diagnostics.length, 30);
  assert.equal(ruleCount, 33);
  assert.deepEqual(rules.map((r) => r.name), ["same", "same_0a1b2c3d", "sigma_4"]);
});

Deno.test("two rules of one id are told, and a log source without a feed is", () => {
  const text = ruleText(selection("a: x"), "id: 0a1b2c3d-1\n");
  const { diagnostics, rules } = compileSigma(
    [{ name: "a.yml", text }, { name: "b.yml", text }],
    { catalogue: CATALOGUE },
  );
  assert.equal(rules.length, 1);
  assert.match(diagnostics[0].message, /^The id "0a1b2c3d-1" is that of another rule$/);
  const { unfed } = compileText(text.replace("product: test", "product: nobody"));
  assert.equal(
    unfed[0].message,
    "No loaded sourcetype gives events of the log source product nobody, service log",
  );
});

Deno.test("Sigma is told from other YAML", () => {
  assert.ok(isSigma("title: x\nlogsource:\n  product: windows\n"));
  assert.ok(isSigma("action: global\ntitle: x\n"));
  assert.ok(isSigma('"title": x\n"logsource":\n  product: windows\n'));
  assert.ok(isSigma('{"title": "x", "logsource": {}, "detection": {}}'));
  assert.ok(!isSigma("name: mine\npatterns: []\n"));
  assert.ok(!isSigma('{"name": "mine", "patterns": []}'));
});
