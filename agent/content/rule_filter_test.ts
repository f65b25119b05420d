/** Rules by level, status, id, name and file. */
import assert from "node:assert/strict";
import { compile } from "./compile.ts";
import { filterLoaded, judgeOf, NO_FILTER, type RuleFacts } from "./rule_filter.ts";

const facts: RuleFacts = {
  file: "sigma/rules/windows/Shell_Started.yml",
  name: "Shell_Started",
  id: "7A1D7F1C-0000-4000-8000-000000000001",
  status: "test",
  level: "medium",
};

const excludedBy = (exclude: string[], over: Partial<RuleFacts> = {}) =>
  judgeOf({ ...NO_FILTER, exclude }).judge({ ...facts, ...over });

Deno.test("rules are excluded by id, name and file, whatever their case", () => {
  for (
    const text of [
      "7a1d7f1c-0000-4000-8000-000000000001",
      "shell_started",
      "7a1d*",
      "shell_*",
      "*shell*",
      "shell_started.y?l",
      "windows/*",
      "sigma/rules/windows/shell_started.yml",
      "*",
    ]
  ) assert.equal(excludedBy([text]), `--exclude ${text}`, text);
  for (const text of ["shell", "", "hell_*", "linux/*", "7a1d", "shell.started", "indows/*"]) {
    assert.equal(excludedBy([text]), null, text);
  }
  assert.equal(excludedBy(["a", "b", "c", "shell_*"]), "4 times --exclude");
});

Deno.test("levels and statuses; what is not known before a rule fires excludes nothing", () => {
  const judge = (over: Partial<RuleFacts>) =>
    judgeOf({ minLevel: "medium", statuses: ["test", "none"], exclude: [] })
      .judge({ ...facts, ...over });
  assert.equal(judge({}), null);
  assert.equal(judge({ level: "low" }), "--min-level medium");
  assert.equal(judge({ level: null }), null);
  assert.equal(judge({ status: "experimental" }), "--status test,none");
  assert.equal(judge({ status: "" }), null);
});

const SIGMA = (title: string, head: string, condition = "s") =>
  `title: ${title}\n${head}\nlogsource: {product: linux, service: sshd}\n` +
  `detection:\n  s: {action: failure}\n  condition: ${condition}\n`;

Deno.test("what is excluded is counted, and says nothing any more", async () => {
  const all = await compile([], [{
    name: "a.sdl",
    text: `rule low { title "L" severity low from any where src == "a" }
rule reader { title "R" severity high status stable from signal low, kept | dedup src within 1h }
rule kept { title "K" severity high from any where src == "b" }`,
  }], {
    shipped: () => Promise.resolve([]),
    sigma: [
      { name: "x/low_one.yml", text: SIGMA("A", "level: low\nid: one") },
      { name: "x/bad.yml", text: SIGMA("B", "level: low\nid: two", "nobody") },
      { name: "x/worse.yml", text: SIGMA("C", "level: high\nid: three", "nobody") },
      { name: "x/none.yml", text: "title: [\nlogsource: x\n" },
    ],
  });
  assert.equal(all.ruleCount, 7);
  const high = filterLoaded(all, { ...NO_FILTER, minLevel: "high", exclude: ["no_such"] });
  assert.deepEqual(high.exclusions, [{ option: "--min-level high", rules: 3 }]);
  assert.deepEqual(high.unused, ["no_such"]);
  // The signals of a rule that is excluded still reach those that are not.
  assert.deepEqual(
    high.loaded.program.rules.map((r) => [r.name, r.silent ?? false]),
    [["low", true], ["kept", false], ["reader", false]],
  );
  // A file of which nothing reads has no level.
  assert.deepEqual(high.loaded.left.map((d) => d.file), ["x/worse.yml", "x/none.yml"]);
  assert.deepEqual(high.loaded.unfed, []);
  assert.ok(all.lints().some((d) => d.file === "a.sdl" && d.span.start < 60));
  assert.ok(!high.loaded.lints().some((d) => d.file === "a.sdl" && d.span.start < 60));
  const some = filterLoaded(all, { ...NO_FILTER, statuses: ["stable"], exclude: ["x/*"] });
  assert.deepEqual(some.loaded.program.rules.map((r) => r.name), ["low", "kept", "reader"]);
  assert.deepEqual(some.loaded.left, []);
  assert.equal(some.exclusions.reduce((n, e) => n + e.rules, 0), 6);
  assert.equal(filterLoaded(all, NO_FILTER).loaded, all);
});
