/** Variables of the environment: those that may be read are those that the README lists. */
import assert from "node:assert/strict";
import config from "../deno.json" with { type: "json" };
import { speaks, withPort } from "../agent/commands/environment.ts";
import type { Io } from "../agent/commands/command.ts";
import { root, runDeno, withFolder } from "./run.ts";

const io = (env: Record<string, string>) => ({ env: (name) => env[name] }) as Io;

Deno.test("the README lists the variables that deno.json permits", async () => {
  const readme = await Deno.readTextFile(new URL("README.md", root));
  const [, section] = /^## Environment\n([^]*?)^## /m.exec(readme)!;
  const listed = new Set(
    section.split("\n").filter((l) => l.startsWith("| `"))
      .flatMap((l) => [...l.split("|")[1].matchAll(/`([^`]+)`/g)].map((m) => m[1])),
  );
  const permitted = new Set(
    Object.values(config.permissions).flatMap((p) => (p as { env: string[] }).env),
  );
  // The runtime reads the zone itself, and PICKET_* holds the unit's name.
  for (const own of ["TZ", "PICKET_UNIT"]) assert.ok(listed.delete(own), own);
  assert.deepEqual([...listed].sort(), [...permitted].sort());
});

Deno.test("PORT is the port of an address that names none", () => {
  assert.equal(withPort("127.0.0.1:", io({ PORT: "8080" })), "127.0.0.1:8080");
  assert.equal(withPort("0.0.0.0:", io({})), "0.0.0.0:7400");
  assert.equal(withPort("[::1]:", io({ PORT: "" })), "[::1]:7400");
  assert.equal(withPort("127.0.0.1:7401", io({ PORT: "8080" })), "127.0.0.1:7401");
  for (const PORT of ["http", "65536", "-1", "80 "]) {
    assert.throws(() => withPort("127.0.0.1:", io({ PORT })), /in PORT is no port$/);
  }
});

Deno.test("LOG_LEVEL leaves out what is below it", () => {
  const lines = ["Listening on x", "warning: late", "error: gone"];
  const said = (LOG_LEVEL?: string) =>
    lines.filter(speaks(io(LOG_LEVEL === undefined ? {} : { LOG_LEVEL }))).length;
  assert.equal(said(), 3);
  for (const level of ["info", "DEBUG", "trace", "something"]) assert.equal(said(level), 3);
  for (const level of ["warn", "WARNING"]) assert.equal(said(level), 2);
  for (const level of ["error", "Fatal", "off"]) assert.equal(said(level), 1);
});

Deno.test("a port of PORT that is taken is named, and a level is taken by the agent", async () => {
  await withFolder(async (folder) => {
    const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const PORT = String((taken.addr as Deno.NetAddr).port);
    try {
      const args = ["run", "-q", "serve", "--data", `${folder}/data`];
      const { code, stderr } = await runDeno(args, { env: { PORT } });
      assert.equal(code, 2);
      assert.match(stderr, new RegExp(`^error: Port ${PORT} on 127\\.0\\.0\\.1 is taken$`, "m"));
    } finally {
      taken.close();
    }
    const agent = ["run", "-q", "agent", "--no-store", "tests/samples/auth.log"];
    const quiet = await runDeno(agent, { env: { LOG_LEVEL: "error" } });
    assert.equal(quiet.stderr, "");
    assert.notEqual(quiet.stdout, "");
  });
});
