/** The command as a user runs it: followed files and listeners, rules that change, and its end. */
import assert from "node:assert/strict";
import { openStore } from "../../agent/store/mod.ts";
import { needs, testNeeding } from "../needs.ts";
import { root, withFolder } from "../run.ts";
import { agent, PROCESS } from "./process.ts";
import { startTask } from "../started.ts";
import { until } from "../waiting.ts";

const RULE = (min: number, title = "Many failures") =>
  `rule many {
  title    "${title}"
  severity high
  mitre    T1110

  from Authentication where app == "sshd" and action == "failure"
  | stats count() as n by src over 5m
  | where n >= ${min}
  | alert "{n} failures from {src}"
}
`;
let second = 0;
const failed = (n: number) =>
  Array.from({ length: n }, () => {
    const at = new Date(Date.UTC(2026, 2, 29) + 1000 * second++).toISOString().slice(0, 19);
    return `${at}Z web1 sshd[911]: Failed password for root from 203.0.113.47 port 4 ssh2\n`;
  }).join("");

Deno.test("agent --follow --watch: alerts as they are, rules as they change, a clean end", () =>
  withFolder(async (folder) => {
    const log = `${folder}/auth.log`, rules = `${folder}/rules`;
    await Deno.mkdir(rules);
    await Deno.writeTextFile(`${rules}/many.sdl`, RULE(4));
    const run = agent([
      ...["--no-store", "--follow", log, "--rules", rules, "--watch", "--idle", "500ms"],
    ]);
    // Written before the agent has looked, or after: it is the same.
    await Deno.writeTextFile(log, failed(4));
    const [first] = await run.alerts(1);
    assert.deepEqual([first.rule, first.message], ["many", "4 failures from 203.0.113.47"]);

    // A mistake is told with its place, and the old rules stay.
    await Deno.writeTextFile(
      `${rules}/many.sdl`,
      RULE(4).replace("stats count()", "stats cuont()"),
    );
    const mistake = await run.said(/the old rules and sourcetypes stay/);
    assert.match(mistake, /many\.sdl:7/);
    assert.match(mistake, /Found 1 errors? in rules and sourcetypes; the old/);

    await Deno.writeTextFile(`${rules}/many.sdl`, RULE(4));
    await Deno.writeTextFile(
      `${rules}/more.sdl`,
      RULE(2, "Two failures").replace("rule many", "rule two"),
    );
    await run.said(/Rules and sourcetypes were loaded anew/);
    await Deno.writeTextFile(log, failed(2), { append: true });
    const alerts = await run.alerts(2);
    assert.deepEqual(alerts.map((a) => a.rule).sort(), ["many", "two"]);

    run.kill("SIGTERM");
    assert.equal(await run.end(), 0);
    assert.match(await run.said(/lines in/), /6 lines in .*, 6 events, 0 parse errors/);
  }));

/** A Sigma correlation of failed logins and the rule that it counts. */
const CORRELATION = `title: Password guessing
correlation:
  type: event_count
  rules: [failed]
  group-by: [src]
  timespan: 1h
  condition: {gte: 5}
---
title: Failed login
name: failed
logsource: {product: linux, service: sshd}
detection:
  selection: {action: failure}
  condition: selection
`;

Deno.test("agent --watch: a correlation counts on through reloads, refused or not", () =>
  withFolder(async (folder) => {
    const log = `${folder}/auth.log`, rules = `${folder}/rules`;
    await Deno.mkdir(rules);
    const write = (text: string) => Deno.writeTextFile(`${rules}/guessing.yml`, text);
    await write(CORRELATION);
    await Deno.writeTextFile(log, failed(3));
    const run = agent([
      ...["--no-store", "--follow", log, "--rules", rules, "--watch", "--idle", "500ms"],
    ]);
    await run.said(/read as linux_secure/);
    // Every rule fails: nothing would be left.
    await write(CORRELATION.replace("condition: selection", "condition: nobody"));
    const refused = await run.said(/the old rules and sourcetypes stay/);
    assert.match(refused, /guessing\.yml:\d+:\d+: left out\[E03\d\d\]/);
    assert.match(refused, /None of 2 rules can be taken; the old/);
    await Deno.writeTextFile(log, failed(1), { append: true });
    await write(CORRELATION.replace("Password guessing", "Guessed passwords"));
    await run.said(/Rules and sourcetypes were loaded anew/);
    await Deno.writeTextFile(log, failed(1), { append: true });
    const [alert] = await run.alerts(1);
    assert.deepEqual([alert.rule, alert.title, alert.count], [
      "guessing_1",
      "Guessed passwords",
      5,
    ]);
    run.kill("SIGTERM");
    assert.equal(await run.end(), 0);
  }));

