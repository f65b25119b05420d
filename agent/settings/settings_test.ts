import assert from "node:assert/strict";
import { readSettings } from "./settings.ts";

const read = (text: string) =>
  readSettings("agent.yaml", text, ["format", "quiet", "listen", "year"]);

Deno.test("settings: options as written, switches on and off, files", () => {
  const { options, files, diagnostics } = read(
    "format: text\nquiet: true\nlisten: [udp://:1, 'tcp://:2']\nyear: 02026\nfiles: a.log\n",
  );
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(files, ["a.log"]);
  assert.deepEqual([...options].map(([name, o]) => [name, o.values]), [
    ["format", ["text"]],
    ["quiet", "on"],
    ["listen", ["udp://:1", "tcp://:2"]],
    ["year", ["02026"]],
  ]);
  assert.equal(read("quiet: false\n").options.get("quiet")!.values, "off");
  assert.equal(read("").options.size, 0);
});

Deno.test("settings: every mistake is told at its place, in the order of the text", () => {
  const text = "formt: text\nformat: {a: 1}\nlisten: [[x]]\n";
  const found = read(text).diagnostics.map((d) => [d.code, text.slice(d.span.start, d.span.end)]);
  assert.deepEqual(found, [["E0602", "formt"], ["E0604", "{a: 1}"], ["E0604", "[[x]]"]]);
  assert.equal(
    read("- a\n").diagnostics[0].message,
    "The file must be a mapping of keys to values",
  );
  assert.equal(read("a: [\n").diagnostics[0].code, "E0601");
});

Deno.test("risk: the rule's params, points by severity and by rule; mistakes at their places", () => {
  const section = read(
    "risk:\n  threshold: 150\n  half_life: 3d\n  weights: {low: 1.5}\n  rules: {'sudo_*': 60}\n" +
      "  priorities: {critical: 3}\n",
  ).sections.risk;
  assert.deepEqual(section.params.map((p) => [p.rule, p.name, "text" in p.value && p.value.text]), [
    ["entity_risk", "threshold", "150"],
    ["entity_risk", "half_life", "3d"],
    ["entity_risk", "critical_weight", "3"],
  ]);
  assert.deepEqual(section.weights, { low: 1.5 });
  assert.deepEqual(section.rules.map((r) => [r.rule.text, r.points]), [["sudo_*", 60]]);
  const text = "risk:\n  treshold: 9\n  half_life: 7\n  tactics: 1\n" +
    "  weights: {hihg: 4, low: -1}\n  rules: [a]\n  priorities: {hgih: 2, low: 1000}\n";
  const { diagnostics, sections } = read(text);
  assert.deepEqual(diagnostics.map((d) => text.slice(d.span.start, d.span.end)), [
    "treshold",
    "7",
    "1",
    "hihg",
    "-1",
    "[a]",
    "hgih",
    "1000",
  ]);
  assert.deepEqual(sections.risk, { params: [], weights: {}, rules: [] });
});
