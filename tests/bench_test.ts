/** `deno bench` as it stands: no flag, no permission. One benchmark of each file is run. */
import assert from "node:assert/strict";
import { root, runDeno } from "./run.ts";

function* benchesBelow(folder: URL): Generator<string> {
  for (const e of Deno.readDirSync(folder)) {
    if (e.isDirectory && !e.name.startsWith(".")) {
      yield* benchesBelow(new URL(`${e.name}/`, folder));
    } else if (e.name.endsWith("_bench.ts")) yield e.name;
  }
}

Deno.test("deno bench runs by itself", async () => {
  const filter = "/32 lines$|^lines: .* of a web server|1000000 sources/";
  const ran = await runDeno(["bench", "--no-prompt", `--filter=${filter}`]);
  assert.equal(ran.code, 0, ran.stderr);
  for (const name of benchesBelow(root)) {
    const part = ran.stdout.split(`/${name}\n`)[1]?.split("file://")[0];
    assert.match(part ?? "", /\d (ns|µs|ms|s) +\|/, `${name} measured nothing\n${ran.stdout}`);
  }
});
