import assert from "node:assert/strict";
import { inProcess } from "./in_process.ts";

const AUTH = "tests/samples/auth.log";

/** A Sigma rule that a failed login over SSH raises, with one alert for each, and its file beside a configuration. */
const SIGMA = `title: Failed SSH login
id: 0a1b2c3d-0000-4000-8000-000000000001
status: test
level: low
logsource: {product: linux, service: sshd}
detection:
  selection:
    - 'Failed password'
  condition: selection
`;

async function withFolder<T>(run: (folder: string) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/failed_ssh_login.yml`, SIGMA);
    return await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

interface Summary {
  alerts_by_rule: Record<string, number>;
  excepted: number;
  excepted_by_rule: Record<string, number>;
  excepted_by_exception: Record<string, number>;
}
interface Alert {
  rule: string;
  severity: string;
  fields: Record<string, unknown>;
}

/** Alerts and summary of the sample under a configuration; the Sigma rule is loaded beside the shipped ones. */
const agent = (yaml: string, files: Record<string, string> = {}) =>
  withFolder(async (folder) => {
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${folder}/${name}`, text);
    }
    const config = `${folder}/agent.yaml`;
    const rules = `rules: [shipped, ${folder}/failed_ssh_login.yml]\nsigma-throttle: "0"\n`;
    await Deno.writeTextFile(config, rules + yaml);
    const { code, stdout, stderr } = await inProcess(
      ["agent", "--no-store", "--config", config, "--summary", `${folder}/summary.json`, AUTH],
    );
    assert.equal(code, 0, stderr);
    const alerts = stdout.split("\n").filter((l) => l !== "").map((l) => JSON.parse(l) as Alert);
    const summary = JSON.parse(await Deno.readTextFile(`${folder}/summary.json`)) as Summary;
    return { alerts, summary, stderr: stderr.replaceAll(folder, "DIR") };
  });

const count = (alerts: readonly Alert[], rule: string) =>
  alerts.filter((a) => a.rule === rule).length;

Deno.test("tuning: params and lists change what a shipped rule finds", async () => {
  const plain = await agent("");
  const higher = await agent("params:\n  ssh_brute_force.threshold: 1000000\n");
  assert.ok(count(plain.alerts, "ssh_brute_force") > 0);
  assert.equal(count(higher.alerts, "ssh_brute_force"), 0);
  const trusted = await agent("lists:\n  trusted: {add: [203.0.113.66, {file: more.txt}]}\n", {
    "more.txt": "# guests\n192.168.7.0/24\n",
  });
  assert.equal(count(trusted.alerts, "ssh_brute_force"), 0);
  // What reads no list is as it was.
  assert.equal(
    count(trusted.alerts, "failed_ssh_login"),
    count(plain.alerts, "failed_ssh_login"),
  );
});

Deno.test("tuning: severity and disable reach shipped and Sigma rules, by name, id and glob", async () => {
  const { alerts, stderr } = await agent(
    "severity:\n  ssh_brute_force: low\n  0A1B2C3D-0000-4000-8000-000000000001: critical\n" +
      "disable:\n  - ssh_compromised_*\n  - password_spraying\n",
  );
  const severities = (rule: string) => [
    ...new Set(alerts.filter((a) => a.rule === rule).map((a) => a.severity)),
  ];
  assert.deepEqual(severities("ssh_brute_force"), ["low"]);
  assert.deepEqual(severities("failed_ssh_login"), ["critical"]);
  assert.equal(count(alerts, "ssh_compromised_account"), 0);
  assert.equal(count(alerts, "password_spraying"), 0);
  assert.match(
    stderr,
    /1 of \d+ rules excluded by disable: password_spraying \(DIR\/agent.yaml:8\)/,
  );
  const sigma = await agent("disable: [0a1b2c3d-0000-4000-8000-000000000001]\n");
  assert.equal(count(sigma.alerts, "failed_ssh_login"), 0);
});

