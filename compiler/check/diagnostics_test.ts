import assert from "node:assert/strict";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { placeOf, renderGithub, renderJson, renderSarif, renderText } from "./diagnostics.ts";

const TEXT = 'rule r {\n  from Authentication where usr == "root"\n}\n';
const span = (part: string, text = TEXT) => {
  const start = text.indexOf(part);
  return { start, end: start + part.length };
};
const unknown: Diagnostic = {
  code: "E0101",
  level: "error",
  file: "rules/r.sdl",
  span: span("usr"),
  message: 'Unknown field "usr"',
  help: "Name a field of Authentication",
  suggestion: "user",
};
const plain = (d: Diagnostic, text: string) => renderText(d, text, { color: false });
const lines = (d: Diagnostic, text: string) => plain(d, text).split("\n");

Deno.test("a diagnostic shows code, place, source line, caret and what to do", () => {
  assert.equal(
    plain(unknown, TEXT),
    `error[E0101]: Unknown field "usr"
 --> rules/r.sdl:2:29
  |
2 |   from Authentication where usr == "root"
  |                             ^^^
  = help: Name a field of Authentication
  = help: Did you mean "user"?
`,
  );
});

Deno.test("a lint shows its name, related places follow, a suggestion is said once", () => {
  const d: Diagnostic = {
    ...unknown,
    code: "L0111",
    level: "warning",
    lint: "unused_let",
    help: "Write user",
    related: [
      { file: "rules/r.sdl", span: span("rule r"), message: "The rule is here" },
      { file: "lists.sdl", span: { start: 4, end: 5 }, message: "First declared here" },
    ],
  };
  const out = plain(d, TEXT);
  assert.match(out, /^warning\[L0111 unused_let\]: /);
  assert.doesNotMatch(out, /Did you mean/);
  assert.match(out, / {2}= note: The rule is here: rules\/r\.sdl:1:1\n/);
  assert.match(out, / {2}= note: First declared here: lists\.sdl\n$/);
  assert.match(
    renderText(d, TEXT, { color: false, textOf: () => "a\nbcdef" }),
    /First declared here: lists\.sdl:2:3\n$/,
  );
});

Deno.test("a span over several lines marks its first line", () => {
  const out = lines({ ...unknown, span: span('where usr == "root"\n}') }, TEXT);
  assert.equal(out[4], "  |                       " + "^".repeat('where usr == "root"'.length));
});

Deno.test("spans beyond the text and files without text are tolerated", () => {
  const far = lines({ ...unknown, span: { start: 5000, end: 6000 } }, "a\nbc");
  assert.deepEqual(far.slice(1, 5), [" --> rules/r.sdl:2:3", "  |", "2 | bc", "  |   ^"]);
  const none = lines({ ...unknown, span: { start: 50, end: 60 } }, "");
  assert.deepEqual(none.slice(0, 3), [
    'error[E0101]: Unknown field "usr"',
    " --> rules/r.sdl",
    "  = help: Name a field of Authentication",
  ]);
  assert.deepEqual(placeOf({ start: -1, end: -9 }, "ab"), {
    line: 1,
    column: 1,
    endLine: 1,
    endColumn: 1,
  });
});

Deno.test("tabs, wide letters and CR LF leave the caret under its text", () => {
  const tabs = lines({ ...unknown, span: span("usr", "\tx\tusr\r\n") }, "\tx\tusr\r\n");
  assert.equal(tabs[3], "1 |     x   usr");
  assert.equal(tabs[4], "  |         ^^^");
  const text = '"日本語" usr';
  const wide = lines({ ...unknown, span: span("usr", text) }, text);
  assert.equal(wide[4], "  | " + " ".repeat(9) + "^^^");
});

