/** Reports over what a run stored, as a user makes them. */
import assert from "node:assert/strict";
import { runDeno } from "./run.ts";

Deno.test("reports of a run: three forms, one incident, never over another file", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const run = (...args: string[]) => runDeno(["run", "-A", "main.ts", ...args]);
    const data = ["--data", `${folder}/data`];
    const files = ["tests/samples/auth.log", "tests/samples/access.log"];
    assert.equal((await run("agent", ...data, "--year", "2026", "--quiet", ...files)).code, 0);
    const make = async (...args: string[]) => {
      const { code, stdout, stderr } = await run("report", ...data, "--out", folder, ...args);
      assert.equal(code, 0, stderr);
      return { path: stdout.trim(), text: await Deno.readTextFile(stdout.trim()) };
    };
    const html = await make();
    const json = await make("--format", "json");
    const markdown = await make("--format", "markdown");
    assert.equal(new Set([html.path, json.path, markdown.path]).size, 3);
    assert.match(html.path, /picket-report-\d{8}-\d{6}(-\d+)?\.html$/);
    const report = JSON.parse(json.text);
    assert.equal(report.incidents[0].severity, "critical");
    assert.deepEqual(report.incidents[0].entity, { src: "203.0.113.66" });
    for (const { text } of [html, markdown]) {
      for (const { rule } of report.incidents[0].timeline) {
        assert.ok(text.replaceAll("\\", "").includes(rule), `${rule} is missing`);
      }
    }
    const one = await make("--format", "json", "--incident", report.incidents[0].id);
    assert.equal(JSON.parse(one.text).incidents.length, 1);
    assert.deepEqual(JSON.parse(one.text).alerts, []);
    const again = await make("--format", "json", "--since", "2026-03-10T00:00:00Z");
    assert.ok(JSON.parse(again.text).alerts.length < report.alerts.length + 1);
    const unknown = await run("report", ...data, "--out", folder, "--incident", "0".repeat(32));
    assert.equal(unknown.code, 2);
    assert.match(unknown.stderr, /There is no incident "0{32}"/);
    const nowhere = await run("report", ...data, "--out", `${folder}/none`);
    assert.equal(nowhere.code, 2);
    assert.match(nowhere.stderr, /Cannot write/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
