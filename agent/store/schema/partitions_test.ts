import assert from "node:assert/strict";
import { needs, testNeeding } from "../../../tests/needs.ts";
import { startPostgres } from "../../../tests/postgres.ts";
import { migrate } from "./migrate.ts";
import { MIGRATIONS } from "./migrations.ts";
import { openStore } from "../mod.ts";
import { type Partition, partitionOf, partitions } from "./partitions.ts";
import { openPostgres } from "../drivers/postgres.ts";
import { batchOf, failures } from "../testing/samples.ts";

const DAY = 86_400_000;
const day = (text: string) => Date.parse(text) / DAY;
const said = (p: Partition | null) =>
  p && [p.from, p.to].map((d) => new Date(d * DAY).toISOString().slice(0, 10)).join(" ");

Deno.test("partitions are as wide as their time is old, and few", () => {
  const today = day("2026-11-21");
  const of = (text: string, existing: readonly Partition[] = []) =>
    said(partitionOf(day(text), today, existing));
  assert.equal(of("2026-11-21"), "2026-11-21 2026-11-22");
  assert.equal(of("2026-11-23"), "2026-11-23 2026-11-24");
  assert.equal(of("2026-11-24"), null);
  assert.equal(of("2026-03-29"), "2026-03-01 2026-04-01");
  assert.equal(of("2015-12-10"), "2015-01-01 2016-01-01");
  assert.equal(of("1989-12-31"), null);
  assert.equal(of("9999-12-31"), null);
  const days = [{ from: day("2026-03-10"), to: day("2026-03-11") }];
  assert.equal(of("2026-03-29", days), "2026-03-11 2026-04-01");
  assert.equal(of("2026-03-02", days), "2026-03-01 2026-03-10");
  const made: Partition[] = [];
  for (let d = day("0001-01-01"); d < day("3000-01-01"); d++) {
    if (made.some((p) => p.from <= d && d < p.to)) continue;
    const p = partitionOf(d, today, made);
    if (p) made.push(p);
  }
  assert.ok(made.length < 100, `${made.length}`);
  made.sort((a, b) => a.from - b.from);
  for (let i = 1; i < made.length; i++) assert.ok(made[i - 1].to <= made[i].from);
});

const server = needs.postgres.missing ? null : await startPostgres();
Deno.test.afterAll(() => server?.stop());

testNeeding(
  needs.postgres,
  "PostgreSQL: wild times make few partitions, and two writers the same",
  async () => {
    const database = await server!.database();
    const stores = await Promise.all([1, 2].map(() => openStore({ database })));
    const times = ["0001-01-02", "1999-01-01", "2015-12-10", "2026-03-29", "9999-01-01"];
    const today = Math.floor(Date.now() / DAY) * DAY;
    const lines = failures(60).map((l, i) => ({
      ...l,
      time: i < 5 ? Date.parse(times[i]) : today - (i % 9) * DAY,
    }));
    await Promise.all(stores.map((s, i) =>
      s.write({
        batches: [batchOf(lines, { identity: `${i}`.repeat(16) })],
      })
    ));
    assert.equal((await stores[0].stats()).events, 120);
    assert.equal((await stores[0].events({ limit: 1000 })).items.length, 120);
    assert.equal(await stores[0].retain(today - 3 * DAY), 120 - 2 * 25);
    await Promise.all(stores.map((s) => s.close()));
    const db = await openPostgres(database);
    assert.equal((await partitions(db)).length, 4);
    await db.close();
  },
);

testNeeding(
  needs.postgres,
  "PostgreSQL: a row that was ahead of its time hinders no partition",
  async () => {
    const database = await server!.database();
    const store = await openStore({ database });
    const soon = Math.floor(Date.now() / DAY) * DAY;
    const db = await openPostgres(database);
    const [line] = failures(1);
    await store.write({ batches: [batchOf([{ ...line, time: soon }])] });
    // As if it had come days ago, when no partition was made for a time so far ahead.
    for (const p of await partitions(db)) {
      const name = said(p)!.replaceAll("-", "").replace(" ", "_");
      await db.script(
        `ALTER TABLE events DETACH PARTITION events_${name};
       INSERT INTO events_default SELECT * FROM events_${name}; DROP TABLE events_${name}`,
      );
    }
    await store.close();
    const again = await openStore({ database });
    await again.write({ batches: [batchOf([{ ...line, time: soon }], { at: 1000 })] });
    assert.equal((await again.events({ limit: 9 })).items.length, 2);
    assert.deepEqual(await partitions(db), []);
    await again.close();
    await db.close();
  },
);

