/** Simulated logs against the shipped rules: every attack is found, and nothing else is. */
import assert from "node:assert/strict";
import { ATTACKS, FILES, type Stream, type Truth } from "../agent/simulate/mod.ts";
import { root, runDeno } from "./run.ts";

interface AlertLine {
  readonly rule: string;
  readonly entity: Record<string, unknown>;
  readonly fields: Record<string, unknown>;
  readonly time: string;
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

/** Expected alerts that did not come, and alerts that nobody expected. */
function compare(truth: Truth, alerts: readonly AlertLine[]) {
  const explained = new Set<AlertLine>();
  const missing: string[] = [];
  for (const { attack, expected } of truth.attacks) {
    for (const { rule, entity } of expected) {
      const found = alerts.filter((a) =>
        a.rule === rule && Object.entries(entity).every(([k, v]) => has(a, k, v))
      );
      if (found.length === 0) missing.push(`${attack}: ${rule} ${JSON.stringify(entity)}`);
      for (const a of found) explained.add(a);
    }
  }
  const extra = alerts.filter((a) => !explained.has(a))
    .map((a) => `${a.time} ${a.rule} ${JSON.stringify(a.entity)}`);
  return { missing, extra };
}

Deno.test("ten days with every attack: each is found, and nothing else", async () => {
  const { truth, alerts } = await simulated(["--duration", "10d", "--rate", "0.05"]);
  assert.equal(truth.attacks.length, ATTACKS.length);
  assert.deepEqual(compare(truth, alerts), { missing: [], extra: [] });
});

Deno.test("disorder within the lateness and damaged lines change nothing", async () => {
  const { truth, alerts } = await simulated(
    ["--seed", "3", "--rate", "1", "--disorder", "5s", "--malformed", "1%"],
    ["--lateness", "5s"],
  );
  assert.deepEqual(compare(truth, alerts), { missing: [], extra: [] });
});

Deno.test("every shipped rule has an attack that raises it", async () => {
  const rules = new Set<string>();
  for await (const tactic of Deno.readDir(new URL("rules/", root))) {
    if (!tactic.isDirectory) continue;
    for await (const file of Deno.readDir(new URL(`rules/${tactic.name}/`, root))) {
      const text = await Deno.readTextFile(new URL(`rules/${tactic.name}/${file.name}`, root));
      for (const [rule, name] of text.matchAll(/^rule (\w+) \{[^]*?^\}/gm)) {
        if (!/^ *\| alert none$/m.test(rule)) rules.add(name);
      }
    }
  }
  const { truth } = await simulated(["--duration", "10d", "--rate", "0.01"]);
  for (const { expected } of truth.attacks) for (const { rule } of expected) rules.delete(rule);
  assert.deepEqual([...rules], []);
});
