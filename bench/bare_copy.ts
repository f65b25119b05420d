/**
 * What PGlite alone can take: the rows that Picket would store, serialised beforehand, sent by COPY
 * to a table with Picket's columns and indexes, in a fresh folder. Prints the seconds that COPY took.
 * Run by end_to_end.ts: deno run … bench/bare_copy.ts LOG FOLDER
 */
import { PGlite } from "@electric-sql/pglite";
import { loadSourcetypes } from "../agent/load.ts";
import type { Input } from "../agent/event.ts";
import { LineReader } from "../agent/stages/lines.ts";
import { COLUMNS, type Part, serialise } from "../agent/store/rows.ts";
import { MIGRATIONS } from "../agent/store/migrations.ts";
import { compileSourcetypes, createParser } from "../compiler/sourcetype/mod.ts";

const [log, folder] = Deno.args;
const input: Input = {
  index: 0,
  name: log,
  identity: null,
  sourcetype: "linux_secure",
  lateness: 0,
  modified: Date.UTC(2026, 2, 20),
};
const compiled = compileSourcetypes(await loadSourcetypes([]));
const parser = createParser(compiled, "linux_secure");
const reader = new LineReader(input);
const bytes = Deno.readFileSync(log);
const rows: Part[] = [];
for (let at = 0; at < bytes.length; at += 1 << 20) {
  const batch = reader.push(bytes.subarray(at, at + (1 << 20)), Date.now());
  if (batch) rows.push(...serialise([parser(batch)]));
}

const db = await PGlite.create(folder);
for (const { sql } of MIGRATIONS) await db.exec(typeof sql === "string" ? sql : sql.pglite);
const start = performance.now();
let count = 0;
for (const r of rows) {
  await db.query(`COPY events (${COLUMNS}) FROM '/dev/blob'`, [], { blob: new Blob([r.data]) });
  count += r.count;
}
const seconds = (performance.now() - start) / 1000;
await db.close();
console.log(JSON.stringify({ rows: count, seconds }));
