/** Help and the version, as each command's spec gives them. */
import assert from "node:assert/strict";
import { PROGRAM, VERSION } from "../agent/program.ts";
import { COMMANDS } from "../main.ts";
import { inProcess } from "./in_process.ts";
import { picket, root } from "./run.ts";

Deno.test("help lists each command, and says of each how it is called", async () => {
  const overview = await inProcess(["help"]);
  assert.deepEqual(await inProcess(["--help"]), overview);
  assert.equal(overview.code, 0);
  for (const name of Object.keys(COMMANDS)) {
    assert.match(overview.stdout, new RegExp(`^  ${name} +\\S`, "m"));
    const help = await inProcess(["help", name]);
    assert.deepEqual(await inProcess([name, "--help"]), help);
    assert.equal(help.code, 0);
    assert.ok(help.stdout.startsWith(`Usage: ${PROGRAM} ${name} `), help.stdout);
    assert.match(help.stdout, new RegExp(`^  .*\\b${PROGRAM} ${name}\\b`, "m"));
  }
});

Deno.test("help on a command that there is not names one that is near", async () => {
  const { code, stderr } = await inProcess(["help", "agnet"]);
  assert.equal(code, 2);
  assert.match(stderr, /^error: Unknown command "agnet"\n {2}help: Did you mean agent\?\n$/);
});

Deno.test("the version is told, with Deno's", async () => {
  for (const option of ["--version", "-V"]) {
    const { code, stdout } = await inProcess([option]);
    assert.equal(code, 0);
    assert.equal(stdout, `picket ${VERSION} (Deno ${Deno.version.deno})\n`);
  }
});

Deno.test("the task help is the overview", async () => {
  const { code, stdout } = await picket(["help"]);
  assert.equal(code, 0);
  assert.equal(stdout, (await inProcess(["help"])).stdout);
});

Deno.test("what users read has the program's name from agent/program.ts", () => {
  const wrong: string[] = [];
  let seen = 0;
  const look = (path: string): void => {
    for (const e of Deno.readDirSync(new URL(path, root))) {
      if (e.isDirectory) {
        if (e.name !== "testing" && e.name !== "static") look(`${path}${e.name}/`);
        continue;
      }
      if (!/(?<!_test)\.tsx?$/.test(e.name) || `${path}${e.name}` === "agent/program.ts") continue;
      seen++;
      Deno.readTextFileSync(new URL(path + e.name, root)).split("\n").forEach((line, i) => {
        const comment = /^\s*(\/\/|\/?\*)/.test(line);
        if (!comment && /\bdeno run [a-z-]/.test(line)) wrong.push(`${path}${e.name}:${i + 1}`);
      });
    }
  };
  for (const folder of ["agent/", "compiler/", "grammar/", "web/"]) look(folder);
  assert.ok(seen > 300);
  assert.deepEqual(wrong, []);
});
