import assert from "node:assert/strict";
import { createParser } from "./mod.ts";
import { sharedText, shipped } from "./shipped_testing.ts";

interface Case {
  readonly line: string;
  readonly expect: {
    readonly match?: boolean;
    readonly src?: string;
    readonly user?: string;
    readonly time?: string;
    readonly time_utc?: string;
    readonly time_check?: string;
  };
}

/** The wall clock that the cases speak of. */
const WALL = new Intl.DateTimeFormat("sv-SE", {
  timeZone: "Europe/Zurich",
  dateStyle: "short",
  timeStyle: "medium",
});

for (const [name, hasTime] of [["sshd", true], ["sshd-journal", false]] as const) {
  Deno.test(`${name}: source and user as fail2ban expects, no failure that it denies`, () => {
    const text = sharedText(`logs/fail2ban/cases/${name}.jsonl`);
    if (text === null) return;
    const cases = text.trim().split("\n").map((l) => JSON.parse(l) as Case);
    const parsed = createParser(shipped(), "linux_secure", { tz: "Europe/Zurich" })({
      input: { modified: Date.UTC(2005, 7, 14, 10) },
      lines: cases.map((c) => c.line),
      arrival: Date.UTC(2026, 0, 1),
    });
    let expected = 0;
    const wrong: string[] = [];
    cases.forEach(({ line, expect }, i) => {
      const event = parsed.events[i];
      const extraction = parsed.extractions[parsed.kinds[i]];
      const failure = extraction.datasets.includes("Authentication") && event.action === "failure";
      if (!expect.match) {
        assert.ok(!failure, `Taken as a failed login: ${line}`);
        return;
      }
      // One journal case states neither source nor user.
      if (expect.src === undefined) return;
      expected++;
      const user = expect.user === undefined || (event.user ?? "") === expect.user;
      if (event.src !== expect.src || !user) wrong.push(line);
      if (!hasTime) return;
      if (expect.time_utc) {
        assert.equal(Math.floor(event._time / 1000), Date.parse(expect.time_utc) / 1000);
      } else assert.equal(WALL.format(event._time).replace(" ", "T"), expect.time, line);
    });
    assert.ok(expected > 30);
    assert.ok(wrong.length <= 0.03 * expected, wrong.join("\n"));
  });
}
