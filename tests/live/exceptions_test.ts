/** Exceptions that people take while an agent runs, and after a restart. */
import assert from "node:assert/strict";
import { openStore } from "../../agent/store/mod.ts";
import { withFolder } from "../run.ts";
import { freePort } from "../postgres.ts";
import { inProcess } from "../in_process.ts";
import { agent, PROCESS } from "./process.ts";
import { until } from "../waiting.ts";

const RULE = `rule many {
  title    "Many failures"
  severity high
  mitre    T1110
  param    least: int = 2

  from Authentication where app == "sshd" and action == "failure"
  | stats count() as n by src over 5m
  | where n >= least
  | alert "{n} failures from {src}"
}
`;
let second = 0;
const failed = (src: string) =>
  [0, 1].map(() => {
    const at = new Date(Date.UTC(2026, 2, 29) + 1000 * second++).toISOString().slice(0, 19);
    return `${at}Z web1 sshd[911]: Failed password for root from ${src} port 4 ssh2\n`;
  }).join("");

Deno.test("except proposes an exception for an alert, takes it, lists and ends it", () =>
  withFolder(async (folder) => {
    const rules = `${folder}/many.sdl`, data = `${folder}/data`;
    await Deno.writeTextFile(rules, RULE);
    await Deno.writeTextFile(`${folder}/log`, failed("203.0.113.1") + failed("203.0.113.2"));
    const at = ["--rules", rules, "--data", data];
    const { stdout } = await inProcess(["agent", ...at, "--format", "ndjson", `${folder}/log`]);
    const { id } = JSON.parse(stdout.split("\n")[0]);
    const except = (...args: string[]) =>
      inProcess(["except", ...args, ...at], "", { USER: "ada" });
    const proposed = await except(id);
    assert.equal(
      proposed.stdout,
      "except:\n  - rule: many\n    where: 'src == \"203.0.113.1\"'\n    reason: ''\n    by: 'ada'\n",
    );
    assert.match(proposed.stderr, /asked {2}src is 203\.0\.113\.1: whom the alert is about/);
    assert.match(proposed.stderr, /held back 1 of 2 alerts of many in 30 days/);
    const wide = await except(id, "--where", "n >= 2");
    assert.match(wide.stderr, /held back 2 of 2 alerts/);
    for (
      const [args, message] of [
        [[id, "--where", "usr > 2"], /Unknown field "usr"/],
        [[id, "--fields", "usr"], /no field "usr" that can be asked/],
        [[id, "--take"], /without --reason/],
        [[id, "--take", "--reason", "x", "--until", "soon"], /Invalid value "soon" for --until/],
        [["f".repeat(32)], /There is no alert "f+"/],
        [["nobody"], /"nobody" is no id/],
        [["end", "f".repeat(32)], /no exception "f+" in force/],
      ] as const
    ) {
      const refused = await except(...args);
      assert.equal(refused.code, 2);
      assert.match(refused.stderr, message);
    }
    const taken = await except(id, "--take", "--reason", "ours", "--until", "2036-01-31");
    const [, made] = /Taken as (\w+);/.exec(taken.stderr)!;
    const listed = await except("list");
    assert.match(
      listed.stdout,
      new RegExp(`^# ${made}, taken .*\n[^]*until: 2036-02-01T00:00:00Z`),
    );
    await Deno.writeTextFile(`${folder}/more`, failed("203.0.113.1"));
    const run = async () => (await inProcess(["agent", ...at, `${folder}/more`])).stderr;
    assert.match(await run(), /Alerts: 0\b[^]*Excepted: 1 match/);
    await except("end", made);
    assert.equal((await except("list")).stdout, "");
    await Deno.writeTextFile(`${folder}/more`, failed("203.0.113.1"));
    assert.match(await run(), /Alerts: 1 /);
  }));

