import assert from "node:assert/strict";
import { needs, testNeeding } from "../../tests/needs.ts";
import { startPostgres } from "../../tests/postgres.ts";
import type { Database, Statements } from "./types/database.ts";
import { StoreError, storeError } from "./types/error.ts";
import { migrate } from "./schema/migrate.ts";
import { MIGRATIONS } from "./schema/migrations.ts";
import { createWriter, openStore, type Store, type Written } from "./mod.ts";
import { openPglite } from "./drivers/pglite.ts";
import { openPostgres } from "./drivers/postgres.ts";
import { type Retry, retrying } from "./types/retry.ts";
import { alertOf, batchOf, failures, storeSuite } from "./testing/suite.ts";
import { until, within } from "../../tests/waiting.ts";
import { openEmpty } from "./testing/empty.ts";

const folder = Deno.makeTempDirSync({ prefix: "picket-store-" });
let made = 0;
/** A whole, empty database: copying it is faster than making one. */
const template = `${folder}/template`;
let templated: Promise<void> | undefined;

async function freshFolder(): Promise<string> {
  await (templated ??= openStore({ data: template }).then((s) => s.close()));
  const to = `${folder}/${made++}`;
  copyFolder(template, to);
  return to;
}

function copyFolder(from: string, to: string): void {
  Deno.mkdirSync(to, { mode: 0o700 });
  for (const entry of Deno.readDirSync(from)) {
    if (entry.isDirectory) copyFolder(`${from}/${entry.name}`, `${to}/${entry.name}`);
    else Deno.copyFileSync(`${from}/${entry.name}`, `${to}/${entry.name}`);
  }
}

const server = needs.postgres.missing ? null : await startPostgres();
Deno.test.afterAll(async () => {
  await server?.stop();
  await Deno.remove(folder, { recursive: true });
});

storeSuite("PGlite", async () => ({ data: await freshFolder() }));
storeSuite("PostgreSQL", async () => ({ database: await server!.database() }), needs.postgres);

Deno.test("PGlite: a folder in use is refused and stays whole", async () => {
  const data = await freshFolder();
  const store = await openStore({ data });
  await assert.rejects(openStore({ data }), {
    name: "StoreError",
    code: "in_use",
    message: new RegExp(`in use by process ${Deno.pid};`),
  });
  await store.write({ batches: [batchOf(failures(1))] });
  await store.close();
  const again = await openStore({ data });
  assert.equal((await again.stats()).events, 1);
  await again.close();
  await assert.rejects(again.stats(), { code: "closed" });
});

Deno.test("PGlite: a half made folder is made anew", async () => {
  const data = `${folder}/half`;
  Deno.mkdirSync(`${data}/pglite.new`, { recursive: true });
  Deno.writeTextFileSync(`${data}/pglite.new/PG_VERSION`, "18");
  const store = await openStore({ data });
  assert.equal((await store.stats()).events, 0);
  await store.close();
});

Deno.test("PGlite: a file in the folder's place is a clear error", async () => {
  const data = `${folder}/file`;
  Deno.writeTextFileSync(data, "");
  await assert.rejects(openStore({ data }), { name: "StoreError", message: /is a file/ });
});

Deno.test("PGlite: a folder that is removed while it is in use is said to be gone", async () => {
  const data = await freshFolder();
  const store = await openStore({ data });
  await Deno.remove(data, { recursive: true });
  await assert.rejects(store.checkpoint("0".repeat(32)), {
    name: "StoreError",
    code: "corrupt",
    message:
      /^Files of the store ".*" are missing \(could not open file .*\); see what removed them/,
  });
  await store.close();
});

Deno.test("PGlite: rows that were acknowledged survive kill -9", async () => {
  const data = await freshFolder();
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-lock",
      "-A",
      `--config=${new URL("../../deno.json", import.meta.url).pathname}`,
      new URL("./testing/kill_child.ts", import.meta.url).pathname,
      data,
    ],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let said = "";
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  while (said.split("\n").length < 6) {
    const { value, done } = await within(reader.read(), () => `five writes; so far: ${said}`);
    assert.ok(!done, `it ended: ${said}`);
    said += value;
  }
  child.kill("SIGKILL");
  await within(child.status, "the end of what was killed");
  await reader.cancel();
  const acknowledged = said.trim().split("\n").length * 100;
  const store = await openStore({ data });
  const { events } = await store.stats();
  assert.ok(events >= acknowledged, `${events} of ${acknowledged}`);
  assert.equal(events % 100, 0);
  await store.close();
});

