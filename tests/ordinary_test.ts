/**
 * Ordinary days: what the shipped rules say of machines on which nothing happened. An alert of medium
 * or more is a false one unless it stands below with what it is about.
 */
import assert from "node:assert/strict";
import { inProcess } from "./in_process.ts";
import { needs, sharedUrl, testNeeding } from "./needs.ts";

/** Most false alerts of medium or more per 100,000 events. */
const MOST = 20;

/** Recordings of ordinary machines below the logs, besides those of event logs. */
const FILES = ["loghub/Apache_2k.log", "loghub/Mac_2k.log", "loghub/Windows_2k.log"];

/** What did happen there, by rule and a part of the message. */
const HAPPENED: readonly (readonly [rule: string, part: string])[] = [
  ["log_cleared", "Microsoft-Windows-Sysmon/Operational"],
  // Somebody makes a second administrator, and that one the first again.
  ["privileged_group", "-1000 added"],
  ["privileged_group", "-1001 added"],
  ["privileged_group", "-1000 added"],
  // A service of a program in a user's temporary folder, and one that runs what it is sent.
  ["new_service", "pytest-0\\test_agent_update_op0"],
  ["new_service", "cmdexsvc.exe"],
];

interface Printed {
  readonly rule: string;
  readonly severity: string;
  readonly message: string;
}

async function alertsOf(args: readonly string[], stdin = ""): Promise<[Printed[], number]> {
  const ran = await inProcess(["agent", "--no-store", "--format", "ndjson", ...args], stdin);
  assert.equal(ran.code, 0, ran.stderr);
  const events = Number(/([\d,]+) events/.exec(ran.stderr)![1].replaceAll(",", ""));
  return [ran.stdout.split("\n").filter(Boolean).map((l) => JSON.parse(l)), events];
}

const serious = (alerts: readonly Printed[]) =>
  alerts.filter((a) => ["medium", "high", "critical"].includes(a.severity));

testNeeding(
  needs.shared("data/logs/"),
  "ordinary machines: next to no alert of medium or more that is false",
  async () => {
    const logs = sharedUrl("data/logs/");
    const folder = new URL("evtx-parser/", logs);
    const recorded = [...Deno.readDirSync(folder)].map((e) => e.name)
      .filter((name) => name.endsWith(".evtx")).map((name) => `evtx-parser/${name}`);
    let events = 0;
    const found: string[] = [];
    for (const path of [...FILES, ...recorded]) {
      const [alerts, n] = await alertsOf([new URL(path, logs).pathname]);
      events += n;
      found.push(...serious(alerts).map((a) => `${a.rule}: ${a.message}`));
    }
    const left = [...HAPPENED];
    const wrong = found.filter((text) => {
      const at = left.findIndex(([rule, part]) =>
        text.startsWith(`${rule}: `) && text.includes(part)
      );
      if (at >= 0) left.splice(at, 1);
      return at < 0;
    });
    console.log(
      `${events} events, ${found.length} alerts of medium or more, ${wrong.length} false`,
    );
    assert.ok(events > 15_000, `Only ${events} events`);
    assert.ok(wrong.length / events <= MOST / 100_000, wrong.join("\n"));
    assert.deepEqual(left, [], "What happened is not alerted");
  },
);

testNeeding(
  needs.shared("data/cases/time/"),
  "two hundred logins with keys on a Saturday are none of the alerts",
  async () => {
    const [alerts] = await alertsOf([sharedUrl("data/cases/time/clock_right.log").pathname]);
    assert.deepEqual(
      new Set(alerts.map((a) => a.rule)),
      new Set(["ssh_brute_force"]),
    );
  },
);

Deno.test("four lines of a home server on a Sunday raise nothing", async () => {
  const [alerts] = await alertsOf(
    ["--year", "2026"],
    [
      "Mar  8 22:17:01 pi CRON[811]: pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)",
      "Mar  8 22:31:44 pi sshd[902]: Accepted publickey for pi from 192.168.1.20 port 50122 ssh2: ED25519 SHA256:4vQm8yTqk0C1xN7rWcJ2bPzLh6dFgS9eUaYtRiKoMXE",
      "Mar  8 22:31:44 pi sshd[902]: pam_unix(sshd:session): session opened for user pi(uid=1000) by (uid=0)",
      "Mar  8 22:32:10 pi sudo:       pi : TTY=pts/0 ; PWD=/home/pi ; USER=root ; COMMAND=/usr/bin/apt update",
      "",
    ].join("\n"),
  );
  assert.deepEqual(alerts, []);
});

Deno.test("a browser that shows a page of seventy requests in 23 seconds raises nothing", async () => {
  const agent = "Mozilla/5.0 (X11; Linux x86_64; rv:147.0) Gecko/20100101 Firefox/147.0";
  const lines = Array.from({ length: 70 }, (_, i) => {
    const time = new Date(Date.UTC(2026, 2, 9, 13, 20, Math.floor(i / 3))).toISOString();
    const [what, referrer] = i === 0
      ? ["/map", "-"]
      : [i % 2 ? `/tiles/7/${i}.png` : `/api/places?page=${i}`, "https://www.example.com/map"];
    return `203.0.113.200 - - [09/Mar/2026:${time.slice(11, 19)} +0000] "GET ${what} HTTP/1.1" ` +
      `200 5120 "${referrer}" "${agent}"`;
  });
  const [alerts] = await alertsOf([], lines.join("\n") + "\n");
  assert.deepEqual(alerts, []);
});
