/**
 * Guessed SSH passwords at every pace from one a second to one in ten minutes, from one source and
 * from many, with and without a login at the end: no pace is silent, and a login is always critical.
 */
import assert from "node:assert/strict";
import { load } from "../agent/content/load.ts";
import { createEngine } from "../agent/engine/engine.ts";
import { lineBatch } from "../agent/stages/line_batch.ts";

const PACES = [1, 2, 5, 10, 30, 60, 61, 90, 120, 300, 600];
const COUNTS = [5, 10, 25, 50, 200];
const SOURCES = [1, 2, 3, 5, 10, 25, 50];
/** Failures from which on no pace and no number of sources may be silent. */
const NEVER_SILENT = 25;
const START = Date.UTC(2026, 2, 9, 10);

const loaded = await load({ rules: [], sourcetypes: [] });
/** What these have to say does not hang on guesses. */
const OTHERS = new Set(["off_hours_login", "first_admin_login"]);

interface Point {
  readonly pace: number;
  readonly failures: number;
  readonly sources: number;
  readonly login: boolean;
  /** Accounts tried in turn; one unless told. */
  readonly accounts?: number;
  /** How many of the last failures are each for an account of its own; none unless told. */
  readonly others?: number;
}

/** The lines of auth.log of one host. */
function linesOf({ pace, failures, sources, login, accounts = 1, others = 0 }: Point): string {
  const out: string[] = [];
  const nameOf = (n: number) =>
    n < failures && n >= failures - others
      ? `other${n}`
      : n % accounts === 0
      ? "root"
      : `user${n % accounts}`;
  const line = (n: number, what: string, from: number) => {
    const time = new Date(START + n * pace * 1000).toISOString();
    const day = String(Number(time.slice(8, 10))).padStart(2);
    out.push(
      `Mar ${day} ${time.slice(11, 19)} web1 sshd[${2000 + n}]: ${what} password for ` +
        `${nameOf(n)} from ` +
        `203.0.113.${1 + from % sources} port ${40000 + n} ssh2`,
    );
  };
  for (let n = 0; n < failures; n++) line(n, "Failed", n);
  if (login) line(failures, "Accepted", failures - 1);
  return out.join("\n");
}

/** Severities of the alerts, by rule. */
function alertsOf(point: Point): Map<string, string> {
  const { program, sourcetypes } = loaded;
  const rules = program.rules.filter((r) => !OTHERS.has(r.name));
  const engine = createEngine({ rules, tables: program.tables }, sourcetypes.catalogue);
  const arrival = START + 30 * 86_400_000;
  const batch = lineBatch(sourcetypes, "linux_secure", linesOf(point), arrival, { year: 2026 })!;
  engine.openInput(batch.lines.input);
  engine.detect(batch);
  engine.closeInput(batch.lines.input);
  engine.end();
  return new Map(engine.takeChanges().map(({ alert }) => [alert.rule, alert.severity]));
}

/** What is silent or under critical and may not be. */
function problems(points: readonly Point[]): string[] {
  return points.flatMap((point) => {
    if (point.failures < NEVER_SILENT) return [];
    const found = alertsOf(point);
    const { pace, failures, sources } = point;
    const where = `${failures} failures, one in ${pace} s, ${sources} sources`;
    if (found.size === 0) return [`${where}: silent`];
    const critical = [...found.values()].includes("critical");
    if (point.login && !critical) return [`${where}, then a login: ${[...found].join(" ")}`];
    return !point.login && critical ? [`${where}, no login: ${[...found].join(" ")}`] : [];
  });
}

const all = PACES.flatMap((pace) =>
  COUNTS.flatMap((failures) =>
    SOURCES.flatMap((sources) =>
      [false, true].map((login): Point => ({ pace, failures, sources, login }))
    )
  )
);

Deno.test("no pace of guessing is silent, and a login after it is critical", () => {
  assert.deepEqual(problems(all), []);
});

Deno.test("one burst is one alert, whatever rules see it", () => {
  const wrong: string[] = [];
  for (const pace of [1, 2, 5, 10, 30, 60]) {
    for (const failures of [25, 50, 200]) {
      for (const accounts of [1, 3, 25]) {
        const found = alertsOf({ pace, failures, sources: 1, login: false, accounts });
        if (found.size === 1) continue;
        wrong.push(
          `${failures} in ${pace} s, ${accounts} accounts: ${[...found.keys()].join(" ")}`,
        );
      }
    }
  }
  assert.deepEqual(wrong, []);
});

Deno.test("a user who mistypes four times within a minute and gets in is no break-in", () => {
  const found = alertsOf({ pace: 12, failures: 4, sources: 1, login: true });
  assert.deepEqual([...found], []);
});

Deno.test("guesses for one account that go on to others rise to high, in the same alert", () => {
  const alone = alertsOf({ pace: 20, failures: 25, sources: 1, login: false });
  const wider = alertsOf({ pace: 20, failures: 25, sources: 1, login: false, others: 10 });
  assert.equal(alone.size, 1);
  assert.deepEqual([...wider.keys()], [...alone.keys()]);
  assert.deepEqual([[...alone.values()], [...wider.values()]], [["medium"], ["high"]]);
});