testNeeding(needs.postgres, "PostgreSQL: two starts at once, and a newer schema", async () => {
  const database = await server!.database();
  const stores = await Promise.all([1, 2, 3].map(() => openStore({ database })));
  await Promise.all(stores.map((s) => s.close()));
  const db = await openPostgres(database);
  const count = await db.query<{ n: number }>("SELECT count(*)::int AS n FROM schema_migrations");
  assert.equal(count[0].n, MIGRATIONS.length);
  await db.query("INSERT INTO schema_migrations VALUES (1000, 'later', now())");
  await db.close();
  await assert.rejects(openStore({ database }), {
    code: "newer_schema",
    message: /schema version 1000/,
  });
});

testNeeding(
  needs.postgres,
  "PostgreSQL: questions end after a while, all else may take longer",
  async () => {
    const db = await openPostgres(await server!.database());
    const limit = async (on: Statements) =>
      (await on.query<{ statement_timeout: string }>("SHOW statement_timeout"))[0]
        .statement_timeout;
    assert.equal(await limit(db.reader), "25s");
    assert.equal(await limit(db), "0");
    const ended = db.reader.query("SET statement_timeout = 5; SELECT pg_sleep(60)")
      .catch((error) => storeError(error, db.place).code);
    assert.equal(await ended, "too_long");
    await db.close();
  },
);

testNeeding(needs.postgres, "PostgreSQL: two writers of one input give its rows once", async () => {
  const database = await server!.database();
  const stores = await Promise.all([1, 2].map(() => openStore({ database })));
  const lines = failures(400);
  const written = await Promise.all(stores.map((s) => s.write({ batches: [batchOf(lines)] })));
  assert.equal(written.reduce((n, w) => n + w.events, 0), 400);
  assert.equal((await stores[0].stats()).events, 400);
  await Promise.all(stores.map((s) => s.close()));
});

testNeeding(
  needs.postgres,
  "PostgreSQL: writers of the same inputs, each with writes on their way, give rows once",
  async () => {
    const database = await server!.database();
    const stores = await Promise.all([1, 2, 3].map(() => openStore({ database })));
    const lines = failures(900);
    const at = (line: number) => lines.slice(0, line).reduce((n, l) => n + l.raw.length + 1, 0);
    const inputs = ["00112233445566aa", "bb112233445566bb"];
    // The same lines, cut differently, of one input or of both; and now and then one portion again.
    const totals = await Promise.all(stores.map(async (store, i) => {
      const writer = createWriter(store), cut = [7, 31, 113][i];
      for (let from = 0, n = 0; from < lines.length; from += cut, n++) {
        const batches = inputs.slice(n % 5 === 4 ? 1 : 0).map((identity) =>
          batchOf(lines.slice(from, from + cut), { identity, at: at(from) })
        );
        await writer.write({ batches });
        if (n % 3 === i) await writer.write({ batches, alerts: [alertOf(`${i}`, { count: n })] });
      }
      return await writer.flush();
    }));
    const db = await openPostgres(database);
    const [{ ids, rows }] = await db.query<{ ids: number; rows: number }>(
      "SELECT count(DISTINCT id)::float8 AS ids, count(*)::float8 AS rows FROM events",
    );
    await db.close();
    assert.equal(rows, ids);
    assert.equal(totals.reduce((n, t) => n + t.events, 0), ids);
    assert.equal((await stores[0].stats()).events, ids);
    await Promise.all(stores.map((s) => s.close()));
  },
);

Deno.test("PGlite: alerts and incidents are views that people read by names", async () => {
  const data = await freshFolder();
  const store = await openStore({ data });
  const about = { entity: { src: "203.0.113.7" }, fields: { user: "root" } };
  await store.write({
    alerts: [alertOf("a", about), alertOf("b", { ...about, rule: "scan" })],
  });
  const [alert] = (await store.alerts({ limit: 1, rule: "scan" })).items;
  const [incident] = (await store.incidents({ limit: 1 })).items;
  await store.close();
  const db = await openPglite(data);
  const [row] = await db.query<Record<string, unknown>>(
    "SELECT id, rule, src, \"user\", status, techniques, incident FROM alerts_shown WHERE rule = 'scan'",
  );
  assert.deepEqual([row.id, row.src, row.user, row.incident], [
    alert.id,
    "203.0.113.7",
    "root",
    incident.id,
  ]);
  assert.deepEqual(row.techniques, alert.mitre.map((m) => m.id));
  const [whole] = await db.query<Record<string, unknown>>(
    "SELECT id, status, entity FROM incidents_shown",
  );
  assert.deepEqual(whole, { id: incident.id, status: "open", entity: "src=203.0.113.7" });
  await db.close();
});

