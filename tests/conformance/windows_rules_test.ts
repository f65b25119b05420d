/** The shipped rules about Windows on public recordings of what they are for. */
import assert from "node:assert/strict";
import { needs, sharedUrl, testNeeding } from "../needs.ts";
import { picket } from "../run.ts";

/** Recordings below the logs, and rules that have to fire on them. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  "evtx-attack/Discovery/discovery_bloodhound.evtx": ["log_cleared"],
  "evtx-attack/Execution/exec_wmic_xsl_internet_sysmon_3_1_11.evtx": ["system_tool_downloads"],
  "evtx-attack/Execution/exec_sysmon_1_11_lolbin_rundll32_zipfldr_RouteTheCall.evtx": [
    "script_host_abused",
  ],
  "evtx-attack/Privilege_Escalation/Sysmon_13_1_UAC_Bypass_EventVwrBypass.evtx": ["uac_bypass"],
  "evtx-attack/Privilege_Escalation/Runas_4624_4648_Webshell_CreateProcessAsUserA.evtx": [
    "log_cleared",
  ],
  "evtx-attack/AutomatedTestingTools/panache_sysmon_vs_EDRTestingScript.evtx": [
    "system_tool_downloads",
    "script_host_abused",
  ],
  "evtx-parser/system.evtx": ["new_service", "log_cleared"],
  "evtx-parser/security_bad_string_cache.evtx": ["account_created", "privileged_group"],
  "otrf/cmd_psexec_lsa_secrets_dump.jsonl": [
    "log_cleared",
    "new_service",
    "remote_service",
    "credential_stores_copied",
  ],
};

testNeeding(
  needs.shared("data/logs/"),
  "rules fire on recordings of what they are for",
  async () => {
    const logs = sharedUrl("data/logs/");
    let found = 0;
    for (const [path, rules] of Object.entries(EXPECTED)) {
      const file = new URL(path, logs);
      if (await Deno.stat(file).catch(() => null) === null) continue;
      const ran = await picket(["agent", "--no-store", "--format", "ndjson", file.pathname]);
      assert.equal(ran.code, 0, ran.stderr);
      const fired = new Set(
        ran.stdout.split("\n").filter((l) => l !== "").map((l) => JSON.parse(l).rule as string),
      );
      for (const rule of rules) {
        assert.ok(
          fired.has(rule),
          `${rule} does not fire on ${path}, only ${[...fired].join(", ")}`,
        );
      }
      found++;
    }
    console.log(`${found} recordings`);
    assert.ok(found > 3);
  },
);