Deno.test("agent --listen: SIGHUP loads anew, Ctrl-C ends it with what came", () =>
  withFolder(async (folder) => {
    const rules = `${folder}/many.sdl`;
    await Deno.writeTextFile(rules, RULE(3));
    const run = agent([
      ...["--no-store", "--listen", "tcp://127.0.0.1:0", "--listen", "udp://:0"],
      ...["--rules", rules, "--updates", "--summary", `${folder}/summary.json`],
    ]);
    const port = (scheme: string, text: string) =>
      Number(new RegExp(`Listening on ${scheme}://127.0.0.1:(\\d+)`).exec(text)![1]);
    const listening = await run.said(/Listening on tcp[^]*Listening on udp/);
    const conn = await Deno.connect({ hostname: "127.0.0.1", port: port("tcp", listening) });
    const send = (text: string) => conn.write(new TextEncoder().encode(text));
    await send(failed(2));
    await run.said(/read as linux_secure/);
    await Deno.writeTextFile(rules, RULE(3, "Another title"));
    run.kill("SIGHUP");
    await run.said(/loaded anew/);
    await send(failed(1));
    const [alert] = await run.alerts(1);
    assert.equal(alert.rule, "many");
    const udp = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
    await udp.send(new TextEncoder().encode("<13>a line by UDP"), {
      transport: "udp",
      hostname: "127.0.0.1",
      port: port("udp", listening),
    });
    udp.close();
    await send("half a line");
    run.kill("SIGINT");
    assert.equal(await run.end(), 0);
    conn.close();
    const summary = JSON.parse(await Deno.readTextFile(`${folder}/summary.json`));
    assert.deepEqual([summary.lines, summary.events, summary.dropped], [5, 5, {}]);
  }));

Deno.test("agent --serve takes what is pushed to the API, and an address in use is told", () =>
  withFolder(async (folder) => {
    const run = agent([
      ...["--data", `${folder}/data`, "--listen", "tcp://127.0.0.1:0", "--serve=127.0.0.1:0"],
    ]);
    const said = await run.said(/Listening on http[^]*Listening on tcp/);
    const api = /Listening on (http:\S+)/.exec(said)![1];
    const tcp = /Listening on (tcp:\S+)/.exec(said)![1];
    const pushed = await fetch(`${api}/ingest`, {
      method: "POST",
      body: JSON.stringify({ logs: failed(6).trim().split("\n") }),
      headers: { "Content-Type": "application/json" },
    });
    assert.deepEqual([pushed.status, await pushed.json()], [202, { accepted: 6 }]);
    const stored = async () => (await (await fetch(`${api}/api/stats`)).json()).events;
    await until(async () => await stored() >= 6, "six stored events");
    const other = agent(["--no-store", "--listen", tcp]);
    assert.equal(await other.end(), 3);
    assert.match(await other.said(/./), /error: Cannot read "tcp:.*": the port is taken/);
    run.kill("SIGTERM");
    assert.equal(await run.end(), 0);
  }));

