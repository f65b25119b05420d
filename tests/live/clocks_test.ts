/** Clocks that are off while lines come: nobody's wrong clock takes anything from others. */
import assert from "node:assert/strict";
import { withFolder } from "../run.ts";
import { agent, PROCESS } from "./process.ts";

const HOUR = 3_600_000;
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const two = (n: number) => String(n).padStart(2, "0");
const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms));

/** `Nov 28 23:37:19`, without year and zone. @param ahead ms that the writer's clock is ahead */
function syslogTime(ahead = 0): string {
  const d = new Date(Date.now() + ahead);
  return `${MONTHS[d.getUTCMonth()]} ${String(d.getUTCDate()).padStart(2)} ` +
    [d.getUTCHours(), d.getUTCMinutes(), d.getUTCSeconds()].map(two).join(":");
}

/** A line of a web server that logs when the response is done. @param since ms since the request */
function request(path: string, since = 0, src = "203.0.113.66"): string {
  const d = new Date(Date.now() - since);
  const time = `${two(d.getUTCDate())}/${MONTHS[d.getUTCMonth()]}/${d.getUTCFullYear()}:` +
    [d.getUTCHours(), d.getUTCMinutes(), d.getUTCSeconds()].map(two).join(":");
  return `${src} - - [${time} +0000] "GET ${path} HTTP/1.1" 200 512 "-" "Mozilla/5.0"\n`;
}

const failure = (src: string, host = "web1", ahead = 0, user = "root") =>
  `${
    syslogTime(ahead)
  } ${host} sshd[911]: Failed password for ${user} from ${src} port 40000 ssh2\n`;

const INJECTION = "/p?id=1%27%20union%20select%20user,password%20from%20users--";
const rulesOf = (alerts: readonly Record<string, unknown>[]) =>
  [...new Set(alerts.map((a) => a.rule))].sort();
const process = ["--unstable-net", ...PROCESS];

Deno.test("agent --follow: a log two hours ahead of another hides nothing, and its host is named", () =>
  withFolder(async (folder) => {
    const auth = `${folder}/auth.log`, access = `${folder}/access.log`;
    const append = (file: string, text: string) => Deno.writeTextFile(file, text, { append: true });
    await append(auth, failure("10.9.9.9", "web1", 2 * HOUR, "ann"));
    await append(access, request("/"));
    const run = agent(
      ["--no-store", "--lateness", "1s", "--follow", auth, access],
      process,
      { env: { TZ: "UTC" } },
    );
    await run.said(/Following 2 files/);
    for (let i = 0; i < 4; i++) {
      await append(auth, failure("10.9.9.9", "web1", 2 * HOUR, `u${i}`));
      await append(access, request(`/a${i}`));
      await sleep(500);
    }
    // While it runs, not at its end.
    await run.said(
      /web1 \(.*auth\.log\) is 2h ahead of this machine's clock: a time zone\? see --tz/,
    );
    for (let i = 0; i < 6; i++) await append(auth, failure("203.0.113.48", "web1", 2 * HOUR));
    const attack = ["/download?file=../../../../etc/passwd", INJECTION, "/x?c=;cat%20/etc/passwd"];
    for (const path of attack) await append(access, request(path));
    const wanted = ["command_injection", "path_traversal", "sql_injection", "ssh_brute_force"];
    let found: string[] = [];
    for (let n = 4; !wanted.every((rule) => found.includes(rule)); n++) {
      found = rulesOf(await run.alerts(n)) as string[];
    }
    run.kill("SIGINT");
    assert.equal(await run.end(), 0);
  }));

Deno.test("agent --follow: requests whose responses took five seconds are found behind later lines", () =>
  withFolder(async (folder) => {
    const log = `${folder}/access.log`;
    await Deno.writeTextFile(log, request("/"));
    const run = agent(["--no-store", "--lateness", "1s", "--follow", log], process);
    await run.said(/Following 1 file/);
    for (let i = 0; i < 30; i++) {
      await Deno.writeTextFile(log, request(`/a${i}`, 0, `203.0.113.${i}`), { append: true });
      await sleep(100);
    }
    await Deno.writeTextFile(log, request(INJECTION, 5000), { append: true });
    const [alert] = await run.alerts(1);
    assert.equal(alert.rule, "sql_injection");
    await run.said(/row came up to [2-6]s behind the watermark/);
    run.kill("SIGINT");
    assert.equal(await run.end(), 0);
  }));

Deno.test("agent --listen udp: a datagram 23 h ahead and a host 2 h ahead hide no other host's attack", async () => {
  const run = agent([
    "--no-store",
    ...["--listen", "udp://127.0.0.1:0?lateness=1s"],
  ], process);
  const [, port] = /Listening on udp:\/\/127\.0\.0\.1:(\d+)/.exec(
    await run.said(/Listening on udp/),
  )!;
  const socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  const send = (line: string) =>
    socket.send(new TextEncoder().encode(`<38>${line}`), {
      transport: "udp",
      hostname: "127.0.0.1",
      port: Number(port),
    });
  await send(failure("203.0.113.1", "db9", 23 * HOUR));
  for (let i = 0; i < 60; i++) {
    await send(failure("203.0.113.99", "web2", 2 * HOUR));
    await send(failure("203.0.113.48"));
    await sleep(30);
  }
  const accepted = `${syslogTime()} web1 sshd[911]: Accepted password for root from ` +
    "203.0.113.48 port 40000 ssh2\n";
  await send(accepted);
  await run.said(/web2 \(udp:.*\) is 2h ahead of this machine's clock/);
  const wanted = ["ssh_brute_force", "ssh_compromised_account"];
  const of = (src: string, alerts: readonly Record<string, unknown>[]) =>
    rulesOf(alerts.filter((a) => (a.entity as { src?: string }).src === src));
  let alerts: Record<string, unknown>[] = [];
  const found = () => of("203.0.113.48", alerts);
  for (let n = 2; !wanted.every((rule) => found().includes(rule)); n++) {
    alerts = await run.alerts(n);
  }
  assert.ok(of("203.0.113.99", alerts).includes("ssh_brute_force"), "the host that is ahead");
  run.kill("SIGINT");
  assert.equal(await run.end(), 0);
  socket.close();
});
