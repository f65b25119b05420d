/**
 * Runs the commands of docs/operate.md in their order. Those of systemd are run by a stand-in: it starts
 * the command of the unit that `init` wrote, with the unit's environment, below a folder of the test.
 */
import assert from "node:assert/strict";
import { rfc3339 } from "../agent/outputs/render/text.ts";
import { needs, postgresPrograms, testNeeding } from "./needs.ts";
import { freePort, startPostgres } from "./postgres.ts";
import { root, runCommand, withFolder } from "./run.ts";
import { until } from "./waiting.ts";

/** Commands by their section. */
function sections(): Map<string, string[]> {
  const out = new Map<string, string[]>();
  let heading = "", inside = false;
  for (const line of Deno.readTextFileSync(new URL("docs/operate.md", root)).split("\n")) {
    if (line.startsWith("## ")) heading = line.slice(3);
    if (line.startsWith("```")) inside = line === "```sh";
    else if (inside) out.set(heading, [...out.get(heading) ?? [], line]);
  }
  return out;
}

/** What of a machine's paths is below the folder. */
const below = (folder: string, text: string) =>
  text.replaceAll(/(?<![\w/])\/(etc\/picket|var\/(?:lib|cache|log))\b/g, `${folder}/$1`);

/** `systemctl VERB picket`, for the unit in $ROOT; $ROOT/service.pid is its process. */
const SYSTEMCTL = `#!/bin/bash
set -e
case "$1" in enable) shift ;; esac
pid=$(cat "$ROOT/service.pid" 2>/dev/null || true)
case "$1" in
  --now|start)
    unit="$ROOT/etc/systemd/system/picket.service"
    moved() { sed -E "s#(^|[=, ])/(etc/picket|var/lib|var/cache)#\\1$ROOT/\\2#g"; }
    command=$(sed -n '/^ExecStart=/,/[^\\\\]$/p' "$unit" | sed 's/^ExecStart=//; s/\\\\$//' | tr '\\n' ' ' | moved)
    variables=$(sed -n 's/^Environment=//p' "$unit" | sed "s#DENO_DIR=[^ ]*#DENO_DIR=$CACHE#; s/%n/picket.service/" | tr '\\n' ' ' | moved)
    mkdir -p "$ROOT/var/lib/picket" "$ROOT/var/cache/picket"
    eval "exec env $variables $command" >/dev/null 2>>"$ROOT/journal" </dev/null &
    echo $! > "$ROOT/service.pid" ;;
  stop) kill -TERM "$pid"; while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done ;;
  restart) "$0" stop picket; "$0" start picket ;;
  reload) kill -HUP "$pid" ;;
  *) exit 9 ;;
esac
echo "$1 is done"
`;

