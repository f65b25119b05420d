/** What a store says when something is wrong with it, and that it leaves everything as it is. */
import assert from "node:assert/strict";
import { picket } from "../../tests/run.ts";
import { startPostgres } from "../../tests/postgres.ts";
import { openPglite } from "./drivers/pglite.ts";
import { openPostgres } from "./drivers/postgres.ts";
import { openStore, type StoreOptions } from "./mod.ts";
import type { Database } from "./types/database.ts";
import { batchOf, failures } from "./testing/suite.ts";
import { openEmpty } from "./testing/empty.ts";

const folder = Deno.makeTempDirSync({ prefix: "picket-faults-" });
const server = await startPostgres();
let made = 0;
const template = `${folder}/template`;
await openStore({ data: template }).then((s) => s.close());

/** Mounts a small disk, which takes root; null when that is not to be had. */
function smallDisk(megabytes: number): string | null {
  const at = `${folder}/disk${made++}`;
  Deno.mkdirSync(at);
  if (Deno.uid() !== 0 || Deno.build.os !== "linux") return null;
  const { success } = new Deno.Command("mount", {
    args: ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", at],
    stderr: "null",
  }).outputSync();
  return success ? at : null;
}
const disks = { pglite: smallDisk(100), postgresql: server && smallDisk(28) };
const noDisk = "needs root, to mount a small disk";

Deno.test.afterAll(async () => {
  await server?.stop();
  for (const disk of Object.values(disks)) {
    if (disk) new Deno.Command("umount", { args: ["-l", disk] }).outputSync();
  }
  await Deno.remove(folder, { recursive: true });
});

function copyFolder(from: string, to: string): string {
  Deno.mkdirSync(to, { recursive: true });
  for (const entry of Deno.readDirSync(from)) {
    if (entry.isDirectory) copyFolder(`${from}/${entry.name}`, `${to}/${entry.name}`);
    else Deno.copyFileSync(`${from}/${entry.name}`, `${to}/${entry.name}`);
  }
  return to;
}

const fresh = () => copyFolder(template, `${folder}/${made++}`);

/** All files below a folder with their sizes, but for the locks. */
function contents(of: string, below = ""): string[] {
  return [...Deno.readDirSync(of)].flatMap(({ name, isDirectory }) =>
    isDirectory
      ? contents(`${of}/${name}`, `${below}${name}/`)
      : name === "lock" || name === "postmaster.pid"
      ? []
      : [`${below}${name} ${Deno.statSync(`${of}/${name}`).size}`]
  ).sort();
}

for (const [what, text] of [["empty", ""], ["another program's", "4711\n/nowhere\n"]]) {
  Deno.test(`PGlite: an ${what} postmaster.pid of a start that was killed is no obstacle`, async () => {
    const data = fresh();
    Deno.writeTextFileSync(`${data}/pglite/postmaster.pid`, text);
    const store = await openStore({ data });
    await store.write({ batches: [batchOf(failures(2))] });
    await store.close();
  });
}

const DAMAGE: Record<string, [(pglite: string) => void, RegExp]> = {
  "a control file that is cut": [
    (pglite) => Deno.truncateSync(`${pglite}/global/pg_control`, 100),
    /cannot be opened: could not read file "global\/pg_control": read 100 of 296;/,
  ],
  "another version of PostgreSQL": [
    (pglite) => Deno.writeTextFileSync(`${pglite}/PG_VERSION`, "14\n"),
    /database files are incompatible with server: The data directory was initialized by PostgreSQL version 14/,
  ],
  "no PG_VERSION": [
    (pglite) => Deno.removeSync(`${pglite}/PG_VERSION`),
    /PG_VERSION" is missing;/,
  ],
  "a log that is gone": [
    (pglite) => Deno.removeSync(`${pglite}/pg_wal`, { recursive: true }),
    /pg_wal/,
  ],
};
for (const [what, [damage, expected]] of Object.entries(DAMAGE)) {
  Deno.test(`PGlite: ${what} is told with PostgreSQL's reason, and the files stay`, async () => {
    const data = fresh();
    damage(`${data}/pglite`);
    const before = contents(data);
    await assert.rejects(openStore({ data }), (error: Error & { code: string }) => {
      assert.equal(error.code, "corrupt", error.message);
      assert.match(error.message, expected);
      assert.doesNotMatch(error.message, /move|delete|remove it|start a new/);
      return true;
    });
    assert.deepEqual(contents(data), before);
  });
}

Deno.test("the agent ends with exit code 4 and the cause", async () => {
  const data = fresh();
  DAMAGE["a control file that is cut"][0](`${data}/pglite`);
  const { code, stderr } = await picket(["agent", "--data", data, "-"], { stdin: "" });
  assert.equal(code, 4, stderr);
  assert.match(stderr, /error: The data folder ".*" cannot be opened: could not read file/);
});

