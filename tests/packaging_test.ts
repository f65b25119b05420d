/** The files of packaging/: they are what the program writes, and what linters take. */
import assert from "node:assert/strict";
import { parse } from "yaml";
import { systemdUnit, sysusers, VARIABLES } from "../agent/setup/files.ts";
import type { Machine } from "../agent/setup/machine.ts";
import { COMMANDS } from "../main.ts";
import { parseCommand } from "../agent/commands/command.ts";
import { hadolintPath, needs, testNeeding } from "./needs.ts";
import { root, runCommand } from "./run.ts";

const text = (path: string) => Deno.readTextFileSync(new URL(path, root));

/** A machine whose logs are those of Debian, and that has no file of logins. */
const MACHINE: Machine = {
  logs: [{ what: "", path: "/var/log/kern.log", files: 1, groups: ["adm"], closed: [] }],
  journal: true,
  systemd: true,
  users: new Set(),
};

const WRITTEN = {
  "packaging/systemd/picket.service": systemdUnit({
    deno: "/usr/local/bin/deno",
    options: [],
    main: "/opt/picket/main.ts",
    name: "deno run",
  }),
  "packaging/systemd/sysusers.conf": sysusers(MACHINE),
};

Deno.test("the unit and its user are those that init writes", () => {
  for (const [path, wanted] of Object.entries(WRITTEN)) {
    if (Deno.env.get("PICKET_UPDATE")) Deno.writeTextFileSync(new URL(path, root), wanted);
    assert.equal(text(path), wanted, path);
  }
});

/** The JSON of an instruction, its lines joined. */
function instruction(name: string): string[] {
  const joined = text("packaging/container/Containerfile").replaceAll(/\\\n\s*/g, " ");
  return JSON.parse(new RegExp(`^${name} (\\[.*\\])$`, "m").exec(joined)![1]);
}

Deno.test("the image has the version, the folders and the commands that there are", async () => {
  const file = text("packaging/container/Containerfile");
  const [, version] = /deno:bin-(\S+) AS deno/.exec(file)!;
  assert.ok(text(".ci/run").includes(`version=${version}\n`));
  const copied = [...file.matchAll(/^COPY (\w+) \1$/gm)].map((m) => m[1]);
  assert.deepEqual(copied, ["agent", "compiler", "grammar", "web", "rules", "sourcetypes"]);
  const [, ...workers] = /cache --frozen main\.ts \\\n([^]*?)&&/.exec(file)![1].split(/[\s\\]+/);
  for (const worker of workers.filter(Boolean)) await Deno.stat(new URL(worker, root));
  assert.ok(instruction("ENTRYPOINT").includes(`--allow-env=${VARIABLES.join(",")}`));
  const [command, ...args] = instruction("CMD");
  assert.deepEqual(parseCommand(await COMMANDS[command](), args).all("listen").length, 2);
});

Deno.test("the composition starts an agent with options that there are", async () => {
  const { services, secrets, volumes } = parse(text("packaging/container/compose.yaml"));
  const [command, ...args] = services.agent.command;
  const given = parseCommand(await COMMANDS[command](), args);
  assert.equal(given.get("serve"), "0.0.0.0:7400");
  assert.equal(services.agent.environment.DATABASE_URL_FILE, "/run/secrets/database.url");
  for (const { secrets: used } of Object.values<{ secrets: string[] }>(services)) {
    for (const name of used) assert.ok(name in secrets);
  }
  assert.deepEqual(Object.keys(volumes), ["database", "agent"]);
});

testNeeding(needs.hadolint, "Hadolint has nothing to say of the Containerfile", async () => {
  const file = "packaging/container/Containerfile";
  const { code, stdout, stderr } = await runCommand(hadolintPath()!, [file]);
  assert.equal(stdout + stderr, "");
  assert.equal(code, 0);
});
