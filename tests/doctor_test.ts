/** `doctor` over what is right, and over each thing that can be wrong. */
import assert from "node:assert/strict";
import type { Finding } from "../agent/setup/checks/finding.ts";
import { mayRead, userNamed } from "../agent/setup/checks/users.ts";
import { rfc3339 } from "../agent/outputs/render/text.ts";
import { needs, testNeeding } from "./needs.ts";
import { startPostgres } from "./postgres.ts";
import { picket, root, withFolder } from "./run.ts";

/** What doctor says of a configuration in a folder. */
async function doctor(folder: string, yaml: string, env: Record<string, string> = {}) {
  await Deno.writeTextFile(`${folder}/agent.yaml`, yaml);
  const args = ["doctor", "--config", `${folder}/agent.yaml`, "--format", "json"];
  const { code, stdout, stderr } = await picket(args, { env });
  assert.notEqual(stdout, "", stderr);
  const findings: Finding[] = JSON.parse(stdout);
  return {
    code,
    of: (check: string, level: Finding["level"]) =>
      findings.filter((f) => f.check === check && f.level === level).map((f) => f.message).join(
        "\n",
      ),
    findings,
  };
}

const sample = (name: string) =>
  decodeURIComponent(new URL(`tests/samples/${name}`, root).pathname);

Deno.test("doctor finds nothing wrong with an agent that is right", async () => {
  await withFolder(async (folder) => {
    const { code, of, findings } = await doctor(
      folder,
      `follow: true\nfiles: [${sample("auth.log")}]\ndata: ${folder}/data\nserve: 127.0.0.1:0\n` +
        `sinks: { out: { type: file, path: ${folder}/alerts.ndjson } }\n`,
    );
    assert.equal(code, 0);
    assert.deepEqual(findings.filter((f) => f.level === "error"), []);
    assert.match(
      of("logs", "ok"),
      /auth\.log: linux_secure; of the last 2,000 lines .* mean something$/,
    );
    assert.match(of("store", "ok"), /is made when it is needed$/);
    // The machine's own room decides which of the two it is.
    assert.match(of("disk", "ok") || of("disk", "warning"), / free for /);
    assert.match(of("sinks", "ok"), /^1 sink set up/);
    assert.match(of("rules", "warning"), /have no source here, as /);
    // It looks, and makes nothing.
    assert.deepEqual([...Deno.readDirSync(folder)].map((e) => e.name), ["agent.yaml"]);
  });
});

