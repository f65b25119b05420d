import assert from "node:assert/strict";
import { isRemote, offerStore, remoteStore } from "./folder.ts";
import { openStore, type StoreError } from "./mod.ts";
import { alertOf, batchOf, failures } from "./testing/suite.ts";

const data = Deno.makeTempDirSync({ prefix: "picket-folder-" });
const store = await openStore({ data });
await store.write({ batches: [batchOf(failures(1500))], alerts: [alertOf("a")] });
Deno.test.afterAll(async () => {
  await store.close();
  await Deno.remove(data, { recursive: true });
});

Deno.test("who has the folder's secret asks the process that holds it", async () => {
  assert.equal(await remoteStore(data), null);
  const offer = await offerStore(store);
  try {
    if (Deno.build.os !== "windows") {
      assert.equal(Deno.statSync(`${data}/serving`).mode! & 0o777, 0o600);
    }
    const remote = (await remoteStore(data))!;
    assert.ok(isRemote(remote) && !isRemote(store));
    assert.deepEqual(await remote.stats(), await store.stats());
    assert.deepEqual(await remote.events({ limit: 7 }), await store.events({ limit: 7 }));
    assert.deepEqual(await remote.verdicts(), await store.verdicts());
    const span = { start: 0, end: 0 };
    const rows = { kind: "events", from: { any: true }, where: null, span } as const;
    const request = {
      rows,
      where: [],
      order: "newest",
      scan: 50,
      limit: 9,
      from: undefined,
    } as const;
    assert.deepEqual(await remote.searchSlice(request), await store.searchSlice(request));
    let exported = 0;
    for await (const page of remote.exportEvents({})) exported += page.length;
    assert.equal(exported, 1500);
    const [alert] = await remote.editAlerts([(await store.alerts({ limit: 1 })).items[0].id], {
      status: "closed",
      comment: null,
      who: "ada",
    });
    assert.equal(alert.statusBy, "ada");
    assert.throws(() => remote.write({}), (e: StoreError) => e.code === "in_use");
    // An error is the store's.
    const wide = { bucketMs: 1, from: 0, to: 1e9 };
    await assert.rejects(remote.timeseries(wide), { name: "StoreError", code: "invalid" });
    await remote.close();
    assert.equal((await store.stats()).events, 1500);
  } finally {
    await offer.close();
  }
  assert.equal(await remoteStore(data), null);
});

Deno.test("without the secret nothing is answered", async () => {
  const offer = await offerStore(store);
  const { address, secret } = JSON.parse(Deno.readTextFileSync(`${data}/serving`));
  const status = async (authorization: string, body: BodyInit | null = null, method = "POST") => {
    const response = await fetch(address, { method, headers: { authorization }, body });
    await response.body?.cancel();
    return response.status;
  };
  assert.equal(await status("Bearer x", "x"), 401);
  assert.equal(await status(`Bearer ${secret.slice(1)}0`, "x"), 401);
  assert.equal(await status(`Bearer ${secret}`, null, "GET"), 400);
  assert.equal(await status(`Bearer ${secret}`, "no such form"), 500);
  const { serialize } = await import("node:v8");
  const asked = (name: string) => new Uint8Array(serialize([name, []]));
  assert.equal(await status(`Bearer ${secret}`, asked("close")), 404);
  assert.equal(await status(`Bearer ${secret}`, asked("constructor")), 404);
  assert.equal(await status(`Bearer ${secret}`, asked("stats")), 200);
  await offer.close();
});