Deno.test("agent --follow: killed while the log grows and rotates, it loses and doubles nothing", () =>
  withFolder(async (folder) => {
    const log = `${folder}/auth.log`, rules = `${folder}/many.sdl`;
    await Deno.writeTextFile(rules, RULE(50));
    const args = ["--data", `${folder}/data`, "--follow", log, "--rules", rules];
    let lines = 0;
    const write = async (n: number) => {
      await Deno.writeTextFile(log, failed(n), { append: true });
      lines += n;
    };
    const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));
    for (let i = 0; i < 3; i++) {
      await write(40);
      const run = agent(args, PROCESS);
      await run.said(/Following/);
      // The first transaction says what is read; from then on nothing may be lost.
      await pause(2500);
      await write(10);
      await pause(300 * i);
      await Deno.rename(log, `${log}.${9 - i}`);
      await write(10);
      await pause(400 * i);
      run.kill("SIGKILL");
      await run.end();
    }
    await write(10);
    // The folder is one process's: what is in it is looked at when the agent has ended.
    const last = agent(args, PROCESS);
    await last.said(/Following/);
    await new Promise((done) => setTimeout(done, 3000));
    last.kill("SIGTERM");
    assert.equal(await last.end(), 0);
    const stored = await openStore({ data: `${folder}/data` });
    try {
      assert.equal((await stored.stats()).events, lines);
      const { items } = await stored.alerts({ limit: 99 });
      assert.deepEqual(items.map((a) => [a.rule, a.count > 50]), [["many", true]]);
    } finally {
      await stored.close();
    }
  }));

Deno.test("parse --follow prints lines as they come", () =>
  withFolder(async (folder) => {
    const log = `${folder}/auth.log`;
    await Deno.writeTextFile(log, failed(1));
    const child = startTask(["parse", "--follow", log]);
    const line = async (n: number) => {
      await child.until(() => child.out.split("\n").length > n, `line ${n}`);
      return JSON.parse(child.out.split("\n")[n - 1]);
    };
    assert.equal((await line(1)).src, "203.0.113.47");
    await Deno.writeTextFile(log, failed(1), { append: true });
    assert.equal((await line(2)).action, "failure");
    assert.equal((await child.end("SIGTERM")).code, 0);
  }));

testNeeding(
  needs.bash,
  "agent: one Ctrl-C ends it in order, though task and program both hear it",
  () =>
    withFolder(async (folder) => {
      const log = `${folder}/auth.log`;
      await Deno.writeTextFile(log, failed(3));
      // A job of its own is a process group, which a terminal signals as a whole.
      const script = `set -m
      "$1" run --quiet agent --no-store --follow "$2" 2>"$3" & job=$!
      until grep -q "read as" "$3"; do sleep 0.1; done
      sleep 0.5
      kill -INT -- -$job
      wait $job`;
      const { code } = await new Deno.Command("bash", {
        args: ["-c", script, "bash", Deno.execPath(), log, `${folder}/err`],
        cwd: root,
        stdin: "null",
      }).output();
      assert.equal(code, 0);
      assert.match(await Deno.readTextFile(`${folder}/err`), /3 lines in .*, 3 events/);
    }),
);

Deno.test("agent --follow: an alert is told when it opens, though lines keep coming", () =>
  withFolder(async (folder) => {
    const log = `${folder}/auth.log`;
    await Deno.writeTextFile(`${folder}/many.sdl`, RULE(4));
    await Deno.writeTextFile(log, failed(4));
    const run = agent([
      ...["--no-store", "--follow", log, "--rules", `${folder}/many.sdl`, "--idle", "60s"],
    ]);
    await run.said(/read as/);
    const more = setInterval(() => Deno.writeTextFileSync(log, failed(1), { append: true }), 100);
    try {
      const [first] = await run.alerts(1);
      assert.equal(first.rule, "many");
    } finally {
      clearInterval(more);
    }
    run.kill("SIGTERM");
    assert.equal(await run.end(), 0);
  }));

Deno.test("agent: what comes down a pipe that goes on is told when it opens", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/rule.sdl`, RULE(3));
    const run = agent(["--no-store", "--quiet", "--rules", folder], PROCESS, { stdin: "piped" });
    const writer = run.stdin.getWriter();
    await writer.write(new TextEncoder().encode(failed(4)));
    // The pipe is still open: without more to read nothing but waiting can bring the alert.
    const [{ rule, status }] = await run.alerts(1);
    assert.deepEqual([rule, status], ["many", "open"]);
    await writer.close();
    assert.equal(await run.end(), 0);
    assert.equal((await run.alerts(1)).length, 1, "and is not told twice");
  });
});
