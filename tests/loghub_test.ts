/** Logs that nobody here wrote, through the agent: every line accounted for, brute force as counted apart. */
import assert from "node:assert/strict";
import { needs, sharedUrl, testNeeding } from "./needs.ts";
import { picket, withFolder } from "./run.ts";
import { bruteForceSources } from "./ssh_oracle.ts";

for (const name of ["OpenSSH", "Linux", "Apache"]) {
  const path = `data/logs/loghub/${name}_2k.log`;
  testNeeding(needs.shared(path), `loghub ${name}`, async () => {
    const file = sharedUrl(path);
    const text = await Deno.readTextFile(file);
    await withFolder(async (folder) => {
      const summaryFile = `${folder}/summary.json`;
      const ran = await picket(
        ["agent", "--no-store", "--year", "2005", "--summary", summaryFile, file.pathname],
      );
      assert.equal(ran.code, 0, ran.stderr);
      const summary = JSON.parse(await Deno.readTextFile(summaryFile));
      const lines = text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
      assert.equal(summary.lines, lines);
      assert.equal(summary.events, lines);
      assert.ok(summary.parse_errors < 0.01 * lines, `${summary.parse_errors} parse errors`);
      if (name === "Apache") return;
      const alerted = new Set(
        ran.stdout.trimEnd().split("\n").map((l) => JSON.parse(l))
          // Another rule of the group may have been first, which then names it.
          .filter((a) => [a, ...a.also ?? []].some((f) => f.rule === "ssh_brute_force"))
          .map((a) => a.entity.src),
      );
      // "message repeated 5 times: [ Failed password … ]" is five failed logins.
      const counted = bruteForceSources(text, 2005, { merged: "failures" });
      assert.ok(counted.size > 5, `only ${counted.size} sources were counted`);
      assert.deepEqual([...alerted].sort(), [...counted].sort());
    });
  });
}
