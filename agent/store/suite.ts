/** What every store must do. Run by store_test.ts on both databases. */
import assert from "node:assert/strict";
import type { Alert, Event, EventBatch } from "../event.ts";
import { eventId, textCheck } from "../event.ts";
import type { Extraction } from "../../compiler/schema/types.ts";
import { createWriter, openStore, serialise, type Store, type StoreOptions } from "./mod.ts";

const T0 = Date.UTC(2026, 2, 29, 0, 2, 15);

/** Three extractions as sourcetypes give them: fixed fields, all kinds of captures, and an open one. */
export const EXTRACTIONS: readonly Extraction[] = [
  {
    id: 0,
    sourcetype: "linux_secure",
    pattern: "failed password",
    datasets: ["Authentication"],
    constants: { action: "failure", app: "sshd", authentication_method: "password" },
    captures: [
      { name: "src", type: "host", always: true },
      { name: "user", type: "string", always: false },
      { name: "src_port", type: "int", always: false },
    ],
    open: false,
    parseError: false,
  },
  {
    id: 1,
    sourcetype: "linux_secure",
    pattern: "parse_error",
    datasets: [],
    constants: {},
    captures: [],
    open: false,
    parseError: true,
  },
  {
    id: 2,
    sourcetype: "app_json",
    pattern: "json",
    datasets: ["Network_Traffic", "Web"],
    constants: {},
    captures: [
      { name: "dest_port", type: "int", always: false },
      { name: "bytes_out", type: "int", always: false },
      { name: "tags", type: { list: "string" }, always: false },
    ],
    open: true,
    parseError: false,
  },
];

export interface Line {
  readonly raw: string;
  readonly kind: number;
  readonly time?: number;
  readonly fields?: Record<string, Event[string]>;
  readonly more?: Event["more"];
}

/** A batch as the parser hands it on, beginning at byte `at` of the input. */
export function batchOf(
  lines: readonly Line[],
  { identity = "00112233445566aa", at = 0, name = "auth.log" } = {},
): EventBatch {
  const offsets: number[] = [];
  for (const { raw } of lines) {
    offsets.push(at);
    at += new TextEncoder().encode(raw).length + 1;
  }
  const input = {
    index: 0,
    name,
    identity,
    sourcetype: null,
    lateness: 0,
    modified: T0,
  };
  return {
    lines: { input, lines: lines.map((l) => l.raw), arrival: T0 + 5, offset: (i) => offsets[i] },
    events: lines.map((l, i) => ({
      _raw: l.raw,
      _time: l.time ?? T0 + i * 1000,
      host: "web1",
      _time_from: undefined,
      more: l.more ?? null,
      ...l.fields,
    })),
    kinds: Uint16Array.from(lines, (l) => l.kind),
    extractions: EXTRACTIONS,
    lineOf: (i) => i,
  };
}

export function failures(n: number): Line[] {
  return Array.from({ length: n }, (_, i) => ({
    raw: `Failed password for root from 203.0.113.${i % 9} port ${i} ssh2`,
    kind: 0,
    fields: { src: `203.0.113.${i % 9}`, user: i % 2 ? "root" : "admin", src_port: i },
  }));
}

export function alertOf(id: string, change: Partial<Alert> = {}): Alert {
  return {
    id: id.repeat(32),
    rule: "ssh_brute_force",
    planHash: "p1",
    title: "SSH brute force",
    severity: "high",
    status: "open",
    time: T0,
    first: T0,
    last: T0 + 4000,
    count: 5,
    suppressed: 0,
    entity: { src: "203.0.113.9" },
    fields: { src: "203.0.113.9", failures: 5, users: ["root"] },
    mitre: [{ id: "T1110.001", name: "Password Guessing", tactics: ["Credential Access"] }],
    message: "5 failed logins",
    eventIds: [],
    ...change,
  };
}

