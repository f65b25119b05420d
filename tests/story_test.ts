/** The sample logs' story: exactly its attackers are alerted, and the store keeps it once. */
import assert from "node:assert/strict";
import { picket, root, withFolder } from "./run.ts";

interface Truth {
  year: number;
  alerts: { rule: string; entity: Record<string, string>; severity?: string }[];
}

interface Printed {
  id: string;
  rule: string;
  severity: string;
  entity: Record<string, string>;
  event_ids: string[];
}

const FILES = ["tests/samples/auth.log", "tests/samples/access.log"];

const parsed = (stdout: string) =>
  stdout.trimEnd().split("\n").map((line) => JSON.parse(line) as Printed);

/** Rule and entity, without the order of either. */
const names = (alerts: { rule: string; entity: Record<string, string> }[]) =>
  alerts.map((a) => `${a.rule} ${JSON.stringify(Object.entries(a.entity).sort())}`).sort();

async function truth(): Promise<Truth> {
  return JSON.parse(await Deno.readTextFile(new URL("tests/samples/truth.json", root)));
}

Deno.test("the alerts of both logs are those of the story, and no others", async () => {
  const { year, alerts } = await truth();
  const ran = await picket(["agent", "--no-store", "--year", `${year}`, ...FILES]);
  assert.equal(ran.code, 0, ran.stderr);
  const got = parsed(ran.stdout);
  assert.deepEqual(names(got), names(alerts));
  for (const want of alerts.filter((a) => a.severity)) {
    assert.ok(
      got.some((a) => a.rule === want.rule && a.severity === want.severity),
      `${want.rule} with severity ${want.severity}`,
    );
  }
  assert.match(ran.stderr, /5,120 lines .* 5,120 events, 0 parse errors/);
});

Deno.test("piped, auth.log alone names exactly the attackers in it, readably", async () => {
  const { year } = await truth();
  const stdin = await Deno.readFile(new URL(FILES[0], root));
  const args = ["agent", "--no-store", "--year", `${year}`, "--format", "text"];
  const ran = await picket(args, { stdin });
  assert.equal(ran.code, 0, ran.stderr);
  const sources = new Set(ran.stdout.match(/\b\d{1,3}(\.\d{1,3}){3}\b/g));
  assert.deepEqual([...sources].sort(), ["198.51.100.23", "203.0.113.66"]);
  assert.match(
    ran.stdout,
    /^2026-03-09 13:54:23Z {2}CRITICAL {2}ssh_compromised_account {2}Successful SSH login from 203\.0\.113\.66 /m,
  );
});

Deno.test("two runs over the same log into one folder leave what one leaves", async () => {
  const { year } = await truth();
  await withFolder(async (folder) => {
    const args = ["agent", "--data", `${folder}/data`, "--year", `${year}`];
    const first = await picket([...args, ...FILES]);
    assert.equal(first.code, 0, first.stderr);
    assert.match(first.stderr, /Stored: 5,120 events\n/);
    const again = await picket([...args, ...FILES]);
    assert.match(again.stderr, /Stored: 0 events, 5,120 were there already/);
    assert.equal(again.stdout, first.stdout);
    // Piped, it is the same log: its lines have the ids that they had as a file.
    const piped = await picket(args, { stdin: await Deno.readFile(new URL(FILES[0], root)) });
    assert.match(piped.stderr, /Stored: 0 events, 2,078 were there already/);
    const ids = new Set(parsed(first.stdout).map((a) => a.id));
    assert.ok(parsed(piped.stdout).some((a) => ids.has(a.id)));
  });
});

Deno.test("--updates says when an alert opens and closes; --fail-on sets the exit code", async () => {
  const args = ["agent", "--no-store", "--quiet", FILES[0]];
  const ran = await picket([...args, "--updates", "--fail-on", "critical"]);
  assert.equal(ran.code, 1, ran.stderr);
  assert.equal(ran.stderr, "");
  const changes = ran.stdout.trimEnd().split("\n").map((l) => JSON.parse(l).change);
  for (const change of ["open", "close"]) assert.ok(changes.includes(change), change);
  const mild = await picket([
    ...args,
    "--rules",
    "tests/samples/root_login.sdl",
    "--fail-on",
    "low",
  ]);
  assert.equal(mild.code, 0, mild.stderr);
});