/** A machine below a folder, and the programs before those of the path. */
async function machine(folder: string) {
  const bin = `${folder}/bin`;
  await Deno.mkdir(bin);
  const script = (name: string, text: string) =>
    Deno.writeTextFile(`${bin}/${name}`, text, { mode: 0o755 });
  await script("systemctl", SYSTEMCTL);
  await script("sudo", '#!/bin/sh\nexec "$@"\n');
  await script("deno", `#!/bin/sh\nexec "${Deno.execPath()}" "$@"\n`);
  await script(
    "systemd-sysusers",
    '#!/bin/sh\ngrep "^u picket " "$ROOT/etc/sysusers.d/picket.conf"\n',
  );
  for (const path of ["var/log", "usr/lib/systemd"]) {
    await Deno.mkdir(`${folder}/${path}`, { recursive: true });
  }
  await Deno.writeTextFile(`${folder}/usr/lib/systemd/systemd`, "");
  await Deno.writeTextFile(`${folder}/var/log/auth.log`, "");
  // The unit's own cache is empty, and a test fetches nothing.
  const CACHE = Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`;
  return { CACHE, ROOT: folder, PATH: `${bin}:${Deno.env.get("PATH")}` };
}

const FAILED = (n: number, user: string) =>
  `${rfc3339(Date.now())} web1 sshd[4711]: Failed password for ${user} from 203.0.113.9 port ${
    4000 + n
  } ssh2\n`;

testNeeding(
  needs.bash,
  "the commands of docs/operate.md make, save and restore a service",
  async () => {
    const doc = sections();
    await withFolder(async (folder) => {
      const env = await machine(folder);
      const port = freePort(), url = `http://127.0.0.1:${port}`;
      const run = async (written: string) => {
        const init = /\binit\b/.test(written) ? ` --root ${folder}` : "";
        const config = /\bdoctor$/.test(written) ? ` --config ${folder}/etc/picket/agent.yaml` : "";
        const command = below(folder, written) + init + config;
        const ran = await runCommand("bash", ["-c", `cd ${root.pathname} && ${command}`], { env });
        assert.equal(ran.code, 0, `${command}\n${ran.stdout}\n${ran.stderr}`);
        return ran;
      };
      const all = async (section: string, from = 0, to = Infinity) => {
        const commands = doc.get(section)!.slice(from, to);
        assert.ok(commands.length > 0, section);
        for (const command of commands) {
          const { stdout, stderr } = await run(command);
          if (!/\b(tar|mv)\b/.test(command)) {
            assert.notEqual(stdout + stderr, "", `${command} says nothing`);
          }
          if (!/\binit --yes$/.test(command)) {
            continue;
          }
          // The machine's own paths and port are the test's.
          const yaml = `${folder}/etc/picket/agent.yaml`;
          const text = below(folder, await Deno.readTextFile(yaml));
          await Deno.writeTextFile(yaml, text.replace("127.0.0.1:7400", `127.0.0.1:${port}`));
        }
      };
      const journal = () => {
        try {
          return Deno.readTextFileSync(`${folder}/journal`);
        } catch {
          return "";
        }
      };
      const alerts = async (rule: string, n: number) => {
        let found: unknown[] = [];
        await until(async () => {
          const answer = await fetch(`${url}/api/alerts?rule=${rule}`)
            .then((a) => a.json()).catch(() => ({ alerts: [] }));
          found = answer.alerts;
          return found.length >= n;
        }, () => `${n} alerts of ${rule}: ${JSON.stringify(found)}\n${journal()}`);
        return found;
      };
      const said = async (what: RegExp) => {
        await until(() => what.test(journal()), () => `${what}: ${journal()}`);
      };
      const log = (text: string) =>
        Deno.writeTextFile(`${folder}/var/log/auth.log`, text, { append: true });
      try {
        await all("From nothing to a service");
        await said(/Listening on/);
        for (let n = 0; n < 8; n++) await log(FAILED(n, "root"));
        await alerts("ssh_brute_force", 1);

        await all("Change and reload");
        await said(/Rules and sourcetypes were loaded anew/);

        await all("Save and restore", 0, 3);
        await alerts("ssh_brute_force", 1);
        await all("Save and restore", 3, 7);
        // What the copy held is there, and reading goes on where it stood.
        await alerts("ssh_brute_force", 1);
        await said(/Going on from line 9 of/);

        await all("Update");
        await alerts("ssh_brute_force", 1);
        await run("sudo systemctl stop picket");
      } finally {
        const pid = Number(await Deno.readTextFile(`${folder}/service.pid`).catch(() => "0"));
        try {
          if (pid > 0) Deno.kill(pid, "SIGKILL");
        } catch { /* It has ended. */ }
        await Deno.remove(new URL("picket-backup.tar", root)).catch(() => {});
      }
    });
  },
);

testNeeding([needs.bash, needs.postgres], "a dump of PostgreSQL is all of a store", async () => {
  const commands = sections().get("Save and restore")!.slice(7);
  assert.deepEqual(commands.map((c) => c.split(" ")[0]), ["pg_dump", "createdb", "pg_restore"]);
  const server = await startPostgres();
  try {
    await withFolder(async (folder) => {
      const address = await server.database();
      await Deno.writeTextFile(`${folder}/database.url`, address + "\n");
      const env = { PATH: `${postgresPrograms()}:${Deno.env.get("PATH")}` };
      const counted = async (DATABASE_URL: string) => {
        const args = ["run", "-q", "search", "* | stats count() as n", "--since", "3650d"];
        const ran = await runCommand(Deno.execPath(), args, { env: { DATABASE_URL } });
        return /"n":(\d+)/.exec(ran.stdout)?.[1];
      };
      const args = ["run", "-q", "agent", "--quiet", "tests/samples/access.log"];
      await runCommand(Deno.execPath(), args, { env: { DATABASE_URL: address } });
      const before = await counted(address);
      assert.ok(Number(before) > 1000);
      for (const command of commands) {
        const ran = await runCommand("bash", ["-c", command], { cwd: folder, env });
        assert.equal(ran.code, 0, `${command}\n${ran.stderr}`);
      }
      assert.equal(await counted(address.replace(/[^/]*$/, "restored")), before);
    });
  } finally {
    await server.stop();
  }
});