Deno.test("a silenced alert is stored and not delivered", () =>
  withFolder(async (folder) => {
    const rules = `${folder}/many.sdl`, data = `${folder}/data`, config = `${folder}/agent.yaml`;
    const sent = `${folder}/sent.ndjson`;
    await Deno.writeTextFile(rules, RULE);
    await Deno.writeTextFile(
      config,
      `rules: ${rules}\nsinks:\n  record: {type: file, path: ${sent}}\n`,
    );
    await Deno.writeTextFile(`${folder}/log`, failed("203.0.113.1") + failed("203.0.113.2"));
    const store = await openStore({ data });
    const { id } = await store.addSilence({
      rule: "many",
      fields: { src: "203.0.113.1" },
      reason: "a test",
      who: "ada",
      ends: Date.now() + 3_600_000,
    });
    await store.close();
    const run = await inProcess([
      ...["agent", "--config", config, "--data", data, "--deliver-past", `${folder}/log`],
    ]);
    assert.equal(run.code, 0, run.stderr);
    assert.match(run.stderr, /Silenced: 1 alert not delivered/);
    const delivered = await Deno.readTextFile(sent);
    assert.match(delivered, /203\.0\.113\.2/);
    assert.doesNotMatch(delivered, /203\.0\.113\.1/);
    const again = await openStore({ data });
    assert.equal((await again.alerts({ limit: 9 })).items.length, 2);
    assert.equal((await again.silences({ active: true, now: Date.now() }))[0].id, id);
    await again.close();
  }));

Deno.test("an exception of the API holds in the agent that runs, and after a restart", () =>
  withFolder(async (folder) => {
    const log = `${folder}/auth.log`, rules = `${folder}/many.sdl`, data = `${folder}/data`;
    const config = `${folder}/agent.yaml`;
    await Deno.writeTextFile(rules, RULE);
    await Deno.writeTextFile(config, `rules: ${rules}\nidle: 500ms\n`);
    await Deno.writeTextFile(log, failed("203.0.113.1"));
    const port = freePort();
    const run = agent(
      [
        "--follow",
        log,
        "--config",
        config,
        "--data",
        data,
        "--serve",
        `127.0.0.1:${port}`,
        "--watch",
      ],
      PROCESS,
    );
    const api = async (path: string, body?: object) => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, {
        ...(body ? { method: "POST", body: JSON.stringify(body) } : {}),
        headers: { "content-type": "application/json" },
      });
      return path === "/metrics" ? await response.text() : await response.json();
    };
    await run.alerts(1);
    let alert: { id: string } | undefined;
    await until(async () => {
      alert = (await api("/api/alerts").catch(() => ({ alerts: [] }))).alerts[0];
      return alert?.id !== undefined;
    }, "a stored alert");
    const proposed = await api(`/api/alerts/${alert!.id}/exception`);
    assert.equal(proposed.where, 'src == "203.0.113.1"');
    const taken = { where: "src in (203.0.113.0/28)", reason: "our scanners", who: "ada" };
    const { exception } = await api(`/api/alerts/${alert!.id}/exception`, taken);
    await run.said(/loaded anew/);
    await Deno.writeTextFile(log, failed("203.0.113.2") + failed("198.51.100.7"), { append: true });
    const alerts = await run.alerts(2);
    assert.deepEqual(alerts.map((a) => (a.entity as { src: string }).src), [
      "203.0.113.1",
      "198.51.100.7",
    ]);
    const name = `exception ${exception.id.slice(0, 8)}`;
    assert.match(
      await api("/metrics"),
      new RegExp(`picket_matches_excepted{exception="${name}"} 1\n`),
    );
    const { rule, changes, excepted } = await api("/api/rules/many");
    assert.equal(rule.name, "many");
    assert.deepEqual([changes[0].where, excepted], [name, 1]);

    // What agent.yaml changes holds after it was written, too.
    await Deno.writeTextFile(config, `rules: ${rules}\nparams: {many.least: 3}\n`);
    const changed = async () => (await api("/api/rules/many")).changes.length > 1;
    await until(changed, "the change of agent.yaml");
    await Deno.writeTextFile(log, failed("198.51.100.8"), { append: true });
    run.kill("SIGTERM");
    assert.equal(await run.end(), 0);
    assert.equal(run.out.split("\n").length - 1, 2, run.out);

    // A run of its own reads the store's exceptions at its start; one that no longer fits is told.
    const store = await openStore({ data });
    await store.addException({
      rule: "many",
      condition: "users > 3",
      reason: "old",
      who: "ada",
      until: null,
      alert: null,
    });
    await store.close();
    await Deno.writeTextFile(`${folder}/more.log`, failed("203.0.113.3") + failed("198.51.100.9"));
    const again = await inProcess(
      ["agent", "--rules", rules, "--data", data, "--format", "ndjson", `${folder}/more.log`],
    );
    assert.equal(again.code, 0, again.stderr);
    assert.match(again.stdout, /198\.51\.100\.9/);
    assert.doesNotMatch(again.stdout, /203\.0\.113\.3/);
    assert.match(again.stderr, new RegExp(`Excepted: 1 match \\(${name} 1\\)`));
    assert.match(again.stderr, /warning\[E0101\]: Unknown field "users"/);
  }));