/** @param fresh options of a store that does not exist yet; opening them again finds the same one */
export function storeSuite(name: string, fresh: () => Promise<StoreOptions | null>): void {
  const test = (what: string, run: (store: Store, options: StoreOptions) => Promise<void>) =>
    Deno.test(`${name}: ${what}`, async () => {
      const options = await fresh();
      if (!options) return;
      const store = await openStore(options);
      try {
        await run(store, options);
      } finally {
        await store.close();
      }
    });

  test("events come back as they were, however hostile", async (store) => {
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
  });

  test("the same events again are no new rows", async (store) => {
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
  });

  test("two equal rows in one part are one row", async (store) => {
    const rows = serialise(batchOf(failures(3)))!;
    const text = new TextDecoder().decode(rows.data);
    const twice = {
      ...rows,
      data: new TextEncoder().encode(text + text),
      count: 6,
      counts: rows.counts.map((c) => ({ ...c, events: c.events * 2 })),
    };
    assert.deepEqual(await store.write({ batches: [twice] }), {
      events: 3,
      duplicates: 3,
      alerts: 0,
    });
    assert.equal((await store.stats()).events, 3);
  });

  test("filters and keyset pages", async (store) => {
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
  });

  test("the last change of an alert wins, except over a person", async (store) => {
    const batch = batchOf(failures(2));
    const id = eventId("00112233445566aa", 0, textCheck(batch.events[0]._raw));
    const open = alertOf("a", { eventIds: [id] });
    const closed = { ...open, status: "closed" as const, count: 9, message: "9 failed \0logins" };
    const { alerts } = await store.write({ batches: [batch], alerts: [open, closed] });
    assert.equal(alerts, 1);
    const [found] = (await store.alerts({ limit: 5 })).items;
    const { updated, ...rest } = found;
    assert.ok(updated > T0);
    assert.deepEqual(rest, {
      ...closed,
      message: "9 failed \ufffdlogins",
      statusBy: null,
      statusAt: null,
      comment: null,
    });
    assert.deepEqual((await store.alertsOfEvent(id)).map((a) => a.id), [open.id]);
    const change = { status: "acknowledged" as const, comment: "mine", who: "ada" };
    assert.equal((await store.setAlertStatus(open.id, change))?.status, "acknowledged");
    await store.write({ alerts: [{ ...closed, count: 10 }] });
    const after = await store.alert(open.id);
    assert.equal(after?.status, "acknowledged");
    assert.equal(after?.count, 10);
    assert.equal(after?.comment, "mine");
    assert.equal(await store.setAlertStatus("b".repeat(32), change), null);
    await store.write({
      alerts: [alertOf("c", { severity: "low", rule: "scan", entity: { user: "bob" } })],
    });
    const ids = async (filter: object) =>
      (await store.alerts({ limit: 9, ...filter })).items.map((a) => a.id[0]).join("");
    assert.equal(await ids({}), "ca");
    assert.equal(await ids({ severities: ["high", "critical"] }), "a");
    assert.equal(await ids({ status: "open", rule: "scan" }), "c");
    assert.equal(await ids({ entity: "bob" }), "c");
    assert.equal(await ids({ fields: { src: "203.0.113.9", failures: "5" } }), "ca");
  });

  test("a write that fails leaves nothing", async (store) => {
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
  });

  test("checkpoints, jobs and health last", async (store, options) => {
    const position = {
      input: "00112233445566aa",
      source: "auth.log",
      job: "1".repeat(32),
      offset: 2 ** 40,
      lines: 7,
      encoding: "utf-8",
      sourcetype: null,
      time: T0 + 0.5,
      parser: '{"a":"\\u0000\\ud800"}',
      done: false,
    };
    const entry = (key: string, ord: number) => ({
      rule: "r",
      part: 0,
      key: key.repeat(32),
      ord,
      state: `["\\u0000${key}"]`,
    });
    const change = {
      stream: "s",
      run: "2".repeat(32),
      head: '{"h":1}',
      positions: [position],
      reset: false,
      put: [entry("b", 1), entry("a", 2), entry("c", 3)],
      gone: [],
    };
    const job = {
      id: "1".repeat(32),
      run: "2".repeat(32),
      source: "auth.log",
      sourcetype: null,
      state: "running" as const,
      lines: 1,
      events: 1,
      parseErrors: 0,
      rate: 0.5,
      error: null,
      started: T0,
    };
    const note = { time: T0, kind: "gap", subject: "stdin", message: "Gap", detail: { rows: 3 } };
    await store.write({
      checkpoint: { ...change, positions: [{ ...position, offset: 3 }] },
      jobs: [job],
      health: [note],
    });
    await store.write({
      checkpoint: { ...change, put: [entry("b", 9)], gone: [entry("c", 0)] },
      jobs: [{ ...job, state: "done", lines: 9 }],
    });
    await store.write({ checkpoint: { ...change, stream: "other", put: [] } });
    await store.close();
    const again = await openStore(options);
    try {
      assert.equal(await again.checkpoint("none"), null);
      assert.deepEqual(await again.checkpoint("s"), {
        run: change.run,
        head: change.head,
        positions: [position],
        state: [entry("a", 2), entry("b", 9)],
      });
      await again.write({ checkpoint: { ...change, reset: true, put: [entry("d", 1)] } });
      assert.deepEqual((await again.checkpoint("s"))?.state, [entry("d", 1)]);
      await again.write({ ended: "s" });
      assert.equal(await again.checkpoint("s"), null);
      assert.notEqual(await again.checkpoint("other"), null);
      const [{ updated, ...kept }] = await again.jobs(5);
      assert.ok(updated > T0);
      assert.deepEqual(kept, { ...job, state: "done", lines: 9 });
      const { items: [{ id, ...told }], next } = await again.health({ limit: 5, kind: "gap" });
      assert.match(id, /^[0-9a-f]{32}$/);
      assert.deepEqual([told, next], [note, null]);
      assert.deepEqual((await again.health({ limit: 5, subject: "udp" })).items, []);
    } finally {
      await again.close();
    }
  });

  test("incidents follow from the alerts, in whatever portions they come", async (store) => {
    const day = 24 * 3_600_000;
    const at = (id: string, rule: string, first: number, change: Partial<Alert> = {}) =>
      alertOf(id, { rule, time: first, first, last: first, ...change });
    const all = [
      at("a", "scan", T0, { severity: "low" }),
      at("b", "ssh_brute_force", T0 + day, { last: T0 + day + 1 }),
      at("c", "scan", T0 + 2 * day + 1),
      at("d", "scan", T0 + 4 * day),
      at("e", "scan", T0, { entity: { user: "bob" } }),
      at("f", "login", T0, { entity: { user: "BOB" }, mitre: [] }),
      at("0", "login", T0, { entity: {} }),
    ];
    const shape = async () =>
      (await store.incidents({ limit: 9 })).items.map((i) => [
        i.entity.value.toLowerCase(),
        i.severity,
        i.first,
        i.last,
        i.alerts,
      ]);
    await store.write({ alerts: [all[0], all[2], all[3]] });
    assert.deepEqual(await shape(), []);
    await store.write({ alerts: [all[1]] });
    const first = (await store.incidents({ limit: 9 })).items;
    assert.deepEqual(await shape(), [["203.0.113.9", "high", T0, T0 + 2 * day + 1, 3]]);
    assert.deepEqual(first[0].rules, ["scan", "ssh_brute_force"]);
    assert.deepEqual(
      (await store.timeline(first[0].id, 10)).map((a) => a.id[0]),
      ["a", "b", "c"],
    );
    await store.write({ alerts: all.slice(4) });
    assert.equal((await shape()).length, 2);
    // An earlier alert joins: the incident has another first alert, and so another id.
    await store.write({ alerts: [at("9", "login", T0 - day)] });
    const after = (await store.incidents({ limit: 9, entity: "203.0.113.9" })).items;
    assert.equal(after.length, 1);
    assert.notEqual(after[0].id, first[0].id);
    assert.equal(after[0].alerts, 4);
    assert.equal(await store.incident(first[0].id), null);
    const ids = async (filter: object) =>
      (await store.incidents({ limit: 9, ...filter })).items.map((i) => i.entity.field).join();
    assert.equal(await ids({ entity: "Bob" }), "user");
    assert.equal(await ids({ from: T0 + 1 }), "src");
    assert.equal(await ids({ to: T0 }), "src");
    assert.equal(await ids({ severities: ["critical"] }), "");
    assert.equal(await ids({ status: "open" }), "user,src");
    const closed = { status: "closed" as const, comment: null, who: "ada" };
    for (const id of ["e", "f"]) await store.setAlertStatus(id.repeat(32), closed);
    assert.equal(await ids({ status: "closed" }), "user");
    const page = await store.incidents({ limit: 1 });
    const rest = await store.incidents({ limit: 9, cursor: page.next! });
    assert.equal(rest.items.length, 1);
    assert.equal(rest.next, null);
  });

  test("statistics count by hour, sourcetype and rule", async (store) => {
    assert.deepEqual((await store.stats()).first, null);
    const lines = [...failures(4), { raw: "what", kind: 1, time: T0 + 3_600_000 }];
    const writer = createWriter(store);
    await writer.write({ batches: [batchOf(lines)], alerts: [alertOf("a")] });
    assert.deepEqual(await writer.flush(), { events: 5, duplicates: 0, alerts: 1 });
    const all = await store.stats();
    assert.deepEqual(all.sourcetypes, [{ sourcetype: "linux_secure", events: 5, parseErrors: 1 }]);
    assert.equal(all.parseErrors, 1);
    assert.equal(all.alertsBySeverity.high, 1);
    assert.deepEqual(all.alertsByRule, [{ rule: "ssh_brute_force", alerts: 1 }]);
    assert.equal(all.first, Date.UTC(2026, 2, 29, 0));
    assert.equal((await store.stats({ from: T0 + 3_600_000 })).events, 1);
  });
}