Deno.test("doctor tells what is wrong, and what to do", async () => {
  await withFolder(async (folder) => {
    const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = taken.addr;
    const now = Date.now();
    const line = (
      ms: number,
      text = "sshd[1]: Failed password for root from 203.0.113.9 port 1 ssh2",
    ) => `${rfc3339(ms)} web1 ${text}\n`;
    await Deno.writeTextFile(`${folder}/ahead.log`, line(now + 3 * 3_600_000));
    await Deno.writeTextFile(`${folder}/zone.log`, line(now - 2 * 3_600_000));
    await Deno.writeTextFile(`${folder}/nothing.log`, "lorem ipsum\ndolor sit\n");
    await Deno.writeTextFile(`${folder}/idle.log`, line(now, "shopd[1]: order 17 is on its way"));
    await Deno.writeTextFile(`${folder}/data`, "a file");
    try {
      const { code, of, findings } = await doctor(
        folder,
        `follow: true\nfiles: [${folder}/*.log, ${folder}/none.txt, /none/of/it.log]\n` +
          `data: ${folder}/data\nserve: 127.0.0.1:${port}\nlisten: ["udp://192.0.2.1:5514"]\n` +
          `sinks: { chat: { type: slack, url_file: ${folder}/none.url } }\n`,
      );
      assert.equal(code, 1);
      assert.match(
        of("clock", "warning"),
        /ahead\.log: its newest line is .* ahead of this machine's clock/,
      );
      assert.match(of("clock", "warning"), /zone\.log: its newest line is 120 min older|2 h older/);
      assert.match(
        of("logs", "warning"),
        /idle\.log: \w+, and nothing in the last 1 line means anything/,
      );
      assert.match(of("logs", "warning"), /nothing\.log: /);
      assert.match(of("logs", "warning"), /none\.txt" is not there/);
      assert.match(of("logs", "error"), /"\/none\/of\/it\.log" cannot be found/);
      assert.match(of("store", "error"), /data" is a file$/);
      assert.match(
        of("ports", "error"),
        new RegExp(`127\\.0\\.0\\.1:${port}: in use by another program`),
      );
      assert.match(of("ports", "error"), /udp:\/\/192\.0\.2\.1:5514: /);
      assert.match(of("sinks", "error"), /1 mistake in .*none\.url/);
      for (const { level, help } of findings) assert.equal(level === "ok", help === undefined);
    } finally {
      taken.close();
    }
  });
});

Deno.test("a mistake in the configuration or a rule is an error, told in a line", async () => {
  await withFolder(async (folder) => {
    const mistake = await doctor(folder, "folow: true\n");
    assert.equal(mistake.code, 1);
    assert.match(mistake.of("config", "error"), /^1 mistake in ".*agent\.yaml": .*folow/);
    await Deno.writeTextFile(`${folder}/r.sdl`, "rule x {\n");
    const rule = await doctor(folder, `rules: [${folder}/r.sdl]\n`);
    assert.equal(rule.code, 1);
    assert.match(rule.of("rules", "error"), /^Found 1 error/);
    const { code, stderr } = await picket(["doctor", "--config", `${folder}/none.yaml`]);
    assert.equal(code, 1);
    assert.match(stderr, /^1 error, 0 warnings$/m);
  });
});

Deno.test("who may read is told by user, group and others", async () => {
  await withFolder(async (folder) => {
    await Deno.mkdir(`${folder}/etc`);
    await Deno.writeTextFile(`${folder}/etc/passwd`, "root:x:0:0::/:\npicket:x:990:991::/:\n");
    await Deno.writeTextFile(`${folder}/etc/group`, "adm:x:4:syslog,picket\nother:x:5:\n");
    const user = (await userNamed("picket", folder))!;
    assert.equal(await userNamed("nobody", folder), null);
    const file = (mode: number, uid: number, gid: number) =>
      mayRead(user, { mode, uid, gid } as Deno.FileInfo);
    assert.equal(file(0o100640, 0, 4), true);
    assert.equal(file(0o100640, 0, 5), false);
    assert.equal(file(0o100644, 0, 5), true);
    assert.equal(file(0o100600, 0, 4), false);
    assert.equal(file(0o100400, 990, 5), true);
    assert.equal(file(0o100640, 0, 991), true);
    assert.equal(file(0o100604, 0, 4), false);
  });
});

testNeeding(
  needs.postgres,
  "a database is asked for its schema, and nothing is made there",
  async () => {
    const server = await startPostgres();
    try {
      await withFolder(async (folder) => {
        const env = { DATABASE_URL: await server.database() };
        for (let i = 0; i < 2; i++) {
          const empty = await doctor(folder, "", env);
          assert.match(
            empty.of("store", "ok"),
            /answers and is empty: the agent makes its tables$/,
          );
        }
        await picket(["agent", "--quiet", sample("root_login.sdl")], { env });
        const made = await doctor(folder, "", env);
        assert.match(made.of("store", "ok"), /answers, schema version \d+$/);
        const wrong = new URL(env.DATABASE_URL);
        wrong.pathname = "/none";
        const none = await doctor(folder, "", { DATABASE_URL: wrong.href });
        assert.equal(none.code, 1);
        assert.match(none.of("store", "error"), /^The database cannot be used: /);
      });
    } finally {
      await server.stop();
    }
  },
);

testNeeding(needs.journal, "a journal without an entry is told", async () => {
  await withFolder(async (folder) => {
    await Deno.mkdir(`${folder}/journal`);
    const { of } = await doctor(folder, `journal-dir: ${folder}/journal\n`);
    assert.match(of("logs", "warning"), /^journal:.*: readable, without an entry$/);
  });
});
