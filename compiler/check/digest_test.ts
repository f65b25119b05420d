/** A rule's digest is of what its state hangs on, and of nothing else. */
import assert from "node:assert/strict";
import { parse } from "../../grammar/mod.ts";
import { shipped } from "../sourcetype/testing/shipped.ts";
import { check } from "./mod.ts";

const { catalogue } = shipped();

function digests(text: string): Record<string, string> {
  const parsed = parse(text, "r.sdl");
  const { program, diagnostics } = check([parsed.file], {
    catalogue,
    syntaxErrors: parsed.diagnostics,
  });
  const found = [...parsed.diagnostics, ...diagnostics].map((d) => d.message);
  assert.deepEqual(found, [], text);
  return Object.fromEntries(program.rules.map((r) => [r.name, r.planHash]));
}

const BASE = `let failed = action == "failure" and app == "sshd"
list admins = ["root", "admin"]
rule r {
  title "Password guessing"
  severity high
  mitre T1110
  param limit: int = 5
  from Authentication where failed and user in @admins
  | stats count() as n by src over 5m
  | where n > limit
  | alert "{src} failed {n} times"
}
`;
const base = digests(BASE).r;
const edited = (from: string, to: string, name = "r") => {
  assert.ok(BASE.includes(from), from);
  return digests(BASE.replaceAll(from, to))[name];
};

Deno.test("a digest names its version", () => assert.match(base, /^2-[0-9a-f]{32}$/));

for (
  const [what, from, to] of [
    ["another name of a let", "failed and", "tried and"],
    ["headers in another order", "severity high\n  mitre T1110", "mitre T1110\n  severity high"],
    ["another title", "Password guessing", "Guessing"],
    ["another severity", "severity high", "severity low"],
    ["another technique", "T1110", "T1078"],
    ["another message", "failed {n} times", "{n}"],
    ["a comment and another layout", "  | where n", "\n  # A comment\n      | where n"],
    ["conditions in another order", "failed and user in @admins", "user in @admins and failed"],
    ["a list in another order", `["root", "admin"]`, `["admin", "root"]`],
  ] as const
) {
  Deno.test(`${what} keeps the state`, () => {
    const text = what === "another name of a let"
      ? BASE.replace("let failed", "let tried").replace(from, to)
      : BASE.replace(from, to);
    assert.notEqual(text, BASE);
    assert.equal(digests(text).r, base);
  });
}

for (
  const [what, from, to] of [
    ["the value of a param", "int = 5", "int = 6"],
    ["the window", "over 5m", "over 6m"],
    ["the key", "by src", "by user"],
    ["a predicate", '"sshd"', '"sudo"'],
    ["the values of a list", '"root", "admin"', '"root", "guest"'],
    ["the source", "from Authentication", "from any"],
  ] as const
) {
  Deno.test(`${what} changes the digest`, () => {
    const message = what === "the key" ? BASE.replace("{src} failed", "{user} failed") : BASE;
    assert.notEqual(digests(message.replace(from, to)).r, base);
  });
}

Deno.test("a rule that reads signals changes with the rule that gives them", () => {
  const reader = `rule s {
  from signal r
  | stats count() as alerts by src over 1h
  | where alerts > 1
  | alert "x"
}
`;
  const before = digests(BASE + reader).s;
  assert.equal(digests(BASE.replace("guessing", "spraying") + reader).s, before);
  assert.notEqual(digests(BASE.replace("over 5m", "over 6m") + reader).s, before);
  assert.equal(edited("Password", "A password"), base);
});
