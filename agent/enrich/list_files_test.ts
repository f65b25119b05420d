import assert from "node:assert/strict";
import { join } from "node:path";
import { compile } from "../content/compile.ts";
import { listReader } from "./list_files.ts";

const SECRET = "s3cret-line";

/** A folder with rules/, lists/ and a file that is nobody's business. */
async function folder(test: (root: string) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir();
  try {
    for (const name of ["rules/lists", "rules-of-others", "lists"]) {
      await Deno.mkdir(join(root, name), { recursive: true });
    }
    await Deno.writeTextFile(join(root, "secret.txt"), `${SECRET}\n`);
    await Deno.writeTextFile(join(root, "rules-of-others/x.txt"), `${SECRET}\n`);
    await Deno.writeTextFile(join(root, "lists/bad.txt"), "192.0.2.1\n");
    await Deno.writeTextFile(join(root, "rules/lists/bad.txt"), "192.0.2.2\n");
    await Deno.symlink(join(root, "secret.txt"), join(root, "rules/link.txt"));
    await Deno.symlink(root, join(root, "rules/up"));
    await Deno.symlink(join(root, "lists/bad.txt"), join(root, "rules/linked.txt"));
    await test(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

const rule = (path: string) =>
  `list l: ip = file ${JSON.stringify(path)}\n` +
  'rule x { title "x" severity low mitre T1078 from any where src in @l | alert "x" }';

async function errors(root: string, path: string, lists: string[] = []) {
  const sdl = [{ name: join(root, "rules/mine.sdl"), text: rule(path) }];
  const loaded = await compile([], sdl, {
    shipped: () => Promise.resolve([]),
    lists: listReader(lists),
  });
  return loaded.diagnostics.filter((d) => d.level === "error").map((d) =>
    `${d.message}\n${d.help}`
  );
}

Deno.test("a list's file stays below the folder of its rules, and no other is quoted", async () => {
  await folder(async (root) => {
    for (
      const path of [
        "../secret.txt",
        "lists/../../secret.txt",
        "../rules-of-others/x.txt",
        "link.txt",
        "up/secret.txt",
        join(root, "secret.txt"),
        "/etc/passwd",
        "../no_such_file",
        "../lists/bad.txt",
        "linked.txt",
      ]
    ) {
      const got = await errors(root, path);
      assert.equal(got.length, 1, path);
      assert.match(got[0], /outside the folder of its rules\n.*--lists DIR/, path);
      assert.ok(!got[0].includes(SECRET), path);
    }
    assert.deepEqual(await errors(root, "lists/bad.txt"), []);
    assert.match((await errors(root, "lists"))[0], /it is no file/);
    assert.match((await errors(root, "gone.txt"))[0], /Cannot read/);
  });
});

Deno.test("--lists names another folder, and nothing beside it", async () => {
  await folder(async (root) => {
    const lists = [join(root, "lists")];
    assert.deepEqual(await errors(root, "../lists/bad.txt", lists), []);
    assert.deepEqual(await errors(root, "linked.txt", lists), []);
    assert.deepEqual(await errors(root, join(root, "lists/bad.txt"), lists), []);
    assert.equal((await errors(root, "../secret.txt", lists)).length, 1);
    assert.equal((await errors(root, "link.txt", lists)).length, 1);
  });
});

Deno.test("two rules' files that name lists alike have each their own", async () => {
  await folder(async (root) => {
    await Deno.writeTextFile(join(root, "rules-of-others/bad.txt"), "no address\n");
    const text = (name: string) =>
      `list ${name}: ip = file "bad.txt"\nrule of_${name} { title "x" severity low mitre T1078 ` +
      `from any where src in @${name} | alert "x" }`;
    const loaded = await compile([], [
      { name: join(root, "lists/a.sdl"), text: text("a") },
      { name: join(root, "rules-of-others/b.sdl"), text: text("b") },
    ], { shipped: () => Promise.resolve([]) });
    const found = loaded.diagnostics.filter((d) => d.level === "error");
    assert.deepEqual(found.map((d) => d.file), [join(root, "rules-of-others/b.sdl")]);
  });
});
