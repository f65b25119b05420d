/**
 * The files of LogSentinel's simulator as they stand: damaged lines and all, in no order of time, one
 * by one and together. Each of its five tactics is found, and once a burst.
 */
import assert from "node:assert/strict";
import { inProcess } from "../in_process.ts";
import { needs, sharedUrl, testNeeding } from "../needs.ts";

interface Printed {
  readonly rule: string;
  readonly entity: Readonly<Record<string, string>>;
  readonly mitre: readonly { readonly tactics: readonly string[] }[];
}

const FOLDER = "data/cases/logsentinel/";

async function alertsOf(args: readonly string[], stdin = ""): Promise<Printed[]> {
  const ran = await inProcess(["agent", "--no-store", "--format", "ndjson", ...args], stdin);
  assert.equal(ran.code, 0, ran.stderr);
  return ran.stdout.split("\n").filter(Boolean).map((l) => JSON.parse(l));
}

const path = (name: string) => sharedUrl(FOLDER + name).pathname;
const of = (alerts: readonly Printed[], rule: string) => alerts.filter((a) => a.rule === rule);
const tactics = (alerts: readonly Printed[]) =>
  new Set(alerts.flatMap((a) => a.mitre.flatMap((m) => m.tactics)));

testNeeding(needs.shared(FOLDER), "LogSentinel: each tactic in its file", async () => {
  const auth = await alertsOf([path("syslog_auth.log")]);
  assert.deepEqual(
    auth.map((a) => `${a.rule} ${a.entity.src}`).sort(),
    ["ssh_brute_force 247.127.160.249", "ssh_brute_force 62.74.43.145"],
  );
  assert.ok(tactics(auth).has("Initial Access"));

  const kernel = await alertsOf([path("syslog_kern.log")]);
  assert.equal(of(kernel, "exfiltration").length, 4);
  assert.ok(tactics(kernel).has("Exfiltration"));

  const logons = await alertsOf([path("winevt_security.xml")]);
  assert.equal(of(logons, "internal_logon").filter((a) => a.entity.user === "admin").length, 4);
  assert.ok(tactics(logons).has("Lateral Movement"));

  const services = await alertsOf([path("winevt_system.xml")]);
  assert.equal(of(services, "new_service").length, 4);
  assert.ok(tactics(services).has("Persistence"));

  assert.deepEqual(await alertsOf([path("winevt_application.xml")]), []);
});

testNeeding(needs.shared(FOLDER), "LogSentinel: all files at once say the same", async () => {
  const names = [...Deno.readDirSync(sharedUrl(FOLDER))].map((e) => e.name)
    .filter((name) => /\.(?:log|xml)$/.test(name));
  const together = await alertsOf(names.map(path));
  const count = (rule: string) => of(together, rule).length;
  assert.deepEqual(
    [count("ssh_brute_force"), count("exfiltration"), count("new_service")],
    [2, 4, 4],
  );
});

Deno.test("LogSentinel: a blocked connection to each port of command and control", async () => {
  const lines = [4444, 6667, 1337, 8080].map((port, i) =>
    `Jan 15 09:23:0${i} host-01 kernel: [12345.678] iptables denied: IN=eth0 OUT=eth1 MAC=00 ` +
    `SRC=10.0.199.21${i} DST=203.0.113.77 PROTO=TCP SPT=4544 DPT=${port}\n`
  );
  const alerts = await alertsOf(["--year", "2026"], lines.join(""));
  assert.equal(of(alerts, "c2_port").length, 4);
  assert.ok(tactics(alerts).has("Command and Control"));
});
