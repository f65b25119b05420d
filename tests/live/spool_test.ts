/** Temporary files of a run over lines in no order of time: gone whatever ends it, and bounded. */
import assert from "node:assert/strict";
import { picket, runCommand, withFolder } from "../run.ts";
import { agent, PROCESS } from "./process.ts";

const AT = Date.UTC(2026, 2, 29);
const line = (second: number, src: string, more = "") =>
  `${new Date(AT + 1000 * second).toISOString()} web1 sshd[911]: Failed password for root from ` +
  `${src} port 40000 ssh2${more}\n`;

/** More than a pipe keeps in memory, in order of time. */
const LONG = Array.from(
  { length: 2500 },
  (_, i) => line(i, `10.0.${i >> 8}.${i & 255}`, " x".repeat(2500)),
).join("");
/** An attack that is told backwards, behind lines of a later time. */
const ATTACK = Array.from({ length: 8 }, (_, i) => line(2000 - i, "203.0.113.48")).join("");

for (const signal of ["SIGINT", "SIGKILL"] as const) {
  Deno.test(`agent: ${signal} leaves no temporary file`, () =>
    withFolder(async (folder) => {
      const run = agent(["--no-store"], PROCESS, { env: { TMPDIR: folder }, stdin: "piped" });
      const writer = run.stdin.getWriter();
      await writer.write(new TextEncoder().encode(LONG + ATTACK + line(2600, "10.1.1.1")));
      await run.said(/not in order of time/);
      assert.deepEqual([...Deno.readDirSync(folder)], []);
      run.kill(signal);
      const code = await run.end();
      await writer.close().catch(() => {});
      assert.deepEqual([...Deno.readDirSync(folder)], []);
      if (signal === "SIGKILL") return;
      assert.equal(code, 0);
      assert.match(run.out, /"rule":"ssh_brute_force"/);
    }));
}

Deno.test("agent: a pipe that cannot be kept is told, and the run goes on", async () => {
  const arg = ["agent", "--no-store", "--format", "ndjson"];
  const full = await picket([...arg, "--spool-limit", "1MB"], { stdin: LONG + ATTACK });
  assert.equal(full.code, 0, full.stderr);
  assert.match(
    full.stderr,
    /stdin cannot be read a second time: temporary files have reached their limit of 1\.0 MB/,
  );
  const away = await picket(arg, { stdin: LONG + ATTACK, env: { TMPDIR: "/nowhere/at/all" } });
  assert.equal(away.code, 0, away.stderr);
  assert.match(
    away.stderr,
    /stdin cannot be read a second time: a temporary file cannot be written: /,
  );
  for (const { stdout } of [full, away]) assert.match(stdout, /"rule":"ssh_brute_force"/);
  const fits = await picket(arg, { stdin: LONG + ATTACK });
  assert.match(fits.stdout, /"rule":"ssh_brute_force"/);
  assert.match(fits.stderr, /Sorted: .*, with up to \d+(\.\d)? MB of temporary files/);
});

Deno.test("agent: a FIFO that gives a log backwards is read like the file; --fail-on sees it", () =>
  withFolder(async (folder) => {
    const lines = Array.from({ length: 8 }, (_, i) => line(i, "203.0.113.48"));
    await Deno.writeTextFile(`${folder}/log`, lines.join(""));
    const made = await runCommand("mkfifo", [`${folder}/fifo`]);
    assert.equal(made.code, 0);
    const arg = ["agent", "--no-store", "--format", "ndjson", "--fail-on", "low"];
    const [piped] = await Promise.all([
      picket([...arg, `${folder}/fifo`]),
      Deno.writeTextFile(`${folder}/fifo`, lines.toReversed().join("")),
    ]);
    const file = await picket([...arg, `${folder}/log`]);
    assert.deepEqual([piped.code, file.code], [1, 1], piped.stderr);
    const shown = (out: string) =>
      out.split("\n").filter(Boolean).map((l) => JSON.parse(l)).map((
        a,
      ) => [a.rule, a.first, a.count]);
    assert.deepEqual(shown(piped.stdout), shown(file.stdout));
  }));
