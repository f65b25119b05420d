/** What each command can still do once it has started: asked of Deno in the process itself. */
import assert from "node:assert/strict";
import { needs, testNeeding } from "./needs.ts";
import { startPostgres } from "./postgres.ts";
import { picket, root, runDeno, withFolder } from "./run.ts";

/** Kinds that are left of all, after a command that has to succeed. */
async function left(args: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const child = new URL("tests/permissions_child.ts", root).pathname;
  const { stdout, stderr } = await runDeno(["run", "-q", "-A", child, ...args], { env });
  assert.notEqual(stdout, "", stderr);
  const { code, left } = JSON.parse(stdout.trim().split("\n").at(-1)!);
  // `validate` has findings.
  assert.ok(code <= 1, `${args.join(" ")}: ${stderr}`);
  return left.join(" ");
}

const log = "tests/samples/auth.log";
const rule = "tests/samples/root_login.sdl";

Deno.test("commands keep only what they need", async () => {
  await withFolder(async (folder) => {
    const data = ["--data", `${folder}/data`];
    const config = ["--config", `${folder}/agent.yaml`];
    const sinks = `sinks: {out: {type: file, path: ${folder}/alerts.ndjson}}\n`;
    await Deno.writeTextFile(`${folder}/agent.yaml`, sinks);
    await Deno.mkdir(`${folder}/root`);
    const wanted: [string[], string][] = [
      [["check", rule], "read"],
      [["test", rule], "read"],
      [["explain", "ssh_brute_force"], "read"],
      [["explain", "--functions", "replace"], "read"],
      [["fmt", "--check", rule], "read"],
      [["fmt", rule], "read write"],
      [
        ["convert", "tests/samples/sigma_whoami.yml", "--out", `${folder}/converted`],
        "read write",
      ],
      [["parse", log], "read"],
      [["validate", log], "read"],
      [["parse", "--listen", "tcp://127.0.0.1:0"], "read net"],
      [["simulate", "--duration", "1m", "--out", `${folder}/logs`], "read write"],
      [["init", "--root", folder], "read"],
      [["init", "--root", `${folder}/root`, "--yes"], "read write"],
      [["agent", "--no-store", log], "read write"],
      [["agent", "--no-store", "--follow", log], "read"],
      [["agent", "--no-store", "--listen", "tcp://127.0.0.1:0"], "read net"],
      [["agent", "--no-store", "--listen", "udp://127.0.0.1:0"], "read net run"],
      [["agent", ...data, log], "read write"],
      [["agent", ...data, "--follow", log], "read write"],
      [["agent", ...data, "--serve", "127.0.0.1:0"], "read write"],
      [
        ["agent", ...data, "--serve=127.0.0.1:0", "--listen", "tcp://127.0.0.1:0"],
        "read write net",
      ],
      [["serve", ...data, "127.0.0.1:0"], "read write"],
      [["report", ...data, "--out", folder], "read write"],
      [["token", "list", ...data], "read write"],
      [["sinks", "types"], "read"],
      [["sinks", "list", ...data], "read write"],
      [["sinks", "test", "out", ...config], "read write net"],
      [["deliver", ...data, ...config], "read write net"],
    ];
    for (const [args, kinds] of wanted) assert.equal(await left(args), kinds, args.join(" "));
  });
});

testNeeding(
  needs.postgres,
  "over PostgreSQL the network is kept, and a password is told",
  async () => {
    const server = await startPostgres();
    try {
      await withFolder(async (folder) => {
        const url = await server.database();
        const env = { DATABASE_URL: url };
        assert.equal(await left(["agent", "--follow", log], env), "read net");
        assert.equal(await left(["agent", log], env), "read write net");
        assert.equal(await left(["serve", "127.0.0.1:0"], env), "read net");
        assert.equal(await left(["report", "--out", folder], env), "read write net");
        assert.equal(await left(["token", "list"], env), "read net");
        const told = /^warning: Everyone on this machine can read the password of --database/m;
        const shown = new URL(url);
        shown.username ||= "picket";
        shown.password = "not-a-secret";
        const open = await picket(["token", "list", "--database", shown.href]);
        assert.match(open.stderr, told);
        assert.ok(!open.stderr.includes("not-a-secret"));
        await Deno.writeTextFile(`${folder}/url`, shown.href);
        const file = { DATABASE_URL_FILE: `${folder}/url` };
        assert.doesNotMatch((await picket(["token", "list"], { env: file })).stderr, told);
      });
    } finally {
      await server.stop();
    }
  },
);

testNeeding(
  needs.journal,
  "with the journal programs may be run, and nothing else besides",
  async () => {
    await withFolder(async (folder) => {
      const args = ["agent", "--no-store", "--journal-dir", folder];
      assert.equal(await left(args), "read run");
    });
  },
);
