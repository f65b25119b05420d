import assert from "node:assert/strict";
import { parse } from "../../../grammar/mod.ts";
import { check } from "../mod.ts";
import { lint } from "./mod.ts";
import type { Catalogue } from "../../schema/types.ts";

const extraction = (id: number, captures: readonly [string, boolean][]) => ({
  id,
  sourcetype: "door",
  pattern: `p${id}`,
  datasets: ["Authentication"],
  constants: {},
  captures: captures.map(([name, always]) => ({
    name,
    type: name === "src_port" ? "int" as const : "string" as const,
    always,
  })),
  open: false,
  parseError: false,
});
/** One pattern always gives app, action and user; the other knows no user and not always an action. */
const catalogue: Catalogue = {
  extractions: [
    extraction(0, [["app", true], ["action", true], ["user", true], ["src", false], [
      "src_port",
      false,
    ]]),
    extraction(1, [["app", true], ["action", false], ["src", false], ["src_port", false]]),
  ],
  sourcetypes: [{ name: "door", open: false, fields: [] }],
};

/** Names of the lints of a rule with this header and body. */
function lints(body: string, header = ""): string[] {
  const text = `rule r {
  severity low
  mitre T1110
  allow no_test "A case"
  ${header}
  ${body}
}`;
  const { file, diagnostics } = parse(text, "r.sdl");
  const checked = check([file], { catalogue, syntaxErrors: diagnostics });
  assert.deepEqual(
    [...diagnostics, ...checked.diagnostics].filter((d) => d.level === "error").map((d) =>
      d.message
    ),
    [],
    body,
  );
  // These two are about the catalogue, which is made up here.
  return lint(checked).flatMap((d) => d.lint ?? []).filter((l) =>
    l !== "no_sourcetype" && l !== "not_prescribed"
  );
}
const where = (e: string, header = "") => lints(`from Authentication where ${e}`, header);

Deno.test("a condition that cannot hold, or always holds", () => {
  for (
    const e of [
      'user == "a" and user == "b"',
      'user in ("a", "b") and user == "c"',
      "src_port > 10 and src_port <= 10",
      "src_port > 10 and src_port < 11",
      "src_port in 1..9 and src_port == 10",
      "src_port in 1..9 and src_port not in 1..20",
      'user == "a" and user != "A"',
      'user == "a" and not (user == "a")',
      "exists user and not exists user",
      'not exists user and user == "a"',
      'user == "root" and user startswith "adm"',
      'user != "a" or user != "b"',
      "src_port < 10 or src_port >= 10",
      'user == "a" or 1 == 1',
      'app == "x" and (user == "a" and user == "b")',
    ]
  ) assert.deepEqual(where(e), ["constant_condition"], e);
});

Deno.test("conditions that come out both ways are let alone", () => {
  for (
    const e of [
      'user == "a" or user == "b"',
      'user in ("a", "b") and user == "B"',
      "src_port > 10 and src_port < 12",
      'user != "a" and user != "b" and exists user',
      "not exists user or user == app",
      'user == "root" and user endswith "ot"',
      'user == "Root"cs or user == "root"cs',
      'user == "a" or app == "a"',
      "src_port > 10 or src_port < 5",
    ]
  ) assert.deepEqual(where(e).filter((l) => l === "constant_condition"), [], e);
});

Deno.test("a condition on a param is its author's to change", () => {
  assert.deepEqual(where("limit == 5 and exists user", "param limit: int = 5"), []);
  assert.deepEqual(where('app == "x" and n in 1..3', "param n: int = 9"), []);
});

Deno.test("not beside a comparison of a field that can be missing", () => {
  assert.deepEqual(where('not (action == "failure")'), ["negation_on_optional"]);
  assert.deepEqual(where('not (action != "failure")'), ["negation_on_optional"]);
  assert.deepEqual(where('not action in ("a", "b")'), ["negation_on_optional"]);
  // It is never missing, is asked for, is a key, or the test has no opposite of its own.
  assert.deepEqual(where('not (app == "x")'), []);
  assert.deepEqual(where('exists action and not (action == "failure")'), []);
  assert.deepEqual(where('not exists action or not (action == "failure")'), []);
  assert.deepEqual(where('not (src contains "10.")'), []);
  assert.deepEqual(where("not (user == app and app startswith src)"), []);
  assert.deepEqual(
    lints("from Authentication where not (src == 10.0.0.1)\n  | stats count() as n by src over 5m"),
    [],
  );
});

Deno.test("an exclusion that drops the events of a pattern without the field", () => {
  assert.deepEqual(where('app == "x" and user != "root"'), ["negation_on_optional"]);
  assert.deepEqual(where('app == "x" and user not in ("a", "b")'), ["negation_on_optional"]);
  // Captured by every pattern, compared with another field, asked for, or a key.
  assert.deepEqual(where('src != 10.0.0.1 and action != "x"'), []);
  assert.deepEqual(where("user != app"), []);
  assert.deepEqual(where('exists user and user != "root"'), []);
  assert.deepEqual(
    lints('from Authentication where user != "root"\n  | stats count() as n by user over 5m'),
    [],
  );
});

