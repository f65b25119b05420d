/** `signal any`: what reads it, what it has, in which order rules come, and what is said of misuse. */
import assert from "node:assert/strict";
import { parse } from "../../grammar/mod.ts";
import { firstStage, secondStage, withRead } from "../ir/signals.ts";
import { shipped } from "../sourcetype/testing/shipped.ts";
import { lint } from "./lint/mod.ts";
import { check } from "./mod.ts";

const { catalogue } = shipped();

function checked(text: string) {
  const { file, diagnostics: syntaxErrors } = parse(text, "a.sdl");
  const made = check([file], { catalogue, tables: [], syntaxErrors });
  return { ...made, all: [...syntaxErrors, ...made.diagnostics] };
}

const said = (text: string) => checked(text).all.map((d) => `${d.code} ${d.message}: ${d.help}`);
const FIRST = `rule one { from Authentication where action == "failure" | alert "x" }
rule two { from signal one | dedup src within 1h | alert "x" }\n`;

Deno.test("rules that read the alerts of all come last, and none sees another one", () => {
  const { program, all } = checked(
    `rule after { from signal sums | dedup entity within 1d | alert "x" }
rule sums { from signal any where severity >= high | stats sum(risk) as n by entity over 1d }
rule chain {
  together by entity within 1d { signal any where rule == "one" signal any where rule == "two" }
}
${FIRST}`,
  );
  assert.deepEqual(all, []);
  const names = program.rules.map((r) => r.name);
  assert.deepEqual(new Set(names.slice(0, 2)), new Set(["one", "two"]));
  assert.deepEqual(firstStage(program.rules), ["one", "two"]);
  assert.deepEqual(secondStage(program.rules), new Set(["sums", "chain", "after"]));
  assert.ok(names.indexOf("sums") < names.indexOf("after"));
  const read = withRead(program.rules, ["after"]).map((r) => r.name);
  assert.deepEqual(read, ["one", "two", "sums", "after"]);
});

Deno.test("severities have an order, between rows of alerts alone", () => {
  const values = (condition: string) => {
    const { program, all } = checked(`rule r { from signal any where ${condition} | alert "x" }`);
    assert.deepEqual(all.map((d) => d.message), []);
    const { source } = program.rules[0];
    const where = source.kind === "from" ? source.rows.where : null;
    return where?.op === "in" && where.set.kind === "values" ? where.set.values : null;
  };
  assert.deepEqual(values("severity >= high"), ["high", "critical"]);
  assert.deepEqual(values("severity < low"), ["informational"]);
  assert.deepEqual(values("medium > severity"), ["informational", "low"]);
  assert.deepEqual(values('severity <= "low"'), ["informational", "low"]);
});

Deno.test("state is kept while other rules come and go", () => {
  const hash = (text: string) =>
    checked(text).program.rules.find((r) => r.name === "sums")!.planHash;
  const sums = `rule sums { from signal any | stats sum(risk) as n by entity over 1d }\n`;
  assert.equal(hash(sums), hash(sums + FIRST));
  assert.notEqual(hash(sums), hash(sums.replace("any |", "any where count > 1 |")));
});

Deno.test("misuse is told with what to write instead", () => {
  const cases: [string, RegExp][] = [
    [`rule any { from Web }`, /^E0130 A rule cannot be named "any": signal any means/],
    [`${FIRST}rule r { from signal any, one }`, /"any" stands for .*: .*signal one$/],
    ["rule r { from signal all }", /^E0104 Unknown rule "all": .*signal any$/],
    ["rule r { from signal * }", /^E0001 "signal \*" reads no .*from signal any/],
    ["rule r { from any signal }", /^E0001 "any signal" reads no .*from signal any/],
    ['rule r { from signal any where srcip == "x" }', /^E0101 .*Every alert has rule, .*entity/],
    ["rule r { from signal any where severity >= hihg }", /Did you mean high\?$/],
    ["rule r { from signal any | dedup tactics within 1h }", /"tactics" is a list and cannot/],
    [
      "rule r { from signal any | stats decayed_sum(risk, 7) as s by entity over 1d }",
      /takes a duration from 1ms to .* as half_life, this is 7: .*7d/,
    ],
    ["rule r { risk high from Web }", /^E0119 risk takes a number from 0 to 1000/],
    ["rule r { risk 1001 from Web }", /^E0119 risk takes a number from 0 to 1000/],
  ];
  for (const [text, expected] of cases) {
    const found = said(text);
    assert.equal(found.length, 1, `${text}: ${found.join("; ")}`);
    assert.match(found[0], expected, text);
  }
  assert.deepEqual(said("rule r { risk 40 from Web }"), []);
});

Deno.test("without another rule there is nothing to read, which a lint tells", () => {
  const lints = (text: string) => lint(checked(text)).filter((d) => d.lint === "no_alerts").length;
  const sums = `rule sums { from signal any | stats sum(risk) as n by entity over 1d }\n`;
  assert.equal(lints(sums), 1);
  assert.equal(lints(sums + FIRST), 0);
});
