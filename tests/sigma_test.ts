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
      /bad\.yml:10:14: left out\[E0308\]: The detection has no selection "selektion"\. Did you mean selection\?\nLeft out 1 of 2 rules: 1 E0308/,
    );
    assert.equal(JSON.parse(one.stdout.split("\n")[0]).rule, "good");
    await Deno.writeTextFile(`${folder}/info.yml`, "id: x\ndescription: No rule\n");
    const checked = await picket(["check", folder]);
    assert.equal(checked.code, 1);
    assert.doesNotMatch(checked.stdout, /info\.yml/);
    assert.match(checked.stdout, /error\[E0308\][^]*bad\.yml:10:14/);
    assert.match(checked.stderr, /^1 rule cannot be taken: 1 E0308$/m);
    const lines = await picket(["check", "--format", "line", folder]);
    assert.match(
      lines.stdout,
      /^\S*bad\.yml:10:14: error\[E0308\]: The detection has no selection "selektion"\. Did you mean selection\?\n/,
    );
  });
});

Deno.test("rules are excluded by level, status and name, and how many is told", async () => {
  await withFolder(async (folder) => {
    const write = (name: string, text: string) => Deno.writeTextFile(`${folder}/${name}`, text);
    const own = (n: number, head: string) =>
      rule("selection").replace("0001", `000${n}`).replace("level: high\n", head);
    await write("a.yml", own(1, "level: high\nstatus: stable\n"));
    await write("b.yml", own(2, "level: high\nstatus: experimental\n"));
    await write("c.yml", own(3, "level: low\nstatus: test\n"));
    await write("d.yml", own(4, "status: test\n"));
    await write("e.json", security("ws1") + "\n");
    const run = (command: string, ...options: string[]) =>
      picket([
        command,
        ...(command === "agent"
          ? ["--no-store", "--rules", folder, ...options, `${folder}/e.json`]
          : [...options, folder]),
      ]);
    const fired = (stdout: string) =>
      stdout.trimEnd().split("\n").filter((l) => l !== "").map((l) => JSON.parse(l).rule).sort();
    const some = await run("agent", "--min-level", "medium", "--status", "stable,test");
    assert.equal(some.code, 0, some.stderr);
    assert.match(some.stderr, /^1 of 4 rules excluded by --min-level medium$/m);
    assert.match(some.stderr, /^1 of 4 rules excluded by --status stable,test$/m);
    assert.deepEqual(fired(some.stdout), ["a", "d"]);
    const one = await run(
      "agent",
      "--exclude",
      "*-00000000000[34]",
      "--exclude",
      "*003",
      "--exclude",
      "A",
    );
    assert.match(one.stderr, /^2 of 4 rules excluded by --exclude/m);
    assert.match(one.stderr, /^--exclude \*-00000000000\[34\] names no rule$/m);
    assert.deepEqual(fired(one.stdout), ["b", "d"]);
    const none = await run("agent", "--min-level", "critical");
    assert.equal(none.code, 2);
    assert.match(none.stderr, /Every rule is excluded by --min-level critical/);
    const typo = await run("agent", "--status", "stabel");
    assert.equal(typo.code, 2);
    assert.match(typo.stderr, /No rule has the status "stabel"[^]*Did you mean stable\?/);
    const checked = await run("check", "--min-level", "high");
    assert.match(checked.stderr, /^2 of 4 rules excluded by --min-level high$/m);
    assert.equal(checked.code, 0, checked.stderr);
  });
});