Deno.test("throttles, counts and unused names", () => {
  const stats = "from Authentication\n  | stats count() as n, dc(user) as u by src over 1h";
  assert.deepEqual(lints(`${stats}\n  | throttle 30m by src`), ["throttle_shorter_than_window"]);
  assert.deepEqual(lints(`${stats}\n  | throttle 1h by src`), []);
  assert.deepEqual(lints(`${stats}\n  | where n >= 1`), ["constant_condition"]);
  assert.deepEqual(lints(`${stats}\n  | where u < 0`), ["constant_condition"]);
  assert.deepEqual(lints(`${stats}\n  | where n >= 2`), []);
  assert.deepEqual(lints(`${stats}\n  | eval n = n - 1\n  | where n >= 1`), []);
  assert.deepEqual(where("exists user", "param x: int = 1"), ["unused_param"]);
});

Deno.test("and beside or without parentheses", () => {
  assert.deepEqual(where('app == "a" or app == "b" and exists user'), ["mixed_and_or"]);
  assert.deepEqual(where('(app == "a" or app == "b") and exists user'), []);
  assert.deepEqual(where('app == "a" or (app == "b" and exists user)'), []);
});

Deno.test("allow silences a lint on its rule and has to be needed", () => {
  const e = 'user == "a" and user == "b"';
  assert.deepEqual(where(e, 'allow constant_condition "On purpose"'), []);
  assert.deepEqual(where("exists user", 'allow constant_condition "x"'), ["unused_allow"]);
  assert.deepEqual(where("exists user", 'allow constant_conditions "x"'), ["unknown_allow"]);
});

Deno.test("a rule without alerts gives signals that another reads", () => {
  const silent =
    'rule a {\n  allow no_test "x"\n  from Authentication where user == "x"\n  | alert none\n}\n';
  const reader = 'rule b {\n  severity low\n  mitre T1110\n  allow no_test "x"\n' +
    "  from signal a | throttle 1h by src\n}\n";
  const found = (text: string) =>
    lint(check([parse(text, "r.sdl").file], { catalogue })).map((d) => d.lint);
  assert.deepEqual(found(silent), ["unread_signal"]);
  assert.deepEqual(found(silent + reader), []);
});

Deno.test("a rule that says what another says, or less", () => {
  const rule = (name: string, body: string, severity = "low") =>
    `rule ${name} {\n  severity ${severity}\n  mitre T1110\n  allow no_test "x"\n  ${body}\n}\n`;
  const names = (text: string) => {
    const { file } = parse(text, "r.sdl");
    return lint(check([file], { catalogue })).filter((d) => d.lint === "shadowed_rule")
      .map((d) => text.slice(d.span.start, d.span.end));
  };
  const from = "from Authentication where";
  const a = rule("a", `${from} app == "x"`);
  assert.deepEqual(names(a + rule("b", `${from} app == "x"`)), ["b"]);
  assert.deepEqual(names(a + rule("b", `${from} exists user and app == "x"`)), ["b"]);
  assert.deepEqual(names(a + rule("b", `${from} exists user and app == "x"`, "high")), []);
  assert.deepEqual(names(a + rule("b", `${from} app == "y"`)), []);
  const count = (n: number, e = 'app == "x"') =>
    `${from} ${e}\n  | stats count() as n by src over 5m\n  | where n > ${n}`;
  assert.deepEqual(names(rule("a", count(5)) + rule("b", count(9))), ["b"]);
  assert.deepEqual(names(rule("a", count(9)) + rule("b", count(5))), ["a"]);
  // Fewer rows give other counts: neither says what the other says.
  assert.deepEqual(
    names(rule("a", count(5)) + rule("b", count(5, 'app == "x" and exists user'))),
    [],
  );
});

Deno.test("of many rules those covered by another are found, wherever the other stands", () => {
  const sets = ['"a"', '"b"', '"c"', '"a", "b"', '"b", "c"', '"a", "b", "c"'];
  const ranges = ["src_port > 10", "src_port > 20", "src_port < 5", "exists src"];
  const bodies = sets.flatMap((s) => ranges.map((r) => ({ s, r })));
  const text = bodies.map(({ s, r }, i) =>
    `rule r${i} {\n  severity low\n  mitre T1110\n  allow no_test "x"\n` +
    `  from Authentication where user in (${s}) and ${r}\n}\n`
  ).join("");
  const found = lint(check([parse(text, "r.sdl").file], { catalogue }))
    .filter((d) => d.lint === "shadowed_rule")
    .map((d) => Number(text.slice(d.span.start + 1, d.span.end)));
  const values = (s: string) => s.split(", ");
  const narrower = (a: string, b: string) => a === b || (a === ranges[1] && b === ranges[0]);
  const covered = bodies.flatMap((a, i) =>
    bodies.some((b, j) =>
        i !== j && narrower(a.r, b.r) && values(a.s).every((v) => values(b.s).includes(v))
      )
      ? [i]
      : []
  );
  assert.deepEqual(found, covered);
  assert.ok(covered.length > 10 && covered.length < bodies.length);
});
