/** `test` on Sigma rules: tests in them, and the recordings that they name. */
import assert from "node:assert/strict";
import { inProcess } from "./in_process.ts";
import { withFolder } from "./run.ts";
import { needs, sharedUrl, testNeeding } from "./needs.ts";

const RULE = `title: Shell
id: 7a1d7f1c-0000-4000-8000-000000000001
logsource: {product: windows, category: process_creation}
detection:
  selection:
    Image|endswith: '\\cmd.exe'
    CommandLine|contains: whoami
  condition: selection
level: high
`;

const EVENT = (command: string) =>
  `{"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational","Computer":"ws1",` +
  `"SourceName":"Microsoft-Windows-Sysmon","TimeCreated":"2026-03-29T00:02:11Z",` +
  `"Image":"C:\\\\Windows\\\\System32\\\\cmd.exe","CommandLine":"${command}"}\n`;

async function write(folder: string, files: Readonly<Record<string, string>>) {
  for (const [name, text] of Object.entries(files)) {
    const path = `${folder}/${name}`;
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(path, text);
  }
}

const info = (count: number, path = "regression_data/shell/a.json") =>
  `rule_metadata: [{id: 7a1d7f1c-0000-4000-8000-000000000001}]\n` +
  `regression_tests_info:\n  - {name: Recorded, type: json, path: ${path}, match_count: ${count}}\n`;

Deno.test("tests in a rule pass, and a failed one says what did not hold", async () => {
  await withFolder(async (folder) => {
    const tests = (command: string) =>
      `tests:\n  - name: asked\n    expect: match\n    event: {Image: 'C:\\cmd.exe', CommandLine: ${command}}\n`;
    await write(folder, { "shell.yml": RULE + tests("whoami") });
    const good = await inProcess(["test", "--verbose", `${folder}/shell.yml`]);
    assert.equal(good.code, 0, good.stdout + good.stderr);
    assert.match(good.stdout, /ok {6}shell: asked\n/);
    assert.match(good.stderr, /^1 rule test and 0 samples: 1 passed, 0 failed$/m);
    await write(folder, { "shell.yml": RULE + tests("dir") });
    const bad = await inProcess(["test", `${folder}/shell.yml`]);
    assert.equal(bad.code, 1);
    assert.match(bad.stdout, /FAILED {2}shell: asked\n {2}--> .*shell\.yml:11\n/);
    assert.match(bad.stdout, /expected at least 1 alert\n {4}actual {3}none/);
    assert.match(bad.stdout, /did not hold: CommandLine\|contains: whoami/);
  });
});

Deno.test("recordings are counted, whatever is held back", async () => {
  await withFolder(async (folder) => {
    const rule = RULE + "regression_tests_path: regression_data/shell/info.yml\n";
    await write(folder, {
      "rules/shell.yml": rule,
      "regression_data/shell/info.yml": info(2),
      "regression_data/shell/a.json": EVENT("whoami") + EVENT("cmd /c whoami") + EVENT("dir"),
    });
    const good = await inProcess(["test", "--verbose", `${folder}/rules`]);
    assert.equal(good.code, 0, good.stdout + good.stderr);
    assert.match(good.stdout, /ok {6}shell: Recorded \(a\.json\): 2 matches, expected at least 2/);
    assert.match(good.stderr, /0 rule tests, 1 recording and 0 samples: 1 passed, 0 failed/);
    await write(folder, { "regression_data/shell/info.yml": info(3) });
    const few = await inProcess(["test", "--format", "json", `${folder}/rules`]);
    assert.equal(few.code, 1);
    const [outcome] = JSON.parse(few.stdout);
    assert.equal(outcome.status, "failed");
    assert.match(
      outcome.message,
      /expected at least 3 matches\n {4}actual {3}2 matches in 3 events/,
    );
    await write(folder, { "regression_data/shell/info.yml": info(0) });
    const none = await inProcess(["test", `${folder}/rules`]);
    assert.match(none.stdout, /expected no match\n {4}actual {3}2 matches/);
  });
});

Deno.test("recordings that are not there are errors, and no path leaves the rules' folders", async () => {
  await withFolder(async (folder) => {
    const rule = (path: string) => RULE + `regression_tests_path: ${path}\n`;
    await write(folder, {
      "shell/shell.yml": rule("nowhere/other.yml"),
      "secret/info.yml": info(0),
    });
    const gone = await inProcess(["test", `${folder}/shell`]);
    assert.equal(gone.code, 1);
    assert.match(gone.stdout, /error\[E0331\]: The recordings "nowhere\/other\.yml" of the rule/);
    for (const path of [`${folder}/secret/info.yml`, "../secret/info.yml", "a/.b/../secret"]) {
      await write(folder, { "shell/shell.yml": rule(JSON.stringify(path)) });
      const out = await inProcess(["test", `${folder}/shell`]);
      assert.equal(out.code, 1);
      assert.match(out.stdout, /error\[E0331\]: The recordings/);
    }
    await write(folder, {
      "shell/shell.yml": rule("info.yml"),
      "shell/info.yml": info(1, "/etc/passwd"),
    });
    const outside = await inProcess(["test", `${folder}/shell`]);
    assert.match(outside.stdout, /error\[E0331\]: The recording "\/etc\/passwd" is not there/);
  });
});

testNeeding(
  needs.shared("data/logs/sigma/regression/cases.jsonl"),
  "SigmaHQ's recordings pass, from EVTX and from JSON",
  async () => {
    const folder = sharedUrl("data/logs/sigma/regression").pathname;
    const ran = await inProcess(["test", folder]);
    assert.equal(ran.code, 0, ran.stdout);
    assert.match(ran.stderr, /0 rule tests, 238 recordings and 0 samples: 238 passed, 0 failed/);
  },
);
