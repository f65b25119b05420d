/** `--config agent.yaml` for commands over what an agent stored: they know what the agent knew. */
import assert from "node:assert/strict";
import { writeMmdb } from "../agent/enrich/context/testing/mmdb.ts";
import { openStore } from "../agent/store/mod.ts";
import { inProcess } from "./in_process.ts";
import { picket, withFolder } from "./run.ts";
import { serving } from "./serving.ts";

/** Few rules are compiled soon. */
const BRUTE_FORCE = "rules/credential-access/ssh_brute_force.sdl";

const failed = (src: string, port: number) =>
  `Mar 29 00:02:1${port} web1 sshd[911]: Failed password for root from ${src} port 4000${port} ssh2\n`;

/** A folder with an agent's configuration, and what it stored of a few failed logins. */
async function configured(folder: string): Promise<{ config: string; log: string }> {
  const config = `${folder}/agent.yaml`, log = `${folder}/auth.log`;
  await Deno.writeFile(
    `${folder}/city.mmdb`,
    writeMmdb([["45.83.64.0/24", { country: { iso_code: "NL" } }]]),
  );
  await Deno.writeTextFile(`${folder}/bad.txt`, "45.83.64.1 # scanner\n");
  await Deno.writeTextFile(`${folder}/assets.csv`, "match,priority,owner\nweb1,critical,ada\n");
  await Deno.writeTextFile(
    config,
    `data: ${folder}/data
rules: [${BRUTE_FORCE}, rules/risk/entity_risk.sdl, rules/persistence/account_created.sdl]
year: 2026
format: ndjson
risk: {threshold: 33, half_life: 3d, priorities: {critical: 4}, rules: {ssh_brute_force: 70}}
severity: {ssh_brute_force: critical}
disable: [account_created]
geography: ${folder}/city.mmdb
threat_lists: {ours: {file: ${folder}/bad.txt}}
assets: ${folder}/assets.csv
`,
  );
  const lines = Array.from({ length: 9 }, (_, i) => failed("45.83.64.1", i)).join("");
  await Deno.writeTextFile(log, lines);
  return { config, log };
}

const SEARCHES = [
  'from Authentication where geo_country(src) == "NL" | stats count() as n by user',
  'from Authentication where threat_list(src) == "ours" | stats count() as n by user',
  'from Authentication where asset_owner(dest) == "ada" | stats count() as n by user',
];

/** What the server says that depends on the configuration. */
async function answers(url: string) {
  const json = async (path: string) => await (await fetch(`${url}${path}`)).json();
  const searches = [];
  for (const q of SEARCHES) {
    searches.push((await json(`/api/search?${new URLSearchParams({ q })}`)).rows);
  }
  const risk = await json("/api/risk");
  const { rules } = await json("/api/rules");
  const rule = (name: string) => {
    const found = rules.find((r: { name: string }) => r.name === name);
    return found && [found.severity, found.changes];
  };
  return {
    searches,
    risk,
    severity: rule("ssh_brute_force"),
    disabled: rule("account_created"),
  };
}

Deno.test("serve --config answers as agent --serve does", () =>
  withFolder(async (folder) => {
    const { config, log } = await configured(folder);
    const agent = await serving(["agent", "--config", config, "--serve=127.0.0.1:0", log]);
    let live = await answers(agent.url);
    for (let i = 0; i < 100 && (live.risk.at === null || live.searches[0].length === 0); i++) {
      await new Promise((done) => setTimeout(done, 100));
      live = await answers(agent.url);
    }
    assert.equal(await agent.stop(), 0, agent.said());
    const alone = await serving(["serve", "--config", config, "127.0.0.1:0"]);
    const same = await answers(alone.url);
    assert.equal(await alone.stop(), 0, alone.said());
    assert.deepEqual(same, live);
    assert.deepEqual(same.searches.map((rows) => rows[0]?.n), [9, 9, 9]);
    const { threshold, half_life_seconds } = same.risk;
    assert.deepEqual([threshold, half_life_seconds], [33, 259_200]);
    const web1 = same.risk.entities.find((e: { value: string }) => e.value === "web1");
    assert.deepEqual([web1.priority, web1.weight, web1.parts[0].risk], ["critical", 4, 280]);
    assert.equal(same.severity[0], "critical");
  }));