testNeeding(needs.postgres, "PostgreSQL: the view says all of an event by its names", async () => {
  const database = await server!.database();
  const store = await openStore({ database });
  const [line] = failures(1);
  await store.write({
    batches: [batchOf([
      line,
      { ...line, fields: { src: "gate", uid: 1 } },
      { ...line, fields: { src: "gate", _time_from: "previous", src_port: 7 } },
      { raw: "{}", kind: 2, fields: { tags: ["a"] }, more: { x: "1" } },
      { raw: "what", kind: 1 },
    ])],
  });
  const db = await openPostgres(database);
  const rows = await db.query(
    'SELECT src, "user", sourcetype, more FROM events_shown ORDER BY id',
  );
  const fixed = { action: "failure", app: "sshd", authentication_method: "password" };
  const ssh = "linux_secure";
  assert.deepEqual(rows.map((r) => [r.src, r.user, r.sourcetype, r.more]), [
    ["203.0.113.0", "admin", ssh, { ...fixed, src_port: 0 }],
    ["gate", null, ssh, fixed],
    ["gate", null, ssh, { ...fixed, _time_from: "previous", src_port: 7 }],
    [null, null, "app_json", { tags: ["a"], x: "1" }],
    [null, null, ssh, {}],
  ]);
  await db.close();
  await store.close();
});

testNeeding(
  needs.postgres,
  "PostgreSQL: a store of the first version is brought up to date",
  async () => {
    const database = await server!.database();
    const db = await openPostgres(database);
    await migrate(db, MIGRATIONS.slice(0, 1));
    await db.script(FIRST_VERSION);
    await db.close();
    await upgraded(database);
  },
);

/** Rows as the first version wrote them. */
const FIRST_VERSION = `
INSERT INTO events (id, time, ingested, source, sourcetype, datasets, parse_error, host, src, src_ip,
  "user", action, app, extra, raw)
VALUES
  ('00000000000000aa0000000000000001', '2026-03-29 00:02:15.5Z', '2026-03-30Z', 'auth.log',
    'linux_secure', '{Authentication}', NULL, 'web1', '203.0.113.9', '203.0.113.9', 'root',
    'failure', 'sshd', '{"src_port": 7}', 'Failed password'),
  ('00000000000000aa0000000000000002', now(), now(), 'auth.log', 'linux_secure', '{}',
    'No pattern matches', NULL, 'gate', NULL, NULL, NULL, NULL, NULL, 'what');
INSERT INTO event_counts VALUES ('2026-03-29 00:00Z', 'linux_secure', false, 1);
INSERT INTO alerts VALUES ('00000000000000000000000000000001', 'scan', 'p', 'Scan', 'high', 'closed',
  now(), now(), now(), 5, 0, '{"src": "203.0.113.9"}', '{}', '[]', 'm',
  '{00000000000000aa0000000000000001}', now(), 'ada', now(), 'mine')`;

async function upgraded(database: string): Promise<void> {
  const store = await openStore({ database });
  const [bad, event] = (await store.events({ limit: 9 })).items;
  assert.equal(event.time, Date.parse("2026-03-29T00:02:15.5Z"));
  assert.deepEqual([event.source, event.sourcetype, event.datasets], [
    "auth.log",
    "linux_secure",
    ["Authentication"],
  ]);
  assert.deepEqual(event.fields, {
    src: "203.0.113.9",
    user: "root",
    action: "failure",
    app: "sshd",
    src_port: 7,
  });
  assert.deepEqual([bad.parseError, bad.fields, bad.host], [
    "No pattern matches",
    { src: "gate" },
    null,
  ]);
  assert.equal((await store.event(event.id))?.raw, "Failed password");
  assert.equal((await store.eventsById([event.id, bad.id])).length, 2);
  const filter = { source: "auth.log", sourcetype: "linux_secure", fields: { src: "203.0.113.9" } };
  assert.equal((await store.events({ limit: 9, ...filter })).items.length, 1);
  const { events, parseErrors, alerts } = await store.stats();
  assert.deepEqual([events, parseErrors, alerts], [2, 1, 1]);
  assert.equal((await store.top({ field: "user", limit: 1 })).values[0].value, "root");
  const id = "00000000000000000000000000000001";
  const [{ who, to, comment }] = await store.alertHistory(id);
  assert.deepEqual([who, to, comment], ["ada", "closed", "mine"]);
  assert.equal(await store.lastChange(), 1);
  await store.close();
}
