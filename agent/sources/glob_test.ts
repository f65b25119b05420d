import assert from "node:assert/strict";
import { expandGlob } from "./glob.ts";

Deno.test("globs name what they say", async () => {
  const folder = await Deno.makeTempDir();
  try {
    for (
      const name of [
        ...["a.log", "b.log", "b.log.1", ".hidden.log", "x+y.log", "über.log"],
        ...["web/a.log", "web/deep/c.log", "db/a.log", "db/notes.txt"],
      ]
    ) {
      await Deno.mkdir(`${folder}/${name}`.replace(/\/[^/]*$/, ""), { recursive: true });
      await Deno.writeTextFile(`${folder}/${name}`, "");
    }
    const names = (glob: string) =>
      expandGlob(`${folder}/${glob}`).map((p) => p.slice(folder.length + 1));
    assert.deepEqual(names("*.log"), ["a.log", "b.log", "x+y.log", "über.log"]);
    assert.deepEqual(names("?.log"), ["a.log", "b.log"]);
    assert.deepEqual(names("[ab].log*"), ["a.log", "b.log", "b.log.1"]);
    assert.deepEqual(names("[!a].log"), ["b.log"]);
    assert.deepEqual(names("[z-a].log"), []);
    assert.deepEqual(names("{a,x+y}.log"), ["a.log", "x+y.log"]);
    assert.deepEqual(names("*/a.log"), ["db/a.log", "web/a.log"]);
    assert.deepEqual(names("{web,db}/{a,b}.log"), ["db/a.log", "web/a.log"]);
    assert.deepEqual(names("**/*.log").length, 7);
    assert.deepEqual(names("web/**/c.log"), ["web/deep/c.log"]);
    assert.deepEqual(names(".h*"), [".hidden.log"]);
    assert.deepEqual(names("none/*.log"), []);
    assert.deepEqual(names("*.log/x"), []);
    assert.deepEqual(expandGlob(`${folder}/{`.repeat(3)), []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
