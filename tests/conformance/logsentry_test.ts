/**
 * LogSentry's story, told anew in two logs: one attacker who scans, injects, guesses, gets in and
 * returns at night as another account; a second who guesses accounts; a third who guesses and scans;
 * people who work at the weekend. Each attacker is one incident over both logs.
 */
import assert from "node:assert/strict";
import { clusters, type Incident } from "../../agent/engine/alerts/incidents.ts";
import type { Alert } from "../../agent/event.ts";
import type { AlertJson } from "../../agent/outputs/render/alert.ts";
import { inProcess } from "../in_process.ts";

/** An alert as it is printed. */
type Found = Alert & Pick<AlertJson, "also">;

const INTRUDER = "203.0.113.47", STUFFER = "198.51.100.22", SCANNER = "45.33.32.156";
const two = (n: number) => String(n).padStart(2, "0");

/** One line of auth.log; Saturday is 7 March 2026. */
const auth = (day: number, clock: string, text: string, pid = 4000) =>
  `Mar ${String(day).padStart(2)} ${clock} web1 sshd[${pid}]: ${text}`;
const failed = (day: number, clock: string, user: string, src: string) =>
  auth(day, clock, `Failed password for ${user} from ${src} port 40001 ssh2`);
const web = (clock: string, src: string, request: string, status: number) =>
  `${src} - - [06/Mar/2026:${clock} +0000] "GET ${request} HTTP/1.1" ${status} 812 "-" "Mozilla/5.0"`;

/** The attacks with which LogSentry tests its patterns, each answered. */
const ANSWERED = [
  "/view?f=c:\\windows\\win.ini",
  "/view?f=C:%5Cboot.ini",
  "/view?f=../../../../etc/passwd",
  "/ping?h=1;cat%20config.php",
  "/ping?h=1|id",
  "/ping?h=1%0aid",
  "/ping?h=1;ls%20uploads",
];

function authLog(): string[] {
  const out: string[] = [];
  for (const [i, user] of ["admin", "oracle", "test", "git"].entries()) {
    out.push(failed(6, `10:3${i}:00`, `invalid user ${user}`, INTRUDER));
  }
  for (let i = 0; i < 45; i++) out.push(failed(6, `10:40:${two(i)}`, "root", INTRUDER));
  out.push(auth(6, "10:41:02", `Accepted password for root from ${INTRUDER} port 40002 ssh2`));
  out.push(auth(7, "02:17:40", `Accepted password for backup2 from ${INTRUDER} port 40009 ssh2`));
  for (const [i, user] of ["ann", "bob", "carl", "dora", "emil", "fred"].entries()) {
    out.push(failed(6, `12:0${i}:00`, user, STUFFER));
  }
  for (let i = 0; i < 8; i++) out.push(failed(6, `14:00:${two(i * 5)}`, "root", SCANNER));
  // A weekend's work, from the office and from home.
  out.push(
    auth(7, "11:02:00", "Accepted publickey for ann from 10.0.0.21 port 50122 ssh2: RSA SHA256:a"),
  );
  out.push(
    auth(
      8,
      "09:30:00",
      "Accepted publickey for bob from 192.168.1.9 port 50123 ssh2: RSA SHA256:b",
    ),
  );
  return out;
}

function accessLog(): string[] {
  const out: string[] = [];
  for (let i = 0; i < 12; i++) out.push(web(`10:00:${two(i * 4)}`, INTRUDER, `/old/${i}.php`, 404));
  out.push(web("10:05:00", INTRUDER, "/item?id=1%27%20or%20%271%27=%271", 200));
  ANSWERED.forEach((request, i) => out.push(web(`10:1${i}:00`, INTRUDER, request, 200)));
  for (let i = 0; i < 12; i++) out.push(web(`14:10:${two(i * 4)}`, SCANNER, `/cgi/${i}`, 404));
  for (let i = 0; i < 30; i++) {
    out.push(web(`09:${two(i)}:00`, "192.0.2.20", `/docs/${i % 7}`, 200));
  }
  return out;
}