Deno.test("tuning: an exception holds back its rows and is counted, in windows and single events", async () => {
  const plain = await agent("");
  const { alerts, summary, stderr } = await agent(`except:
  - rule: ssh_brute_force
    where: src == "203.0.113.66"
    reason: our scanner
  - rules: [failed_ssh_login]
    where: user == "frank"
    reason: he mistypes
    by: anna
`);
  const brute = (list: readonly Alert[]) => list.filter((a) => a.rule === "ssh_brute_force");
  assert.ok(brute(plain.alerts).some((a) => a.fields.src === "203.0.113.66"));
  assert.ok(!brute(alerts).some((a) => a.fields.src === "203.0.113.66"));
  // Alerts of other sources are the same ones.
  assert.deepEqual(
    brute(alerts).map((a) => a.fields),
    brute(plain.alerts).map((a) => a.fields).filter((f) => f.src !== "203.0.113.66"),
  );
  const failed = (list: readonly Alert[]) => list.filter((a) => a.rule === "failed_ssh_login");
  const franks = failed(plain.alerts).filter((a) => a.fields.user === "frank").length;
  assert.ok(franks > 0);
  assert.equal(failed(alerts).length, failed(plain.alerts).length - franks);
  assert.equal(summary.excepted_by_rule.failed_ssh_login, franks);
  const [window, events] = Object.entries(summary.excepted_by_exception)
    .sort(([a], [b]) => a < b ? -1 : 1);
  assert.match(window[0], /agent\.yaml:4$/);
  assert.ok(window[1] > 0);
  assert.match(events[0], /agent\.yaml:7$/);
  assert.equal(events[1], franks);
  assert.equal(summary.excepted, window[1] + franks);
  assert.match(stderr, /Excepted: [\d,]+ matches \(/);
});

Deno.test("tuning: a row that is no alert does not hold back one that is", async () => {
  // Both from one source within the hour of the throttle; the first is excepted.
  const lines = ["backup", "mallory"].map((user, i) =>
    `Mar  9 10:00:0${i} web1 sudo: ${user} : user NOT in sudoers ; TTY=pts/1 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/id`
  ).join("\n");
  const rules = `rule refused_sudo {
  severity low
  from any where signature == "sudo refused"
  | throttle 1h by dest
  | alert "{src_user}"
}
`;
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/own.sdl`, rules);
    await Deno.writeTextFile(`${folder}/log`, lines + "\n");
    const yaml = `rules: ${folder}/own.sdl\nexcept:\n  - rule: refused_sudo\n` +
      '    where: src_user == "backup"\n' + "    reason: a job\n";
    await Deno.writeTextFile(`${folder}/agent.yaml`, yaml);
    const { stdout, stderr } = await inProcess(
      ["agent", "--no-store", "--config", `${folder}/agent.yaml`, `${folder}/log`],
    );
    const messages = stdout.split("\n").filter((l) => l).map((l) => JSON.parse(l).message);
    assert.deepEqual(messages, ["mallory"], stderr);
  });
});

Deno.test("tuning: what is excepted gives no signal, and is counted once", async () => {
  const rules = `rule quiet {
  severity low
  from any where signature == "Failed login"
  | alert none
}
rule loud {
  severity low
  from signal quiet | stats count() as n by src over 5m | where n >= 2 | alert "{n}"
}
rule both {
  severity low
  from any where signature == "Failed login" | alert "{src}"
}
rule reader {
  severity low
  from signal both | alert "{src}"
}
`;
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/own.sdl`, rules);
    const config = `${folder}/agent.yaml`;
    const run = async (yaml: string) => {
      await Deno.writeTextFile(config, `rules: ${folder}/own.sdl\n${yaml}`);
      const file = `${folder}/summary.json`;
      const { code, stderr } = await inProcess(
        ["agent", "--no-store", "--config", config, "--summary", file, AUTH],
      );
      assert.equal(code, 0, stderr);
      return JSON.parse(await Deno.readTextFile(file)) as Summary;
    };
    const plain = await run("");
    assert.ok(plain.alerts_by_rule.loud > 0);
    const { both, reader } = plain.alerts_by_rule;
    assert.ok(both > 100 && reader === both);
    const except = (rule: string) => `except:\n  - {rule: ${rule}, where: exists src, reason: x}\n`;
    const quiet = await run(except("quiet"));
    assert.deepEqual(quiet.excepted_by_rule, { quiet: both });
    assert.deepEqual(quiet.alerts_by_rule, { both, reader });
    const loud = await run(except("both"));
    assert.deepEqual(loud.excepted_by_rule, { both });
    assert.deepEqual(loud.alerts_by_rule, { loud: plain.alerts_by_rule.loud });
  });
});

