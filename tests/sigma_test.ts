/** Sigma rules through the commands. */
import assert from "node:assert/strict";
import { picket, withFolder } from "./run.ts";

const rule = (condition: string) =>
  `title: Shell started
id: 7a1d7f1c-0000-4000-8000-000000000001
logsource:
  product: windows
  category: process_creation
detection:
  selection:
    Image|endswith: '\\cmd.exe'
    CommandLine|contains|all: [whoami, ' /all']
  condition: ${condition}
level: high
tags: [attack.t1059.003]
`;

/** Process creation as Sysmon and as the Security log have it; the last one has another command. */
const sysmon = (host: string, command: string) =>
  `{"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational","Computer":"${host}",` +
  `"SourceName":"Microsoft-Windows-Sysmon","TimeCreated":"2026-03-29T00:02:11Z",` +
  `"Image":"C:\\\\Windows\\\\System32\\\\cmd.exe","CommandLine":"${command}"}`;
const security = (host: string) =>
  `{"EventID":4688,"Channel":"Security","Computer":"${host}",` +
  `"SourceName":"Microsoft-Windows-Security-Auditing","TimeCreated":"2026-03-29T00:02:12Z",` +
  `"NewProcessName":"C:\\\\Windows\\\\System32\\\\cmd.exe","CommandLine":"cmd /c WHOAMI /all"}`;

Deno.test("one rule takes Sysmon's and Security's processes; one host is one alert", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/shell.yml`, rule("selection"));
    const lines = [
      sysmon("ws1", "cmd /c whoami /all"),
      sysmon("ws1", "cmd /c whoami /all"),
      sysmon("ws2", "cmd /c dir"),
      security("ws3"),
    ];
    await Deno.writeTextFile(`${folder}/events.json`, lines.join("\n") + "\n");
    const ran = await picket(
      ["agent", "--no-store", "--rules", `${folder}/shell.yml`, `${folder}/events.json`],
    );
    assert.equal(ran.code, 0, ran.stderr);
    const alerts = ran.stdout.trimEnd().split("\n").map((l) => JSON.parse(l))
      .filter((a) => a.status === "open");
    assert.deepEqual(
      alerts.map((a) => [a.rule, a.title, a.severity, a.entity.host]).sort(),
      [["shell", "Shell started", "high", "ws1"], ["shell", "Shell started", "high", "ws3"]],
    );
  });
});

Deno.test("a rule that cannot be taken is told; when none is left the run is refused", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/bad.yml`, rule("selektion"));
    await Deno.writeTextFile(`${folder}/e.json`, security("ws1") + "\n");
    const args = ["agent", "--no-store", "--rules", folder, `${folder}/e.json`];
    const none = await picket(args);
    assert.equal(none.code, 2, none.stderr);
    assert.match(none.stderr, /None of 1 rule can be taken/);
    await Deno.writeTextFile(`${folder}/good.yml`, rule("selection").replace("0001", "0002"));
    const one = await picket(args);
    assert.equal(one.code, 0, one.stderr);
    assert.match(
      one.stderr,
      /bad\.yml:10:14: left out\[E0308\]: The detection has no selection "selektion"\. Did you mean selection\?\nLeft out 1 of 2 rules/,
    );
    assert.equal(JSON.parse(one.stdout.split("\n")[0]).rule, "good");
    await Deno.writeTextFile(`${folder}/info.yml`, "id: x\ndescription: No rule\n");
    const checked = await picket(["check", folder]);
    assert.equal(checked.code, 1);
    assert.doesNotMatch(checked.stdout, /info\.yml/);
    assert.match(checked.stdout, /error\[E0308\][^]*bad\.yml:10:14/);
  });
});
