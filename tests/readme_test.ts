/** Runs every command of README.md, as it stands there, in a copy of the repo. */
import assert from "node:assert/strict";
import { root, runCommand, withFolder } from "./run.ts";
import { startPostgres } from "./postgres.ts";

/** Commands that run until they are told to end; the block after them speaks to them. */
const STAYS = /^deno run (serve\b|agent .*--(follow|listen)\b)/;

interface Block {
  readonly heading: string;
  readonly commands: string[];
}

function blocks(readme: string): Block[] {
  const out: Block[] = [];
  let heading = "";
  let commands: string[] | null = null;
  for (const line of readme.split("\n")) {
    if (line.startsWith("#")) { if (!commands) heading = line.replace(/^#+ /, ""); }
    if (line === "```sh") out.push({ heading, commands: commands = [] });
    else if (line.startsWith("```")) commands = null;
    else if (commands && line.trim() && !line.startsWith("#")) commands.push(line);
  }
  return out;
}

/** What a new user would have: the files that git has, and `deno` and `npx` on the path. */
async function freshCopy(folder: string): Promise<Record<string, string>> {
  const files = await runCommand("git", ["ls-files", "-co", "--exclude-standard", "-z"]);
  for (const name of files.stdout.split("\0").filter(Boolean)) {
    const to = `${folder}/${name}`;
    await Deno.mkdir(to.slice(0, to.lastIndexOf("/")), { recursive: true });
    await Deno.copyFile(new URL(name, root), to);
  }
  const bin = `${folder}/.bin`;
  await Deno.mkdir(bin);
  const deno = Deno.execPath();
  await Deno.writeTextFile(`${bin}/deno`, `#!/bin/sh\nexec "${deno}" "$@"\n`, { mode: 0o755 });
  await Deno.writeTextFile(
    `${bin}/npx`,
    `#!/bin/sh\n[ "$1 $2" = "--yes deno@2.9.6" ] || exit 99\nshift 2\nexec "${deno}" "$@"\n`,
    { mode: 0o755 },
  );
  return { PATH: `${bin}:${Deno.env.get("PATH")}` };
}

async function serve(command: string, cwd: string, env: Record<string, string>) {
  const child = new Deno.Command("bash", {
    args: ["-c", `exec ${command}`],
    cwd,
    env,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const reader = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  let said = "";
  while (!said.includes("Listening on")) {
    const { value, done } = await reader.read();
    assert.ok(!done, `${command} ended: ${said}`);
    said += value;
  }
  return {
    async stop() {
      child.kill("SIGTERM");
      await reader.cancel();
      assert.equal((await child.status).code, 0);
    },
  };
}

Deno.test("every command of the README does what it says", async () => {
  const readme = await Deno.readTextFile(new URL("README.md", root));
  const found = blocks(readme);
  assert.match(
    found[0].commands[0],
    /^cat tests\/\S+auth\.log \| npx --yes deno@2\.9\.6 run agent$/,
  );
  // Running the tests from a test would not end; the CI script runs this very task.
  assert.deepEqual(found[1].commands, ["npx --yes deno@2.9.6 task test"]);
  assert.match(await Deno.readTextFile(new URL(".ci/run", root)), /^NO_COLOR=1 deno task test /m);

  const postgres = await startPostgres();
  try {
    await withFolder(async (folder) => {
      const env = await freshCopy(folder);
      const url = await postgres?.database();
      let served: { stop(): Promise<void> } | null = null;
      for (const [i, block] of found.entries()) {
        if (i === 1) continue;
        const database = block.heading === "PostgreSQL";
        if (database && !postgres) {
          console.log("passed over: README's PostgreSQL commands, for want of a server");
          continue;
        }
        const here = database ? { ...env, DATABASE_URL: url! } : env;
        for (const command of block.commands) {
          if (STAYS.test(command)) {
            await served?.stop();
            served = await serve(command, folder, here);
            continue;
          }
          const ran = await runCommand("bash", ["-c", command], { cwd: folder, env: here });
          assert.equal(ran.code, 0, `${command}\n${ran.stderr}\n${ran.stdout.slice(0, 2000)}`);
          assert.ok(ran.stdout || ran.stderr, `${command} says nothing`);
          if (command.startsWith("curl")) JSON.parse(ran.stdout);
        }
        if (!block.commands.some((c) => STAYS.test(c))) {
          await served?.stop();
          served = null;
        }
      }
      await served?.stop();
    });
  } finally {
    await postgres?.stop();
  }
});