testNeeding(
  needs.postgres,
  "PostgreSQL: a write that the server ends, since it and another wait for each other, is sent again",
  async () => {
    const database = await server!.database();
    const other = await openPostgres(database);
    await other.query(
      `ALTER DATABASE ${new URL(database).pathname.slice(1)} SET deadlock_timeout = '3s'`,
    );
    const store = await openStore({ database });
    // As an input's lock and that of the alerts, taken the other way round.
    const alerts = "SELECT pg_advisory_xact_lock(x'7069636c'::bigint)";
    const input = "SELECT pg_advisory_xact_lock(x'00112233445566aa'::bigint)";
    let writing: Promise<Written> | undefined;
    await other.transaction(async (tx) => {
      // The server ends whoever looks first, and that is to be the write, however slow the machine.
      await tx.query("SET LOCAL deadlock_timeout = '1min'");
      await tx.query(alerts);
      writing = store.write({ batches: [batchOf(failures(3))], alerts: [alertOf("a")] });
      const waits = "SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
      await until(async () => (await other.query(waits)).length > 0, "a write that waits");
      await tx.query(input);
    });
    assert.deepEqual(await writing, { events: 3, duplicates: 0, alerts: 1 });
    const ended = async () =>
      (await other.query<{ deadlocks: number }>(
        "SELECT deadlocks::float8 FROM pg_stat_database WHERE datname = current_database()",
      ))[0].deadlocks;
    // The server tells a moment later.
    await until(async () => await ended() === 1, "one deadlock that the server ended");
    await Promise.all([store.close(), other.close()]);
  },
);

async function rejects(database: string, code: string): Promise<void> {
  await assert.rejects(openStore({ database }), (e: Error & { code: string }) => {
    assert.equal(e.code, code);
    assert.ok(!e.message.includes("hunter2"), e.message);
    return true;
  });
}

Deno.test("PostgreSQL: what cannot be reached is said without the password", async () => {
  await rejects("postgres://u:hunter2@127.0.0.1:1/x", "unreachable");
  await rejects("postgres://u:hunter2@[::1", "failed");
  await rejects("mysql://u:hunter2@h/x", "failed");
});

testNeeding(needs.postgres, "PostgreSQL: no such database, no such user", async () => {
  const database = await server!.database();
  await rejects(database.replace(/picket_\d+$/, "nowhere"), "no_database");
  await rejects(database.replace("picket:secret", "nobody:hunter2"), "authentication");
});

testNeeding(needs.postgres, "PostgreSQL: killed and started again, it goes on", async () => {
  const store = await openStore({ database: await server!.database() });
  await store.write({ batches: [batchOf(failures(10))] });
  await server!.kill();
  const late = { batches: [batchOf(failures(20))] };
  await assert.rejects(store.write(late), { code: "unreachable", retryable: true });
  await server!.start();
  assert.deepEqual(await store.write(late), { events: 10, duplicates: 10, alerts: 0 });
  await store.close();
});

/** How a store waits for its database, and what it says of that. */
function noting() {
  const said: string[] = [];
  const retry = {
    away: (error: StoreError) => said.push(error.code),
    back: () => said.push("back"),
    pauses: [20, 50] as const,
  };
  return { said, retry };
}

testNeeding(
  needs.postgres,
  "PostgreSQL: with retry, a write waits for the server and is stored once",
  async () => {
    const database = await server!.database();
    const { said, retry } = noting();
    const store = await openStore({ database, retry });
    const note = { time: 0, kind: "gap", subject: "stdin", message: "Gap", detail: {} };
    await server!.kill();
    const written = store.write({ batches: [batchOf(failures(20))], health: [note] });
    await until(() => said.length > 0, "a database that is away");
    // The server is away at a start, too.
    const opening = openStore({ database, retry: { away() {}, back() {}, pauses: [20, 50] } });
    await server!.start();
    assert.deepEqual(await written, { events: 20, duplicates: 0, alerts: 0 });
    assert.deepEqual(said, ["unreachable", "back"]);
    assert.equal((await store.health({ limit: 5 })).items.length, 1);
    await (await opening).close();
    await store.close();
  },
);

