import assert from "node:assert/strict";
import { load } from "../agent/content/load.ts";
import type { EventBatch } from "../agent/event.ts";
import { runTests, TEST_START } from "../agent/content/rule_tests.ts";
import { LineReader } from "../agent/stages/lines.ts";
import { createParser } from "../compiler/sourcetype/mod.ts";
import { InputHandle } from "../agent/input.ts";
import { evaluate } from "../compiler/ir/evaluate.ts";
import type { IrRule } from "../compiler/ir/program.ts";
import { readsAny } from "../compiler/ir/signals.ts";

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
    if (!rule.silent) {
      // Alerts made of alerts have the techniques of those.
      if (!readsAny(rule)) assert.notEqual(rule.mitre.length, 0, `${rule.name} has no technique`);
      assert.notEqual(rule.alert.text, null, `${rule.name} has no message`);
    }
    const counts = rule.tests.flatMap((t) =>
      t.items.flatMap((i) => i.kind === "expect" ? [i.count] : [])
    );
    assert.ok(counts.some((n) => n > 0), `${rule.name} has no test in which it fires`);
    assert.ok(counts.includes(0), `${rule.name} has no test in which it is silent`);
  }
});

Deno.test("titles are short noun phrases, and no two rules share one", () => {
  const seen = new Map<string, string>();
  for (const { name, title } of loaded.program.rules) {
    assert.ok(title.split(/\s+/).length <= 6, `${name}: "${title}" has more than six words`);
    assert.match(title, /^[A-Z]/, `${name}: "${title}" does not start with a capital`);
    assert.doesNotMatch(title, /^(?:A|An|The|One) /, `${name}: "${title}" starts with an article`);
    assert.doesNotMatch(title, /[.!?]$/, `${name}: "${title}" ends in a stop`);
    const other = seen.get(title.toLowerCase());
    assert.equal(other, undefined, `${name} and ${other} are both titled "${title}"`);
    seen.set(title.toLowerCase(), name);
  }
});

Deno.test("messages have no holes where fields are missing", () => {
  const holes = [
    / {2}|^ | $|[(:,]$|\( |\(\)| [).,:;]/,
    /undefined|null|NaN|\.\d{4}/,
    /\b(?:from|to|on|by|as|with|of|port)(?:$|[.,:;)]| (?:from|to|on|by|as|within)\b)/,
  ];
  const problems = [];
  for (const rule of loaded.program.rules.filter((r) => !r.silent)) {
    for (const withEntity of [true, false]) {
      const message = sparseMessage(rule, withEntity);
      if (holes.some((hole) => hole.test(message))) problems.push(`${rule.name}: "${message}"`);
    }
  }
  assert.deepEqual(problems, []);
});

/**
 * The message of an alert whose events have no fields but those that the rule cannot do without:
 * the keys of its windows and sequences, and the entity's, where wanted. Lists are empty.
 */
function sparseMessage(rule: IrRule, withEntity: boolean): string {
  const row: Record<string, unknown> = { _time: TEST_START };
  const have = (names: readonly string[]) =>
    names.forEach((name) => row[name] = name.toUpperCase());
  if (withEntity) have(rule.alert.entity);
  if (rule.source.kind !== "from") have(rule.source.by.map((key) => key.field));
  for (const command of rule.commands) {
    if (command.kind === "eval") {
      for (const { name, expr } of command.assigns) row[name] = evaluate(expr, row);
    } else if (command.kind === "stats") {
      for (const agg of command.aggs) {
        row[agg.as] = typeof agg.type === "object" ? [] : agg.type === "float" ? 7.123456 : 7;
      }
    } else if (command.kind === "baseline") {
      for (const part of ["mean", "stdev", "z"]) row[`${command.field}_${part}`] = 7.123456;
    }
    if (command.kind === "stats" || command.kind === "first_seen" || command.kind === "absent") {
      have(command.by.filter((key) => !key.nullable).map((key) => key.field));
    }
  }
  return rule.alert.text!.map((part) => {
    if (typeof part === "string") return part;
    const value = evaluate(part, row);
    return Array.isArray(value) ? value.join(", ") : String(value ?? "");
  }).join("");
}

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
