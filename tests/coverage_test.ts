/** `coverage`: techniques of rules, and rules that cannot fire. */
import assert from "node:assert/strict";
import { inProcess } from "./in_process.ts";
import { withFolder } from "./run.ts";

const rule = (source: string, tags: string, selection = "Image: x") =>
  `title: "Found ${tags}"\nlogsource: {${source}}\ndetection:\n  sel: {${selection}}\n  condition: sel\n` +
  `tags: [${tags}]\n`;

const RULES: Readonly<Record<string, string>> = {
  "process.yml": rule("product: windows, category: process_creation", "attack.t1059.001"),
  "dns.yml": rule("product: windows, category: dns_query", "attack.t1059.001, attack.t1071.004"),
  "web.yml": rule("category: webserver", "attack.t1190", "cs-method: GET"),
  "door.yml": rule("product: acme, service: door", "attack.t9999"),
  "plain.yml": rule("category: webserver", "cve.2021-44228", "cs-method: POST"),
  "many.sdl": 'rule many { title "Many" severity low mitre T1190 from signal dns, web ' +
    "| stats count() as n by host over 1h | where n > 3 }",
};
const LINE = '{"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational","Computer":"ws1",' +
  '"SourceName":"Microsoft-Windows-Sysmon","TimeCreated":"2026-03-29T00:02:11Z","Image":"C:\\\\x.exe"}\n';

async function withRules(work: (folder: string) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    await Deno.mkdir(`${folder}/rules`);
    for (const [name, text] of Object.entries(RULES)) {
      await Deno.writeTextFile(`${folder}/rules/${name}`, text);
    }
    await Deno.writeTextFile(`${folder}/sysmon.json`, LINE);
    await work(folder);
  });
}

Deno.test("what no loaded sourcetype gives cannot fire, and else everything can", async () => {
  await withRules(async (folder) => {
    const ran = await inProcess(["coverage", `${folder}/rules`, "--format", "json"]);
    assert.equal(ran.code, 0, ran.stderr);
    const { techniques, silent, without } = JSON.parse(ran.stdout);
    assert.deepEqual(
      techniques.map((t: { id: string; rules: { name: string }[] }) => [
        t.id,
        t.rules.map((r) => r.name).sort().join(" "),
      ]),
      [
        ["T1059.001", "dns process"],
        ["T1071.004", "dns"],
        ["T1190", "many web"],
        ["T9999", "door"],
      ],
    );
    assert.deepEqual(silent.map((s: { rule: string; needs: string[] }) => [s.rule, s.needs]), [
      ["door", []],
    ]);
    assert.deepEqual(without, ["plain"]);
    assert.match(
      ran.stderr,
      /6 rules: 3 techniques covered, 1 rule without a technique, 1 rule cannot fire/,
    );
    assert.match(ran.stderr, /Not in this release of ATT&CK: T9999/);
  });
});

Deno.test("a rule fires on what was seen, whichever pattern gives it", async () => {
  await withRules(async (folder) => {
    const ran = await inProcess([
      "coverage",
      `${folder}/rules`,
      "--seen",
      `${folder}/sysmon.json`,
      "--format",
      "json",
    ]);
    assert.equal(ran.code, 0, ran.stderr);
    const { silent } = JSON.parse(ran.stdout);
    const byRule = new Map<string, string[]>(
      silent.map((s: { rule: string; needs: string[] }) => [s.rule, s.needs]),
    );
    assert.equal(byRule.has("process"), false);
    assert.ok(byRule.get("web")!.includes("access_combined"));
    assert.ok(byRule.has("many"), "no rule whose signals it reads can fire");
    const text = await inProcess([
      "coverage",
      `${folder}/rules`,
      "--seen",
      `${folder}/sysmon.json`,
    ]);
    assert.match(text.stdout, /^T1059\.001 {2}PowerShell +2 +\d {2}/m);
    assert.match(text.stdout, /^ {2}1 rule: no loaded sourcetype gives such events\n {6}door$/m);
  });
});

Deno.test("a layer of the ATT&CK Navigator", async () => {
  await withRules(async (folder) => {
    const ran = await inProcess(["coverage", `${folder}/rules`, "--format", "navigator"]);
    const layer = JSON.parse(ran.stdout);
    assert.deepEqual(layer.versions, { attack: "18", navigator: "5.1.0", layer: "4.5" });
    assert.equal(layer.domain, "enterprise-attack");
    assert.deepEqual(
      layer.techniques.map((t: { techniqueID: string; score: number }) => [t.techniqueID, t.score]),
      [["T1059.001", 2], ["T1071.004", 1], ["T1190", 2]],
    );
    const [shell] = layer.techniques;
    assert.match(shell.comment, /Found attack\.t1059\.001 \(process\)/);
    assert.equal(shell.enabled, true);
    assert.deepEqual(shell.links, [{
      label: "ATT&CK",
      url: "https://attack.mitre.org/techniques/T1059/001",
    }]);
    assert.ok(layer.gradient.maxValue >= 2 && layer.gradient.colors.length > 1);
  });
});

Deno.test("logs that hold nothing say nothing of rules", async () => {
  await withRules(async (folder) => {
    await Deno.writeTextFile(`${folder}/empty.log`, "");
    const ran = await inProcess(["coverage", `${folder}/rules`, "--seen", `${folder}/empty.log`]);
    assert.equal(ran.code, 2);
    assert.match(ran.stderr, /Nothing was ever seen there/);
  });
});

Deno.test("with a broken pipeline nothing is counted and nothing converted", () =>
  withRules(async (folder) => {
    const pipeline = `${folder}/broken.yml`;
    await Deno.writeTextFile(pipeline, "name: broken\ntransformations:\n  - type: nothing\n");
    const counted = await inProcess(["coverage", `${folder}/rules`, "--pipeline", pipeline]);
    assert.equal(counted.code, 1);
    assert.match(counted.stderr, /error\[E0316\]/);
    assert.equal(counted.stdout, "");
    const converted = await inProcess([
      ...["convert", `${folder}/rules`, "--out", `${folder}/out`, "--pipeline", pipeline],
    ]);
    assert.equal(converted.code, 1);
    assert.match(converted.stderr, /error\[E0316\]/);
    await assert.rejects(Deno.stat(`${folder}/out`));
  }));
