/** A store in a new data folder, which is not waited for. */
import assert from "node:assert/strict";
import { withFolder } from "../../../tests/run.ts";
import { openStore } from "../mod.ts";
import { batchOf, failures } from "../testing/suite.ts";
import { StoreError } from "../types/error.ts";
import { openPglite } from "./pglite.ts";

Deno.test("what is written before the database is there is in it, in its order", async () => {
  await withFolder(async (folder) => {
    const data = `${folder}/data`;
    const store = await openStore({ data, early: true });
    assert.equal(store.unopened, true);
    const began = performance.now();
    assert.equal(await store.claim("00000000"), true);
    assert.equal(await store.checkpoint("00000000"), null);
    assert.ok(performance.now() - began < 100, "neither waits");
    assert.equal(store.unopened, true);
    const writes = [
      store.write({ batches: [batchOf(failures(10))] }),
      store.write({ batches: [batchOf(failures(10))] }),
    ];
    const [first, again] = await Promise.all(writes);
    assert.equal(store.unopened, false);
    assert.deepEqual([first.events, again.duplicates], [10, 10]);
    assert.equal((await store.stats()).events, 10);
    await store.close();
    // A folder that is there is waited for.
    const second = await openStore({ data, early: true });
    assert.ok(!second.unopened);
    assert.equal((await second.stats()).events, 10);
    await second.close();
  });
});

Deno.test("a database that cannot be made is an error of who asks, and lets go of the folder", async () => {
  await withFolder(async (folder) => {
    const full = new StoreError("disk_full", "There is no room");
    const db = await openPglite(folder, { early: true, prepare: () => Promise.reject(full) });
    const asked = [
      db.query("SELECT 1"),
      db.script("SELECT 1"),
      db.reader.query("SELECT 1"),
      db.transaction(() => Promise.resolve()),
    ];
    for (const result of await Promise.allSettled(asked)) {
      assert.equal(result.status === "rejected" && result.reason.code, "disk_full");
    }
    await db.close();
    const other = await openPglite(folder);
    assert.deepEqual(await other.query("SELECT 1 AS one"), [{ one: 1 }]);
    await other.close();
  });
});

Deno.test("a folder that another store has is refused at once", async () => {
  await withFolder(async (folder) => {
    const store = await openStore({ data: folder, early: true });
    await assert.rejects(
      openStore({ data: folder, early: true }),
      (error) => error instanceof StoreError && error.code === "in_use",
    );
    // Closing waits until it is there.
    await store.close();
    const again = await openStore({ data: folder });
    await again.close();
  });
});
