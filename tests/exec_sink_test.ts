/** Programs as sinks: off unless asked for, and then no more than the one that Deno was told of. */
import assert from "node:assert/strict";
import { runDeno, withFolder } from "./run.ts";

Deno.test("a sink that starts a program needs --allow-exec, and Deno's permission for it", () =>
  withFolder(async (folder) => {
    const program = Deno.execPath();
    await Deno.writeTextFile(
      `${folder}/agent.yaml`,
      `sinks:\n  program:\n    type: exec\n    command: [${program}, eval, "Deno.exit(0)"]\n`,
    );
    const test = ["main.ts", "sinks", "test", "program", "--config", `${folder}/agent.yaml`];
    const run = ["run", "-q", "--no-prompt", "-P=agent"];
    const off = await runDeno([...run, `--allow-run=${program}`, ...test]);
    assert.equal(off.code, 2);
    assert.match(off.stderr, /Sink "program" starts a program, which is off[^]*Give --allow-exec/);
    const other = `${folder}/other`;
    const refused = await runDeno([...run, `--allow-run=${other}`, ...test, "--allow-exec"]);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /The program ".*" may not be run[^]*--allow-run=/);
    const on = await runDeno([...run, `--allow-run=${program}`, ...test, "--allow-exec"]);
    assert.equal(on.code, 0, on.stderr);
  }));
