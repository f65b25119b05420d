/** Values in which other engines go wrong, from lines of JSON to matches. */
import assert from "node:assert/strict";
import { loadSourcetypes } from "../agent/content/files.ts";
import { createEngine } from "../agent/engine/engine.ts";
import { compileSigma } from "../compiler/sigma/mod.ts";
import { compileSourcetypes } from "../compiler/sourcetype/compile/compile.ts";
import { parseBytes } from "./conformance/windows.ts";

const sourcetypes = compileSourcetypes(await loadSourcetypes([]));

/** Which of the lines of Okta's log match a selection, written as YAML. */
function matching(selection: string, lines: readonly string[]): number[] {
  const text = `title: T\nlogsource: {product: okta, service: okta}\n` +
    `detection:\n  s: ${selection}\n  condition: s\n`;
  const { rules, diagnostics } = compileSigma([{ name: "r.yml", text }], {
    catalogue: sourcetypes.catalogue,
  });
  assert.deepEqual(diagnostics, []);
  const program = { rules: [{ ...rules[0], commands: [] }], tables: [] };
  const engine = createEngine(program, sourcetypes.catalogue);
  const head = (i: number) => `{"eventType":"a","published":"2026-03-29T00:00:0${i}Z",`;
  const bytes = new TextEncoder().encode(lines.map((l, i) => head(i) + l.slice(1) + "\n").join(""));
  for (const batch of parseBytes(sourcetypes, "okta.json", bytes).batches) {
    engine.openInput(batch.lines.input);
    engine.detect(batch);
  }
  engine.end();
  return engine.takeChanges().filter((c) => c.change === "open").map((c) =>
    Number(/:0(\d)Z/.exec(String(c.alert.fields.published))![1])
  ).sort();
}

Deno.test("integers beyond 2^53 keep their digits in rules and in JSON events", () => {
  const lines = ['{"n":9007199254740993}', '{"n":9007199254740992}', '{"n":"9007199254740993"}'];
  assert.deepEqual(matching("{n: 9007199254740993}", lines), [0, 2]);
  assert.deepEqual(matching("{n: '9007199254740992'}", lines), [1]);
  assert.deepEqual(matching("{n: [1, 9007199254740993]}", lines), [0, 2]);
  const deep = ['{"a":{"b":12345678901234567890}}', '{"a":{"b":12345678901234567891}}'];
  assert.deepEqual(matching("{a.b: 12345678901234567890}", deep), [0]);
  assert.deepEqual(matching("{a.b|endswith: 91}", deep), [1]);
});

Deno.test("true and false, as values and as keywords", () => {
  const lines = ['{"ok":true}', '{"ok":false}', '{"ok":"True"}', '{"say":"it is true"}'];
  assert.deepEqual(matching("{ok: true}", lines), [0, 2]);
  assert.deepEqual(matching("{ok: 'false'}", lines), [1]);
  assert.deepEqual(matching("[true]", lines), [0, 2, 3]);
  assert.deepEqual(matching("[false, nowhere]", lines), [1]);
});

Deno.test("a JSON list of one item equals it, and each item of several is found", () => {
  const lines = [
    '{"tags":["admin"]}',
    '{"tags":["admin","ops"]}',
    '{"tags":"admin"}',
    '{"tags":[]}',
  ];
  assert.deepEqual(matching("{tags: admin}", lines), [0, 2]);
  assert.deepEqual(matching("{tags: [root, Admin]}", lines), [0, 2]);
  assert.deepEqual(matching("{tags|contains: ops}", lines), [1]);
  assert.deepEqual(matching("{ids: 7}", ['{"ids":[7]}', '{"ids":[7,8]}', '{"ids":[70]}']), [0]);
});

Deno.test("parts of times behind a blank, with fractions of a second", () => {
  const times = ["2026-03-29 22:01:02", "2026-03-29T22:01:02.123456Z", "2026-03-29 22:01:02,5"];
  const lines = [...times, "2025-12-31 21:59:59.9", "tonight"].map((when) =>
    JSON.stringify({ when })
  );
  const parts: [string, number, number][] = [
    ["minute", 1, 59],
    ["hour", 22, 21],
    ["day", 29, 31],
    ["week", 13, 1],
    ["month", 3, 12],
    ["year", 2026, 2025],
  ];
  for (const [part, first, second] of parts) {
    assert.deepEqual(matching(`{when|${part}: ${first}}`, lines), [0, 1, 2], part);
    assert.deepEqual(matching(`{when|${part}: ${second}}`, lines), [3], part);
  }
  assert.deepEqual(matching("{when|hour|gte: 22}", lines), [0, 1, 2]);
});
