import assert from "node:assert/strict";
import type { Expr } from "./ast.ts";
import { flat } from "./format_expr.ts";
import { parseSearch } from "./search.ts";

const KINDS: Record<string, "text" | "number" | "address" | "bool"> = {
  user: "text",
  action: "text",
  status: "number",
  src: "address",
  _raw: "text",
  is_admin: "bool",
};
const NAMES = {
  fields: Object.keys(KINDS),
  kindOf: (name: string) => KINDS[name] ?? null,
  isCondition: (name: string) => name === "failed_login",
};
const parse = (text: string) => parseSearch(text, "<search>", NAMES);

/** The condition as SDL. */
function condition(text: string): string {
  const { source, diagnostics } = parse(text);
  assert.deepEqual(diagnostics, [], text);
  assert.ok(source?.kind === "from");
  assert.equal(source.row.name.name, "any");
  return source.row.where === null ? "" : flat(source.row.where as Expr);
}

const RAW = (word: string) => `_raw contains "${word}"`;

for (
  const [text, sdl] of [
    ["", ""],
    ["*", ""],
    ["failed", RAW("failed")],
    ["failed password", `${RAW("failed")} and ${RAW("password")}`],
    ['"failed password"', RAW("failed password")],
    ["fail*", '_raw like "*fail**"'],
    ["not debug", `not ${RAW("debug")}`],
    ["-debug", `not ${RAW("debug")}`],
    ["ssh -debug", `${RAW("ssh")} and not ${RAW("debug")}`],
    ["ssh or rdp", `${RAW("ssh")} or ${RAW("rdp")}`],
    ["user:root", 'user == "root"'],
    ["user=root", 'user == "root"'],
    ["user!=root", 'user != "root"'],
    ['user:"John Doe"', 'user == "John Doe"'],
    ["user:ro*", 'user like "ro*"'],
    ["user:*", "exists user"],
    ["status:500", "status == 500"],
    ["status>=500", "status >= 500"],
    ["status:>=500", "status >= 500"],
    ["src:10.0.0.1", "src == 10.0.0.1"],
    ["src:10.0.0.0/8", "src in 10.0.0.0/8"],
    ["src!=10.0.0.0/8", "src not in 10.0.0.0/8"],
    ["10.0.0.1", RAW("10.0.0.1")],
    [
      "(user:root or user:admin) failed",
      `(user == "root" or user == "admin") and ${RAW("failed")}`,
    ],
    ['user == "root" and status >= 500', 'user == "root" and status >= 500'],
    ["failed_login", "failed_login"],
    ["is_admin", "is_admin"],
    ["/etc/passwd", RAW("/etc/passwd")],
    ["https://example.com/a?b=c", '_raw like "*https://example.com/a?b=c*"'],
  ] as const
) {
  Deno.test(`search: ${text || "nothing"} is read as ${sdl || "every event"}`, () => {
    assert.equal(condition(text).replace(/^\((.*)\)$/, "$1"), sdl);
  });
}

Deno.test("search: commands stand behind a condition, a word, and a source", () => {
  for (const head of ["user:root", "failed password", "from any where status > 1", "*"]) {
    const { commands, diagnostics } = parse(`${head} | top 5 user | where count > 1`);
    assert.deepEqual(diagnostics, [], head);
    assert.deepEqual(commands.map((c) => c.kind), ["top", "where"], head);
  }
});

const told = (text: string) =>
  parse(text).diagnostics.map((d) => [text.slice(d.span.start, d.span.end), d.message, d.help]);

Deno.test("search: what is not understood is told at its place", () => {
  assert.deepEqual(told("usr:root"), [[
    "usr",
    'Unknown field "usr"',
    "Did you mean user? To look for the text, write it in quotes",
  ]]);
  assert.deepEqual(told("status:many"), [[
    "many",
    '"status" is a number, "many" is none',
    "Write a number",
  ]]);
  assert.equal(told("(user:root")[0][1], "The `(` is not closed");
  assert.equal(told('user:root "x')[0][1], "The phrase has no closing quote");
  assert.equal(told("user:root or")[0][1], "The condition ends too early");
  assert.equal(told("user:root | stats count( by src").length, 1);
  assert.equal(told("user:root | | limit 1")[0][1], "A command stands behind `|`");
  assert.equal(told('user == "root" and status ==').length, 1);
});

Deno.test("search: no text makes the parser throw, and nesting is bounded", () => {
  assert.equal(told("(".repeat(5000)).length, 1);
  assert.equal(told("not ".repeat(5000) + "x").length, 1);
  assert.equal(told("x".repeat(100_001)).length, 1);
  for (
    const text of ["|", "||", '"', "\\", "a:b:c", ":", "-", "--", "()", "=", "a=", "\0", "😀 or"]
  ) {
    parse(text);
  }
});

Deno.test("a command that no `|` stands before is told, and words that look like one are looked for", () => {
  for (
    const text of ["stats count() as n by src", "top 10 src", "stats count() by src | where n > 5"]
  ) {
    const { source, diagnostics } = parse(text);
    assert.equal(source, null);
    const [word] = text.split(" ");
    assert.deepEqual(diagnostics.map((d) => [d.message, d.span]), [
      [`"${word}" begins a command, which stands behind \`|\``, { start: 0, end: word.length }],
    ]);
    assert.ok(diagnostics[0].help!.startsWith(`Write | ${text.split(" |")[0]};`));
  }
  assert.equal(condition("top secret"), `${RAW("top")} and ${RAW("secret")}`);
  assert.equal(condition("stats of disk"), `${RAW("stats")} and ${RAW("of")} and ${RAW("disk")}`);
  assert.equal(condition('"top 10 src"'), RAW("top 10 src"));
});