Deno.test("tuning: an exception ends in event time, and one that has ended is told", async () => {
  const ended = "except:\n  - {rule: ssh_brute_force, where: exists src, reason: x, until: DATE}\n";
  // The sample is of March 2026: before, within and after.
  const before = await agent(ended.replace("DATE", "2026-03-01"));
  const during = await agent(ended.replace("DATE", "2026-03-09"));
  assert.ok(count(before.alerts, "ssh_brute_force") > 0);
  assert.equal(count(during.alerts, "ssh_brute_force"), 0);
  assert.match(before.stderr, /warning\[L0601\]: The exception has ended on 2026-03-02T00:00:00/);
});

const MISTAKES = `params:
  windows_brute_force.threshold: many
  ssh_brute_force.treshold: 4
lists:
  c2_ports: {add: [x]}
  trustd: {add: [10.0.0.0/8]}
disable: [ssh_brute_forse]
severity:
  ssh_brute_force: hihg
except:
  - rule: ssh_brute_force
    where: src == "10.0.0.9" and falures > 3
    reason: scanner
  - rule: ssh_brute_force
    where: |
      src == "10.0.0.9"
        and failures > "x"
    reason: scanner
  - rule: ssh_brute_force
    where: src ==
    reason: scanner
  - {rule: ssh_brute_force, where: exists src, until: soon, reason: ""}
  - where: exists src
    reason: scanner
  - rule: ssh_brute_force
    where: src == "10.0.0.9" or severity >= high
    reason: scanner
`;

/** Of each diagnostic its code, its line, what is marked there, and what it says. */
function told(text: string): string[] {
  const lines = text.split("\n");
  return lines.flatMap((line, i) => {
    const m = /^\w+\[(\w+)\]: (.*)/.exec(line);
    if (m === null) return [];
    const [, row] = /:(\d+):\d+$/.exec(lines[i + 1])!;
    // The caret's line: what stands above the marks.
    const at = lines.slice(i).findIndex((l) => /^ *\| +\^/.test(l)) + i;
    const from = lines[at].indexOf("^"), to = lines[at].lastIndexOf("^") + 1;
    return [`${m[1]} ${row} ${lines[at - 1].slice(from, to)}: ${m[2]}`];
  });
}

