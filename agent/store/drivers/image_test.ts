import assert from "node:assert/strict";
import { PGlite } from "@electric-sql/pglite";
import config from "../../../deno.json" with { type: "json" };
import { IMAGE, readImage, writeImage } from "./image.ts";
import { migrate } from "../schema/migrate.ts";
import { MIGRATIONS } from "../schema/migrations.ts";
import { openPglite } from "./pglite.ts";
import { packTar, readTar, type TarEntry } from "./tar.ts";
import { entriesOf } from "./write_image.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("a tar gives back what it was made of", () => {
  const entries: TarEntry[] = [
    { path: "PG_VERSION", data: bytes("18\n") },
    { path: "base", data: null },
    { path: "base/5", data: null },
    { path: "base/5/1249_fsm", data: new Uint8Array(512).fill(7) },
    { path: "base/5/empty", data: new Uint8Array(0) },
    { path: "base/5/large", data: new Uint8Array(1025).fill(9) },
  ];
  const tar = packTar(entries);
  assert.equal(tar.length % 512, 0);
  assert.deepEqual([...readTar(tar)], entries);
});

Deno.test("a tar that leads out of its folder, is cut, or holds a link is refused", () => {
  for (const path of ["../x", "a/../../x", "/etc/x", "a//x", "a\nb"]) {
    assert.throws(() => [...readTar(packTar([{ path, data: bytes("x") }]))], RangeError, path);
  }
  const tar = packTar([{ path: "x", data: new Uint8Array(600) }]);
  assert.throws(() => [...readTar(tar.slice(0, 1024))], RangeError);
  const link = tar.slice();
  link[156] = "2".charCodeAt(0);
  assert.throws(() => [...readTar(link)], RangeError);
});

Deno.test("the image is of the PGlite that is used, and holds what making a database gives", async () => {
  const version = config.imports["@electric-sql/pglite"].split("@").at(-1);
  assert.ok(IMAGE.pathname.endsWith(`_${version}.tar.zst`), "run deno task store:image");
  const folder = await Deno.makeTempDir({ prefix: "picket-image-" });
  try {
    const made = await openPglite(`${folder}/made`, { prepare: migrate, bare: true });
    await made.close();
    const image = (await readImage())!;
    const folders = (entries: Iterable<TarEntry>) =>
      [...entries].filter((e) => e.data === null).map((e) => e.path);
    assert.deepEqual(folders(image), folders(entriesOf(`${folder}/made/pglite`)));
    writeImage(`${folder}/unpacked`, image);
    const modes = new Set(
      image.map(({ path, data }) => {
        const { mode } = Deno.statSync(`${folder}/unpacked/${path}`);
        return `${data === null ? "folder" : "file"} ${(mode! & 0o777).toString(8)}`;
      }),
    );
    assert.deepEqual([...modes].sort(), ["file 600", "folder 700"]);
    const asked = async (path: string) => {
      const db = await PGlite.create(path);
      const settings = await db.query(
        `SELECT name, setting FROM pg_settings WHERE source <> 'default' ORDER BY name`,
      );
      const columns = await db.query(
        `SELECT c.relname, c.relkind, a.attname, format_type(a.atttypid, a.atttypmod) AS type,
           a.attnotnull, pg_get_expr(d.adbin, d.adrelid) AS given
         FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
         LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
         ORDER BY 1, a.attnum`,
      );
      const rest = await db.query(
        `SELECT pg_get_indexdef(indexrelid) AS of FROM pg_index
         UNION ALL SELECT conname || pg_get_constraintdef(oid) FROM pg_constraint
         UNION ALL SELECT pg_get_functiondef(oid) FROM pg_proc
           WHERE pronamespace = 'public'::regnamespace
         UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger ORDER BY 1`,
      );
      const at = await db.query("SELECT version, name FROM schema_migrations ORDER BY 1");
      await db.close();
      return { settings: settings.rows, columns: columns.rows, rest: rest.rows, at: at.rows };
    };
    const unpacked = await asked(`${folder}/unpacked`);
    assert.equal(
      (unpacked.at.at(-1) as { version: number }).version,
      MIGRATIONS.at(-1)!.version,
      "The image is of an older schema: run deno task store:image",
    );
    assert.deepEqual(unpacked, await asked(`${folder}/made/pglite`));
    const cut = new URL(`file://${folder}/cut.tar.zst`);
    Deno.writeFileSync(cut, Deno.readFileSync(IMAGE).slice(0, 100_000));
    assert.equal(await readImage(cut), null);
    assert.equal(await readImage(new URL(`file://${folder}/none`)), null);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