testNeeding(
  needs.postgres,
  "PostgreSQL: with retry, what a start asks for waits for the server",
  async () => {
    const database = await server!.database();
    const { said, retry } = noting();
    const store = await openStore({ database, retry });
    await server!.kill();
    const asked = store.checkpoint("a stream");
    await until(() => said.length > 0, "a database that is away");
    await server!.start();
    assert.equal(await asked, null);
    assert.deepEqual(said, ["unreachable", "back"]);
    await store.close();
  },
);

Deno.test("retrying ends with the signal, the patience, and errors that stay", async () => {
  const away = new StoreError("unreachable", "away");
  const told: string[] = [];
  const retry = (signal?: AbortSignal): Retry => ({
    away: () => told.push("away"),
    back: () => told.push("back"),
    pauses: [1, 4],
    ...(signal ? { signal } : {}),
  });
  let left = 3;
  const soon = () => left-- > 0 ? Promise.reject(away) : Promise.resolve("done");
  assert.equal(await retrying(soon, retry()), "done");
  assert.deepEqual(told.splice(0), ["away", "back"]);
  let tried = 0;
  const never = () => {
    tried++;
    return Promise.reject(away);
  };
  await assert.rejects(retrying(never, undefined), away);
  assert.equal(tried, 1);
  // A server that is coming up is waited for, however long that takes.
  let coming = 9;
  const up = new StoreError("unreachable", "away", { cause: { code: "57P03" } });
  const later = () => coming-- > 0 ? Promise.reject(up) : Promise.resolve("up");
  assert.equal(await retrying(later, retry(), 10), "up");
  assert.deepEqual(told.splice(0), ["away", "back"]);
  // 1 + 2 + 4 + 4 ms of pauses.
  await assert.rejects(retrying(never, retry(), 10), away);
  assert.equal(tried, 6);
  const stop = new AbortController();
  const waiting = retrying(never, { ...retry(stop.signal), pauses: [60_000, 60_000] }, Infinity);
  stop.abort();
  await assert.rejects(waiting, away);
  const wrong = new StoreError("disk_full", "full");
  await assert.rejects(retrying(() => Promise.reject(wrong), retry()), wrong);
});

Deno.test("a write that was sent early and refused is sent again in its turn", async () => {
  const sent: string[] = [];
  const store = {
    async write(_: unknown, { number, speculative }: { number: number; speculative: boolean }) {
      sent.push(`${number}${speculative ? " early" : ""}`);
      await new Promise((done) => setTimeout(done, 5));
      if (speculative && number === 2) throw new StoreError("out_of_turn", "Not yet");
      return { events: number, duplicates: 0, alerts: 0 };
    },
  } as unknown as Store;
  const writer = createWriter(store, 3);
  for (let i = 0; i < 3; i++) await writer.write({});
  assert.deepEqual(await writer.flush(), { events: 6, duplicates: 0, alerts: 0 });
  assert.deepEqual(sent, ["1", "2 early", "3 early", "2"]);
});

Deno.test("a migration that fails leaves the version before it", async () => {
  const db: Database = await openEmpty(await freshFolder());
  const wrong = [...MIGRATIONS, {
    version: 99,
    name: "wrong",
    sql: "CREATE TABLE half (a int); SELECT nothing FROM nowhere;",
  }];
  await assert.rejects(migrate(db, wrong));
  await migrate(db);
  const [{ there }] = await db.query<{ there: boolean }>(
    "SELECT to_regclass('half') IS NOT NULL AS there",
  );
  assert.equal(there, false);
  await db.close();
});

Deno.test("errors of the system and of the server read as sentences", () => {
  const said = (error: unknown) => storeError(error, "place");
  const coded = (code: string, message = "x") => said(Object.assign(new Error(message), { code }));
  assert.equal(coded("53100").code, "disk_full");
  assert.equal(said(new Error("write: no space left on device")).code, "disk_full");
  assert.match(coded("42501").message, /^Permission denied on "place"/);
  assert.match(
    said(new Error('Requires env access to "PGHOST", run again with the --allow-env flag')).message,
    /^The store "place" requires env access to "PGHOST"; run with --allow-env$/,
  );
  assert.equal(said(new AggregateError([{ code: "ECONNREFUSED" }])).code, "unreachable");
  assert.equal(coded("55000", "lost connection to parallel worker").retryable, true);
  assert.equal(coded("28P01").code, "authentication");
  assert.equal(coded("22P02", "odd value").message, 'The store "place" failed: odd value');
});
