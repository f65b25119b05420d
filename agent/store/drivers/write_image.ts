/**
 * The task `store:image`: makes a database with the schema of the newest migration in it and packs its
 * files, closed, for {@link readImage}. Run it when PGlite's version or the schema changes; a test tells.
 */
import { constants, zstdCompressSync } from "node:zlib";
import config from "../../../deno.json" with { type: "json" };
import { migrate } from "../schema/migrate.ts";
import { IMAGE, LEFT_OUT, packedFile } from "./image.ts";
import { openPglite } from "./pglite.ts";
import { packTar, type TarEntry } from "./tar.ts";

/** What belongs to a process that has the files open. */
const OF_A_PROCESS = /^(?:postmaster\.(?:pid|opts)|\.s\.PGSQL.*)$/;

/** The entries of a folder, each folder before what is in it. */
export function* entriesOf(folder: string, below = ""): Generator<TarEntry> {
  const names = [...Deno.readDirSync(`${folder}/${below}`)].sort((a, b) =>
    a.name < b.name ? -1 : 1
  );
  for (const { name, isDirectory } of names) {
    const path = below + name;
    if (LEFT_OUT.includes(path) || OF_A_PROCESS.test(path)) continue;
    if (!isDirectory) {
      yield { path, data: packedFile(path, Deno.readFileSync(`${folder}/${path}`)) };
    } else {
      yield { path, data: null };
      yield* entriesOf(folder, `${path}/`);
    }
  }
}

if (import.meta.main) {
  const version = config.imports["@electric-sql/pglite"].split("@").at(-1)!;
  if (!IMAGE.pathname.endsWith(`_${version}.tar.zst`)) {
    console.error(`error: PGlite is ${version}; name the image so in agent/store/drivers/image.ts`);
    Deno.exit(1);
  }
  const folder = await Deno.makeTempDir({ prefix: "picket-image-" });
  try {
    const db = await openPglite(folder, { prepare: migrate, bare: true });
    // Each migration has rewritten catalogues: what it left is not packed.
    for (const sql of ["VACUUM FULL", "VACUUM ANALYZE", "CHECKPOINT"]) await db.script(sql);
    const [{ wal }] = await db.query<{ wal: string }>(
      "SELECT pg_walfile_name(pg_current_wal_lsn()) AS wal",
    );
    await db.close();
    // Of the log, 16 MB each, a database that was closed needs the file that it ended in.
    for (const { name, isFile } of Deno.readDirSync(`${folder}/pglite/pg_wal`)) {
      if (isFile && name !== wal) Deno.removeSync(`${folder}/pglite/pg_wal/${name}`);
    }
    const tar = packTar([...entriesOf(`${folder}/pglite`)]);
    const { ZSTD_c_compressionLevel, ZSTD_c_checksumFlag, ZSTD_c_windowLog } = constants;
    const packed = zstdCompressSync(tar, {
      params: {
        [ZSTD_c_compressionLevel]: 19,
        [ZSTD_c_windowLog]: 25,
        [ZSTD_c_checksumFlag]: 1,
      },
    });
    await Deno.writeFile(IMAGE, packed);
    console.log(`${IMAGE.pathname}: ${tar.length} bytes in ${packed.length}`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
