/** The store suite: events by their ids, and values without their names. */
import assert from "node:assert/strict";
import type { EventBatch } from "../../event.ts";
import { eventId, textCheck } from "../../event.ts";
import type { Store } from "../mod.ts";
import { batchOf, failures, type Line, T0 } from "./samples.ts";
import type { StoreTests } from "./suite.ts";

const YEAR = 365 * 86_400_000;

function idsOf(batch: EventBatch): string[] {
  const { events, lines } = batch;
  return events.map((e, i) => eventId(lines.input.identity!, lines.offset(i), textCheck(e._raw)));
}

/** Each alone, and all together. */
async function foundAll(store: Store, ids: readonly string[]): Promise<void> {
  for (const id of ids) assert.equal((await store.event(id))?.id, id);
  const found = await store.eventsById([...ids, "e".repeat(32)]);
  assert.deepEqual(found.map((e) => e.id).sort(), [...new Set(ids)].sort());
}

export const IDS: StoreTests = {
  async "events are found by their ids, whatever their times"(store) {
    const lines = (time: (i: number) => number): Line[] =>
      failures(60).map((line, i) => ({ ...line, time: time(i) }));
    const batches = [
      lines((i) => T0 + i * 10),
      // Two hosts, one of them with a clock of its own.
      lines((i) => T0 - (i % 2) * 3_600_000 + i * 1000),
      // One line an hour.
      lines((i) => T0 + i * 3_600_000),
      // Whatever a garbled line says.
      lines((i) => i % 7 === 0 ? Date.UTC(1970, 0, 1) + i * YEAR : T0 - i * 60_000),
      lines(() => T0),
    ].map((all, i) => batchOf(all, { identity: `0${i}112233445566aa`, at: i === 4 ? 2 ** 40 : 0 }));
    // An identity of which no signed number has the sign.
    batches.push(batchOf(failures(3), { identity: "ff00112233445566", at: 32_760 }));
    await store.write({ batches });
    await foundAll(store, batches.flatMap(idsOf));
    assert.deepEqual(await store.write({ batches }), { events: 0, duplicates: 303, alerts: 0 });
  },

  async "what was left out is added between what is there"(store) {
    const batch = batchOf(failures(2000).map((l, i) => ({ ...l, time: T0 + (i % 50) * 60_000 })));
    const ids = idsOf(batch);
    const some = (which: (i: number) => boolean) => {
      const at = ids.flatMap((_, i) => which(i) ? [i] : []);
      return {
        ...batch,
        events: at.map((i) => batch.events[i]),
        kinds: Uint16Array.from(at, (i) => batch.extractionIds[i]),
        lineOf: (i: number) => at[i],
      };
    };
    const thirds = some((i) => i % 3 === 0), halves = some((i) => i % 2 === 0);
    assert.equal((await store.write({ batches: [thirds] })).events, 667);
    assert.deepEqual(await store.write({ batches: [halves] }), {
      events: 666,
      duplicates: 334,
      alerts: 0,
    });
    assert.deepEqual(await store.write({ batches: [batch] }), {
      events: 667,
      duplicates: 1333,
      alerts: 0,
    });
    assert.deepEqual(await store.write({ batches: [some((i) => i > 1990)] }), {
      events: 0,
      duplicates: 9,
      alerts: 0,
    });
    await foundAll(store, ids.filter((_, i) => i % 97 === 0));
    assert.equal((await store.eventsById(ids)).length, 2000);
    assert.equal((await store.stats()).events, 2000);
  },

  async "an input that comes again in one write, behind another, is stored once"(store) {
    const batch = batchOf(failures(30));
    const other = batchOf(failures(5), { identity: "ff00112233445566" });
    const half = {
      ...batch,
      events: batch.events.slice(0, 20),
      kinds: batch.extractionIds.slice(0, 20),
    };
    assert.deepEqual(await store.write({ batches: [half, other, batch, other, half] }), {
      events: 35,
      duplicates: 45,
      alerts: 0,
    });
    await foundAll(store, [batch, other].flatMap(idsOf));
    assert.equal((await store.events({ limit: 100 })).items.length, 35);
  },

  async "values without a column keep their names, wherever one is missing"(store) {
    const [pattern] = batchOf(failures(1)).extractions;
    const names = ["uid", "tty", "reason", "ports", "session"];
    const captures = names.map((name) => ({ name, type: "string" as const, always: false }));
    const extractions = [{
      ...pattern,
      captures: [...captures, { name: "dest_port", type: "int" as const, always: false }],
    }];
    const rows: Record<string, string | number | boolean | string[]>[] = [
      {},
      { uid: 0, tty: "ssh", reason: 'a "q" \\ é', ports: ["1", "2"], session: "opened" },
      { session: "opened" },
      { uid: 0, session: "opened" },
      { tty: "ssh", ports: [] },
      { tty: "ssh", reason: "null" },
      { uid: false, reason: "x".repeat(50_000) },
      // What does not fit its column is said with its name.
      { uid: 7, session: "opened", dest_port: 70_000_000_000 },
      { tty: "ssh", _time_from: "previous" },
    ];
    const lines = rows.map((fields, i) => ({ raw: `row ${i}`, kind: 0, fields }));
    await store.write({ batches: [{ ...batchOf(lines), extractions }] });
    const { items } = await store.events({ limit: 20 });
    const { action, app, authentication_method } = pattern.constants;
    assert.deepEqual(
      [...items].reverse().map((e) => e.fields),
      rows.map((fields) => ({ action, app, authentication_method, ...fields })),
    );
    const count = async (fields: Record<string, string>) =>
      (await store.events({ limit: 20, fields })).items.length;
    assert.equal(await count({ session: "opened" }), 4);
    assert.equal(await count({ tty: "ssh" }), 4);
    assert.equal(await count({ uid: "0" }), 2);
    assert.equal(await count({ reason: "null" }), 1);
    assert.equal(await count({ _time_from: "previous" }), 1);
    assert.equal(await count({ tty: "opened" }), 0);
    const { values } = await store.top({ field: "session", limit: 5 });
    assert.deepEqual(values.find((v) => v.value === "opened")?.events, 4);
  },
};
