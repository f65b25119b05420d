/** The store suite: what is rare is found behind what is frequent, and retention. */
import assert from "node:assert/strict";
import { eventId, textCheck } from "../event.ts";
import type { EventFilter, Store } from "./mod.ts";
import { alertOf, batchOf, failures, type Line, T0 } from "./samples.ts";
import type { StoreTests } from "./suite.ts";

const DAY = 86_400_000;

/** Thousands of events, ten a second, with some of another kind long before the newest. */
function crowd(): Line[] {
  const rare = new Set([7, 900, 901, 4000]);
  return Array.from({ length: 22_000 }, (_, i) => {
    const time = T0 + i * 100;
    if (!rare.has(i)) {
      const fields = { src: `203.0.113.${i % 200}`, user: "root", src_port: i };
      return { raw: `Failed password ${i}`, kind: 0, time, fields };
    }
    return {
      raw: `rare ${i}`,
      kind: 2,
      time,
      fields: { dest_port: 443 },
      more: { src: "198.51.100.7", user: "eve", severity: "high", dest: "db.example.net" },
    };
  });
}

/** All pages of a filter: how many events, and how many pages were asked for. */
async function through(store: Store, filter: Partial<EventFilter>): Promise<[number, number]> {
  const ids = new Set<string>();
  let cursor: EventFilter["cursor"], pages = 0, before = Infinity;
  do {
    const page = await store.events({ limit: 3, ...filter, cursor });
    for (const { id, time } of page.items) {
      assert.ok(time <= before && !ids.has(id));
      before = time;
      ids.add(id);
    }
    cursor = page.next ?? undefined;
    pages++;
  } while (cursor);
  return [ids.size, pages];
}

export const SEARCH: StoreTests = {
  async "what is rare is found behind what is frequent"(store) {
    await store.write({ batches: [batchOf(crowd())] });
    const indexed: Partial<EventFilter>[] = [
      { fields: { src: "198.51.100.7" } },
      { fields: { user: "eve" } },
      { fields: { dest: "db.example.net", user: "eve" } },
      { sourcetype: "app_json" },
      { fields: { severity: "high" } },
      { fields: { dest_port: "443" } },
    ];
    for (const filter of indexed) {
      assert.deepEqual(await through(store, filter), [4, 2], JSON.stringify(filter));
    }
    assert.deepEqual(await through(store, { fields: { user: "eve" }, from: T0 + 50_000 }), [3, 1]);
    assert.deepEqual(await through(store, { fields: { user: "nobody" } }), [0, 1]);
    assert.deepEqual(await through(store, { parseError: true }), [0, 1]);
    // Nothing says where these are: several pages look for them.
    const others: Partial<EventFilter>[] = [{ text: "RARE" }, { dataset: "Web" }];
    for (const filter of others) {
      const [found, pages] = await through(store, filter);
      assert.equal(found, 4);
      assert.ok(pages > 2 && pages < 9, `${pages}`);
    }
    assert.deepEqual(await through(store, { fields: { src: "198.51.100.0/24" } }), [4, 3]);
    const patient = await store.events({ text: "rare", limit: 9, patience: 60_000 });
    assert.deepEqual([patient.items.length, patient.next], [4, null]);
    const few = { limit: 1000, fields: { src: "203.0.113.5" } };
    assert.deepEqual(await through(store, few), [110, 1]);
  },

  async "events before a day go, with their counts; evidence stays"(store) {
    const lines = failures(6).map((l, i) => ({ ...l, time: T0 + (i - 3) * DAY }));
    const batch = batchOf(lines);
    const ids = [0, 1].map((i) =>
      eventId("00112233445566aa", batch.lines.offset(i), textCheck(lines[i].raw))
    );
    await store.write({
      batches: [batch, batchOf(failures(1).map((l) => ({ ...l, time: 0 })), { at: 99_999 })],
      alerts: [alertOf("a", { first: T0 - 3 * DAY, eventIds: [ids[0]] })],
    });
    assert.equal(await store.retain(T0 + 1), 4);
    assert.equal((await store.events({ limit: 9 })).items.length, 3);
    assert.equal((await store.stats()).events, 3);
    assert.deepEqual((await store.top({ field: "host", limit: 1 })).values[0].events, 3);
    assert.deepEqual((await store.eventsById(ids)).map((e) => e.id), [ids[0]]);
    assert.equal((await store.alerts({ limit: 9 })).items.length, 1);
    assert.equal(await store.retain(T0 + 1), 0);
    // What is read again comes back until the next time.
    const again = await store.write({ batches: [batch] });
    assert.deepEqual(again, { events: 3, duplicates: 3, alerts: 0 });
    assert.equal((await store.eventsById(ids)).length, 2);
    assert.equal((await store.stats()).events, 6);
  },
};
