/**
 * SecMon's four rules at their thresholds, as lines of logs: brute force, unauthorized access, traffic
 * spike, privilege escalation. At each there is an alert, and just below it none of the rule.
 */
import assert from "node:assert/strict";
import { inProcess } from "../in_process.ts";

interface Printed {
  readonly rule: string;
  readonly severity: string;
  readonly message: string;
}

async function alertsOf(lines: readonly string[]): Promise<Printed[]> {
  const ran = await inProcess(
    ["agent", "--no-store", "--quiet", "--format", "ndjson"],
    lines.map((line) => line + "\n").join(""),
  );
  assert.equal(ran.code, 0, ran.stderr);
  return ran.stdout.split("\n").filter(Boolean).map((line) => JSON.parse(line));
}

const SRC = "203.0.113.80";
const clock = (seconds: number) =>
  new Date(Date.UTC(2026, 2, 9, 10, 0, seconds)).toISOString().slice(11, 19);
const ssh = (seconds: number, text: string) => `Mar  9 ${clock(seconds)} web1 sshd[77]: ${text}`;
const failed = (seconds: number, user = "root") =>
  ssh(seconds, `Failed password for ${user} from ${SRC} port 40001 ssh2`);
const request = (seconds: number, path: string, status: number) =>
  `${SRC} - - [09/Mar/2026:${
    clock(seconds)
  } +0000] "GET ${path} HTTP/1.1" ${status} 812 "-" "curl/8"`;
const drop = (seconds: number, port: number) =>
  `Mar  9 ${
    clock(seconds)
  } fw1 kernel: [UFW BLOCK] IN=eth0 OUT= SRC=${SRC} DST=192.0.2.10 LEN=44 ` +
  `PROTO=TCP SPT=40000 DPT=${port} WINDOW=1024 SYN`;
const sudo = (seconds: number, text: string) => `Mar  9 ${clock(seconds)} web1 sudo[9]: ${text}`;

const times = <T>(n: number, make: (i: number) => T): T[] =>
  Array.from({ length: n }, (_, i) => make(i));

/** Lines at a threshold and below it, and the rules of which one has to speak, or none. */
const CASES: readonly {
  readonly name: string;
  readonly at: readonly string[];
  readonly below: readonly string[];
  readonly rules: readonly string[];
  readonly severity?: string;
}[] = [
  {
    name: "brute force: six failures of one source",
    at: times(6, (i) => failed(8 * i)),
    below: times(4, (i) => failed(8 * i)),
    rules: ["ssh_brute_force", "login_brute_force"],
  },
  {
    name: "brute force of accounts: one failure each for five",
    at: ["ann", "bob", "carl", "dora", "emil"].map((user, i) => failed(8 * i, user)),
    below: ["ann", "bob"].map((user, i) => failed(8 * i, user)),
    rules: ["credential_stuffing"],
  },
  {
    name: "unauthorized access: ten refusals",
    at: times(10, (i) => request(6 * i, `/account/${i}`, 403)),
    below: times(9, (i) => request(6 * i, `/account/${i}`, 403)),
    rules: ["unauthorized_access"],
  },
  {
    name: "unauthorized access: a restricted path that is sent",
    at: [request(0, "/.env", 200)],
    below: [request(0, "/index.html", 200)],
    rules: ["restricted_path"],
  },
  {
    name: "traffic spike: over sixty requests in thirty seconds",
    at: times(61, (i) => request(i * 0.45, `/api/item/${i}`, 200)),
    below: times(60, (i) => request(i * 0.45, `/api/item/${i}`, 200)),
    rules: ["traffic_spike"],
  },
  {
    name: "traffic spike: over fifteen ports in thirty seconds",
    at: times(16, (i) => drop(i, 1000 + i)),
    below: times(15, (i) => drop(i, 1000 + i)),
    rules: ["port_scan"],
  },
  {
    name: "privilege escalation: sudo by somebody who may not",
    at: [
      sudo(0, "mallory : user NOT in sudoers ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/bash"),
    ],
    below: [sudo(0, "ann : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/apt update")],
    rules: ["sudo_not_in_sudoers"],
    severity: "high",
  },
  {
    name: "privilege escalation: wrong passwords of su",
    at: times(3, (i) => `Mar  9 ${clock(20 * i)} web1 su[9]: FAILED SU (to root) mallory on pts/0`),
    below: times(1, () => `Mar  9 ${clock(0)} web1 su[9]: FAILED SU (to root) mallory on pts/0`),
    rules: ["su_failures"],
  },
];

for (const { name, at, below, rules, severity } of CASES) {
  Deno.test(`SecMon, ${name}`, async () => {
    const found = (await alertsOf(at)).filter((a) => rules.includes(a.rule));
    assert.equal(found.length, 1, JSON.stringify(await alertsOf(at)));
    if (severity) assert.equal(found[0].severity, severity);
    const under = (await alertsOf(below)).filter((a) => rules.includes(a.rule));
    assert.deepEqual(under, []);
  });
}
