import assert from "node:assert/strict";
import { linesOf } from "./code.tsx";
import { highlightYaml, isYaml } from "./yaml.ts";

const of = (text: string) => highlightYaml(text).map((m) => [text.slice(m.start, m.end), m.class]);

const RULE = `title: It's a test # why
id: &id 7
---
description: |
  One: two
   # no comment

level: high
detection:
  selection:
    Image|endswith:
      - '\\cmd.exe'
      - "a \\"b\\" # c"
      - *other
    flag: true
    list: [1, 'x', y]
  condition: selection
`;

Deno.test("keys, texts, numbers, comments and blocks of a Sigma rule have their colours", () => {
  assert.deepEqual(of(RULE), [
    ["title:", "t-word"],
    ["# why", "t-comment"],
    ["id:", "t-word"],
    ["&id", "t-name"],
    ["7", "t-number"],
    ["---", "t-comment"],
    ["description:", "t-word"],
    ["One: two", "t-string"],
    ["# no comment", "t-string"],
    ["level:", "t-word"],
    ["detection:", "t-word"],
    ["selection:", "t-word"],
    ["Image|endswith:", "t-word"],
    ["'\\cmd.exe'", "t-string"],
    ['"a \\"b\\" # c"', "t-string"],
    ["*other", "t-name"],
    ["flag:", "t-word"],
    ["true", "t-number"],
    ["list:", "t-word"],
    ["1", "t-number"],
    ["'x'", "t-string"],
    ["condition:", "t-word"],
  ]);
});

Deno.test("Sigma is told from SDL, also from SDL that speaks of it", () => {
  assert.ok(isYaml(RULE));
  assert.ok(isYaml("action: global\n---\n"));
  assert.ok(!isYaml('rule r {\n  title "x"\n  from any where a matches /title:/\n}'));
  assert.ok(!isYaml('rule r { from any test "t" { given json """\ntitle: x\n""" expect none } }'));
});

Deno.test("lines put together are the text, whatever it is, and long ones take no time", () => {
  const hostile = [
    "title: <script>alert(1)</script>\nx: '\n",
    'title:\n\t- "\\',
    "title: a\n" + "- ".repeat(5_000),
    "title: a\n" + "a".repeat(200_000) + "'",
    "title: a\n" + '"'.repeat(50_001),
    "title: a\n" + "a ".repeat(50_000) + ":",
    "title: a\n" + "&*".repeat(50_000),
    "title: a\nx: |\n" + " ".repeat(50_000) + "#",
  ];
  for (const text of hostile) {
    const lines = linesOf(text);
    assert.equal(lines.map((l) => l.map((p) => p.text).join("")).join("\n"), text);
  }
});