Deno.test("serve applies exceptions that people took, and follows them as they end", () =>
  withFolder(async (folder) => {
    const data = `${folder}/data`;
    const store = await openStore({ data });
    await store.addException({
      rule: "ssh_brute_force",
      condition: 'src == "192.0.2.1"',
      reason: "a test",
      who: "ada",
      until: null,
      alert: null,
    });
    await store.close();
    const served = await serving(["serve", "--data", data, "--rules", BRUTE_FORCE, "127.0.0.1:0"]);
    const changes = async () => {
      const answer = await fetch(`${served.url}/api/rules/ssh_brute_force`);
      return JSON.stringify((await answer.json()).changes ?? []);
    };
    const listed = await (await fetch(`${served.url}/api/exceptions`)).json();
    assert.match(await changes(), /192\.0\.2\.1/);
    const [{ id }] = listed.exceptions;
    const ended = await fetch(`${served.url}/api/exceptions/${id}`, { method: "DELETE" });
    assert.ok(ended.ok, await ended.text());
    let now = await changes();
    for (let i = 0; i < 100 && now !== "[]"; i++) {
      await new Promise((done) => setTimeout(done, 100));
      now = await changes();
    }
    assert.equal(now, "[]");
    assert.equal(await served.stop(), 0, served.said());
  }));

Deno.test("search, backtest and report take the store, the rules and what is known of --config", () =>
  withFolder(async (folder) => {
    const { config, log } = await configured(folder);
    const run = await inProcess(["agent", "--config", config, log]);
    assert.equal(run.code, 0, run.stderr);
    const at = ["--config", config];
    const found = await inProcess(["search", SEARCHES[0], ...at, "--since", "2026-03-01"]);
    assert.equal(found.code, 0, found.stderr);
    assert.match(found.stdout, /^\{.*"user":"root","n":9\}\n$/);
    assert.doesNotMatch(found.stderr, /is not configured/);
    const back = await inProcess([
      ...["backtest", "ssh_brute_force", ...at, "--since", "2026-03-01", "--format", "ndjson"],
    ]);
    assert.equal(back.code, 0, back.stderr);
    assert.equal(JSON.parse(back.stdout.split("\n")[0]).severity, "critical");
    const report = await inProcess(["report", ...at, "--out", folder, "--format", "json"]);
    assert.equal(report.code, 0, report.stderr);
    assert.match(await Deno.readTextFile(report.stdout.trim()), /ssh_brute_force/);
  }));

Deno.test("backtest --config: files of one's own are tuned, and stand in for rules of the same name", () =>
  withFolder(async (folder) => {
    const { config, log } = await configured(folder);
    assert.equal((await inProcess(["agent", "--config", config, log])).code, 0);
    // A rule that the configuration alone would not know, and a copy of one that it loads.
    const mine = `${folder}/mine.sdl`, copy = `${folder}/copy.sdl`;
    const rule = (name: string, least: number) =>
      `rule ${name} {\n  severity low\n  param least: int = ${least}\n` +
      `  from Authentication where action == "failure"\n` +
      `  | stats count() as n by src over 1h\n  | where n >= least\n  | alert "{n} by {src}"\n}\n`;
    await Deno.writeTextFile(mine, rule("mine", 2));
    await Deno.writeTextFile(copy, rule("ssh_brute_force", 9));
    const backtest = async (...operands: string[]) => {
      const ran = await inProcess([
        ...["backtest", ...operands, "--config", config],
        ...["--since", "2026-03-01", "--format", "ndjson"],
      ]);
      assert.equal(ran.code, 0, ran.stderr);
      return ran.stdout.trimEnd().split("\n").filter((l) => l !== "").map((l) => JSON.parse(l));
    };
    const copied = await backtest(copy);
    assert.deepEqual(copied.map((a) => [a.rule, a.severity, a.time]), [
      ["ssh_brute_force", "critical", "2026-03-29T00:02:18Z"],
    ]);
    await Deno.writeTextFile(
      config,
      (await Deno.readTextFile(config)) + "params: {mine.least: 5}\n" +
        `except: [{rule: mine, where: src == "10.9.9.9", reason: a test of the network team}]\n`,
    );
    const [own, more] = await backtest(mine);
    assert.deepEqual([own.rule, own.severity, own.time], ["mine", "low", "2026-03-29T00:02:14Z"]);
    assert.equal(more, undefined);
    const both = await backtest(mine, "ssh_brute_force");
    assert.deepEqual(both.map((a) => a.rule).sort(), ["mine", "ssh_brute_force"]);
    const unknown = await inProcess(["backtest", mine, "mien", "--config", config]);
    assert.equal(unknown.code, 2);
    assert.match(unknown.stderr, /no rule and no file "mien"/);
  }));

Deno.test("an option of the agent is none of a command whose option of that name is another", () =>
  withFolder(async (folder) => {
    const config = `${folder}/agent.yaml`;
    await Deno.writeTextFile(config, "format: ndjson\nsummary: s.json\nrules: shipped\n");
    const checked = await inProcess(["explain", "ssh_brute_force", "--config", config]);
    assert.equal(checked.code, 0, checked.stderr);
    await Deno.writeTextFile(config, "formt: ndjson\n");
    const mistaken = await picket(["serve", "--config", config]);
    assert.equal(mistaken.code, 2);
    assert.match(mistaken.stderr, /Unknown key "formt"[\s\S]*Did you mean "format"/);
  }));
