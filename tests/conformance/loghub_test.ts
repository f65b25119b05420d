/** LogHub's samples: parse errors, and one failure for each attempt. */
import assert from "node:assert/strict";
import { createParser, recognise } from "../../compiler/sourcetype/mod.ts";
import { shipped } from "../../compiler/sourcetype/testing/shipped.ts";
import { needs, sharedText, testNeeding } from "../needs.ts";
import { printTable } from "./share.ts";

for (
  const [name, failed] of [
    ["OpenSSH", /\]: (?:message repeated \d+ times: \[ )?Failed (?:password|none) for /],
    ["Linux", /authentication failure; |Authentication failed from /],
  ] as const
) {
  const path = `data/logs/loghub/${name}_2k.log`;
  testNeeding(
    needs.shared(path),
    `${name}: every line an event, hardly a parse error, one failure for each attempt`,
    () => {
      const text = sharedText(path);
      const lines = text.split("\r\n");
      const compiled = shipped();
      assert.equal(recognise(lines, compiled).sourcetype, "linux_secure");
      const parsed = createParser(compiled, "linux_secure")({
        input: { modified: Date.UTC(2016, 0, 5) },
        lines,
        arrival: Date.UTC(2026, 0, 1),
      });
      assert.equal(parsed.events.length, lines.length);
      let errors = 0;
      const differing: string[] = [];
      parsed.events.forEach((event, i) => {
        assert.equal(event._raw, lines[i]);
        assert.equal(new Date(event._time).getUTCFullYear(), 2015);
        if (parsed.extractions[parsed.extractionIds[i]].parseError) errors++;
        const failure = event.action === "failure";
        if (failure !== failed.test(lines[i])) differing.push(lines[i]);
        if (failure && /(?:from |rhost=)\d/.test(lines[i])) {
          assert.equal(typeof event.src, "string");
        }
      });
      assert.ok(errors < 0.01 * lines.length, `${errors} parse errors`);
      assert.deepEqual(differing, []);
    },
  );
}

testNeeding(
  needs.shared("data/logs/loghub/"),
  "LogHub's samples of formats that have a sourcetype: parse errors under 1 %",
  () => {
    const compiled = shipped();
    const rows: unknown[][] = [["log", "sourcetype", "lines", "parse errors"]];
    const missed: string[] = [];
    for (const name of ["OpenSSH", "Linux", "Mac", "Apache"]) {
      const text = sharedText(`data/logs/loghub/${name}_2k.log`);
      const lines = text.split("\r\n");
      const sourcetype = recognise(lines, compiled).sourcetype ?? "none";
      const { extractions, extractionIds } = createParser(compiled, sourcetype)({
        input: { modified: Date.UTC(2018, 0, 5) },
        lines,
        arrival: Date.UTC(2026, 0, 1),
      });
      const errors = extractionIds.reduce(
        (n, kind) => n + (extractions[kind].parseError ? 1 : 0),
        0,
      );
      rows.push([name, sourcetype, lines.length, errors]);
      if (errors >= 0.01 * lines.length) missed.push(`${name}: ${errors} of ${lines.length}`);
    }
    printTable(rows);
    assert.deepEqual(missed, []);
  },
);
