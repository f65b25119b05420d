/** deno.json has what the program uses, dev.json that and what tests and builds use besides. */
import assert from "node:assert/strict";
import config from "../deno.json" with { type: "json" };
import dev from "../dev.json" with { type: "json" };
import { root, runDeno } from "./run.ts";

Deno.test("dev.json compiles as deno.json does, with the same versions", () => {
  const { imports, compilerOptions, nodeModulesDir } = dev;
  assert.deepEqual({ ...imports, ...config.imports }, imports);
  assert.deepEqual(compilerOptions, config.compilerOptions);
  assert.equal(nodeModulesDir, config.nodeModulesDir);
  // What tests look at is the whole graph; a user's run loads what it comes to.
  const lazy = ["npm-lazy-caching", "lazy-dynamic-imports"];
  assert.deepEqual(config.unstable, [...dev.unstable, ...lazy]);
  assert.ok(config.lock.frozen && dev.lock.frozen && config.lock.path !== dev.lock.path);
});

/** Where the program's processes and threads start. */
const ENTRIES = [
  "main.ts",
  "agent/sources/udp_worker.ts",
  "agent/store/drivers/pglite_worker.ts",
  "agent/store/drivers/postgres_worker.ts",
  "web/server/trials/launcher.ts",
  "web/server/trials/trial.ts",
];

Deno.test("deno.json names the packages that the program loads, and no others", async () => {
  const loaded = new Set<string>();
  for (const entry of ENTRIES) {
    const { code, stdout, stderr } = await runDeno([
      "info",
      "--config",
      "dev.json",
      "--json",
      entry,
    ]);
    assert.equal(code, 0, stderr);
    const { modules } = JSON.parse(stdout) as { modules: { specifier: string; error?: string }[] };
    for (const { specifier, error } of modules) {
      assert.equal(error, undefined, specifier);
      const name = /^npm:\/?((?:@[^/]+\/)?[^@/]+)@/.exec(specifier)?.[1];
      if (name !== undefined) loaded.add(name);
    }
  }
  assert.deepEqual(Object.keys(config.imports).sort(), [...loaded].sort());
});

Deno.test("both locks are of their configurations", async () => {
  for (const name of ["deno.json", "dev.json"]) {
    const { code, stderr } = await runDeno([
      "install",
      "--frozen",
      "--config",
      `${root.pathname}${name}`,
    ]);
    assert.equal(code, 0, stderr);
  }
});
