import assert from "node:assert/strict";
import { compileSearch } from "./compile.ts";
import { ruleNameOf, searchAsRule } from "./as_rule.ts";
import { CATALOGUE } from "./testing/random_search.ts";
import { check } from "../../compiler/check/mod.ts";
import { parse } from "../../grammar/mod.ts";

function asRule(query: string) {
  const language = { catalogue: CATALOGUE, tables: [], files: [] };
  const { search, diagnostics } = compileSearch(query, language, 3_600_000);
  assert.ok(search, diagnostics.map((d) => d.message).join());
  return searchAsRule(search, "My search", query, CATALOGUE);
}

Deno.test("a search that a stream can do is a rule that checks", () => {
  const queries = [
    "mimikatz -test",
    'user:root and "failed password"',
    "status>=500 | stats count() as n by src over tumbling 1h | where n > 5",
    'from any where action == "failure" | dedup src within 1h | throttle 1d by src',
    'sequence by src within 10m { any where action == "failure" any where action == "success" }',
    "user:svc* src:10.0.0.0/8 | eval who = lower(user) | fields _time, who",
  ];
  for (const query of queries) {
    const { text, refusals } = asRule(query);
    assert.deepEqual(refusals, [], query);
    assert.match(text!, /^# From the saved search: /);
    const { file, diagnostics } = parse(text!, "mine.sdl");
    assert.deepEqual(diagnostics.filter((d) => d.level === "error"), [], text!);
    const checked = check([file], { catalogue: CATALOGUE });
    assert.deepEqual(checked.diagnostics.filter((d) => d.level === "error"), [], text!);
  }
});

Deno.test("a part that a stream cannot do is named", () => {
  const refused: [string, RegExp][] = [
    ["action:failure | top 5 src", /cannot do "top 5 src": it never has all rows/],
    ["action:failure | sort -src", /cannot do "sort -src"/],
    ["action:failure | limit 3", /cannot do "limit 3"/],
    ["action:failure | stats count() as n by src", /"stats count\(\) as n by src" has no window/],
    ["action:failure | dedup src", /"dedup src" has no end/],
    ["*", /no condition/],
  ];
  for (const [query, message] of refused) {
    const { text, refusals } = asRule(query);
    assert.equal(text, null, query);
    assert.equal(refusals.length, 1, query);
    assert.match(refusals[0].message, message);
  }
  const { refusals } = asRule("action:failure | timechart count() as n | where n > 3");
  assert.equal(refusals.length, 1);
});

Deno.test("a rule is called as its search is", () => {
  assert.equal(ruleNameOf("Failed logins, EU (2)"), "failed_logins_eu_2");
});
