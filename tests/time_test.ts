/** Time over a whole run, from lines to alerts: years, leap days, zones, wrong clocks, late lines. */
import assert from "node:assert/strict";
import { openStore } from "../agent/store/mod.ts";
import { picket, withFolder } from "./run.ts";

const RULES = `rule burst {
  title "Burst"
  severity low
  from Authentication where action == "failure"
  | stats count() as n by src over 1m
  | where n >= 3
  | alert "{n} from {src}"
}
rule canary {
  title "Canary"
  severity low
  from Authentication where action == "failure" and user == "canary"
  | alert "canary from {src}"
}
`;

interface Printed {
  rule: string;
  time: string;
  first: string;
  last: string;
  count: number;
  fields: Record<string, unknown>;
}

const line = (time: string, src = "203.0.113.9", user = "root") =>
  `${time} web1 sshd[4242]: Failed password for ${user} from ${src} port 50123 ssh2\n`;

interface Log {
  readonly lines: readonly string[];
  /** The file's own date. */
  readonly modified?: string;
}

/** Runs the agent over logs, each a file; `stored`: with a store in the folder's `data`. */
async function run(folder: string, logs: readonly Log[], args: string[], stored = false) {
  await Deno.mkdir(`${folder}/rules`);
  await Deno.writeTextFile(`${folder}/rules/time.sdl`, RULES);
  const names: string[] = [];
  for (const [i, { lines, modified }] of logs.entries()) {
    const name = `${folder}/${i}.log`;
    await Deno.writeTextFile(name, lines.join(""));
    if (modified) await Deno.utime(name, new Date(modified), new Date(modified));
    names.push(name);
  }
  const ran = await picket([
    "agent",
    ...(stored ? ["--data", `${folder}/data`] : ["--no-store"]),
    ...["--rules", `${folder}/rules`, "--format", "ndjson", "--quiet"],
    ...["--sourcetype", "linux_secure", "--summary", `${folder}/summary.json`],
    ...args,
    ...names,
  ]);
  assert.equal(ran.code, 0, ran.stderr);
  const alerts = ran.stdout.split("\n").filter(Boolean).map((x) => JSON.parse(x) as Printed);
  const summary = JSON.parse(await Deno.readTextFile(`${folder}/summary.json`));
  return {
    summary,
    alerts: alerts.map((a) => [a.rule, a.first, a.last, a.count]).sort(),
  };
}

Deno.test("a window goes over new year and over leap days, in files of several years at once", () =>
  withFolder(async (folder) => {
    const { alerts, summary } = await run(folder, [
      {
        lines: [line("Dec 31 23:59:50"), line("Dec 31 23:59:58"), line("Jan  1 00:00:05")],
        modified: "2026-01-03T12:00:00Z",
      },
      {
        // The last of February, its leap day and the first of March are next to each other.
        lines: [
          line("Feb 28 23:59:58", "203.0.113.1"),
          line("Feb 29 00:00:01", "203.0.113.1"),
          line("Feb 29 00:00:02", "203.0.113.1"),
          line("Feb 29 23:59:40", "203.0.113.2"),
          line("Feb 29 23:59:59", "203.0.113.2"),
          line("Mar  1 00:00:01", "203.0.113.2"),
        ],
        modified: "2024-03-02T00:00:00Z",
      },
      {
        lines: [
          line("Feb 28 23:59:40", "203.0.113.3"),
          line("Feb 28 23:59:59", "203.0.113.3"),
          line("Mar  1 00:00:01", "203.0.113.3"),
        ],
        modified: "2025-03-02T00:00:00Z",
      },
    ], []);
    assert.equal(summary.late, 0);
    assert.deepEqual(alerts, [
      ["burst", "2024-02-28T23:59:58Z", "2024-02-29T00:00:02Z", 3],
      ["burst", "2024-02-29T23:59:40Z", "2024-03-01T00:00:01Z", 3],
      ["burst", "2025-02-28T23:59:40Z", "2025-03-01T00:00:01Z", 3],
      ["burst", "2025-12-31T23:59:50Z", "2026-01-01T00:00:05Z", 3],
    ]);
  }));