Deno.test("PGlite: a data folder and its files are their owner's alone", async () => {
  const data = fresh();
  Deno.chmodSync(data, 0o755);
  const store = await openStore({ data });
  await store.write({ batches: [batchOf(failures(2))] });
  await store.close();
  const open: string[] = [];
  const check = (path: string, expected: number) => {
    const { mode } = Deno.statSync(path);
    if ((mode! & 0o777) !== expected) open.push(`${path} ${(mode! & 0o777).toString(8)}`);
  };
  const visit = (at: string) => {
    check(at, 0o700);
    for (const { name, isDirectory } of Deno.readDirSync(at)) {
      if (isDirectory) visit(`${at}/${name}`);
      else check(`${at}/${name}`, 0o600);
    }
  };
  visit(data);
  assert.deepEqual(open, []);
});

const DATABASES: Record<string, () => Promise<[StoreOptions, () => Promise<Database>] | null>> = {
  async PGlite() {
    const data = `${folder}/${made++}`;
    await (await openEmpty(data)).close();
    return [{ data }, () => openPglite(data)];
  },
  async PostgreSQL() {
    if (!server) return null;
    const database = await server.database();
    return [{ database }, () => openPostgres(database)];
  },
};

for (const [name, create] of Object.entries(DATABASES)) {
  Deno.test({
    name: `${name}: tables of another program and a newer schema are left alone`,
    ignore: name === "PostgreSQL" && !server,
    async fn() {
      const [options, open] = (await create())!;
      const foreign = async (sql: string, named: RegExp) => {
        let db = await open();
        await db.script(sql);
        const tables = () =>
          db.query(
            "SELECT relname, relnatts FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1",
          );
        const before = await tables();
        await db.close();
        await assert.rejects(openStore(options), { code: "foreign_schema", message: named });
        db = await open();
        assert.deepEqual(await tables(), before);
        return db;
      };
      let db = await foreign(
        "CREATE TABLE jobs (a int); CREATE TABLE events (b int)",
        /has tables of another program \(events, jobs\)/,
      );
      await db.script("DROP TABLE jobs; DROP TABLE events");
      await db.close();
      db = await foreign(
        "CREATE TABLE schema_migrations (version varchar PRIMARY KEY)",
        /another program \(schema_migrations\)/,
      );
      await db.script("DROP TABLE schema_migrations");
      await db.close();
      await (await openStore(options)).close();
      db = await open();
      await db.query("INSERT INTO schema_migrations VALUES (1000, 'later', now())");
      await db.close();
      await assert.rejects(openStore(options), {
        code: "newer_schema",
        message: /has schema version 1000 and this program knows \d+; update the program/,
      });
    },
  });
}

/** Writes until it fails, and gives the error. */
async function fill(options: StoreOptions): Promise<{ error: Error; stored: number }> {
  const store = await openStore(options);
  let stored = 0;
  try {
    for (;;) {
      const lines = failures(3000).map((l, i) => ({
        ...l,
        raw: `${l.raw} ${stored + i} ${"x".repeat(400)}`,
      }));
      const batch = batchOf(lines, { at: stored * 1000 });
      stored += (await store.write({ batches: [batch] })).events;
      assert.ok(stored < 1_000_000, "the disk has no end");
    }
  } catch (error) {
    return { error: error as Error, stored };
  } finally {
    await store.close().catch(() => {});
  }
}

Deno.test({
  name: `PGlite: a full disk is said, and what was acknowledged stays${
    disks.pglite ? "" : `: ${noDisk}`
  }`,
  ignore: !disks.pglite,
  async fn() {
    const data = copyFolder(template, `${disks.pglite}/data`);
    const { error, stored } = await fill({ data });
    assert.equal((error as Error & { code: string }).code, "disk_full", error.message);
    assert.match(error.message, /^The disk under ".*" is full; make room and start again/);
    new Deno.Command("mount", { args: ["-o", "remount,size=400m", disks.pglite!] }).outputSync();
    const store = await openStore({ data });
    assert.ok(stored > 0);
    assert.equal((await store.stats()).events, stored);
    await store.close();
  },
});

Deno.test({
  name: `PostgreSQL: a full disk is said, and what was acknowledged stays${
    disks.postgresql ? "" : `: ${noDisk}`
  }`,
  ignore: !disks.postgresql,
  async fn() {
    new Deno.Command("chown", { args: ["postgres", disks.postgresql!] }).outputSync();
    Deno.chmodSync(folder, 0o711);
    const base = await server!.database();
    const db = await openPostgres(base);
    await db.query(`CREATE TABLESPACE small LOCATION '${disks.postgresql}'`);
    await db.query("CREATE DATABASE small TABLESPACE small");
    await db.close();
    const database = base.replace(/\/[^/]*$/, "/small");
    const { error, stored } = await fill({ database });
    assert.equal((error as Error & { code: string }).code, "disk_full", error.message);
    new Deno.Command("mount", { args: ["-o", "remount,size=400m", disks.postgresql!] })
      .outputSync();
    const store = await openStore({ database });
    assert.ok(stored > 0);
    assert.equal((await store.stats()).events, stored);
    await store.close();
  },
});
