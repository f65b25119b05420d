import { openPostgres } from "../agent/store/postgres.ts";
import { events } from "../agent/store/read_events.ts";
const db = await openPostgres(Deno.readTextFileSync("/tmp/pgkeep.url"));
const srcs = (await db.query<{ v: string; n: number }>("select value as v, sum(events)::float8 as n from event_values where field='src' and width=86400 and value<>'' group by 1 order by 2 desc")).filter((_, i) => [0, 5, 20, 100, 300, 1000, 3000].includes(i));
console.log(srcs);
let log: string[] = [];
const timed = { script: db.script, query: async (q: string, p: unknown[]) => { const t = performance.now(); const r = await db.query(q, p); log.push((performance.now() - t).toFixed(1) + "ms " + r.length + " " + q.replace(/\s+/g, " ").slice(0, 40) + (q.includes("found AS MAT") ? " BYNAMES " + JSON.stringify(p) : "")); return r; } };
for (const { v, n } of srcs) {
  for (let k = 0; k < 2; k++) { log = []; const t = performance.now(); const r = await events(timed as any, { limit: 100, fields: { src: v } }); if (k) console.log("==", v, n, (performance.now() - t).toFixed(1), r.items.length, "\n  " + log.join("\n  ")); }
}
await db.close();
