/** The store suite: events. */
import assert from "node:assert/strict";
import type { Alert } from "../../event.ts";
import { eventId, textCheck } from "../../event.ts";
import { createWriter, type Store } from "../mod.ts";
import { alertOf, batchOf, failures, T0 } from "./samples.ts";
import type { StoreTests } from "./suite.ts";

export const EVENTS: StoreTests = {
  async "events come back as they were, however hostile"(store) {
    const raw = 'a\tb\\n "q" \r\0 \ud800 é 😀 \\. \\N {} ,"x":1';
    const written = await store.write({
      batches: [batchOf([
        { raw, kind: 0, fields: { src: "2001:db8::1", user: raw } },
        { raw: "\\N", kind: 1 },
        {
          raw: "{}",
          kind: 2,
          fields: { dest_port: 70_000_000_000, bytes_out: 12_345_678_901, tags: ["a", "b\0"] },
          more: { src: "host-7", 'we"ird\\key\0': raw, __proto__x: "1" },
        },
      ])],
    });
    assert.deepEqual(written, { events: 3, duplicates: 0, alerts: 0 });
    const { items, next } = await store.events({ limit: 10 });
    assert.equal(next, null);
    const clean = raw.replaceAll("\0", "\ufffd").toWellFormed();
    const [json, bad, failed] = items;
    assert.equal(failed.raw, clean);
    assert.equal(failed.time, T0);
    assert.equal(failed.ingested, T0 + 5);
    assert.equal(failed.host, "web1");
    assert.deepEqual(failed.datasets, ["Authentication"]);
    assert.deepEqual(failed.fields, {
      src: "2001:db8::1",
      user: clean,
      action: "failure",
      app: "sshd",
      authentication_method: "password",
    });
    assert.equal(bad.raw, "\\N");
    assert.equal(bad.parseError, "No pattern of linux_secure matches");
    assert.deepEqual(json.fields, {
      src: "host-7",
      bytes_out: 12_345_678_901,
      dest_port: 70_000_000_000,
      tags: ["a", "b\ufffd"],
      'we"ird\\key\ufffd': clean,
      __proto__x: "1",
    });
    const id = eventId("00112233445566aa", 0, textCheck(raw));
    assert.equal((await store.event(id))?.id, id);
    assert.equal(await store.event("f".repeat(32)), null);
  },

  async "the same events again are no new rows"(store) {
    const lines = failures(50);
    const first = { batches: [batchOf(lines.slice(0, 30))], alerts: [alertOf("a")] };
    assert.deepEqual(await store.write(first), { events: 30, duplicates: 0, alerts: 1 });
    assert.deepEqual(await store.write(first), { events: 0, duplicates: 30, alerts: 0 });
    const more = { batches: [batchOf(lines), batchOf(lines)] };
    assert.deepEqual(await store.write(more), { events: 20, duplicates: 80, alerts: 0 });
    const inside = batchOf(failures(5), { identity: "ffffffffffffffff" });
    assert.deepEqual(await store.write({ batches: [inside, inside] }), {
      events: 5,
      duplicates: 5,
      alerts: 0,
    });
    const stats = await store.stats();
    assert.equal(stats.events, 55);
    assert.equal((await store.events({ limit: 1000 })).items.length, 55);
  },

  async "two equal rows in one batch are one row"(store) {
    const batch = batchOf(failures(3));
    const twice = {
      ...batch,
      events: [...batch.events, ...batch.events],
      extractionIds: Uint16Array.from([...batch.extractionIds, ...batch.extractionIds]),
      lineOf: (i: number) => i % 3,
    };
    assert.deepEqual(await store.write({ batches: [twice] }), {
      events: 3,
      duplicates: 3,
      alerts: 0,
    });
    assert.equal((await store.stats()).events, 3);
  },

  async "filters and keyset pages"(store) {
    const lines = failures(100).map((l, i) => ({ ...l, time: T0 + Math.floor(i / 7) * 1000 }));
    await store.write({ batches: [batchOf(lines)] });
    const seen: string[] = [];
    let cursor;
    do {
      const page: Awaited<ReturnType<Store["events"]>> = await store.events({ limit: 9, cursor });
      seen.push(...page.items.map((e) => e.id));
      cursor = page.next ?? undefined;
    } while (cursor);
    assert.equal(seen.length, 100);
    assert.equal(new Set(seen).size, 100);
    const count = async (filter: object) =>
      (await store.events({ limit: 1000, ...filter })).items.length;
    assert.equal(await count({ fields: { src: "203.0.113.0" } }), 12);
    assert.equal(await count({ fields: { src: "203.0.113.0/31" } }), 23);
    assert.equal(await count({ fields: { src: "nobody" } }), 0);
    assert.equal(await count({ fields: { user: "root", src_port: "7" } }), 1);
    assert.equal(await count({ fields: { "x') OR 1=1 --": "1" } }), 0);
    assert.equal(await count({ text: "PORT 42 " }), 1);
    assert.equal(await count({ text: "100%_\\" }), 0);
    assert.equal(await count({ from: T0, to: T0 + 1000 }), 7);
    assert.equal(await count({ sourcetype: "linux_secure", dataset: "Authentication" }), 100);
    assert.equal(await count({ parseError: true }), 0);
    assert.equal(await count({ host: "web1", source: "auth.log", fields: { app: "cron" } }), 0);
    const [line] = failures(1);
    await store.write({
      batches: [batchOf([{ ...line, raw: "Gérard: ПАРОЛЬ falsch" }], { at: 1 << 20 })],
    });
    for (const text of ["FALSCH", "gé", "ПАРОЛЬ f"]) assert.equal(await count({ text }), 1, text);
  },

  async "a write that fails leaves nothing"(store) {
    const wrong = { alerts: [alertOf("a", { severity: "none" as Alert["severity"] })] };
    await assert.rejects(store.write({ batches: [batchOf(failures(3))], ...wrong }), {
      name: "StoreError",
    });
    const writer = createWriter(store);
    await writer.write({ batches: [batchOf(failures(3))], ...wrong });
    await assert.rejects(async () => {
      await writer.write({ batches: [batchOf(failures(3))] });
      await writer.flush();
    }, { name: "StoreError" });
    assert.equal((await store.events({ limit: 9 })).items.length, 0);
    assert.equal((await store.stats()).events, 0);
  },

  async "an early write is carried out behind the one before it, or not at all"(store) {
    const turn = (number: number, speculative: boolean) => ({ writer: "w", number, speculative });
    const write = (at: number) => ({ batches: [batchOf(failures(3), { at })] });
    await assert.rejects(store.write(write(9000), turn(2, true)), { code: "out_of_turn" });
    const [first, second] = await Promise.all([
      store.write(write(0), turn(1, false)),
      store.write(write(9000), turn(2, true)),
    ]);
    assert.deepEqual([first.events, second.events], [3, 3]);
    const wrong = { alerts: [alertOf("a", { severity: "none" as Alert["severity"] })] };
    const results = await Promise.allSettled([
      store.write({ ...write(20_000), ...wrong }, turn(3, false)),
      store.write(write(30_000), turn(4, true)),
    ]);
    assert.deepEqual(results.map((r) => r.status), ["rejected", "rejected"]);
    assert.equal((await store.stats()).events, 6);
  },

  async "an export gives every event once, in pages"(store) {
    const lines = failures(2100).map((l, i) => ({ ...l, time: T0 + Math.floor(i / 50) * 1000 }));
    await store.write({ batches: [batchOf(lines)] });
    const sizes: number[] = [], ids: string[] = [];
    for await (const page of store.exportEvents({})) {
      sizes.push(page.length);
      ids.push(...page.map((e) => e.id));
    }
    assert.deepEqual(sizes, [1000, 1000, 100]);
    assert.equal(new Set(ids).size, 2100);
    let few = 0;
    const filter = { fields: { user: "root" }, from: T0 + 1000, limit: 7 };
    for await (const page of store.exportEvents(filter)) few += page.length;
    assert.equal(few, 7);
    for await (const page of store.exportEvents({ host: "nobody" })) assert.fail(`${page.length}`);
  },
};