Deno.test("with --year, December to January is the next year", () =>
  withFolder(async (folder) => {
    const lines = [line("Dec 31 23:59:50"), line("Jan  1 00:00:01"), line("Jan  1 00:00:02")];
    const { alerts } = await run(folder, [{ lines }], ["--year", "2019"]);
    assert.deepEqual(alerts, [["burst", "2019-12-31T23:59:50Z", "2020-01-01T00:00:02Z", 3]]);
  }));

Deno.test("a zone's clock goes forward and back: windows keep to the time that passed", () =>
  withFolder(async (folder) => {
    const { alerts, summary } = await run(folder, [{
      modified: "2026-11-01T00:00:00Z",
      lines: [
        // 02:00 is 03:00 on this night: four seconds pass, not an hour.
        line("Mar 29 01:59:57"),
        line("Mar 29 01:59:59"),
        line("Mar 29 03:00:01"),
        // 03:00 is 02:00 again: a step back is the second of the two, four seconds on.
        line("Oct 25 02:59:57", "203.0.113.1"),
        line("Oct 25 02:00:01", "203.0.113.1", "canary"),
        line("Oct 25 02:00:02", "203.0.113.1"),
        line("Oct 25 03:00:00", "203.0.113.1"),
      ],
    }], ["--tz", "Europe/Zurich"]);
    assert.deepEqual(alerts, [
      ["burst", "2026-03-29T00:59:57Z", "2026-03-29T01:00:01Z", 3],
      ["burst", "2026-10-25T00:59:57Z", "2026-10-25T01:00:02Z", 3],
      ["canary", "2026-10-25T01:00:01Z", "2026-10-25T01:00:01Z", 1],
    ]);
    assert.equal(summary.late, 0);
    assert.equal(summary.events, 7);
  }));

Deno.test("a clock a century ahead closes no window and makes nothing late but itself", () =>
  withFolder(async (folder) => {
    const { alerts, summary } = await run(folder, [{
      lines: [
        line("2026-03-29T00:00:01Z"),
        line("2126-03-29T00:00:02Z", "203.0.113.9", "canary"),
        line("2026-03-29T00:00:03Z"),
        line("not a time"),
        line("2026-03-29T00:00:05+00:00"),
      ],
    }], []);
    assert.deepEqual(alerts, [
      ["burst", "2026-03-29T00:00:01Z", "2026-03-29T00:00:05Z", 3],
      ["canary", "2026-03-29T00:00:01Z", "2026-03-29T00:00:01Z", 1],
    ]);
    assert.equal(summary.late, 1);
    assert.equal(summary.events, 5);
  }));

Deno.test("lines in no order of time are stored as they come, and windows see them sorted", () =>
  withFolder(async (folder) => {
    const at = (s: number) => new Date(Date.UTC(2026, 2, 29, 0, 0, s)).toISOString();
    const lines = [40, 41, 10, 11, 12, 42].map((s) =>
      line(at(s), "203.0.113.9", s === 10 ? "canary" : "root")
    );
    const { alerts, summary } = await run(folder, [{ lines }], ["--lateness", "5s"], true);
    assert.deepEqual(alerts, [
      ["burst", "2026-03-29T00:00:10Z", "2026-03-29T00:00:42Z", 6],
      ["canary", "2026-03-29T00:00:10Z", "2026-03-29T00:00:10Z", 1],
    ]);
    assert.equal(summary.late, 0);
    const store = await openStore({ data: `${folder}/data` });
    try {
      assert.equal((await store.events({ limit: 9 })).items.length, 6);
      const { items } = await store.health({ limit: 9, kind: "late" });
      assert.deepEqual(items, []);
    } finally {
      await store.close();
    }
  }));
