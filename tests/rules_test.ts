import assert from "node:assert/strict";
import { load } from "../agent/content/load.ts";
import type { EventBatch } from "../agent/event.ts";
import { runTests, TEST_START } from "../agent/content/rule_tests.ts";
import { LineReader } from "../agent/stages/lines.ts";
import { createParser } from "../compiler/sourcetype/mod.ts";
import { InputHandle } from "../agent/input.ts";

const loaded = await load({ rules: [], sourcetypes: [] });

Deno.test("the shipped rules and sourcetypes compile without an error or a lint", () => {
  const found = [...loaded.diagnostics, ...loaded.lints()].map((d) =>
    `${d.file} ${d.code} ${d.lint ?? ""}: ${d.message}`
  );
  assert.deepEqual(found, []);
});

Deno.test("every shipped rule has a description, a technique and tests that fire and that are silent", () => {
  for (const rule of loaded.program.rules) {
    assert.notEqual(rule.description, "", `${rule.name} has no description`);
    assert.notEqual(rule.mitre.length, 0, `${rule.name} has no technique`);
    assert.notEqual(rule.alert.text, null, `${rule.name} has no message`);
    const counts = rule.tests.flatMap((t) =>
      t.items.flatMap((i) => i.kind === "expect" ? [i.count] : [])
    );
    assert.ok(counts.some((n) => n > 0), `${rule.name} has no test in which it fires`);
    assert.ok(counts.includes(0), `${rule.name} has no test in which it is silent`);
  }
});

Deno.test("all tests in the shipped rules pass", () => {
  const results = runTests(loaded.program, loaded.sourcetypes.catalogue, parseLines);
  assert.ok(results.length > 100, `Only ${results.length} tests ran`);
  const failed = results.filter((r) => !r.passed).map((r) =>
    `${r.rule}: ${r.test}: ${
      r.error ?? r.expectations.filter((e) =>
        !e.passed
      ).map((e) => `expected ${e.expected}, got ${e.actual}`).join("; ")
    }`
  );
  assert.deepEqual(failed, []);
});

function parseLines(sourcetype: string, text: string): EventBatch | null {
  if (!loaded.sourcetypes.layouts.has(sourcetype)) return null;
  const input = new InputHandle({
    name: "test",
    sourcetype,
    modified: TEST_START + 364 * 86_400_000,
  });
  const reader = new LineReader(input);
  const bytes = new TextEncoder().encode(text.endsWith("\n") ? text : text + "\n");
  const batch = reader.push(bytes, TEST_START) ?? reader.end();
  return batch && createParser(loaded.sourcetypes, sourcetype)(batch);
}
