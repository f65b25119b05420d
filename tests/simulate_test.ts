/** Simulated logs against the shipped rules: every attack is found, and nothing else is. */
import assert from "node:assert/strict";
import { ATTACKS, FILES, type Stream, type Truth } from "../agent/simulate/mod.ts";
import { root, runDeno } from "./run.ts";

interface AlertLine {
  readonly rule: string;
  readonly entity: Record<string, unknown>;
  readonly fields: Record<string, unknown>;
  readonly time: string;
  readonly risk: number;
  readonly also?: readonly { readonly rule: string }[];
  readonly mitre: readonly { readonly tactics: readonly string[] }[];
}

async function simulated(options: readonly string[], agent: readonly string[] = []) {
  const folder = await Deno.makeTempDir();
  try {
    await runDeno(["run", "-A", "main.ts", "simulate", "--quiet", "--out", folder, ...options]);
    const truth: Truth = JSON.parse(await Deno.readTextFile(`${folder}/truth.json`));
    const files = Object.keys(truth.lines).map((s) => FILES[s as Stream]);
    const { stdout, stderr } = await runDeno([
      ...["run", "-A", "main.ts", "agent", "--no-store", "--format", "ndjson", ...agent],
      ...files.map((f) => `${folder}/${f}`),
    ]);
    const alerts: AlertLine[] = stdout.split("\n").filter(Boolean).map((l) => JSON.parse(l));
    return { truth, alerts, stderr };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const has = (alert: AlertLine, field: string, value: string): boolean =>
  String(alert.entity[field] ?? alert.fields[field]) === value;

/** Whether an alert is made of others: those about its entity are worth 100 points, or of four tactics. */
function isSum(alert: AlertLine, others: readonly AlertLine[]): boolean {
  if (alert.rule !== "entity_risk") return false;
  const [[field, value]] = Object.entries(alert.entity);
  const about = others.filter((a) => a.entity[field] === value);
  const tactics = new Set(about.map((a) => a.mitre[0]?.tactics[0]));
  return about.reduce((sum, a) => sum + a.risk, 0) >= 100 || tactics.size >= 4;
}

/** Whether an alert is a rule's, or stands for what it found too. */
const names = (alert: AlertLine, rule: string): boolean =>
  alert.rule === rule || alert.also?.some((found) => found.rule === rule) === true;

/** Expected alerts that did not come, and alerts that nobody expected. */
function compare(truth: Truth, alerts: readonly AlertLine[]) {
  const explained = new Set<AlertLine>();
  const missing: string[] = [];
  for (const { attack, expected } of truth.attacks) {
    for (const { rule, entity } of expected) {
      const found = alerts.filter((a) =>
        names(a, rule) && Object.entries(entity).every(([k, v]) => has(a, k, v))
      );
      if (found.length === 0) missing.push(`${attack}: ${rule} ${JSON.stringify(entity)}`);
      for (const a of found) explained.add(a);
    }
  }
  const extra = alerts.filter((a) => !explained.has(a) && !isSum(a, [...explained]))
    .map((a) => `${a.time} ${a.rule} ${JSON.stringify(a.entity)}`);
  return { missing, extra };
}

Deno.test("ten days with every attack: each is found, and nothing else", async () => {
  const { truth, alerts } = await simulated(["--duration", "10d", "--rate", "0.05"]);
  assert.equal(truth.attacks.length, ATTACKS.length);
  assert.ok(alerts.some((a) => a.rule === "entity_risk"), "No risk has come of it");
  assert.deepEqual(compare(truth, alerts), { missing: [], extra: [] });
});

Deno.test("disorder within the lateness and damaged lines change nothing", async () => {
  const { truth, alerts } = await simulated(
    ["--seed", "3", "--rate", "1", "--disorder", "5s", "--malformed", "1%"],
    ["--lateness", "5s"],
  );
  assert.deepEqual(compare(truth, alerts), { missing: [], extra: [] });
});

/** Rules whose attacks `tests/scenarios` has, and the simulation does not make yet. */
const IN_SCENARIOS = new Set([
  "logs_removed",
  "dcsync",
  "asrep_roasting",
  "many_accounts_tried",
  "distributed_web_guessing",
  "script_in_uploads",
  "service_crontab_changed",
  "root_account_created",
  "slow_port_scan",
  "remote_process_by_wmi",
  "cloud_root_login",
  "metadata_request",
  "dns_tunnel",
  "container_escape",
  "reverse_shell",
  "download_into_shell",
  "web_server_runs_discovery",
  "decoded_into_shell",
]);

Deno.test("every shipped rule has an attack that raises it", async () => {
  const rules = new Set<string>();
  for await (const tactic of Deno.readDir(new URL("rules/", root))) {
    if (!tactic.isDirectory) continue;
    for await (const file of Deno.readDir(new URL(`rules/${tactic.name}/`, root))) {
      const text = await Deno.readTextFile(new URL(`rules/${tactic.name}/${file.name}`, root));
      for (const [rule, name] of text.matchAll(/^rule (\w+) \{[^]*?^\}/gm)) {
        // What reads databases of places and lists of threats is silent without them; what is made
        // of the alerts of others needs no attack of its own.
        const configured = /\b(?:geo_\w+|threat_list)\(/.test(rule);
        if (!configured && !/^ *\| alert none$|^ *from signal any\b/m.test(rule)) rules.add(name);
      }
    }
  }
  const { truth } = await simulated(["--duration", "10d", "--rate", "0.01"]);
  for (const { expected } of truth.attacks) for (const { rule } of expected) rules.delete(rule);
  assert.deepEqual([...rules].filter((name) => !IN_SCENARIOS.has(name)), []);
});