Deno.test("what would act on a terminal is shown as an escape", () => {
  const text = 'x == "\x1b[31m\u202eabc\u2066" usr';
  const out = plain({ ...unknown, span: span("usr", text), message: "Bad \x1b[0m\n" }, text);
  // deno-lint-ignore no-control-regex
  assert.doesNotMatch(out, /[\x1b\u202e\u2066]/);
  assert.match(out, /Bad \\x1b\[0m\\x0a\n/);
  const [, , , shown, caret] = out.split("\n");
  assert.equal(shown.indexOf("usr"), caret.indexOf("^^^"));
});

Deno.test("a long line is cut around the caret", () => {
  for (const [before, after] of [[0, 5000], [2500, 2500], [5000, 0]]) {
    const text = "a".repeat(before) + "usr" + "b".repeat(after);
    const [, , , shown, caret] = lines({ ...unknown, span: span("usr", text) }, text);
    assert.ok(shown.length < 110, shown);
    assert.equal(shown.indexOf("usr"), caret.indexOf("^^^"));
    assert.equal(shown.includes("…a"), before > 0);
    assert.equal(shown.includes("b…"), after > 0);
  }
  const all = "x".repeat(400);
  const [, , , shown, caret] = lines({ ...unknown, span: span(all, all) }, all);
  assert.ok(caret.length <= shown.length);
});

Deno.test("colours are there only when asked for", () => {
  assert.ok(
    renderText(unknown, TEXT, { color: true }).startsWith("\x1b[1;31merror[E0101]\x1b[0m"),
  );
  assert.ok(!plain(unknown, TEXT).includes("\x1b"));
});

Deno.test("JSON has lines and columns of the diagnostic and of related places", () => {
  const d = {
    ...unknown,
    related: [{ file: "rules/r.sdl", span: { start: 0, end: 4 }, message: "Here" }],
  };
  const [row, ...rest] = JSON.parse(renderJson([d], () => TEXT));
  assert.equal(rest.length, 0);
  assert.deepEqual(row, {
    code: "E0101",
    level: "error",
    file: "rules/r.sdl",
    line: 2,
    column: 29,
    endLine: 2,
    endColumn: 32,
    message: 'Unknown field "usr"',
    help: "Name a field of Authentication",
    suggestion: "user",
    related: [{
      file: "rules/r.sdl",
      line: 1,
      column: 1,
      endLine: 1,
      endColumn: 5,
      message: "Here",
    }],
  });
  assert.deepEqual(JSON.parse(renderJson([], () => "")), []);
});

Deno.test("GitHub's commands are escaped, and have columns only on one line", () => {
  const d = { ...unknown, file: "a,b:c%.sdl", message: "50 %\r\n::error::x", help: undefined };
  assert.equal(
    renderGithub([{ ...d, suggestion: undefined }], () => TEXT),
    "::error file=a%2Cb%3Ac%25.sdl,line=2,endLine=2,col=29,endColumn=32,title=E0101" +
      "::50 %25%0D%0A::error::x\n",
  );
  const wide = renderGithub([{ ...d, level: "warning", span: span("r {\n  from") }], () => TEXT);
  assert.match(wide, /^::warning file=[^ ]*,line=1,endLine=2,title=/);
});

Deno.test("SARIF lists the rules and points each result at one of them", () => {
  const lint: Diagnostic = {
    ...unknown,
    code: "L0101",
    level: "warning",
    lint: "no_test",
    file: "a b/ü.sdl",
    suggestion: undefined,
  };
  const log = JSON.parse(renderSarif([lint, unknown, unknown], () => TEXT));
  assert.equal(log.version, "2.1.0");
  const [run] = log.runs;
  assert.deepEqual(run.tool.driver.rules.map((r: { id: string }) => r.id), ["E0101", "L0101"]);
  assert.equal(run.tool.driver.rules[0].name, "unknown_field");
  assert.equal(run.results.length, 3);
  for (const r of run.results) assert.equal(run.tool.driver.rules[r.ruleIndex].id, r.ruleId);
  const [first, second] = run.results;
  assert.equal(first.locations[0].physicalLocation.artifactLocation.uri, "a%20b/%C3%BC.sdl");
  assert.equal(first.fixes, undefined);
  assert.deepEqual(second.locations[0].physicalLocation.region, {
    startLine: 2,
    startColumn: 29,
    endLine: 2,
    endColumn: 32,
  });
  assert.equal(
    second.fixes[0].artifactChanges[0].replacements[0].insertedContent.text,
    "user",
  );
});
