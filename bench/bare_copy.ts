/**
 * What a database alone can take: rows serialised beforehand, sent by COPY in Picket's portions, each
 * a transaction, into Picket's tables or into the naive ones. Prints the seconds that COPY took.
 *
 *     deno run … bench/bare_copy.ts LOG picket|text|naive FOLDER|postgres://…
 *
 * `picket` sends the rows as Picket does, in the binary format, `text` and `naive` in the text format.
 * The folder or the database has to be empty.
 */
import { loadSourcetypes } from "../agent/content/files.ts";
import type { EventBatch } from "../agent/event.ts";
import { LineReader } from "../agent/stages/lines.ts";
import type { Database } from "../agent/store/types/database.ts";
import { migrate } from "../agent/store/schema/migrate.ts";
import { Partitioner } from "../agent/store/schema/partitions.ts";
import { openPglite } from "../agent/store/drivers/pglite.ts";
import { openPostgres } from "../agent/store/drivers/postgres.ts";
import { storeNames } from "../agent/store/write/record.ts";
import { COLUMNS } from "../agent/store/write/encoder.ts";
import { serialise } from "../agent/store/write/rows.ts";
import { compileSourcetypes } from "../compiler/sourcetype/compile/compile.ts";
import { createParser } from "../compiler/sourcetype/mod.ts";
import { NAIVE_SCHEMA, naiveRows } from "./naive_schema.ts";
import { textRows } from "./text_rows.ts";
import { InputHandle } from "../agent/input.ts";

/** Rows of a transaction. */
const PORTION = 65_536;

const [log, schema, target] = Deno.args;
const compiled = compileSourcetypes(await loadSourcetypes([]));
// The naive tables stand alone: a new folder's image has Picket's.
const db: Database = target.includes("://")
  ? await openPostgres(target)
  : await openPglite(target, { bare: schema === "naive" });
let rows = 0;
const seconds = schema === "naive" ? await copyNaive() : await copyPicket();
await db.close();
console.log(JSON.stringify({ rows, seconds }));

async function copyPicket(): Promise<number> {
  await migrate(db);
  const all = [...portions()].map(serialise);
  const parts = all.flatMap((rows) => rows.parts);
  await storeNames(db, parts, new Set());
  await new Partitioner(db).prepare(all.flatMap((rows) => rows.counts.days));
  const format = schema === "text" ? "text" : "binary";
  const sent = parts.map(({ data }) =>
    format === "binary" ? data : new TextEncoder().encode(textRows(data))
  );
  rows = parts.reduce((n, part) => n + part.count, 0);
  const start = performance.now();
  for (const data of sent) {
    await db.transaction((tx) => tx.copy(`events (${COLUMNS.join(", ")})`, data, format));
  }
  return (performance.now() - start) / 1000;
}

async function copyNaive(): Promise<number> {
  await db.script(NAIVE_SCHEMA);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (const portion of portions()) {
    parts.push(new TextEncoder().encode(portion.map(naiveRows).join("")));
    rows += portion.reduce((n, b) => n + b.events.length, 0);
  }
  const start = performance.now();
  for (const part of parts) await db.transaction((tx) => tx.copy("events", part, "text"));
  return (performance.now() - start) / 1000;
}

/** Batches of the log, as many together as make a transaction. */
function* portions(): Generator<EventBatch[]> {
  const input = new InputHandle({
    name: log,
    sourcetype: "linux_secure",
    modified: Date.UTC(2026, 2, 20),
  });
  const parser = createParser(compiled, "linux_secure");
  const reader = new LineReader(input);
  const file = Deno.openSync(log);
  let portion: EventBatch[] = [], count = 0;
  for (;;) {
    const bytes = new Uint8Array(1 << 18);
    const n = file.readSync(bytes);
    const batch = n === null ? reader.end() : reader.push(bytes.subarray(0, n), Date.now());
    if (batch) {
      const parsed = parser(batch);
      portion.push(parsed);
      count += parsed.events.length;
    }
    if (count >= PORTION || (n === null && count > 0)) {
      yield portion;
      portion = [];
      count = 0;
    }
    if (n === null) return;
  }
}