/** The alerts of logs that are read together, and the incidents that they make. */
async function read(logs: readonly (readonly string[])[]): Promise<[Found[], Incident[]]> {
  const folder = await Deno.makeTempDir();
  try {
    const files = logs.map((_, i) => `${folder}/${i}.log`);
    await Promise.all(logs.map((l, i) => Deno.writeTextFile(files[i], l.join("\n") + "\n")));
    const ran = await inProcess(
      ["agent", "--no-store", "--year", "2026", "--tz", "UTC", "--format", "ndjson", ...files],
    );
    assert.equal(ran.code, 0, ran.stderr);
    const alerts = ran.stdout.split("\n").filter(Boolean).map((line) => {
      const a = JSON.parse(line);
      for (const key of ["time", "first", "last"]) a[key] = Date.parse(a[key]);
      return a as Found;
    });
    return [alerts, clusters(alerts).flatMap((c) => c.incident ?? [])];
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("LogSentry: each attacker is one incident over both logs, and nobody else is one", async () => {
  const [alerts, incidents] = await read([authLog(), accessLog()]);
  const of = (src: string) => incidents.filter((i) => i.entity.value === src);
  assert.deepEqual(
    incidents.map((i) => i.entity.value).sort(),
    [INTRUDER, SCANNER].sort(),
    "incidents",
  );

  const [intruder] = of(INTRUDER);
  assert.equal(intruder.severity, "critical");
  for (
    const rule of [
      "vulnerability_scan",
      "sql_injection",
      "path_traversal",
      "command_injection",
      "ssh_compromised_account",
      "intruder_returns",
    ]
  ) assert.ok(intruder.rules.includes(rule), `${rule} is not part of ${intruder.rules}`);

  // Several accounts and 45 failures for root are one alert, which names both.
  const guessing = alerts.filter((a) =>
    a.entity.src === INTRUDER && ["credential_stuffing", "ssh_brute_force"].includes(a.rule)
  );
  assert.deepEqual(
    guessing.map((a) => [a.rule, ...(a.also ?? []).map((found) => found.rule)].sort()),
    [["credential_stuffing", "many_accounts_tried", "ssh_brute_force", "ssh_slow_guessing"]],
  );

  const [scanner] = of(SCANNER);
  assert.ok(
    scanner.rules.includes("ssh_brute_force") && scanner.rules.includes("vulnerability_scan"),
  );

  const stuffer = alerts.filter((a) => a.entity.src === STUFFER);
  assert.deepEqual(stuffer.map((a) => `${a.rule} ${a.severity}`), ["credential_stuffing high"]);

  const others = alerts.filter((a) => ![INTRUDER, STUFFER, SCANNER].includes(String(a.entity.src)));
  // Of nobody else, but of the risk of the host that was broken into.
  assert.deepEqual(
    others.map((a) => `${a.rule} ${JSON.stringify(a.entity)}`),
    [`entity_risk {"dest":"web1"}`],
  );
});

Deno.test("LogSentry: each pattern of a request that is answered is critical by itself, encoded twice, too", async () => {
  const twice = (request: string) =>
    request.replace(/%(?=[0-9a-f]{2})/gi, "%25").replace(
      /[;|\\:]/g,
      (c) => encodeURIComponent(encodeURIComponent(c)),
    );
  const requests = [...ANSWERED, ...ANSWERED.map(twice)];
  const [alerts] = await read([
    requests.map((request, i) => web(`10:${two(i)}:00`, `203.0.113.${100 + i}`, request, 200)),
  ]);
  for (const [i, request] of requests.entries()) {
    const found = alerts.filter((a) => a.entity.src === `203.0.113.${100 + i}`);
    assert.ok(
      found.some((a) => a.severity === "critical"),
      `${request}: ${found.map((a) => a.rule)}`,
    );
  }
});
