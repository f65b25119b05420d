/** Scores of risk over several runs into one store. */
import assert from "node:assert/strict";
import { inProcess } from "./in_process.ts";
import { withFolder } from "./run.ts";

const failed = (day: number) =>
  Array.from(
    { length: 8 },
    (_, i) =>
      `Mar ${day} 00:02:1${i} web1 sshd[911]: Failed password for root from 203.0.113.9 port 4000${i} ssh2\n`,
  ).join("");

Deno.test("another file in the same store: scores go on where the first left them, halved by days", () =>
  withFolder(async (folder) => {
    const config = `${folder}/agent.yaml`;
    await Deno.writeTextFile(
      config,
      `data: ${folder}/data\nrules: [rules/credential-access/ssh_brute_force.sdl, rules/risk/entity_risk.sdl]\n` +
        "year: 2026\ntz: UTC\nformat: ndjson\nrisk: {threshold: 29}\n",
    );
    const risk = async (day: number, ...more: string[]) => {
      const log = `${folder}/${day}.log`;
      await Deno.writeTextFile(log, failed(day));
      const ran = await inProcess(["agent", "--config", config, ...more, log]);
      assert.equal(ran.code, 0, ran.stderr);
      return ran.stdout.trimEnd().split("\n").map((l) => JSON.parse(l))
        .filter((a) => a.rule === "entity_risk").map((a) => [a.message, a.first, a.entity.src]);
    };
    assert.deepEqual(await risk(10), []);
    assert.deepEqual(await risk(12, "--no-store"), []);
    const both = "Risk score 30 of 203.0.113.9 by 2 alerts, 1 tactic: " +
      "ssh_brute_force +20, ssh_brute_force +20";
    assert.deepEqual(await risk(12), [[both, "2026-03-10T00:02:14Z", "203.0.113.9"]]);
    // What lies before what is stored is not added to by it.
    assert.deepEqual(await risk(8), []);
    const four = "Risk score 38 of 203.0.113.9 by 4 alerts, 1 tactic: " +
      Array(4).fill("ssh_brute_force +20").join(", ");
    assert.deepEqual(await risk(14), [[four, "2026-03-08T00:02:14Z", "203.0.113.9"]]);
  }));