Deno.test("thirty broken files: the rest runs, one line a file; --strict refuses", async () => {
  await withFolder(async (folder) => {
    const rules = `${folder}/rules`;
    await Deno.mkdir(rules);
    for (let i = 0; i < 30; i++) {
      const text = rule(i % 3 === 0 ? "nobody" : "selection").replace("0001", String(1000 + i));
      await Deno.writeTextFile(
        `${rules}/broken${i}.yml`,
        i % 3 === 1
          ? text.replace("title:", "title: [")
          : i % 3 === 2
          ? text.replace("|all", "|ale")
          : text,
      );
    }
    await Deno.writeTextFile(`${rules}/good.yml`, rule("selection"));
    await Deno.writeTextFile(`${folder}/e.json`, security("ws1") + "\n");
    const args = ["agent", "--no-store", "--rules", rules, `${folder}/e.json`];
    const ran = await picket(args);
    assert.equal(ran.code, 0, ran.stderr);
    assert.equal(JSON.parse(ran.stdout.split("\n")[0]).rule, "good");
    assert.equal(
      ran.stderr.match(/^.*broken\d+\.yml:\d+:\d+: left out\[E\d+\]: .*$/gm)?.length,
      30,
    );
    assert.match(ran.stderr, /^Left out 30 of 31 rules: 10 E030\d, 10 E030\d, 10 E030\d$/m);
    const strict = await picket([...args, "--strict"]);
    assert.equal(strict.code, 2);
    assert.equal(strict.stdout, "");
    assert.match(strict.stderr, /30 of 31 rules cannot be taken, and --strict is given/);
  });
});

Deno.test("matches held back are told; a match without a key is never held back", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(
      `${folder}/denied.yml`,
      "title: Denied\nlogsource: {product: kubernetes, service: audit}\n" +
        "detection:\n  selection: {verb: delete}\n  condition: selection\nlevel: low\n",
    );
    const line = (n: number, more: string) =>
      `{"timestamp":"2026-03-29T00:02:1${n}Z","kind":"Event","auditID":"${n}","verb":"delete"${more}}`;
    const lines = [
      line(1, ',"user":{"username":"eve"}'),
      line(2, ',"user":{"username":"eve"}'),
      line(3, ""),
      line(4, ""),
      line(5, ',"user":{"username":"eve"}'),
    ];
    await Deno.writeTextFile(`${folder}/audit.json`, lines.join("\n") + "\n");
    const run = async (...options: string[]) => {
      const ran = await picket([
        ...["agent", "--no-store", "--sourcetype", "json", "--rules", `${folder}/denied.yml`],
        ...["--summary", `${folder}/summary.json`, ...options, `${folder}/audit.json`],
      ]);
      assert.equal(ran.code, 0, ran.stderr);
      const alerts = ran.stdout.trimEnd().split("\n").map((l) => JSON.parse(l));
      return {
        stderr: ran.stderr,
        suppressed: alerts.map((a) => a.suppressed).sort(),
        summary: JSON.parse(await Deno.readTextFile(`${folder}/summary.json`)),
      };
    };
    const held = await run();
    assert.deepEqual(held.suppressed, [0, 0, 2]);
    assert.deepEqual([held.summary.alerts, held.summary.suppressed], [3, 2]);
    assert.deepEqual(held.summary.suppressed_by_rule, { denied: 2 });
    assert.match(held.stderr, /Alerts: 3 \(denied 3\); 2 further matches held back by throttles/);
    const all = await run("--sigma-throttle", "0");
    assert.deepEqual(all.suppressed, [0, 0, 0, 0, 0]);
    const short = await run("--sigma-throttle", "3s");
    assert.deepEqual(short.suppressed, [0, 0, 0, 1]);
  });
});

Deno.test("explain names the file and the selections that hold", async () => {
  const rules = ["explain", "--rules", "tests/samples/sigma_whoami.yml", "sigma_whoami"];
  const plan = await picket(rules);
  assert.match(plan.stdout, /^ {2}file {6}tests\/samples\/sigma_whoami\.yml:1$/m);
  assert.match(plan.stdout, /^ {2}author {4}Picket$/m);
  const log = await Deno.readTextFile(new URL("samples/windows_processes.log", import.meta.url));
  const [held, filtered] = await Promise.all(
    log.split("\n").slice(0, 2).map((line) =>
      picket([...rules, "--event", "-", "--sourcetype", "windows_sysmon"], { stdin: line })
    ),
  );
  const selections = (filter: string) =>
    "Sigma rule tests/samples/sigma_whoami.yml:1\n  holds selection selection\n" +
    `  ${filter} selection filter_admins\n  condition: selection and not 1 of filter_*\n`;
  assert.ok(held.stdout.startsWith(selections("no   ")), held.stdout);
  assert.ok(filtered.stdout.startsWith(selections("holds")), filtered.stdout);
});
