import assert from "node:assert/strict";
import { type Outcome, outcomesGithub, outcomesJson, outcomesJunit } from "./outcomes.ts";

const HOSTILE = 'a<b>&"c"\n]]>\u0000\ud800 ::error::x%';
const OUTCOMES: readonly Outcome[] = [
  { suite: "r", name: HOSTILE, file: "a,b.sdl", span: { start: 2, end: 3 }, failure: HOSTILE },
  { suite: "r", name: "fine", file: "a,b.sdl", span: { start: 0, end: 1 }, failure: null },
];
const textOf = () => "x\ny\n";

Deno.test("JUnit's XML holds any text and counts what failed", () => {
  const out = outcomesJunit(OUTCOMES, [], textOf);
  assert.match(out, /<testsuite name="r" tests="2" failures="1">/);
  assert.match(
    out,
    /line="2"><failure message="r: a&lt;b&gt;&amp;&quot;c&quot;&#10;\]\]&gt;\ufffd\ufffd /,
  );
  assert.ok(!out.includes("\u0000") && out.isWellFormed());
  const tags = out.match(/<\/?[a-z]+/g)!;
  for (const t of ["testsuites", "testsuite", "failure"]) {
    assert.equal(
      tags.filter((x) => x === `<${t}`).length,
      tags.filter((x) => x === `</${t}`).length,
    );
  }
});

Deno.test("annotations for GitHub escape, and JSON reads back", () => {
  const out = outcomesGithub(OUTCOMES, [], textOf);
  assert.equal(out.split("\n").length, 2);
  assert.match(out, /^::error file=a%2Cb\.sdl,line=2,/);
  const rows = JSON.parse(outcomesJson(OUTCOMES, [], textOf));
  assert.deepEqual(rows.map((r: { status: string }) => r.status), ["failed", "passed"]);
});
