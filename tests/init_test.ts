/** `init` over roots of machines that a test makes. */
import assert from "node:assert/strict";
import { agentYaml, systemdUnit, sysusers } from "../agent/setup/files.ts";
import { lookAtMachine } from "../agent/setup/machine.ts";
import { needs, testNeeding } from "./needs.ts";
import { picket, runCommand, withFolder } from "./run.ts";

/** A root with these files; the names of folders end with a slash. */
async function rootWith(folder: string, paths: Readonly<Record<string, number>>): Promise<string> {
  for (const [path, mode] of Object.entries(paths)) {
    const at = `${folder}/${path}`;
    await Deno.mkdir(path.endsWith("/") ? at : at.slice(0, at.lastIndexOf("/")), {
      recursive: true,
    });
    if (!path.endsWith("/")) await Deno.writeTextFile(at, "");
    await Deno.chmod(at, mode);
  }
  return folder;
}

const GROUPS = "root:x:0:\nadm:x:4:\npicket:x:999:\n";

const DEBIAN = {
  "var/log/auth.log": 0o640,
  "var/log/nginx/access.log": 0o644,
  "var/log/nginx/error.log": 0o644,
  "var/log/nginx/access.log.1": 0o644,
  "var/log/audit/audit.log": 0o600,
  "usr/lib/systemd/systemd": 0o755,
  "usr/bin/journalctl": 0o755,
  [`var/log/journal/${"a".repeat(32)}/`]: 0o755,
};

Deno.test("init says what it found and would write, and writes it with --yes alone", async () => {
  await withFolder(async (folder) => {
    const root = await rootWith(folder, DEBIAN);
    const looked = await picket(["init", "--root", root]);
    assert.equal(looked.code, 0);
    for (const what of ["/var/log/auth.log: logins", "/var/log/nginx/*.log: nginx, 2 files"]) {
      assert.ok(looked.stderr.includes(what), looked.stderr);
    }
    assert.match(looked.stderr, /the journal of systemd: left out, since/);
    assert.match(
      looked.stderr,
      /^warning: picket cannot read \/var\/log\/audit\/audit\.log: setfacl/m,
    );
    assert.match(looked.stdout, /^# Would write: .*\/etc\/picket\/agent\.yaml$/m);
    // The cache of a clone's service is empty before its first start.
    assert.doesNotMatch(looked.stdout, /--cached-only/);
    await assert.rejects(Deno.stat(`${root}/etc`), Deno.errors.NotFound);

    const wrote = await picket(["init", "--root", root, "--yes"]);
    assert.equal(wrote.code, 0, wrote.stderr);
    const yaml = `${root}/etc/picket/agent.yaml`;
    const text = await Deno.readTextFile(yaml);
    assert.match(text, /^ {2}- "\/var\/log\/nginx\/\*\.log" +# nginx$/m);
    assert.ok(looked.stdout.includes(text), "it wrote what it said");
    // The options that are commented out are right, too.
    const checked = await picket(["check", "--config", yaml]);
    assert.equal(checked.code, 0, checked.stderr);
    await Deno.writeTextFile(
      yaml,
      text.replaceAll(/^# (?=\w+: )/gm, "").replace("\njournal:", "\n#"),
    );
    const all = await picket(["doctor", "--config", yaml, "--format", "json"]);
    assert.match(all.stdout, /agent\.yaml reads"/);
    assert.match(all.stdout, /udp:\/\/0\.0\.0\.0:514/);
  });
});

Deno.test("init replaces nothing unless it is told to, and keeps what was there", async () => {
  await withFolder(async (folder) => {
    const root = await rootWith(folder, DEBIAN);
    const yaml = `${root}/etc/picket/agent.yaml`;
    await Deno.mkdir(`${root}/etc/picket`, { recursive: true });
    await Deno.writeTextFile(yaml, "keep: 7d\n");
    const kept = await picket(["init", "--root", root, "--yes"]);
    assert.match(kept.stderr, /^Left alone, since it differs \(--replace\): .*agent\.yaml$/m);
    assert.equal(await Deno.readTextFile(yaml), "keep: 7d\n");
    const replaced = await picket(["init", "--root", root, "--yes", "--replace"]);
    assert.match(replaced.stderr, /^Kept the old one as .*agent\.yaml\.old, replaced/m);
    assert.match(replaced.stderr, /^Is there already: .*picket\.service$/m);
    assert.equal(await Deno.readTextFile(`${yaml}.old`), "keep: 7d\n");
    await Deno.writeTextFile(yaml, "keep: 8d\n");
    await picket(["init", "--root", root, "--yes", "--replace"]);
    assert.equal(await Deno.readTextFile(`${yaml}.old`), "keep: 7d\n");
    assert.equal(await Deno.readTextFile(`${yaml}.old2`), "keep: 8d\n");
  });
});

Deno.test("init says what is in its way", async () => {
  await withFolder(async (folder) => {
    const empty = await picket(["init", "--root", folder]);
    assert.equal(empty.code, 0);
    assert.match(empty.stderr, /^Found no log in its usual place and no journal/);
    assert.match(empty.stderr, /^Found no systemd: no service is set up$/m);
    assert.doesNotMatch(empty.stdout, /picket\.service/);
    const nowhere = await picket(["init", "--root", `${folder}/none`]);
    assert.equal(nowhere.code, 2);
    assert.match(nowhere.stderr, /^error: ".*none" is no folder/);
    await Deno.writeTextFile(`${folder}/etc`, "a file");
    const blocked = await picket(["init", "--root", folder, "--yes"]);
    assert.equal(blocked.code, 2);
    assert.match(
      blocked.stderr,
      /^error: Cannot (read|write) ".*agent\.yaml": .*\n {2}help: Start it as root/m,
    );
  });
});

Deno.test("without a log of logins the journal is read, and its group asked for", async () => {
  await withFolder(async (folder) => {
    const root = await rootWith(folder, {
      "usr/bin/journalctl": 0o755,
      [`run/log/journal/${"b".repeat(32)}/`]: 0o755,
      "var/log/apache2/access.log": 0o640,
      "etc/group": 0o644,
    });
    await Deno.writeTextFile(`${root}/etc/group`, GROUPS);
    const machine = lookAtMachine(root);
    assert.equal(machine.systemd, false);
    assert.match(agentYaml(machine, { name: "picket" }), /^journal: true /m);
    assert.match(sysusers(machine), /^m picket systemd-journal$/m);
  });
});

testNeeding(needs.systemd, "the unit is one that systemd takes, and is hardened", async () => {
  await withFolder(async (folder) => {
    const unit = `${folder}/picket.service`;
    const options = ["--no-config", "--cached-only"];
    const program = {
      deno: Deno.execPath(),
      options,
      main: "/opt/a b/100%/main.js",
      name: "picket",
    };
    await Deno.writeTextFile(unit, systemdUnit(program));
    const verified = await runCommand("systemd-analyze", ["verify", unit]);
    assert.equal(verified.stderr, "");
    assert.equal(verified.code, 0);
    const security = await runCommand("systemd-analyze", ["security", "--offline=true", unit]);
    const [, exposure] = /Overall exposure level for picket\.service: (\d+\.\d)/.exec(
      security.stdout,
    )!;
    assert.ok(Number(exposure) <= 2, `${exposure}\n${security.stdout}`);
  });
});