Deno.test("tuning: every mistake is told at its place, at once", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/agent.yaml`, MISTAKES);
    const config = `${folder}/agent.yaml`;
    const { code, stdout } = await inProcess(["check", "--config", config, "--format", "text"]);
    assert.equal(code, 1);
    assert.deepEqual(told(stdout), [
      'E0106 2 many: The param "threshold" of windows_brute_force is an int, "many" is not',
      'E0606 3 ssh_brute_force.treshold: The rule "ssh_brute_force" has no param "treshold"',
      'E0129 5 x: The list holds int, "x" is not an int',
      'E0606 6 trustd: Unknown list "trustd"',
      'E0606 7 ssh_brute_forse: Unknown rule "ssh_brute_forse"',
      'E0605 9 hihg: Unknown severity "hihg"',
      'E0101 12 falures: Unknown field "falures": the row after stats has no such field',
      'E0106 17 failures > "x": ">" compares an int and a string',
      "E0608 20 ==: Something is missing after `==`, where the text ends",
      'E0605 22 soon: "soon" is no date',
      'E0605 22 "": "reason" is empty',
      'E0603 23 w: The exception has no "rule"',
      'E0101 26 severity >= high: "severity" cannot be asked here: the row after stats has it only as an alert',
    ]);
    // The agent refuses them all the same.
    const run = await inProcess(["agent", "--no-store", "--config", config, AUTH]);
    assert.equal(run.code, 2);
    assert.match(run.stderr, /Unknown list "trustd"[^]*error: Found 13 errors in /);
  });
});

Deno.test("agent.yaml: values that an option does not take are told at their place", () =>
  withFolder(async (folder) => {
    const config = `${folder}/agent.yaml`;
    await Deno.writeTextFile(
      config,
      "format: ndjsn\nyear: twenty\nkeep: 30\nmax-line: huge\ntz: [UTC, '*.log=Mars/Base']\n" +
        "quiet: 5\nstore: true\nspool-limit: 1GiB\nserve: true\nthreads: -1\nlateness: 5\n",
    );
    for (const command of ["check", "agent"]) {
      const { code, stderr } = await inProcess([command, "--config", config]);
      assert.equal(code, 2);
      assert.deepEqual(told(stderr), [
        'E0605 1 ndjsn: "format" "ndjsn" is not known',
        'E0605 2 twenty: "twenty" is no value of "year"',
        'E0605 3 30: "30" is no value of "keep"',
        'E0605 4 huge: "huge" is no value of "max-line"',
        'E0605 5 \'*.log=Mars/Base\': "*.log=Mars/Base" is no value of "tz"',
        'E0605 6 5: "quiet" is a switch',
        'E0605 7 true: "store" needs a value',
        'E0605 10 -1: "-1" is no value of "threads"',
        'E0605 11 5: "5" is no value of "lateness"',
      ]);
      assert.match(stderr, /error: 9 mistakes in /);
    }
  }));

Deno.test("agent.yaml: check says what is wrong with the settings of sinks, and reads no secret", () =>
  withFolder(async (folder) => {
    const config = `${folder}/agent.yaml`;
    await Deno.writeTextFile(
      config,
      `rules: [rules/credential-access/ssh_brute_force.sdl]
sinks:
  mail: {type: email, host: mail.example.com, from: picket@example.com, to: [soc]}
  hook: {type: webhook, url: "https://x.example/{{ nosuch }}", headers: {Host: a}, content_type: no, secret_file: none}
  siem: {type: syslog, host: logs, port: 99999}
  block: {type: blocklist, path: ${folder}/list, never_block: [10.0.0.0/33]}
  es: {type: elasticsearch, url: "https://u:p@es.example", index: "A B"}
  phone: {type: ntfy, url_file: none}
  run: {type: exec, command: [notify]}
  page: {type: pagerduty, routing_key_env: PICKET_NONE}
`,
    );
    const { code, stdout } = await inProcess(["check", "--config", config]);
    assert.equal(code, 1);
    const unknown = '"{{ nosuch }}" begins with an unknown name; use one of type';
    assert.deepEqual(told(stdout).map((t) => t.split(", ")[0]), [
      'E0609 3 [soc]: "soc" is no address of e-mail',
      `E0609 4 "https://x.example/{{ nosuch }}": ${unknown}`,
      'E0609 4 no: "no" is no media type; write one as text/plain',
      'E0609 4 {Host: a}: The header "Host" cannot be set here',
      'E0609 5 99999: "port" must be a whole number from 1 to 65535',
      'E0609 6 [10.0.0.0/33]: "10.0.0.0/33" is neither an address nor a network',
      'E0609 7 "https://u:p@es.example": "url" has a user or password in it',
      'E0609 7 "A B": "A B" is no name of an index',
    ]);
    assert.equal(await Deno.stat(`${folder}/list`).catch(() => null), null);
  }));

Deno.test("tuning: what takes no effect is a warning", async () => {
  const { stderr } = await agent(`lists:
  trusted: {add: [127.0.0.0/8], remove: [1.2.3.0/24]}
disable: ["nothing_*"]
except:
  - rule: "ssh_*"
    where: failures > 100000
    reason: none has so many
`);
  const warnings = [...stderr.matchAll(/^warning\[L0601\]: (.*)/gm)].map((m) => m[1]);
  assert.deepEqual(warnings.map((w) => w.replace(/\d+ of the \d+/, "N of the M")), [
    '"127.0.0.0/8" is already in the list "trusted": nothing changes',
    '"1.2.3.0/24" is not in the list "trusted": nothing changes',
    'No rule\'s name, id or file fits "nothing_*"',
    warnings[3].replace(/\d+ of the \d+/, "N of the M"),
  ]);
  assert.match(
    warnings[3],
    /^The condition does not fit \d+ of the \d+ rules of "ssh_\*": Unknown/,
  );
});

Deno.test("tuning: rules that are shipped and not loaded are told, not refused", async () => {
  await withFolder(async (folder) => {
    const yaml =
      "params:\n  ssh_brute_force.threshold: 3\nlists:\n  trusted: {add: [10.0.0.0/8]}\n";
    await Deno.writeTextFile(`${folder}/agent.yaml`, yaml);
    const { code, stdout } = await inProcess(
      ["check", "--config", `${folder}/agent.yaml`, `${folder}/failed_ssh_login.yml`],
    );
    assert.equal(code, 0, stdout);
    assert.match(stdout, /No rule that is loaded has the param "threshold"/);
    assert.match(stdout, /No rule that is loaded reads the list "trusted"/);
  });
});

Deno.test("tuning: explain says which line changed a rule, and its state starts anew when it has to", async () => {
  const plan = (yaml: string) =>
    withFolder(async (folder) => {
      await Deno.writeTextFile(`${folder}/agent.yaml`, yaml);
      const argv = ["explain", "ssh_brute_force", "--config", `${folder}/agent.yaml`];
      const { stdout, stderr } = await inProcess(argv);
      assert.match(stdout, /^rule ssh_brute_force/, stderr);
      return stdout.replaceAll(folder, "DIR");
    });
  const hash = (text: string) => /^ {2}plan +(\S+)/m.exec(text)![1];
  const plain = await plan("");
  const param = await plan("params:\n  ssh_brute_force.threshold: 3\n");
  const excepted = await plan(
    "severity: {ssh_brute_force: low}\nexcept:\n" +
      "  - {rule: ssh_brute_force, where: 'failures < 9', reason: typing}\n",
  );
  assert.match(param, /^ {2}changed +DIR\/agent.yaml:2: param threshold = 3$/m);
  assert.match(excepted, /^ {2}changed +DIR\/agent.yaml:1: severity low$/m);
  assert.match(excepted, /^ {2}except failures < 9\n {4}by DIR\/agent.yaml:3: typing$/m);
  assert.notEqual(hash(param), hash(plain));
  // What windows hold is the same: an exception comes and goes without a loss.
  assert.equal(hash(excepted), hash(plain));
});

Deno.test("tuning: the tests of rules run on what the configuration makes of them", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(
      `${folder}/agent.yaml`,
      "params:\n  ssh_brute_force.threshold: 4\n",
    );
    const { code, stdout } = await inProcess([
      "test",
      "--config",
      `${folder}/agent.yaml`,
      "rules/credential-access/ssh_brute_force.sdl",
    ]);
    assert.equal(code, 1);
    assert.match(stdout, /four do not/);
  });
});

Deno.test("tuning: what was compiled under other settings is not taken from the cache", async () => {
  await withFolder(async (folder) => {
    const run = async (yaml: string) => {
      await Deno.writeTextFile(`${folder}/agent.yaml`, yaml);
      await Deno.mkdir(`${folder}/cache`, { recursive: true });
      const { stdout, stderr } = await inProcess(
        ["agent", "--no-store", "--config", `${folder}/agent.yaml`, AUTH],
        "",
        { XDG_CACHE_HOME: `${folder}/cache`, HOME: folder },
      );
      return { found: stdout.split('"rule":"ssh_brute_force"').length - 1, stderr };
    };
    const low = "params: {ssh_brute_force.threshold: 3}\ndisable: ['nothing_*']\n";
    const high = low.replace("3", "1000000");
    for (let i = 0; i < 2; i++) {
      const many = await run(low);
      assert.ok(many.found > 0);
      // Warnings are told by a cached start, too.
      assert.match(many.stderr, /warning\[L0601\]: No rule's name, id or file fits "nothing_\*"/);
      assert.equal((await run(high)).found, 0);
    }
    assert.ok([...Deno.readDirSync(`${folder}/cache`)].length > 0, "nothing was put away");
  });
});

Deno.test("tuning: the README shows the sample as it is, and it takes effect whole", async () => {
  const sample = await Deno.readTextFile("tests/samples/tuning.yaml");
  const readme = await Deno.readTextFile("README.md");
  assert.ok(readme.includes("```yaml\n" + sample + "```\n"));
  const { code, stdout } = await inProcess(["check", "--config", "tests/samples/tuning.yaml"]);
  assert.deepEqual([code, stdout], [0, ""]);
});
