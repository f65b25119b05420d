/**
 * Runs every command of README.md in a copy of the repo, as it stands there but for its ports, which
 * are free ones. What stores into ./picket-data runs in order; beside it runs all else.
 */
import assert from "node:assert/strict";
import { needs, testNeeding } from "./needs.ts";
import { freePort, startPostgres } from "./postgres.ts";
import { root, runCommand, withFolder } from "./run.ts";
import { start } from "./started.ts";

/** Commands that run until they are told to end; the block after them speaks to them. */
const STAYS = /^(?:[A-Z_]+=\S+ )?deno run -q (serve\b|demo\b|agent .*--(follow|listen)\b)/;

/** Sections that need nothing of ./picket-data. A new one is run with those that do. */
const APART = [
  "Install",
  "Demo",
  "Pipe",
  "Follow",
  "Author a rule",
  "Run Sigma rules",
  "Tune without editing what is shipped",
  "Context",
  "Risk",
  "Check in CI",
  "Simulate",
  "Run as a service",
];

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
  // What npm installs for all goes into the copy.
  const npm = `${folder}/.npm`;
  return { PATH: `${bin}:${npm}/bin:${Deno.env.get("PATH")}`, npm_config_prefix: npm };
}

async function serve(command: string, cwd: string, env: Record<string, string>) {
  const child = start("bash", ["-c", `exec env ${command}`], { cwd, env });
  await child.heard(/Listening on/);
  return {
    async stop() {
      assert.equal((await child.end("SIGTERM")).code, 0);
    },
  };
}

/** The command with a free port for each that README names, and for the one that is the default. */
function withPorts(command: string, ports: Map<string, number>): string {
  const named = /\bdeno run -q serve\b(?!.*127)/.test(command)
    ? `${command} 127.0.0.1:7400`
    : command;
  return named.replace(/(?<=:)(7400|8088)\b/g, (port) => {
    if (!ports.has(port)) ports.set(port, freePort());
    return String(ports.get(port));
  });
}

/** Slack, as README's section on sending finds it: where it is, and what it was sent. */
function slack() {
  const messages: unknown[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    messages.push(await request.json());
    return new Response("ok");
  });
  const { port } = server.addr as Deno.NetAddr;
  return {
    messages,
    /** The command with this address, which is on the machine's own network. */
    instead: (command: string) =>
      command.replace("https://hooks.slack.com", `http://127.0.0.1:${port}`)
        .replace("type: slack,", "type: slack, allow_private: true,"),
    close: () => server.shutdown(),
  };
}

/** Runs blocks one after the other; what stays serves the block after it, too. */
async function runBlocks(
  list: readonly Block[],
  folder: string,
  env: Record<string, string>,
): Promise<void> {
  const ports = new Map<string, number>();
  let served: { stop(): Promise<void> } | null = null;
  const chat = slack();
  try {
    for (const { commands } of list) {
      for (const written of commands) {
        const command = chat.instead(withPorts(written, ports));
        if (STAYS.test(written)) {
          await served?.stop();
          served = null;
          served = await serve(command, folder, env);
          continue;
        }
        const ran = await runCommand("bash", ["-c", command], { cwd: folder, env });
        assert.equal(ran.code, 0, `${command}\n${ran.stderr}\n${ran.stdout.slice(0, 2000)}`);
        assert.ok(ran.stdout || ran.stderr, `${command} says nothing`);
        assert.doesNotMatch(ran.stderr, /^Task /m, `${command} begins with the task's command`);
        if (command.startsWith("curl")) JSON.parse(ran.stdout);
      }
      if (!commands.some((c) => STAYS.test(c))) {
        await served?.stop();
        served = null;
      }
    }
    // A sample, and what was found.
    if (list.some((b) => b.heading === "Send alerts")) assert.ok(chat.messages.length > 2);
  } finally {
    await chat.close();
    await served?.stop();
  }
}

const found = blocks(await Deno.readTextFile(new URL("README.md", root)));

Deno.test("README begins with a detection and the tests", async () => {
  assert.match(
    found[0].commands[0],
    /^cat tests\/\S+auth\.log \| npx --yes deno@2\.9\.6 run -q agent$/,
  );
  // Running the tests from a test would not end; the CI script runs this very task.
  assert.deepEqual(found[1].commands, ["npx --yes deno@2.9.6 task -q test"]);
  assert.match(
    await Deno.readTextFile(new URL(".ci/run", root)),
    /^NO_COLOR=1 deno task -q test /m,
  );
});

testNeeding(
  [needs.bash, needs.curl, needs.git, needs.npm],
  "every command of the README does what it says",
  () =>
    withFolder(async (folder) => {
      const env = await freshCopy(folder);
      const rest = found.filter((b, i) => i !== 1 && b.heading !== "PostgreSQL");
      const ended = await Promise.allSettled([
        runBlocks(rest.filter((b) => APART.includes(b.heading)), folder, env),
        runBlocks(rest.filter((b) => !APART.includes(b.heading)), folder, env),
      ]);
      for (const end of ended) if (end.status === "rejected") throw end.reason;
    }),
);

testNeeding(
  [needs.bash, needs.git, needs.postgres],
  "README's commands for PostgreSQL do what they say",
  async () => {
    const postgres = await startPostgres();
    try {
      await withFolder(async (folder) => {
        const env = await freshCopy(folder);
        await Deno.writeTextFile(`${folder}/database.url`, `${await postgres.database()}\n`);
        const list = found.filter((b) => b.heading === "PostgreSQL");
        assert.ok(list.length > 0);
        await runBlocks(list, folder, env);
      });
    } finally {
      await postgres.stop();
    }
  },
);
